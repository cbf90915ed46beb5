// Which views of the lab a recording can fill: what is not there is not offered.
import type { ViewName } from "../state/state";
import type { Recording } from "../wire/recording";

export type Recorded = Extract<
  ViewName, "surface" | "multiples" | "finals" | "network" | "confusion" | "curves">;

/** The views that a recording has something for. */
export function recordedViews({ look, opened, still, moments }: Recording): readonly Recorded[] {
  const want = look.want ?? {};
  const finals = moments.at(-1)?.arrays.final_member !== undefined; // not where all diverged
  const has: Readonly<Record<Recorded, boolean>> = {
    surface: true,
    multiples: want.multiples != null,
    finals: finals && opened.n_networks > 1,
    network: want.weights != null,
    confusion: want.answers != null,
    curves: Object.keys(still.arrays).some((name) => /^curve_(?!steps)/.test(name)),
  };
  return (Object.keys(has) as Recorded[]).filter((name) => has[name]);
}

// The numbers that predictions are held against, taken from what the host told: none is written
// down in a story.
import { floats, whole } from "../views/shown";
import type { Shown } from "../state/state";
import type { OpenedTold } from "../wire/messages";
import type { Measure } from "./story";

/** Return the number of a finished run, null where it is not there. */
export function measured(measure: Measure, shown: Shown, opened: OpenedTold): number | null {
  switch (measure.of) {
    case "steps":
      return shown.header.trained_step;
    case "right":
      return rightPoints(measure.truth, shown);
    case "point":
      return saidOf(measure.point, shown);
    case "epochs_to":
      return epochsTo(measure.figure, measure.level, shown, opened);
    default:
      return ofFinals(measure, shown);
  }
}

/** Whether what is shown is the end of the run that stands. */
export function isFinished(shown: Shown | undefined, opened: OpenedTold | null): shown is Shown {
  if (shown === undefined || opened === null) return false;
  const { header } = shown;
  return header.opened === opened.id && header.done && header.step >= header.trained_step;
}

function ofFinals(
  measure: Extract<Measure, { figure: string }>, shown: Shown,
): number | null {
  const found = floats(shown.arrays, `final_${measure.figure}`);
  const values = [...(found?.data ?? [])].filter(Number.isFinite).sort((a, b) => a - b);
  const n = values.length;
  const [least = 0, most = 0] = [values[0], values[n - 1]];
  if (n === 0) return null;
  const middle = ((values[(n - 1) >> 1] ?? 0) + (values[n >> 1] ?? 0)) / 2;
  switch (measure.of) {
    case "count":
      return values.filter((each) => each >= measure.atLeast - 1e-6).length;
    case "least":
      return least;
    case "most":
      return most;
    case "spread":
      return most - least;
    default:
      return middle * ("times" in measure ? measure.times ?? 1 : 1);
  }
}

/** The probability of the second class at a point, of all networks together. */
function saidOf(point: number, shown: Shown): number | null {
  const found = floats(shown.arrays, "points");
  const wide = found?.shape[1] ?? 0;
  if (!found || point >= (found.shape[0] ?? 0) || wide === 0) return null;
  return found.data[point * wide + wide - 1] ?? null;
}

function rightPoints(truth: readonly number[], shown: Shown): number | null {
  const said = truth.map((_, k) => saidOf(k, shown));
  if (said.some((each) => each === null)) return null;
  return said.filter((each, k) => ((each ?? 0) > 0.5 ? 1 : 0) === truth[k]).length;
}

/** The first epoch at whose end nineteen of twenty networks reach a level. */
function epochsTo(figure: string, level: number, shown: Shown, opened: OpenedTold): number | null {
  const steps = whole(shown.arrays, "curve_steps");
  const band = floats(shown.arrays, `curve_${figure}`);
  const perEpoch = opened.runs.find((each) => each.run === -1)?.steps_per_epoch ?? 0;
  if (!steps || !band || perEpoch === 0) return null;
  const n = band.shape[1] ?? 0;
  for (let k = 0; k < n; k++)
    if ((band.data[n + k] ?? 0) >= level - 1e-6) return (steps.data[k] ?? 0) / perEpoch;
  return null;
}

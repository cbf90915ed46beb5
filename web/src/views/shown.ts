// What came of looks, with the types that the frame's description promises.
import type { DataTold, FrameTold, OpenedTold, PlaneTold } from "../wire/messages";
import type { AnyArray, Arrays, NDArray } from "../wire/frames";
import type { Shown, State } from "../state/state";

export type Pair = readonly [number, number];

/** Two numbers of a list that has two. */
export function pair(list: readonly unknown[] | null | undefined): Pair {
  return [Number(list?.[0] ?? 0), Number(list?.[1] ?? 1)];
}

export function floats(arrays: Arrays, name: string): NDArray<Float32Array> | null {
  return typed(arrays, name, Float32Array);
}

export function bytes(arrays: Arrays, name: string): NDArray<Uint8Array> | null {
  return typed(arrays, name, Uint8Array);
}

export function whole(arrays: Arrays, name: string): NDArray<Int32Array> | null {
  return typed(arrays, name, Int32Array);
}

function typed<A extends AnyArray>(
  arrays: Arrays, name: string, kind: new (...given: never[]) => A,
): NDArray<A> | null {
  const found = arrays[name];
  return found && found.data instanceof kind ? (found as NDArray<A>) : null;
}

/** The run looked at: what is shown of it, and what the host said of the session. */
export interface Seen {
  readonly opened: OpenedTold;
  readonly header: FrameTold;
  readonly arrays: Arrays;
}

/** Which picture it is: the setting, the step, and whether training has come to its end. */
export function markOf({ header }: Seen): string {
  return `${header.opened} ${header.step} ${header.done ? "done" : "going"}`;
}

/** Null until there is something to see of the setting that stands. */
export function seenOf(state: Pick<State, "opened" | "shown" | "ui">): Seen | null {
  const found = seenRun(state, state.ui.run);
  return found && found.header.opened === found.opened.id ? found : null;
}

export function seenRun(state: Pick<State, "opened" | "shown">, run: number): Seen | null {
  const shown: Shown | undefined = state.shown[run];
  if (!state.opened || !shown) return null;
  return { opened: state.opened, header: shown.header, arrays: shown.arrays };
}

/** Whether there are several classes of which every row has one. */
export function manyClasses(data: DataTold): boolean {
  return data.kind === "classification" && data.classes.length > 2;
}

/** The number of the class, label or target that a plane shows; -1 if it shows all classes. */
export function outputNumber(data: DataTold, plane: Pick<PlaneTold, "output">): number {
  const names = data.classes.length ? data.classes : data.targets;
  const said = plane.output.replace(/^probability of /, "");
  const exact = names.indexOf(said);
  return exact >= 0 ? exact : names.findIndex((name) => said.startsWith(`${name} = `));
}

/** What a row is described by, without features that are made of others. */
export function baseFeatures(data: DataTold): readonly string[] {
  return data.base_features.length ? data.base_features : data.features;
}

/** What the networks say of all plane's classes where none is asked for. */
const MOST_PROBABLE = "the most probable class";

export function isMostProbable(plane: Pick<PlaneTold, "output">): boolean {
  return plane.output.endsWith(MOST_PROBABLE);
}

/** A figure of every network, by number: NaN where there is none, as of those that diverged. */
export function finalsOf(seen: Seen, figure: string): Float32Array | null {
  const values = floats(seen.arrays, `final_${figure}`)?.data;
  const members = whole(seen.arrays, "final_member")?.data;
  if (!values || !members) return values ?? null;
  const found = new Float32Array(Math.max(seen.opened.n_networks, values.length)).fill(Number.NaN);
  members.forEach((member, k) => {
    found[member] = values[k] ?? Number.NaN;
  });
  return found;
}

/** A place of the plane as a row: the other features at the values they are held at. */
export function wholeRow(data: DataTold, plane: PlaneTold, x: number, y: number): number[] {
  return baseFeatures(data).map((name) => {
    if (name === plane.features[0]) return x;
    if (name === plane.features[1]) return y;
    return plane.held[name] ?? Number(data.ranges[data.features.indexOf(name)]?.[1] ?? 0);
  });
}

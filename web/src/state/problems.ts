// What the host found wrong, beside the control that it concerns.
import type { State } from "./state";

/** Controls on the page register nothing: a problem belongs to the longest path that begins it. */
export function problemsAt(state: State, path: string | undefined): readonly string[] {
  if (path === undefined || state.problems.length === 0) return NONE;
  return state.problems
    .filter((each) => plain(each.where) === path || plain(each.where).startsWith(`${path}.`))
    .map((each) => each.sentence);
}

/** Return all problems; those beside a control are told there too, so that none is missed. */
export function allProblems(state: State): readonly string[] {
  return state.problems.map((each) => each.sentence);
}

const NONE: readonly string[] = [];

/** "network.layers[2].units" is that of the control, and so is the change of a branch. */
function plain(where: string): string {
  return where.replace(/^branches\[\d+\]\.(changes\.)?/, "").replace(/\[(\d+)\]/g, ".$1");
}

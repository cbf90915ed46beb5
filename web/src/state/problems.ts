// What the host found wrong, beside the control that it concerns.
import type { Problem } from "../wire/messages";
import type { State } from "./state";

/** Controls on the page register nothing: a problem belongs to the longest path that begins it. */
export function problemsAt(state: State, path: string | undefined): readonly Problem[] {
  if (path === undefined || state.problems.length === 0) return NONE;
  return state.problems
    .filter((each) => plain(each.where) === path || plain(each.where).startsWith(`${path}.`));
}

const NONE: readonly Problem[] = [];

/** "network.layers[2].units" is that of the control, and so is the change of a branch. */
function plain(where: string): string {
  return where.replace(/^branches\[\d+\]\.(changes\.)?/, "").replace(/\[(\d+)\]/g, ".$1");
}

// What a change does to the session: pure functions from session and place on the tape to both.
import type { Branch, Edit, Session } from "../wire/messages";
import type { OpenedTold } from "../wire/messages";
import { completed, valueAt, withValue, type Document } from "./document";

export const MOST_BRANCHES = 8;
export const MOST_PINS = 4;
/** A key path and its new value. */
export type Changes = Readonly<Record<string, unknown>>;

/** Where on the tapes of a session a person stands. */
export interface Place {
  readonly run: number;
  readonly position: number | null;
}
export interface Moved {
  readonly session: Session;
  readonly place: Place;
  /** What became of it: the trunk was changed, or a branch, or a new branch was made. */
  readonly did: "anew" | "branch" | "rebranch" | "full";
}

const FIXED = ["training.dtype", "training.batch_size", "training.class_weight"];

/** Whether a change can be made in the middle of a run. */
export function canBranch(path: string): boolean {
  return path.startsWith("training.")
    && !FIXED.some((fixed) => path === fixed || path.startsWith(`${fixed}.`));
}

/** Return the branch that a place stands on, null on the trunk. */
export function branchAt(session: Session, place: Place): Branch | null {
  return place.run < 0 ? null : (session.branches?.[place.run] ?? null);
}

/** Return the document that controls show: that of the run at which a person looks. */
export function documentOf(session: Session, opened: OpenedTold | null, run: number): Document {
  const whole = opened?.experiment ?? {};
  let found = completed(session.experiment, whole) as Document;
  for (const branch of lineage(session, run))
    for (const [path, value] of Object.entries(branch.changes ?? {}))
      found = withValue(found, found, path, value);
  return found;
}

/** Return the branches that lead to a run, the oldest first. */
export function lineage(session: Session, run: number): readonly Branch[] {
  const branch = run < 0 ? undefined : session.branches?.[run];
  return branch === undefined ? [] : [...lineage(session, branch.of ?? -1), branch];
}

/** Return what changes make of a session, seen from a place on a tape.
 *
 * In the middle of a run they branch it; at the moment where a branch begins, or at its end, they
 * change that branch; else, and where no branch can have them, the experiment begins anew.
 *
 * @param steps how many the run has; a change at its end is one from the beginning.
 */
export function changed(
  session: Session, opened: OpenedTold | null, place: Place, changes: Changes, steps: number,
): Moved {
  const branchable = Object.keys(changes).every(canBranch);
  const branch = branchAt(session, place);
  const at = place.position;
  if (branchable && branch !== null && (at === null || at === branch.at || at >= steps))
    return rebranched(session, place, { changes });
  if (branchable && at !== null && at > 0 && at < steps)
    return branched(session, place, at, { changes });
  return anew(session, opened, place, changes);
}

/** Return a session with weights set by hand at a step. */
export function edited(session: Session, place: Place, at: number, edit: Edit): Moved {
  const branch = branchAt(session, place);
  if (branch !== null && branch.at === at) return rebranched(session, place, { edits: [edit] });
  return branched(session, place, at, { edits: [edit] });
}

/** Return a session whose experiment is another one: its branches have no trunk any more. */
export function replaced(session: Session, experiment: Document, table = session.table): Session {
  return { ...session, experiment: { ...experiment }, table: table ?? null, branches: [] };
}

/** Return a session without a branch and all that grew from it, and where runs went. */
export function without(session: Session, run: number): { session: Session; run: number } {
  const old = session.branches ?? [];
  const gone = old.map((_, k) => descends(old, k, run));
  const number = (k: number): number => (k < 0 ? k : gone.slice(0, k).filter((each) => !each).length);
  const branches = old
    .filter((_, k) => !gone[k])
    .map((each) => ({ ...each, of: number(each.of ?? -1) }));
  return { session: { ...session, branches }, run: number(old[run]?.of ?? -1) };
}

function descends(branches: readonly Branch[], k: number, from: number): boolean {
  if (k === from) return true;
  const of = branches[k]?.of ?? -1;
  return of >= 0 && descends(branches, of, from);
}

function anew(session: Session, opened: OpenedTold | null, place: Place, changes: Changes): Moved {
  const whole = opened?.experiment ?? {};
  let experiment: Document = session.experiment;
  // what a branch changed stays as it was seen, or a slider would jump back
  const seen = lineage(session, place.run).flatMap((each) => Object.entries(each.changes ?? {}));
  for (const [path, value] of [...seen, ...Object.entries(changes)])
    experiment = withValue(experiment, whole, path, value);
  const position = place.position === null ? null : 0;
  const table = typeof valueAt(experiment, "data.file") === "string" ? session.table : null;
  const made = replaced(session, experiment, table ?? null);
  return { session: made, place: { run: -1, position }, did: "anew" };
}

export function branched(
  session: Session, place: Place, at: number, what: Pick<Branch, "changes" | "edits">,
): Moved {
  const branches = session.branches ?? [];
  if (branches.length >= MOST_BRANCHES) return { session, place, did: "full" };
  const branch = { of: Math.max(place.run, -1), at, changes: {}, edits: [], ...what };
  const run = branches.length;
  return {
    session: { ...session, branches: [...branches, branch] }, place: { ...place, run }, did: "branch",
  };
}

function rebranched(session: Session, place: Place, what: Pick<Branch, "changes" | "edits">): Moved {
  const branches = (session.branches ?? []).map((each, k) =>
    k !== place.run ? each : {
      ...each,
      changes: { ...each.changes, ...what.changes },
      edits: [...(each.edits ?? []).filter((old) => !hides(what.edits ?? [], old)), ...(what.edits ?? [])],
    });
  return { session: { ...session, branches }, place, did: "rebranch" };
}

const hides = (newer: readonly Edit[], old: Edit): boolean =>
  newer.some((each) => each.parameter === old.parameter
    && (each.network ?? null) === (old.network ?? null));

/** Return what decides the rows, to know whether they must be asked for again. */
export function dataKey(document: Document, session: Session): string {
  const of = (path: string): unknown => valueAt(document, path) ?? null;
  return JSON.stringify([of("data"), of("seed"), of("streams"), session.table?.digest ?? null]);
}

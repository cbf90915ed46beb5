// What other data begin with: settings that learn from them, but for those that the person chose.
import { isTable, valueAt, type Document } from "./document";
import { documentOf, type Changes } from "./session";
import type { State } from "./state";

const TABLES = ["preprocess", "network", "training"] as const;

/** Return the changes that begin other data where a person stands. */
export function beginning({ session, ui }: State, start: Document): Changes {
  return session === null ? {} : begun(documentOf(session, null, ui.run), start, ui.byHand);
}

/** Return the changes that begin other data.
 *
 * @param chosen what the document says of itself, without defaults.
 * @param start an experiment that learns from these data.
 */
export function begun(chosen: Document, start: Document, byHand: readonly string[]): Changes {
  const changes: Record<string, unknown> = { data: start.data };
  for (const table of TABLES)
    for (const key of new Set([chosen, start].flatMap((each) => keysOf(each[table])))) {
      const path = `${table}.${key}`;
      if (!isChosen(path, byHand)) changes[path] = valueAt(start, path);
    }
  if ("network.layers" in changes) changes["training.frozen"] = undefined; // they were of others
  return changes;
}

/** Return the settings chosen by hand after some changes. What is said of the data brings others
 * with it that nobody chose. */
export function chosenAfter(byHand: readonly string[], changes: Changes): readonly string[] {
  const paths = Object.keys(changes);
  const isOfData = paths.some((path) => path === "data" || path.startsWith("data."));
  const more = isOfData ? [] : paths.filter((path) => !byHand.includes(path) && isInTables(path));
  return more.length === 0 ? byHand : [...byHand, ...more];
}

const isInTables = (path: string): boolean => TABLES.some((table) => path.startsWith(`${table}.`));

const isChosen = (path: string, byHand: readonly string[]): boolean =>
  byHand.some((each) => each === path || each.startsWith(`${path}.`));

const keysOf = (table: unknown): readonly string[] => (isTable(table) ? Object.keys(table) : []);

// Sends the session to the host: the newest wins, and the next goes out when something of the
// last was painted, so that a slider that keeps moving keeps showing results.
import type { Answer } from "../wire/frames";
import type { OpenedTold, OwnTable, Session } from "../wire/messages";
import type { Looker } from "./looker";
import { dataKey } from "./session";
import type { State } from "./state";
import type { Base, Numbers } from "./store";

export interface Opener {
  /** Say hello; what comes back opens the session. */
  greet(): void;
  /** Send the session as it stands, or as soon as the last one was answered. */
  open(): void;
  bring(table: OwnTable, bytes: Uint8Array): void;
  /** Take an answer if it is one of these. */
  took(answer: Answer): boolean;
  /** Be told that something of a generation was painted. */
  painted(generation: number): void;
}

/** Longest wait for a picture before the next setting goes out, in milliseconds. */
export const PATIENCE_MS = 300;

export function createOpener(base: Base, next: Numbers, looker: Looker): Opener {
  const tables = new Map<string, { table: OwnTable; bytes: Uint8Array }>();
  let asked = 0; // the number of the newest open
  let since = 0;
  let sent: Session | null = null;
  let waits: "answer" | "picture" | null = null;
  let again = false;
  let good: Session | null = null; // the last one that stood
  let missing: string | null = null; // a table that the host has asked for
  let later: ReturnType<typeof setTimeout> | undefined;

  const send = (isBack = false): void => {
    const { session } = base.state;
    if (session === null || base.state.status !== "open") return;
    again = false;
    asked = next();
    sent = session;
    since = Date.now();
    waits = "answer";
    clearTimeout(later);
    base.set({ busy: true });
    base.host.send({ type: "open", id: asked, session });
    if (!isBack && good !== null && sameRows(good, session)) looker.expect(asked);
  };
  const free = (): void => {
    waits = null;
    clearTimeout(later);
    if (again) send();
  };
  const bring = (table: OwnTable, bytes: Uint8Array): void => {
    tables.set(table.digest, { table, bytes });
    if (base.state.status !== "open") return;
    base.host.send({ type: "table", id: next(), name: table.name, digest: table.digest }, bytes);
    if (missing === table.digest) {
      missing = null;
      send();
    }
  };

  return {
    greet: () => {
      waits = null;
      again = false;
      base.host.send({ type: "hello", id: next() });
      for (const { table, bytes } of needed(tables, base)) bring(table, bytes);
      if (base.state.session !== null) send(true);
    },
    open: () => {
      if (waits === null) return send();
      again = true;
      clearTimeout(later);
      later = setTimeout(free, Math.max(0, since + PATIENCE_MS - Date.now()));
    },
    bring,
    took: ({ header }) => {
      if (header.type === "catalogue") {
        base.set({ catalogue: header });
        if (base.state.session === null) {
          base.set({ session: header.start });
          send();
        }
        return true;
      }
      if (header.type === "opened") {
        if (header.id !== asked) return true;
        waits = "picture";
        good = sent;
        base.set({ opened: header, problems: [], ui: fitting(header, base) });
        looker.opened(header);
        if (again) {
          clearTimeout(later);
          later = setTimeout(free, Math.max(0, since + PATIENCE_MS - Date.now()));
        }
        return true;
      }
      if (header.type === "refused") {
        if (header.id !== asked) return true;
        looker.refused(header.id);
        const known = tables.get(header.missing_table ?? "");
        missing = header.missing_table;
        if (known !== undefined && !again) {
          bring(known.table, known.bytes);
          return true;
        }
        base.set({ problems: header.problems, busy: false, ...withoutNewBranch(base.state, good) });
        free();
        return true;
      }
      return false;
    },
    painted: (generation) => {
      if (generation !== asked) return;
      if (base.state.busy) base.set({ busy: false });
      if (waits === "picture") free();
    },
  };
}

/** Whether networks as many as before learn from the rows of before. */
function sameRows(one: Session, other: Session): boolean {
  const key = (each: Session): string =>
    JSON.stringify([dataKey(each.experiment, each), each.experiment["population"]]);
  return key(one) === key(other);
}

/** Return the tables that a session speaks of; a host that was started again has none. */
function needed<T>(tables: ReadonlyMap<string, T>, base: Base): T[] {
  const session = base.state.session;
  const all = [session?.table, ...(session?.pins ?? []).map((pin) => pin.table)];
  const digests = new Set(all.flatMap((each) => (each == null ? [] : [each.digest])));
  return [...digests].flatMap((digest) => tables.get(digest) ?? []);
}

/** Return the view as far as it fits what was opened: features, output, network, run. */
function fitting(opened: OpenedTold, base: Base): Base["state"]["ui"] {
  const { ui } = base.state;
  // pictures, held values and points are of the features that others are derived from
  const { base_features: features, classes, targets } = opened.data;
  const known = (name: string): boolean => features.includes(name);
  return {
    ...ui,
    features: ui.features !== null && ui.features.every(known) ? ui.features : null,
    hold: Object.fromEntries(Object.entries(ui.hold).filter(([name]) => known(name))),
    output: ui.output !== null && [...classes, ...targets].includes(ui.output) ? ui.output : null,
    network: Math.min(ui.network, opened.n_networks - 1),
    points: ui.points.filter((point) => point.length === features.length),
    run: opened.runs.some((each) => each.run === ui.run) ? ui.run : -1,
  };
}

/** A branch that cannot be is not kept: it would be in the way of every later change. */
function withoutNewBranch(state: State, good: Session | null): Partial<State> {
  const { session, ui } = state;
  const n = good?.branches?.length ?? 0;
  if (session === null || good === null || (session.branches?.length ?? 0) <= n) return {};
  const run = good.branches === undefined ? -1 : Math.min(ui.run, n - 1);
  return { session: { ...session, branches: session.branches?.slice(0, n) ?? [] }, ui: { ...ui, run } };
}

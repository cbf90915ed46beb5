// Asks the host for pictures: one look is out at a time, the next goes when the last was painted.
import type { AnyArray, Answer, Arrays, NDArray } from "../wire/frames";
import type { FrameTold, Look, OpenedTold, Plane, Want } from "../wire/messages";
import { wantOf } from "../views/wants";
import { dataKey } from "./session";
import type { Shown, State } from "./state";
import type { Base, Numbers } from "./store";

/** Where paint happens, and when; another one in tests. */
export interface Frames {
  /** Call at the next frame; or after some time, without keeping the browser at its frames. */
  request(paint: () => void, afterMs?: number): number;
  cancel(number: number): void;
  now(): number;
}

export interface Looker {
  /** Ask for what is wanted now, at once or when the last answer was painted. */
  look(): void;
  /** Ask for the first picture of a setting that was sent just now and has the same rows: the
   * host answers as soon as there is one, and a round trip is saved. */
  expect(generation: number): void;
  opened(header: OpenedTold): void;
  /** Be told that a setting will not stand. */
  refused(generation: number): void;
  /** Whether a tape that plays should not move on: a picture is on its way that does not take
   * long, or the last one did take long and others get their turn. */
  waits(): boolean;
  /** How long the clock of a tape can sleep; 0 where the next frame may move it. */
  sleepMs(): number;
  took(answer: Answer<FrameTold>): void;
  /** Take it that a message cannot be answered; return whether it was the look that is out. */
  failed(id: number): boolean;
  close(): void;
}

/** Parts that hang on the data and the plane alone. */
const STILL = ["rows_x", "rows_class", "rows_value", "rows_part", "rows_index", "truth"];
const PATIENCE_MS = 100;
/** After this a look is given up as lost: the host drops those of an old setting. */
const LOST_MS = 5000;
/** After this the place on a tape that plays moves on before its picture is there. */
const SLOW_MS = 250;
/** Where other pages watch too, a look that takes longer than this met a host, or a browser, that
 * is busy with theirs. Pages that all ask again at once keep it so; each then waits some times as
 * long as its look took, and all of them get their pictures sooner. */
const BUSY_MS = 30;
const REST_TIMES = 5;
/** The longest such wait: there are two pictures a second still. */
const REST_MS = 350;
/** After this the clock of a tape need not ask for every frame whether its picture is there... */
const SLEEPY_MS = 50;
/** ...but so often: frames cost the browser more than the picture. */
const NAP_MS = 30;

/** What a look asks for. */
interface Wished {
  readonly run: number;
  readonly step: number | null;
  readonly have: number;
  readonly plane: Plane;
  readonly want: Want;
}

interface Asking {
  readonly look: Look;
  readonly key: string;
  readonly at: number;
}

export function createLooker(base: Base, next: Numbers, frames: Frames): Looker {
  let opened: OpenedTold | null = null;
  let out: Asking | null = null;
  let paint: number | null = null;
  let nth = 0;
  let rests = 0; // until then a tape that plays stays where it is
  let stale = true; // something was asked for that no look has gone out for
  let fresh = new Set<string>(); // what of the runs at the side is up to date
  const keys = new Map<number, string>(); // by run: what its still parts belong to

  const send = (): void => {
    if (opened === null || base.state.status !== "open" || paint !== null) return;
    if (out !== null && frames.now() - out.at < LOST_MS) return;
    const found = next_(base.state, opened);
    if (found !== null) ask(found, opened, opened.id);
  };
  const ask = ({ run, step, have, plane, want }: Wished, rows: OpenedTold, generation: number): void => {
    const key = stillKey(base.state, rows, plane, nth++);
    const look: Look = {
      type: "look", id: next(), opened: generation, run, step, have, patience_ms: PATIENCE_MS,
      plane, want: slim(want, keys.get(run) === key ? base.state.shown[run] : undefined),
    };
    out = { look, key, at: frames.now() };
    base.host.send(look);
  };

  /** Choose what to ask for: the run shown as long as it changes, then those at its side. */
  const next_ = (state: State, now: OpenedTold): Wished | null => {
    const { plane, want } = wantOf(state);
    const { run, position } = state.ui;
    const shown = state.shown[run];
    const current = shown?.header.opened === now.id ? shown.header : null;
    const newest = position === null;
    if (stale || current === null || (newest && !current.done)) {
      const have = newest && !stale && current !== null ? current.trained_step : -1;
      stale = false;
      return { run, step: position, have, plane, want };
    }
    for (const side of sides(state, now)) {
      const mark = JSON.stringify([side, plane]);
      if (fresh.has(mark)) continue;
      return { run: side.run, step: null, have: -1, plane, want: side.want };
    }
    return null;
  };

  const painted = (): void => {
    paint = null;
    send();
  };

  return {
    look: () => {
      stale = true;
      send();
    },
    expect: (generation) => {
      if (opened === null || base.state.status !== "open") return;
      const { run, position } = base.state.ui;
      ask({ run, step: position, have: -1, ...wantOf(base.state) }, opened, generation);
      stale = false;
    },
    opened: (header) => {
      opened = header;
      fresh = new Set();
      if (out?.look.opened === header.id && out.look.run === base.state.ui.run) return;
      out = null; // the host drops looks of the setting before
      stale = true;
      send();
    },
    refused: (generation) => {
      if (out?.look.opened !== generation) return;
      out = null;
      stale = true; // the setting before goes on
      send();
    },
    waits: () => {
      const now = frames.now();
      return now < rests || (out !== null && now - out.at < SLOW_MS);
    },
    sleepMs: () => {
      const now = frames.now();
      if (now < rests) return rests - now;
      return out !== null && now - out.at > SLEEPY_MS ? NAP_MS : 0;
    },
    took: (answer) => {
      const { header } = answer;
      if (opened === null || header.opened !== opened.id) return;
      if (out?.look.id !== header.id) return;
      const { look, key, at } = out;
      const now = frames.now();
      const took = now - at;
      const isCrowded = header.n_watchers > 1 && took > BUSY_MS;
      rests = isCrowded ? now + Math.min(REST_TIMES * took, REST_MS) : 0;
      out = null;
      const old = base.state.shown[header.run];
      const shown = merged(old, answer, look.want ?? {}, keys.get(header.run) === key);
      keys.set(header.run, key);
      if (header.done)
        for (const side of sides(base.state, opened))
          if (side.run === header.run && look.step == null)
            fresh.add(JSON.stringify([side, look.plane]));
      base.set({ shown: { ...kept(base.state, opened), [header.run]: shown } });
      paint = frames.request(painted);
    },
    failed: (id) => {
      if (out?.look.id !== id) return false;
      out = null; // the same again would fail again: wait for another setting or view
      return true;
    },
    close: () => {
      if (paint !== null) frames.cancel(paint);
      opened = null;
    },
  };
}

/** Return which runs beside the shown one are seen too, and what of them. */
export function sides(state: State, opened: OpenedTold): { run: number; want: Want }[] {
  const curves: Want = { curves: {}, finals: true };
  const branches = opened.runs
    .filter((each) => each.run >= -1 && each.run !== state.ui.run)
    .map((each) => ({ run: each.run, want: curves }));
  if (state.ui.panel !== "compare") return opened.runs.length > 1 ? branches : [];
  const pins = (state.session?.pins ?? []).map((_, k) => ({
    run: -2 - k, want: { ...curves, surface: {}, rows: {} } as Want,
  }));
  return [...pins, ...branches];
}

/** Return a wish without the parts that are there and cannot have changed. */
export function slim(want: Want, shown: Shown | undefined): Want {
  if (shown === undefined) return want;
  return {
    ...want,
    rows: "rows_x" in shown.arrays ? null : want.rows,
    truth: want.truth === true && !("truth" in shown.arrays),
  };
}

/** Return what is shown after an answer. Parts that were not asked for stay while they belong. */
export function merged(
  old: Shown | undefined, answer: Answer<FrameTold>, want: Want, still: boolean,
): Shown {
  if (old === undefined) return answer;
  const sameSetting = old.header.opened === answer.header.opened;
  const found: Record<string, NDArray<AnyArray>> = { ...answer.arrays };
  for (const [name, array] of Object.entries(old.arrays)) {
    if (name in found) continue;
    const stays = STILL.includes(name) ? still : sameSetting && !asked(want, name);
    if (stays) found[name] = array;
  }
  const arrays: Arrays = found;
  const plane = answer.header.plane ?? (still ? old.header.plane : null);
  return { header: { ...answer.header, plane }, arrays };
}

const PART: Readonly<Record<string, keyof Want>> = {
  surface: "surface", multiples: "multiples", units: "units", weights: "weights",
  gradients: "weights", gradient: "weights", confusion: "answers", histogram: "answers",
  points: "answers", curve: "curves", one: "curves", final: "finals",
};

/** Return which wish of a look asks for an array. */
export function wishOf(name: string): keyof Want | undefined {
  return PART[name.split("_")[0] ?? ""];
}

function asked(want: Want, name: string): boolean {
  const part = wishOf(name);
  return part !== undefined && Boolean(want[part]);
}

/** Return what is shown of runs that there still are. */
function kept(state: State, opened: OpenedTold): Readonly<Record<number, Shown>> {
  const known = new Set(opened.runs.map((each) => each.run));
  return Object.fromEntries(
    Object.entries(state.shown).filter(([run]) => known.has(Number(run))));
}

/** Return what rows in a picture belong to. Where the host chooses the features of many, it may
 * choose others every time: then they belong to one look only. */
function stillKey(state: State, opened: OpenedTold, plane: Plane, number: number): string {
  const { session } = state;
  const chosen = plane.features != null || opened.data.features.length <= 2;
  if (session === null || !chosen) return String(number);
  return JSON.stringify([dataKey(opened.experiment, session), plane]);
}

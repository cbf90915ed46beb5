// The position on the tape: by a clock when playing, by a person's hand else.
import type { Session } from "../wire/messages";
import type { Frames, Looker } from "./looker";
import type { Document } from "./document";
import { documentOf, type Changes, type Moved } from "./session";
import type { State } from "./state";
import type { Base } from "./store";

export interface Player {
  play(): void;
  pause(): void;
  stepBy(steps: number): void;
  epochBy(epochs: number): void;
  seek(step: number | null): void;
  /** Start or stop the clock as the view says. */
  follow(): void;
  /** The step shown. */
  step(): number;
  /** How many steps the run shown has. */
  steps(): number;
  /** A slider that is still being moved goes on with the branch that it made. */
  sameGesture(changes: Changes): Moved | null;
  close(): void;
}

/** A change of the same settings within this time belongs to the one before. */
const GESTURE_MS = 1200;

export function createPlayer(base: Base, looker: Looker, frames: Frames): Player {
  let clock: number | null = null;
  let last = 0;
  let exact = 0; // the position with its fraction: slow speeds move less than a step a frame
  let placed = 0; // where the clock left it
  let gesture: { keys: string; at: number } | null = null;

  const ui = () => base.state.ui;
  const steps = (): number => totalSteps(base.state);
  const step = (): number => shownStep(base.state);
  const trained = (): number => {
    const { shown, opened } = base.state;
    const header = shown[ui().run]?.header;
    return header !== undefined && header.opened === opened?.id ? header.trained_step : 0;
  };

  const put = (position: number | null, playing = ui().playing): void => {
    base.set({ ui: { ...ui(), position, playing } });
    looker.look();
  };
  const stop = (): void => {
    if (clock !== null) frames.cancel(clock);
    clock = null;
  };
  const tick = (): void => {
    clock = null;
    if (!ui().playing) return;
    const now = frames.now();
    const elapsed = Math.min(now - last, 250) / 1000;
    last = now;
    const position = ui().position ?? 0;
    if (placed !== position) exact = position; // someone else moved it
    exact = Math.min(exact + elapsed * ui().speed, Math.max(trained(), position));
    const whole = Math.floor(exact);
    const ended = whole >= steps() && steps() > 0;
    // the place on the tape moves with its pictures: to draw it more often costs them time
    if (!looker.waits() && (whole !== position || ended)) put(Math.min(whole, steps()), !ended);
    placed = ui().position ?? 0;
    if (ui().playing) clock = frames.request(tick, looker.sleepMs());
  };
  const follow = (): void => {
    if (!ui().playing) return stop();
    if (clock !== null) return;
    last = frames.now();
    exact = placed = ui().position ?? 0;
    clock = frames.request(tick);
  };
  const seek = (to: number | null): void =>
    put(to === null ? null : Math.max(0, Math.min(Math.round(to), steps())));

  return {
    play: () => {
      const position = ui().position;
      const again = position === null || position >= steps();
      base.set({ ui: { ...ui(), mode: "watch", playing: true, position: again ? 0 : position } });
      looker.look();
      follow();
    },
    pause: () => {
      stop();
      base.set({ ui: { ...ui(), playing: false } });
    },
    stepBy: (by) => {
      stop();
      put(Math.max(0, Math.min(step() + by, steps())), false);
    },
    epochBy: (by) => {
      stop();
      const per = stepsPerEpoch(base.state);
      // to the next border of an epoch, not by the length of one
      const to = by > 0 ? Math.floor(step() / per + by) : Math.ceil(step() / per + by);
      put(Math.max(0, Math.min(to * per, steps())), false);
    },
    seek: (to) => {
      stop();
      base.set({ ui: { ...ui(), playing: false } });
      seek(to);
    },
    follow,
    step,
    steps,
    sameGesture: (changes) => {
      const keys = Object.keys(changes).sort().join();
      const now = Date.now();
      const old = gesture;
      gesture = { keys, at: now };
      const { session } = base.state;
      if (old === null || session === null || old.keys !== keys || now - old.at > GESTURE_MS) return null;
      return goesOn(session, base.state, changes);
    },
    close: stop,
  };
}

/** Return the branch of a gesture with its newest values, or nothing if the gesture made none. */
function goesOn(session: Session, state: State, changes: Changes): Moved | null {
  const { run, position } = state.ui;
  const branch = run < 0 ? undefined : session.branches?.[run];
  const newest = run === (session.branches?.length ?? 0) - 1;
  const own = branch !== undefined && Object.keys(changes).every((key) => key in (branch.changes ?? {}));
  if (!own || branch === undefined || !newest) return null;
  const made = { ...branch, changes: { ...branch.changes, ...changes } };
  const branches = (session.branches ?? []).map((each, k) => (k === run ? made : each));
  return { session: { ...session, branches }, place: { run, position }, did: "rebranch" };
}

/** Return how many steps the shown run has. */
export function totalSteps(state: State): number {
  return state.opened?.runs.find((each) => each.run === state.ui.run)?.total_steps ?? 0;
}

export function stepsPerEpoch(state: State): number {
  return state.opened?.runs.find((each) => each.run === state.ui.run)?.steps_per_epoch ?? 1;
}

/** Return the step that is shown, or being fetched. */
export function shownStep(state: State): number {
  return state.ui.position ?? state.shown[state.ui.run]?.header.step ?? 0;
}

/** Return the document that the controls of a state show. Asked for by every control at every
 * change, so the last one is kept. */
export function shownDocument(state: State): Document {
  const { session, opened, ui } = state;
  if (session === null) return NOTHING;
  if (last.session !== session || last.opened !== opened || last.run !== ui.run)
    last = { session, opened, run: ui.run, document: documentOf(session, opened, ui.run) };
  return last.document;
}

const NOTHING: Document = {};
interface Kept {
  readonly session: Session | null;
  readonly opened: State["opened"];
  readonly run: number;
  readonly document: Document;
}
let last: Kept = { session: null, opened: null, run: -1, document: NOTHING };

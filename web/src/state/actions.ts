// What a person can do: each function here changes the session, the view of it, or asks the host.
import type { Answer } from "../wire/frames";
import type { Asked, DoneTold, OwnTable, Pin, Session } from "../wire/messages";
import { t } from "../strings";
import { sha256 } from "../wire/digest";
import { DRAWN_NAME, drawnTable, withFitting } from "./data";
import { same, valueAt, type Document } from "./document";
import type { Jobs } from "./jobs";
import type { Looker } from "./looker";
import type { Opener } from "./opener";
import { shownDocument, type Player } from "./player";
import {
  MOST_PINS, branched, changed, documentOf, edited, replaced, without, type Changes,
  type Moved,
} from "./session";
import { beginning, chosenAfter } from "./starts";
import type { Drawn, Language, State, Theme, Ui } from "./state";
import type { Base } from "./store";

/** A message that asks for an action; its number is given by the store. */
export type ActionMessage = DistributedOmit<
  Extract<Asked, { type: "preview" | "compare" | "diagnose" | "inspect" | "traces" | "take" }>, "id">;
type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export interface Actions {
  /** Change a setting of the run at which a person looks, by its key path. undefined: default. */
  change(path: string, value: unknown): void;
  changeMany(changes: Changes): void;
  /** Take a task as the data, with settings that learn it where nothing else was chosen. */
  beginTask(task: string): void;
  setUi(ui: Partial<Ui>): void;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
  /** Take a table that was brought as the data, with what changes beside it. */
  use(table: OwnTable, changes: Changes): void;
  /** Take another experiment; its branches and, unless given, its own table go. */
  replace(experiment: Document, table?: Session["table"]): void;
  /** Take a whole session, such as that of a link. */
  restore(session: Session, ui?: Partial<Ui>): void;
  /** Set a weight by hand, of one network or of all, at the step shown. */
  edit(parameter: number, value: number, network?: number | null): void;
  /** Hold part of the network fixed, or let it go: "layers.0", "layers.0.bias.2". */
  freeze(path: string): void;
  /** Go on otherwise from the step shown. */
  branchHere(changes: Changes): void;
  choose(run: number): void;
  removeBranch(run: number): void;
  pin(name: string): void;
  unpin(number: number): void;
  newSeeds(): void;
  undo(): void;
  /** Hand a table to the host; answers with what the session calls it. */
  bringTable(name: string, bytes: Uint8Array): Promise<{ digest: string; name: string }>;
  /** Ask for an action; a newer one of its kind drops it. Rejects with the host's sentence. */
  request(message: ActionMessage): Promise<Answer<DoneTold>>;
  /** Drop the action of a kind that is under way. */
  drop(kind: string): void;
  play(): void;
  pause(): void;
  /** Forward, or with a negative number back, by steps of the training. */
  stepBy(steps: number): void;
  epochBy(epochs: number): void;
  /** Go to a step; null: the newest. */
  seek(step: number | null): void;
  setSpeed(updatesPerSecond: number): void;
  /** Tell a screen reader. */
  say(text: string): void;
  /** Show a sentence for a while. */
  notify(text: string, kind?: "calm" | "warn"): void;
}

interface Parts {
  readonly base: Base;
  readonly opener: Opener;
  readonly looker: Looker;
  readonly jobs: Jobs;
  readonly player: Player;
  readonly asks: Asks;
}
/** Whether something asks for a prediction first, so that no result may be shown. */
export type Asks = (state: Pick<State, "session" | "ui">) => boolean;

const MOST_UNDONE = 100;
/** Where nothing of a result is seen. */
const BEFORE = { mode: "watch", position: 0, playing: false } as const;

export function createActions({ base, opener, looker, jobs, player, asks }: Parts): Actions {
  const before: Session[] = [];
  let notices = 0;

  const go = (moved: Moved): void => {
    const { ui } = base.state;
    if (moved.did === "full") {
      act.notify(t("app.full"), "warn");
      return;
    }
    remember();
    if (moved.did === "anew" && branchesOf(base.state.session) > branchesOf(moved.session))
      act.notify(t("app.anew"));
    const { run } = moved.place;
    // in instant mode the end of what was made is what a person wants to see
    const position = ui.mode === "instant" ? null : moved.place.position;
    base.set({ session: moved.session, ui: { ...ui, run, position }, spoken: "" });
    opener.open();
  };
  const remember = (): void => {
    if (base.state.session !== null) before.push(base.state.session);
    if (before.length > MOST_UNDONE) before.shift();
  };
  const withSession = (make: (session: Session) => Moved): void => {
    if (base.state.session !== null) go(make(base.state.session));
  };
  /** Do what may show a result, unless a tour asks for a prediction of it first. */
  const unasked = (go: () => void): void => (asks(base.state) ? act.notify(t("tour.first")) : go());
  const place = () => ({ run: base.state.ui.run, position: base.state.ui.position });

  const act: Actions = {
    change: (path, value) => act.changeMany({ [path]: value }),
    changeMany: (changes) => {
      const { ui } = base.state;
      base.set({ ui: { ...ui, byHand: chosenAfter(ui.byHand, changes) } });
      withSession((session) =>
        player.sameGesture(changes) ?? changed(session, base.state.opened, place(), changes, player.steps()));
    },
    beginTask: (task) =>
      withSession((session) => {
        const { opened, catalogue } = base.state;
        const start = catalogue?.starts[task] ?? { data: { task } };
        const changes = withFitting(shownDocument(base.state), beginning(base.state, start));
        return changed(session, opened, place(), changes, player.steps());
      }),
    setUi: (given) => {
      const ui = { ...base.state.ui, ...given };
      const peeks = asks({ ...base.state, ui }) && !same(ui, { ...ui, ...BEFORE });
      base.set({ ui: peeks ? { ...ui, ...BEFORE } : ui });
      if (peeks) act.notify(t("tour.first"));
      player.follow();
      looker.look();
    },
    setLanguage: (language) => base.set({ language }),
    setTheme: (theme) => base.set({ theme }),
    use: (table, changes) =>
      withSession((session) =>
        changed({ ...session, table }, base.state.opened, place(), changes, player.steps())),
    replace: (experiment, table = null) => {
      base.set({ ui: { ...base.state.ui, byHand: [] } });
      withSession((session) => ({
        session: replaced(session, experiment, table),
        place: { run: -1, position: base.state.ui.position === null ? null : 0 },
        did: "anew",
      }));
    },
    restore: (session, ui = {}) => {
      remember();
      if (ui.drawn != null) void bringDrawn(act, ui.drawn);
      base.set({ session, ui: { ...base.state.ui, byHand: [], ...ui } });
      opener.open();
    },
    edit: (parameter, value, network = null) =>
      withSession((session) => edited(session, place(), player.step(), { parameter, value, network })),
    freeze: (path) => {
      const found = valueAt(shownDocument(base.state), "training.frozen");
      const old = Array.isArray(found) ? (found as string[]) : [];
      const frozen = old.includes(path) ? old.filter((each) => each !== path) : [...old, path];
      act.change("training.frozen", frozen);
    },
    branchHere: (changes) =>
      withSession((session) => branched(session, place(), player.step(), { changes })),
    choose: (run) => act.setUi({ run }),
    removeBranch: (run) =>
      withSession((session) => {
        const left = without(session, run);
        return { session: left.session, place: { ...place(), run: left.run }, did: "rebranch" };
      }),
    pin: (name) =>
      withSession((session) => {
        const { opened, ui } = base.state;
        const experiment = { ...documentOf(session, opened, ui.run) };
        const made: Pin = { name, experiment, table: session.table ?? null };
        const pins = [...(session.pins ?? []), made].slice(-MOST_PINS);
        return { session: { ...session, pins }, place: place(), did: "rebranch" };
      }),
    unpin: (number) =>
      withSession((session) => ({
        session: { ...session, pins: (session.pins ?? []).filter((_, k) => k !== number) },
        place: place(), did: "rebranch",
      })),
    newSeeds: () =>
      withSession((session) => {
        const seed = Math.floor(Math.random() * 1_000_000);
        return changed(session, base.state.opened, place(), { seed }, player.steps());
      }),
    undo: () => {
      const session = before.pop();
      if (session === undefined) return;
      const run = Math.min(base.state.ui.run, branchesOf(session) - 1);
      base.set({ session, ui: { ...base.state.ui, run } });
      opener.open();
    },
    bringTable: async (name, bytes) => {
      const table = { digest: await sha256(bytes), name: name.slice(0, 120) };
      opener.bring(table, bytes);
      return table;
    },
    request: jobs.request,
    drop: jobs.drop,
    play: () => unasked(player.play),
    pause: player.pause,
    stepBy: (steps) => unasked(() => player.stepBy(steps)),
    epochBy: (epochs) => unasked(() => player.epochBy(epochs)),
    seek: (step) => unasked(() => player.seek(step)),
    setSpeed: (speed) => act.setUi({ speed }),
    say: (spoken) => base.set({ spoken }),
    notify: (text, kind = "calm") =>
      base.set({ notice: { text, kind, number: ++notices } }),
  };
  return act;
}

const branchesOf = (session: Session | null): number => session?.branches?.length ?? 0;

/** Hand drawn points to the host again: they travel in the link, their table does not. */
export async function bringDrawn(act: Actions, drawn: Drawn): Promise<void> {
  await act.bringTable(DRAWN_NAME, drawnTable(drawn.points, drawn.classes));
}

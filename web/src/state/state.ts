// Everything the page knows, in one record; changed only by functions of this folder.
import type { Answer, Arrays } from "../wire/frames";
import type { HostStatus } from "../wire/host";
import type {
  CatalogueTold, DoneTold, FrameTold, OpenedTold, Problem, Session,
} from "../wire/messages";

export type Language = "en" | "ja" | "ko";
export type Theme = "auto" | "light" | "dark";
export type Mode = "instant" | "watch";
/** What stands in the middle of the page; projector mode shows one alone. */
export type ViewName =
  | "surface" | "multiples" | "curves" | "finals" | "confusion" | "histogram" | "points"
  | "network" | "traces" | "inside" | "charts";

/** What stands in the left column. */
export type PanelName = "data" | "network" | "training" | "compare" | "doctor" | "take" | "tours";
/** Points drawn with the mouse: x, y and the number of their class. */
export interface Drawn {
  readonly classes: readonly string[];
  readonly points: readonly (readonly [number, number, number])[];
}

export type Inside =
  | { readonly row: number } | { readonly point: readonly number[] } | { readonly batch_row: number };

/** Where a person is in a guided tour, and what they predicted at each step. */
export interface Tour {
  readonly name: string;
  readonly step: number;
  readonly answers?: readonly (number | null)[];
}

/** What a person looks at and how: travels in the link beside the session. */
export interface Ui {
  readonly mode: Mode;
  /** Updates per second in watch mode. */
  readonly speed: number;
  readonly playing: boolean;
  /** The step shown; null: the newest, or the end. */
  readonly position: number | null;
  /** -1 the experiment's own run, from 0 a branch. */
  readonly run: number;
  readonly network: number;
  readonly show: "median" | "disagreement" | "network";
  readonly features: readonly [string, string] | null;
  readonly hold: Readonly<Record<string, number>>;
  readonly output: string | null;
  readonly truth: boolean;
  readonly logAxis: boolean;
  readonly points: readonly (readonly number[])[];
  /** What is followed through the network: a row of the dataset, or a place. */
  readonly inside: Inside | null;
  readonly view: ViewName;
  readonly panel: PanelName;
  readonly drawn: Drawn | null;
  readonly projector: boolean;
  readonly tour: Tour | null;
  /** Settings of network and training that the person chose: another task leaves them alone. */
  readonly byHand: readonly string[];
}

/** Answers to looks, merged part by part: a part that was not asked for again stays. */
export interface Shown {
  readonly header: FrameTold;
  readonly arrays: Arrays;
}

/** An action under way, or what came of it. */
export interface Job {
  readonly action: string;
  readonly sentence: string;
  readonly share: number | null;
  readonly done: Answer<DoneTold> | null;
  readonly failed: string | null;
  /** Of what went wrong, or nothing. */
  readonly code: string;
}

export interface State {
  readonly status: HostStatus;
  readonly catalogue: CatalogueTold | null;
  readonly session: Session | null;
  readonly ui: Ui;
  /** What the host made of the session that stands. */
  readonly opened: OpenedTold | null;
  readonly problems: readonly Problem[];
  /** Whether a change is under way that nothing was shown of yet. */
  readonly busy: boolean;
  /** By run: the newest state shown. */
  readonly shown: Readonly<Record<number, Shown>>;
  /** The newest action of each kind: compare, diagnose, inspect, traces, take, preview. */
  readonly jobs: Readonly<Record<string, Job>>;
  readonly language: Language;
  readonly theme: Theme;
  /** What was last said to screen readers. */
  readonly spoken: string;
  /** A sentence shown for a while: "copied", "at most eight branches". */
  readonly notice: Notice | null;
}

export interface Notice {
  readonly text: string;
  readonly kind: "calm" | "warn";
  readonly number: number;
}

export const FIRST_UI: Ui = {
  mode: "instant",
  speed: 500,
  playing: false,
  position: null,
  run: -1,
  network: 0,
  show: "median",
  features: null,
  hold: {},
  output: null,
  truth: false,
  logAxis: false,
  points: [],
  inside: null,
  view: "surface",
  panel: "data",
  drawn: null,
  projector: false,
  tour: null,
  byHand: [],
};

export const FIRST_STATE: State = {
  status: "connecting",
  catalogue: null,
  session: null,
  ui: FIRST_UI,
  opened: null,
  problems: [],
  busy: false,
  shown: {},
  jobs: {},
  language: "en",
  theme: "auto",
  spoken: "",
  notice: null,
};

// Guided tours as data: what each step sets up, asks and shows. Texts are in the strings, section
// "tour": the keys of step n of a story begin with "story_n".
import { same } from "../state/document";
import type { Ui } from "../state/state";
import experiments from "./experiments.json";
import tours from "./tours.json";

/** Which number a question is about; see measure.ts. */
export type Measure =
  | { readonly of: "median" | "least" | "most" | "spread"; readonly figure: string; readonly times?: number }
  | { readonly of: "count"; readonly figure: string; readonly atLeast: number }
  | { readonly of: "steps" }
  | { readonly of: "epochs_to"; readonly figure: string; readonly level: number }
  | { readonly of: "right"; readonly truth: readonly number[] }
  | { readonly of: "point"; readonly point: number };
export type Unit = "percent" | "points" | "whole" | "number";

export interface Choice {
  readonly kind: "choice";
  readonly unit: Unit;
  /** Answer k is right if the number is at most this, the last one beyond all of them. */
  readonly upTo: readonly number[];
  readonly measure: Measure;
}
export interface Guess {
  readonly kind: "slider";
  readonly unit: Unit;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** How far a good prediction may be off. */
  readonly near: number;
  readonly start: number;
  readonly measure: Measure;
}
export type Ask = Choice | Guess;

export interface Step {
  /** The experiment, by its name. */
  readonly set: string;
  /** What is seen before the first step of the training; nothing of the result. */
  readonly before?: Partial<Ui>;
  readonly ask?: Ask;
  /** What is seen of the result. */
  readonly after?: Partial<Ui>;
}
export interface Story {
  readonly name: string;
  readonly steps: readonly Step[];
}

export const STORIES = tours as unknown as readonly Story[];
export const EXPERIMENTS = experiments as unknown as Readonly<Record<string, Record<string, unknown>>>;

/** What of the view every step begins with. */
const PLAIN: Partial<Ui> = {
  run: -1, network: 0, show: "median", features: null, hold: {}, output: null, truth: false,
  logAxis: false, points: [], playing: false,
};

export function storyOf(name: string): Story | undefined {
  return STORIES.find((each) => each.name === name);
}

/** Whether a step hides the result until it is predicted. */
export function hides(step: Step, answer: number | null): boolean {
  return step.after === undefined || (step.ask !== undefined && answer === null);
}

/** Return the view of a step: before the training as long as the result is hidden. */
export function viewOf(step: Step, answer: number | null): Partial<Ui> {
  if (hides(step, answer))
    return { ...PLAIN, ...step.before, mode: "watch", position: 0 };
  return { ...PLAIN, ...step.after, mode: "instant", position: null };
}

export function experimentOf(step: Step): Record<string, unknown> {
  return EXPERIMENTS[step.set] ?? {};
}

/** Whether a document is what a step sets up, so that nothing needs to be opened. */
export function stands(step: Step, experiment: unknown): boolean {
  return same(experiment, experimentOf(step));
}

/** The number of the answer that a number makes right. */
export function rightChoice(ask: Choice, value: number): number {
  const found = ask.upTo.findIndex((most) => value <= most);
  return found < 0 ? ask.upTo.length : found;
}

export function isRight(ask: Ask, answer: number, value: number): boolean {
  if (ask.kind === "choice") return rightChoice(ask, value) === answer;
  return Math.abs(answer - value) <= ask.near + 1e-9;
}

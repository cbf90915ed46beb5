// A person's way through a story: where they are, what they predicted, how many were right.
import type { Actions } from "../state/actions";
import type { State } from "../state/state";
import { isFinished, measured } from "./measure";
import { experimentOf, hides, isRight, stands, storyOf, viewOf, type Step, type Story } from "./story";

/** Where a person is; travels in the link as `ui.tour`. */
export interface Place {
  readonly story: Story;
  readonly number: number;
  readonly step: Step;
  readonly answers: readonly (number | null)[];
}

/** Return where a person is, null where no story is told. */
export function placeOf(tour: State["ui"]["tour"]): Place | null {
  const story = tour === null ? undefined : storyOf(tour.name);
  const step = story?.steps[tour?.step ?? 0];
  if (tour === null || story === undefined || step === undefined) return null;
  const given: readonly unknown[] = Array.isArray(tour.answers) ? tour.answers : [];
  const answers = story.steps.map((_, k) => {
    const answer = given[k];
    return typeof answer === "number" && Number.isFinite(answer) ? answer : null;
  });
  return { story, number: tour.step, step, answers };
}

/** Whether a question is open about the very setting that is there: its result stays hidden. */
export function asks(state: Pick<State, "session" | "ui">): boolean {
  const place = placeOf(state.ui.tour);
  if (place === null || place.step.ask === undefined || state.session === null) return false;
  return hides(place.step, place.answers[place.number] ?? null)
    && stands(place.step, state.session.experiment);
}

/** Begin a story, or go to one of its steps. */
export function goTo(
  act: Actions, state: State, story: Story, number: number, answers: readonly (number | null)[] = [],
): void {
  const step = story.steps[number];
  if (step === undefined) return;
  const view = viewOf(step, answers[number] ?? null);
  act.setUi({ ...view, panel: "tours", tour: { name: story.name, step: number, answers: [...answers] } });
  const { session } = state;
  const there = session !== null && stands(step, session.experiment)
    && (session.branches ?? []).length === 0 && session.table == null;
  if (!there) act.replace(experimentOf(step));
}

/** Take a prediction; the result is shown from then on. */
export function predict(act: Actions, state: State, place: Place, answer: number): void {
  const answers = place.answers.map((each, k) => (k === place.number ? answer : each));
  goTo(act, state, place.story, place.number, answers);
}

/** What came of a prediction, null until the training has ended. */
export function outcomeOf(state: State, place: Place): { value: number; right: boolean } | null {
  const { ask } = place.step;
  const answer = place.answers[place.number] ?? null;
  const shown = state.shown[-1];
  if (ask === undefined || answer === null || state.busy || !isFinished(shown, state.opened)) return null;
  if (state.opened === null) return null;
  const value = measured(ask.measure, shown, state.opened);
  return value === null ? null : { value, right: isRight(ask, answer, value) };
}

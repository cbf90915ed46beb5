// Guided tours: their data and texts fit, nothing is shown before it is predicted, and the numbers
// come from what the host told.
import { render } from "preact";
import { act as acted } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ToursPanel } from "../src/panels/tours";
import { createStore, StoreProvider, type Store } from "../src/state/store";
import { has, LANGUAGES, speak, type Language } from "../src/strings";
import { asks, goTo, outcomeOf, placeOf } from "../src/tours/guide";
import { measured } from "../src/tours/measure";
import { EXPERIMENTS, isRight, rightChoice, STORIES, viewOf, type Choice, type Step } from "../src/tours/story";
import type { AnyArray, Arrays, NDArray } from "../src/wire/frames";
import { catalogue, FakeFrames, FakeHost, frame, opened } from "./fake";

const array = (data: AnyArray, ...shape: number[]): NDArray => ({ data, shape });
const finals = (name: string, ...values: number[]): Arrays =>
  ({ [`final_${name}`]: array(Float32Array.from(values), values.length) });

let host: FakeHost;
let store: Store;
let root: HTMLElement;
let frames: FakeFrames;

beforeEach(() => {
  host = new FakeHost();
  frames = new FakeFrames();
  store = createStore(host, { frames, asks });
  host.be("open");
  host.tell(catalogue());
  host.open();
  host.frame();
  root = document.createElement("div");
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
  store.close();
  speak("en");
});

async function shown(): Promise<void> {
  await acted(() => {
    render(<StoreProvider value={store}><ToursPanel /></StoreProvider>, root);
  });
}
const button = (text: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll("button")].find((each) => each.textContent?.includes(text));
  if (found === undefined) throw new Error(`no button ${text}`);
  return found;
};
const press = (text: string): Promise<void> => acted(() => button(text).click()) as Promise<void>;

/** Answer as the host does once the run of a step has ended. */
async function trained(arrays: Arrays): Promise<void> {
  await acted(() => {
    host.open();
    frames.paint();
    host.frame({}, arrays);
  });
}

test.each(Object.keys(LANGUAGES))("every story has its texts in %s", (language) => {
  speak(language as Language);
  const missing = STORIES.flatMap((story) => [
    `${story.name}_title`, `${story.name}_line`,
    ...story.steps.flatMap((step, k) => {
      const name = `${story.name}_${k + 1}`;
      if (step.ask === undefined) return [name];
      const answers = step.ask.kind === "choice"
        ? [...step.ask.upTo, 0].map((_, n) => `${name}_${"abcdef".charAt(n)}`) : [];
      return [name, `${name}_q`, `${name}_told`, ...answers];
    }),
  ]).filter((key) => has(`tour.${key}`) === undefined);
  expect(missing).toEqual([]);
});

test("no text of a tour is left over", () => {
  const beyond = STORIES.map((story) => `tour.${story.name}_${story.steps.length + 1}`);
  expect(beyond.filter((key) => has(key) !== undefined)).toEqual([]);
});

test("a step that asks hides the result until it is answered", () => {
  for (const story of STORIES)
    for (const step of story.steps.filter((each) => each.ask !== undefined)) {
      expect(viewOf(step, null)).toMatchObject({ mode: "watch", position: 0, playing: false });
      expect(viewOf(step, 1)).toMatchObject({ mode: "instant", position: null });
    }
});

test("every step names an experiment", () => {
  const unknown = STORIES.flatMap((each) => each.steps).filter((step: Step) => !(step.set in EXPERIMENTS));
  expect(unknown).toEqual([]);
});

test("numbers are those of the host", () => {
  const values = finals("validation_accuracy", 0.75, 1, 1, 0.5);
  const seen = { header: frame({ trained_step: 31_699 }), arrays: values };
  const of = (measure: Parameters<typeof measured>[0]) => measured(measure, seen, opened());
  const figure = "validation_accuracy";
  expect(of({ of: "median", figure, times: 4 })).toBe(3.5); // the mean of 0.75 and 1, times 4
  expect(of({ of: "least", figure })).toBe(0.5);
  expect(of({ of: "most", figure })).toBe(1);
  expect(of({ of: "spread", figure })).toBe(0.5);
  expect(of({ of: "count", figure, atLeast: 1 })).toBe(2);
  expect(of({ of: "steps" })).toBe(31_699);
  expect(of({ of: "median", figure: "test_accuracy" })).toBeNull();
});

test("points are judged by the probability of the second class", () => {
  const said = Float32Array.from([0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.7, 0.3]);
  const seen = { header: frame(), arrays: { points: array(said, 4, 2) } };
  expect(measured({ of: "right", truth: [0, 1, 1, 1] }, seen, opened())).toBe(3);
  expect(measured({ of: "point", point: 1 }, seen, opened())).toBeCloseTo(0.8);
  const one = { header: frame(), arrays: { points: array(Float32Array.from([0.25, 0.75]), 2, 1) } };
  expect(measured({ of: "right", truth: [0, 1] }, one, opened())).toBe(2);
});

test("an epoch counts when nineteen of twenty networks are there", () => {
  const band = Float32Array.from([0.5, 1, 1, 0.4, 0.8, 1, 0.6, 1, 1]); // median, 5th, 95th
  const arrays = { curve_steps: array(Int32Array.from([10, 20, 30]), 3), curve_train_accuracy: array(band, 3, 3) };
  const measure = { of: "epochs_to", figure: "train_accuracy", level: 1 } as const;
  expect(measured(measure, { header: frame(), arrays }, opened())).toBe(3); // 10 steps an epoch
});

test("answers part the numbers", () => {
  const ask: Choice = { kind: "choice", unit: "whole", upTo: [2.5, 3.5], measure: { of: "steps" } };
  expect([1, 2.5, 3, 4].map((value) => rightChoice(ask, value))).toEqual([0, 0, 1, 2]);
  expect(isRight(ask, 1, 3)).toBe(true);
  const guess = { kind: "slider", unit: "percent", least: 0, most: 1, step: 0.1, near: 0.02, start: 0.5,
    measure: { of: "steps" } } as const;
  expect([0.97, 0.98, 1.02, 1.03].map((value) => isRight(guess, value, 1))).toEqual([false, true, true, false]);
});

test("a person goes through the first steps: predicts, sees, goes on and back", async () => {
  await shown();
  await press("OR of two bits");
  expect(host.lastOpen().session.experiment).toEqual(EXPERIMENTS.or);
  expect(store.state.ui).toMatchObject({ mode: "watch", position: 0, panel: "tours" });
  await trained({});
  await press("Next");
  expect(host.lastOpen().session.experiment).toEqual(EXPERIMENTS.or_one_epoch);
  await trained(finals("validation_accuracy", 0.75, 0.75, 0.75, 1));
  expect(root.textContent).not.toContain("Three of");
  expect(button("Next").disabled).toBe(true);
  expect(root.querySelector(".sh-revealed")).toBeNull();
  await press("Three");
  expect(store.state.ui).toMatchObject({ mode: "instant", position: null });
  await acted(() => {
    frames.paint();
    host.frame({}, finals("validation_accuracy", 0.75, 0.75, 0.75, 1));
  });
  expect(root.querySelector(".sh-came-true")?.textContent).toContain("As you predicted: 3.");
  expect(button("Next").disabled).toBe(false);
  await press("Next");
  await press("Back");
  expect(root.textContent).toContain("Your prediction: Three");
  await press("Leave the tour");
  expect(store.state.ui.tour).toBeNull();
  expect(root.querySelectorAll(".sh-story")).toHaveLength(9);
});

test("the result of an open question cannot be come by otherwise", async () => {
  await shown();
  await press("OR of two bits");
  await trained({});
  await press("Next");
  await trained({});
  const { act } = store;
  const ways = [
    () => act.setUi({ mode: "instant", playing: false, position: null }), act.play,
    () => act.seek(1000), () => act.seek(null), () => act.stepBy(5), () => act.epochBy(1),
    () => act.setUi({ position: 7 }), () => act.setUi({ panel: "training", mode: "instant", position: null }),
  ];
  for (const way of ways) {
    store.set({ notice: null });
    way();
    expect(store.state.ui).toMatchObject({ mode: "watch", position: 0, playing: false });
    expect(store.state.notice?.text).toContain("Predict first");
  }
  act.setUi({ panel: "tours", view: "curves" });
  expect(store.state.ui).toMatchObject({ panel: "tours", view: "curves" });
  await shown();
  await press("Three");
  act.seek(3);
  expect(store.state.ui.position).toBe(3);
});

test("a wrong guess is told with the number", async () => {
  const story = STORIES.find((each) => each.name === "xor");
  if (story === undefined) throw new Error("no xor");
  goTo(store.act, store.state, story, 2, [null, null, 12]);
  await shown();
  await trained(finals("validation_accuracy", 1, 1, 0.75, 0.75));
  expect(root.textContent).toContain("You said 12; it is 2.");
});

test("somebody who turns a knob is told, and can set the page up again", async () => {
  await shown();
  await press("Which of two numbers");
  await acted(() => store.act.change("training.epochs", 3));
  expect(root.textContent).toContain("The settings were changed meanwhile.");
  await press("Set the page up again");
  expect(store.state.session?.experiment).toEqual(EXPERIMENTS.greater);
});

test("a place of a link that is not there is no place", () => {
  expect(placeOf({ name: "nothing", step: 0 })).toBeNull();
  expect(placeOf({ name: "or", step: 99 })).toBeNull();
  const place = placeOf({ name: "or", step: 1, answers: ["x", Number.NaN, 2] as never });
  expect(place?.answers.slice(0, 3)).toEqual([null, null, 2]);
});

test("nothing comes out of a prediction while the training goes on", () => {
  const place = placeOf({ name: "or", step: 1, answers: [null, 1] });
  if (place === null) throw new Error("no place");
  expect(outcomeOf({ ...store.state, busy: true }, place)).toBeNull();
  const going = { [-1]: { header: frame({ opened: store.state.opened?.id ?? 0, done: false }), arrays: {} } };
  expect(outcomeOf({ ...store.state, busy: false, shown: going }, place)).toBeNull();
});

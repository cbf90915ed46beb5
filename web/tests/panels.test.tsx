// The panels as a person meets them: every control has a name, changes reach the session, problems
// stand beside what they concern, and axe finds nothing wrong.
import axe from "axe-core";
import { render, type ComponentChildren } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DataPanel } from "../src/panels/data";
import { Live, summary } from "../src/panels/live";
import { NetworkPanel } from "../src/panels/network";
import { Timeline } from "../src/panels/timeline";
import { Topbar } from "../src/panels/topbar";
import { TrainingPanel } from "../src/panels/training";
import { Banner } from "../src/panels/banner";
import { Field } from "../src/parts/field";
import { briefly, problemWords, type Wrong } from "../src/parts/problem";
import { Segments } from "../src/parts/segments";
import { Tabs } from "../src/parts/tabs";
import { Term } from "../src/parts/term";
import { valueAt } from "../src/state/document";
import { StoreProvider, createStore, type Store } from "../src/state/store";
import { speak } from "../src/strings";
import { FakeFrames, FakeHost, catalogue } from "./fake";

let host: FakeHost, store: Store, root: HTMLElement;

beforeEach(() => {
  host = new FakeHost();
  store = createStore(host, { frames: new FakeFrames() });
  host.be("open");
  host.tell(catalogue());
  host.open();
  host.frame();
  root = document.createElement("main");
  document.body.append(root);
});
afterEach(() => {
  act(() => render(null, root));
  root.remove();
  speak("en");
});

function show(Panel: () => ComponentChildren): void {
  act(() => render(<StoreProvider value={store}>{<Panel />}</StoreProvider>, root));
}
const find = <E extends HTMLElement>(selector: string): E => {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
/** The control that a label names, as screen readers find it. */
function named(name: string): HTMLInputElement {
  const label = [...root.querySelectorAll("label")].find((each) => each.htmlFor !== "" && each.textContent?.trim() === name);
  const found = label?.htmlFor ? root.querySelector(`#${label.htmlFor}`) : null;
  const other = [...root.querySelectorAll<HTMLElement>("[aria-label]")]
    .find((each) => each.getAttribute("aria-label") === name);
  const control = found ?? other;
  if (!control) throw new Error(`nothing is called ${name}`);
  return control as HTMLInputElement;
}
function set(control: HTMLInputElement, value: string, event = "input"): void {
  act(() => {
    control.value = value;
    control.dispatchEvent(new Event(event, { bubbles: true }));
  });
}
const click = (element: HTMLElement): void => void act(() => element.click());
const chosen = (path: string): unknown => valueAt(store.state.session?.experiment, path);

const PANELS = { DataPanel, NetworkPanel, TrainingPanel, Timeline, Topbar, Banner } as const;

describe.each(Object.entries(PANELS))("%s", (_, Panel) => {
  test.each(["en", "ja", "ko"] as const)("is in order for axe, in %s", async (language) => {
    speak(language);
    show(Panel);
    const rules = { "color-contrast": { enabled: false }, region: { enabled: false } }; // in the browser tests
    const { violations } = await axe.run(root, { rules });
    expect(violations.map(({ id, nodes }) => [id, nodes.map((each) => each.html)])).toEqual([]);
  });
  test("keeps the arrow keys to itself in JupyterLab", () => {
    show(Panel);
    const focusable = [...root.querySelectorAll("button, input, select, textarea, summary, [tabindex]")];
    const without = focusable.filter((each) => !each.hasAttribute("data-lm-suppress-shortcuts"));
    expect(without.map((each) => each.outerHTML)).toEqual([]);
  });
  test("has no style in its markup and no ids that could clash", () => {
    show(Panel);
    for (const each of root.querySelectorAll("[id]")) expect(each.id).toMatch(/^sh-[a-z0-9]+-\d+/);
  });
});

test("a slider changes the session at once, and its number says the same", () => {
  show(TrainingPanel);
  const slider = named("Learning rate");
  expect(slider.getAttribute("aria-valuetext")).toBe("0.03");
  set(slider, String(Number(slider.max)));
  expect(chosen("training.optimizer")).toEqual({ name: "adam", learning_rate: 10 });
  expect(named("Learning rate, as a number").value).toBe("10");
  set(named("Learning rate, as a number"), "0,2", "change");
  expect(chosen("training.optimizer.learning_rate")).toBe(0.2);
});

test("a task brings settings that learn it, but for what was chosen by hand", () => {
  show(DataPanel);
  act(() => store.act.change("training.optimizer.learning_rate", 0.2));
  set(named("Task"), "gaussians", "change");
  expect(chosen("data")).toEqual({ task: "gaussians" });
  expect(chosen("training.epochs")).toBe(50);
  expect(chosen("training.optimizer.learning_rate")).toBe(0.2);
});

test("another optimizer has other settings", () => {
  show(TrainingPanel);
  set(named("Optimizer"), "sgd", "change");
  expect(chosen("training.optimizer")).toEqual({ name: "sgd" });
});

test("layers and units by + and -", () => {
  show(NetworkPanel);
  click(named("One more: Hidden layers"));
  expect((chosen("network.layers") as unknown[]).length).toBe(3);
  click(named("One more: Units of Layer 1"));
  expect(chosen("network.layers.0.units")).toBe(4);
  click(named("One less: Hidden layers"));
  click(named("One less: Hidden layers"));
  expect((chosen("network.layers") as unknown[]).length).toBe(1);
  expect((named("One less: Hidden layers") as unknown as HTMLButtonElement).disabled).toBe(true);
  click(named("Bias of Outputs"));
  expect(chosen("network.layers.0.bias")).toBe(false);
});

test("another task brings the outputs that it needs", () => {
  show(DataPanel);
  set(named("Task"), "gaussians", "change");
  host.open({ data: { ...(store.state.opened?.data as object), classes: ["0", "1"] } as never });
  set(named("Classes"), "1"); // the second place: three classes
  expect(chosen("data")).toEqual({ task: "gaussians", classes: 3 });
  expect(chosen("network.layers.1")).toMatchObject({ units: 3, activation: "softmax" });
});

test("derived features are switches", () => {
  show(DataPanel);
  click(named("x0²"));
  click(named("x0 · x1"));
  expect(chosen("data.derived")).toEqual(["x0^2", "x0*x1"]);
  click(named("x0²"));
  expect(chosen("data.derived")).toEqual(["x0*x1"]);
});

test("what is wrong stands beside its control, and in words above", () => {
  show(TrainingPanel);
  set(named("Learning rate, as a number"), "5", "change");
  const problems = [{ where: "training.optimizer.learning_rate", sentence: "must be smaller.", code: "X103" }];
  act(() => host.tell({ type: "refused", id: host.lastOpen().id, problems, missing_table: null }));
  const slider = named("Learning rate");
  expect(slider.getAttribute("aria-invalid")).toBe("true");
  const about = (slider.getAttribute("aria-describedby") ?? "").split(" ");
  expect(about.map((id) => root.querySelector(`#${id}`)?.textContent).join(" ")).toContain("must be smaller.");
  show(Banner);
  expect(root.textContent).toContain("must be smaller.");
});

test.each([
  ["ja", "値が範囲の外です"], ["ko", "값이 범위를 벗어났습니다"],
] as const)("what is wrong is told in %s in brief, with its code", (language, brief) => {
  speak(language);
  const problems = [
    { where: "training.epochs", sentence: "must be smaller.", code: "X103" },
    { where: "data", sentence: "something new.", code: "D999" },
    { where: "", sentence: "no code at all.", code: "" },
  ];
  show(Banner);
  act(() => store.set({ problems }));
  const [first, second, third] = [...root.querySelectorAll("li")];
  expect(first?.querySelector("strong")?.textContent).toBe(brief);
  expect(first?.querySelector("[lang=en]")?.textContent).toBe("must be smaller.");
  expect(first?.querySelector("code")?.textContent).toBe("X103");
  expect(second?.querySelector("strong")?.textContent).toBe(briefly("D"));
  expect(third?.textContent).toBe("no code at all.");
  expect(problemWords(problems[0] as Wrong)).toBe(`${brief}: must be smaller.`);
  show(TrainingPanel);
  expect(root.querySelector(".sh-field .sh-problem strong")?.textContent).toBe(brief);
  speak("en");
  show(Banner);
  expect(root.querySelectorAll("li strong")).toHaveLength(0);
  expect(root.querySelector("li code")?.getAttribute("title")).toBe("value out of bounds");
});

test("a problem of a branch stands beside the control that it concerns", () => {
  show(TrainingPanel);
  const problems = [{ where: "branches[0].changes.training.epochs", sentence: "ends too early.", code: "X103" }];
  act(() => store.set({ problems }));
  expect(named("Epochs").getAttribute("aria-invalid")).toBe("true");
});

test("a word explains itself on focus, and Escape closes it", async () => {
  show(() => <Term name="epoch">epoch</Term>);
  const word = find<HTMLButtonElement>("button");
  const told = root.querySelector(`#${word.getAttribute("aria-describedby")}`);
  expect(told?.textContent).toContain("all training rows");
  expect(told?.classList.contains("sh-open")).toBe(false);
  act(() => void word.dispatchEvent(new Event("pointerenter")));
  await act(() => new Promise((later) => setTimeout(later, 300)));
  expect(told?.classList.contains("sh-open")).toBe(true);
  act(() => void word.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
  await act(() => new Promise((later) => setTimeout(later, 20)));
  expect(told?.classList.contains("sh-open")).toBe(false);
});

test("a number that cannot be taken is spoken of, and what stands instead", () => {
  show(TrainingPanel);
  const rate = named("Learning rate, as a number");
  set(rate, "-1", "change");
  expect(store.state.notice?.text).toBe("-1 is too small: it must be greater than 0. 0.03 stays.");
  expect(chosen("training.optimizer.learning_rate")).toBeUndefined(); // nothing was changed
  set(rate, "fast", "change");
  expect(store.state.notice?.text).toBe("“fast” is not a number. 0.03 stays.");
  set(named("Epochs, as a number"), "0", "change");
  expect(store.state.notice?.text).toBe("0 is out of bounds. 1 was taken.");
  expect(chosen("training.epochs")).toBe(1);
});

test("a choice explains itself where it stands", async () => {
  show(() => (
    <Segments label="whose" value="a" onChange={() => undefined}
      options={[{ value: "a", text: "Median", term: "median" }, { value: "b", text: "B" }]} />
  ));
  const choice = find<HTMLInputElement>("input[value=a]");
  const told = root.querySelector(`#${choice.getAttribute("aria-describedby")}`);
  expect(told?.textContent).toContain("in the middle");
  act(() => void find(".sh-segment-place").dispatchEvent(new Event("pointerenter")));
  await vi.waitFor(() => expect(told?.classList.contains("sh-open")).toBe(true));
  expect(find<HTMLInputElement>("input[value=b]").hasAttribute("aria-describedby")).toBe(false);
});

test("Enter in a field closes the explanation, which might hide what it changes", async () => {
  show(() => <Field label="Rate" term="learning_rate">{({ id }) => <input id={id} />}</Field>);
  const told = find("[role=tooltip]");
  act(() => void find("label").dispatchEvent(new Event("pointerenter")));
  await vi.waitFor(() => expect(told.classList.contains("sh-open")).toBe(true));
  act(() => void find("input").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })));
  await vi.waitFor(() => expect(told.classList.contains("sh-open")).toBe(false));
});

test("what was said of a place is not said of the next setting", () => {
  store.act.say("probability of 1 3.5 %");
  store.act.change("training.epochs", 7);
  expect(store.state.spoken).toBe("");
});

test("tabs go by arrow keys, with one stop for Tab", () => {
  const seen: string[] = [];
  show(() => (
    <Tabs label="x" value="b" tabs={["a", "b", "c"].map((value) => ({ value, text: value }))}
      onChange={(value) => seen.push(value)}>
      <p>panel</p>
    </Tabs>
  ));
  const tabs = [...root.querySelectorAll<HTMLElement>("[role=tab]")];
  expect(tabs.map((each) => each.tabIndex)).toEqual([-1, 0, -1]);
  const press = (key: string): void =>
    void act(() => void tabs[1]?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
  for (const key of ["ArrowRight", "ArrowLeft", "Home", "End", "x"]) press(key);
  expect(seen).toEqual(["c", "a", "a", "c"]);
});

test("the tape can be worked by buttons, and branches chosen", () => {
  show(Timeline);
  click(named("One epoch back"));
  expect(store.state.ui.position).toBe(990);
  set(named("Position in the run"), "300");
  expect(named("Position in the run").getAttribute("aria-valuetext")).toBe("epoch 30, step 300");
  act(() => store.act.change("training.epochs", 50));
  act(() => host.open());
  expect(store.state.ui.run).toBe(0);
  const [trunk] = [...root.querySelectorAll<HTMLInputElement>(".sh-branches input")];
  click(trunk as HTMLElement);
  expect(store.state.ui.run).toBe(-1);
  click(named("Remove branch 1"));
  expect(store.state.session?.branches).toEqual([]);
});

test("language and theme", () => {
  show(Topbar);
  set(named("Language"), "ko", "change");
  expect(store.state.language).toBe("ko");
  click(named("Colours: as the browser has them"));
  expect(store.state.theme).toBe("light");
});

test("a spoken summary, not more than once in two seconds", async () => {
  expect(summary(store.state)).toBe(
    "Training has ended after 100 epochs. validation accuracy: 99.0 %, the median of 4 networks.");
  show(Live);
  const line = (): string => root.querySelector("p")?.textContent ?? "";
  const said: string[] = [];
  for (let k = 0; k < 30; k++) {
    act(() => store.act.seek(10 * k));
    act(() => host.frame({ step: 10 * k, epoch: k, figures: { validation_accuracy: k / 100 } }));
    await act(() => new Promise((later) => setTimeout(later, 40)));
    if (line() !== "" && line() !== said.at(-1)) said.push(line());
  }
  expect(said.length).toBeLessThanOrEqual(1);
});

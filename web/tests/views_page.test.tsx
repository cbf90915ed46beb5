// The views as a person meets them: tabs, keys, clicks, tables; and axe finds nothing wrong.
import axe from "axe-core";
import { render, type ComponentChildren } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Arrays } from "../src/wire/frames";
import type { Worked } from "../src/views/inside_data";
import type { OpenedTold } from "../src/wire/messages";
import { summary } from "../src/panels/live";
import { StoreProvider, createStore, type Store } from "../src/state/store";
import { FakeFrames, FakeHost, catalogue, opened } from "./fake";
import { fakeCanvases } from "./recording";

vi.hoisted(() => {
  // uPlot asks for it as soon as it is loaded
  const query = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  Object.assign(globalThis, { matchMedia: () => query });
});
const { MainView } = await import("../src/panels/main_view");
const { Result } = await import("../src/panels/result");
const { DrawPad } = await import("../src/views/draw_pad");
const { said } = await import("../src/views/figures");
const { wayOf } = await import("../src/views/inside_diagram");

const LAYERS = [
  { n_inputs: 2, units: 3, activation: "tanh", start: 0, bias_start: 6, stop: 9 },
  { n_inputs: 3, units: 1, activation: "sigmoid", start: 9, bias_start: 12, stop: 13 },
];
const f32 = (shape: number[], make: (k: number) => number) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => make(k)), shape,
});
const u8 = (shape: number[], make: (k: number) => number) => ({
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => make(k)), shape,
});
const i32 = (...data: number[]) => ({ data: Int32Array.from(data), shape: [data.length] });

/** All parts at once: the views take what they need. */
const ARRAYS: Arrays = {
  surface: f32([10, 10], (k) => (k % 10) / 10),
  rows_x: f32([4, 2], (k) => [0.2, 0.2, 0.8, 0.2, 0.2, 0.8, 0.8, 0.8][k] ?? 0),
  rows_class: u8([4], (k) => [0, 1, 0, 1][k] ?? 0), rows_part: u8([4], (k) => (k === 3 ? 1 : 0)),
  rows_index: i32(11, 22, 33, 44),
  multiples: u8([4, 8, 8], (k) => k % 256), multiples_member: i32(0, 1, 2, 3),
  units: u8([4, 8, 8], (k) => (k * 7) % 256), units_range: f32([4, 2], (k) => (k % 2 ? 1 : -1)),
  weights: f32([13], (k) => k - 6), gradients: f32([13], (k) => k / 100),
  curve_steps: i32(0, 500, 1000),
  curve_validation_accuracy: f32([3, 3], (k) => 0.5 + 0.05 * k), curve_train_loss: f32([3, 3], () => 0.4),
  final_validation_accuracy: f32([4], (k) => 0.97 + 0.005 * k), final_member: i32(0, 1, 2, 3),
  confusion: { data: Int32Array.of(980, 20, 30, 970), shape: [2, 2] },
  histogram: { data: Int32Array.of(900, 100, 50, 950), shape: [2, 2] },
  points: f32([1, 2], (k) => (k === 0 ? 0.25 : 0.75)),
};

let host: FakeHost, frames: FakeFrames, store: Store, root: HTMLElement;

function begin(change: Partial<OpenedTold> = {}): void {
  const { data } = opened();
  host.open({ layers: LAYERS, data: { ...data }, ...change });
  host.frame({ figures: { validation_accuracy: 0.986 } }, ARRAYS);
}

beforeEach(() => {
  fakeCanvases();
  host = new FakeHost();
  frames = new FakeFrames();
  store = createStore(host, { frames });
  host.be("open");
  host.tell(catalogue({ charts: ["curves", "roc"] }));
  root = document.createElement("main");
  document.body.append(root);
});
afterEach(() => {
  act(() => render(null, root));
  root.remove();
});

async function show(children: ComponentChildren): Promise<void> {
  act(() => render(<StoreProvider value={store}>{children}</StoreProvider>, root));
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
}
const find = <E extends HTMLElement>(selector: string): E => {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const withText = (selector: string, text: string): HTMLElement => {
  const found = [...root.querySelectorAll<HTMLElement>(selector)].find((each) => each.textContent?.includes(text));
  if (!found) throw new Error(`no ${selector} says ${text}`);
  return found;
};
function press(element: HTMLElement, key: string): void {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  void act(() => void element.dispatchEvent(event));
}
function click(element: HTMLElement): void {
  void act(() => element.click());
}
function at(view: Store["state"]["ui"]["view"]): void {
  void act(() => store.act.setUi({ view }));
}

const VIEWS = [
  "surface", "multiples", "finals", "network", "confusion", "histogram", "points", "curves", "traces",
  "inside", "charts",
] as const;

describe("every view", () => {
  test.each(VIEWS)("%s is accessible, and every stop of the Tab key lets JupyterLab be", async (view) => {
    begin();
    at(view);
    await show(<MainView />);
    const found = await axe.run(root, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join()}`)).toEqual([]);
    const stops = root.querySelectorAll("button, input, select, summary, a[href], [tabindex='0']");
    for (const stop of stops) expect(stop.getAttribute("data-lm-suppress-shortcuts"), stop.outerHTML).toBe("true");
    expect(root.innerHTML).not.toMatch(/undefined|NaN|\bview\.[a-z]/);
  });
  test.each(VIEWS)("%s stands before anything came", async (view) => {
    at(view);
    await show(<MainView />);
    expect(find(".sh-tabpanel").textContent?.length).toBeGreaterThan(5);
  });
  test.each(VIEWS)("%s stands when another part has not come yet", async (view) => {
    host.open({ layers: LAYERS });
    host.frame({ plane: null, figures: {} }, {});
    at(view);
    await show(<MainView />);
    expect(root.querySelector(".sh-broken")).toBeNull();
  });
});

describe("the surface", () => {
  beforeEach(async () => {
    begin();
    await show(<MainView />);
  });
  const picture = () => find(".sh-surface");
  test("says what is seen", () => {
    expect(picture().getAttribute("aria-label")).toContain("x0 and x1");
    expect(picture().getAttribute("aria-label")).toContain("median of 4 networks");
    expect(picture().getAttribute("aria-label")).toContain("step 1,000");
  });
  test("is read with the arrow keys, aloud", () => {
    press(picture(), "ArrowRight"); // the first key begins in the middle: cell 5 of 10 is 0.5
    expect(store.state.spoken).toContain("50.0 %");
    for (let k = 0; k < 5; k++) press(picture(), "ArrowRight"); // 2 of 100 each: 0.6, cell 6
    expect(store.state.spoken).toContain("60.0 %");
    expect(find(".sh-reading output").textContent).toContain("x0 0.60");
  });
  test("leads a row that is clicked to the inside view", () => {
    const box = picture();
    // the plot of a 600 x 400 canvas, labels of 12 pixels: left 53, top 8, 537 wide, 356 high
    const place = { clientX: 53 + 0.8 * 537, clientY: 8 + 0.8 * 356, bubbles: true };
    act(() => void box.dispatchEvent(new MouseEvent("click", place)));
    expect(store.state.ui).toMatchObject({ view: "inside", inside: { row: 22 } });
  });
  test("keeps the place pointed at as a point", () => {
    press(picture(), "ArrowRight");
    press(picture(), "p");
    expect(store.state.ui.points).toEqual([[0.5, 0.5]]);
    expect(store.state.spoken).toContain("point 1");
  });
  test("stays at the place that was clicked when the pointer leaves, until Escape", () => {
    const keep = () => withText("button", "Keep this point") as HTMLButtonElement;
    const send = (type: string, x: number, y: number) => act(() => void picture().dispatchEvent(
      new MouseEvent(type, { clientX: 53 + x * 537, clientY: 8 + y * 356, bubbles: true })));
    send("pointermove", 0.25, 0.9);
    send("pointerleave", 0.25, 1.2);
    expect(keep().disabled).toBe(true); // pointing alone is nothing that stays
    send("click", 0.25, 0.9); // no row is near
    send("pointermove", 0.6, 0.6);
    expect(find(".sh-reading output").textContent).toContain("x0 0.60");
    send("pointerleave", 0.6, 1.2);
    expect(find(".sh-reading output").textContent).toContain("x0 0.25");
    click(keep());
    expect(store.state.ui.points[0]?.[0]).toBeCloseTo(0.25, 6);
    press(picture(), "Escape");
    expect(keep().disabled).toBe(true);
  });
  test("shows the disagreement when it is chosen, and the true boundary on request", () => {
    click(withText("label", "Disagreement"));
    expect(store.state.ui.show).toBe("disagreement");
    const box = withText("label", "true boundary") as HTMLLabelElement;
    click(root.querySelector(`#${box.htmlFor}`) as HTMLElement);
    expect(store.state.ui.truth).toBe(true);
  });
});

test("what was seen stays until the new setting has something to show", async () => {
  begin();
  at("network");
  await show(<MainView />);
  click(find(".sh-unit[aria-label='output 1']"));
  act(() => store.act.change("training.epochs", 7));
  act(() => void host.open({ layers: LAYERS }));
  expect(root.querySelector(".sh-editor")).not.toBeNull();
  act(() => frames.paint()); // then the next look goes out
  act(() => host.frame({}, { ...ARRAYS, weights: f32([13], () => 0.125) }));
  expect(find<HTMLInputElement>(".sh-editor-row input").value).toBe("0.125");
});

describe("of more than two features", () => {
  beforeEach(async () => {
    const names = ["a", "b", "c"];
    const data = { ...opened().data, features: names, base_features: names, ranges: [[0, 1, 2], [0, 1, 2], [0, 1, 2]] as never };
    host.open({ data, layers: LAYERS });
    const plane = { features: ["a", "b"], numbers: [0, 1], x: [0, 2], y: [0, 2], held: { c: 1 }, output: "probability of 1", is_probability: true, classes: [], value_range: null };
    host.frame({ plane: plane as never }, ARRAYS);
    await show(<MainView />);
  });
  test("the pair is chosen; the same feature twice changes places", () => {
    const select = find<HTMLSelectElement>("select");
    act(() => {
      select.value = "b";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    expect(store.state.ui.features).toEqual(["b", "a"]);
  });
  test("the others are held at a value", () => {
    const slider = find<HTMLInputElement>(".sh-held-slider input");
    expect(slider.value).toBe("1");
    act(() => {
      slider.value = "1.5";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(store.state.ui.hold).toEqual({ c: 1.5 });
  });
});

describe("networks", () => {
  test("are chosen among the small pictures with the arrow keys", async () => {
    begin();
    at("multiples");
    await show(<MainView />);
    press(find(".sh-pointable"), "ArrowRight");
    expect(store.state.ui.network).toBe(1);
    expect(store.state.spoken).toContain("network 2: 97.5 %");
  });
  test("are chosen in the histogram, from the least to the greatest", async () => {
    begin();
    await show(<Result />);
    press(find(".sh-pointable"), "ArrowRight");
    expect(store.state.ui.network).toBe(1);
  });
  test("a single one has no tab of many and no chooser", async () => {
    begin({ n_networks: 1 });
    await show(<MainView />);
    expect(root.textContent).not.toContain("Many networks");
    expect(root.querySelector(".sh-chooser")).toBeNull();
  });
});

describe("the diagram", () => {
  beforeEach(async () => {
    begin();
    at("network");
    await show(<MainView />);
  });
  const unit = (name: string) => find<HTMLButtonElement>(`.sh-unit[aria-label="${name}"]`);
  test("has a button for every unit, one of them a stop of the Tab key", () => {
    expect(root.querySelectorAll(".sh-unit")).toHaveLength(6);
    expect(root.querySelectorAll('.sh-unit[tabindex="0"]')).toHaveLength(1);
  });
  test("is walked with the arrow keys, each unit's numbers spoken", () => {
    act(() => unit("unit 1 of layer 1").focus());
    press(unit("unit 1 of layer 1"), "ArrowDown");
    expect(document.activeElement).toBe(unit("unit 2 of layer 1"));
    press(unit("unit 2 of layer 1"), "ArrowRight");
    expect(document.activeElement).toBe(unit("output 1"));
    // weights are k - 6: of the output places 9, 10, 11, and its bias 12
    expect(store.state.spoken).toContain("bias 6.00, unit 1 of layer 1 3.00");
  });
  test("opens a unit; the output's bias can be set by hand, and frozen", () => {
    click(unit("output 1"));
    const rows = root.querySelectorAll(".sh-editor-row");
    expect([...rows].map((row) => row.querySelector(".sh-editor-name")?.textContent)).toEqual(
      ["bias", "unit 1 of layer 1", "unit 2 of layer 1", "unit 3 of layer 1"]);
    const edit = vi.spyOn(store.act, "edit").mockImplementation(() => undefined);
    const freeze = vi.spyOn(store.act, "freeze").mockImplementation(() => undefined);
    const field = find<HTMLInputElement>(".sh-editor-row input.sh-number");
    act(() => {
      field.value = "0.5";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    expect(edit).toHaveBeenCalledWith(12, 0.5, 0);
    click(find<HTMLInputElement>(".sh-editor-row input[role=switch]"));
    expect(freeze).toHaveBeenCalledWith("layers.1.bias.0");
    press(find(".sh-editor"), "Escape");
    expect(root.querySelector(".sh-editor")).toBeNull();
  });
  test("what is opened stands out until the pointer moves, whatever comes to lie under it", () => {
    const point = (name: string, x: number) => {
      const event = new MouseEvent("pointermove", { bubbles: true, clientX: x, clientY: 50 });
      act(() => void unit(name).dispatchEvent(event));
    };
    const lit = () => [...root.querySelectorAll(".sh-unit.sh-lit")].map((each) => each.getAttribute("aria-label"));
    point("unit 2 of layer 1", 200);
    expect(lit()).toEqual(["unit 2 of layer 1"]);
    click(unit("unit 2 of layer 1"));
    point("unit 3 of layer 1", 200); // the editor came, the diagram moved, the pointer did not
    expect(lit()).toEqual(["unit 2 of layer 1"]);
    point("unit 3 of layer 1", 201);
    expect(lit()).toEqual(["unit 3 of layer 1"]);
  });
});

describe("answers", () => {
  test("the matrix has counts and shares of the true class", async () => {
    begin();
    at("confusion");
    await show(<MainView />);
    const cells = [...root.querySelectorAll(".sh-matrix :is(.sh-cell-right, .sh-cell-wrong)")].map((each) => each.textContent);
    expect(cells).toEqual(["98098.0 %", "202.0 %", "303.0 %", "97097.0 %"]);
    expect(find("caption").textContent).toContain("1,950 of 2,000"); // 980 + 970
  });
  test("points are added, changed, followed and removed", async () => {
    begin();
    at("points");
    await show(<MainView />);
    click(withText("button", "Add a point"));
    expect(store.state.ui.points).toEqual([[0.5, 0.5]]); // the medians
    const field = find<HTMLInputElement>(".sh-points input");
    act(() => {
      field.value = "2";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    expect(store.state.ui.points).toEqual([[2, 0.5]]);
    expect([...root.querySelectorAll("td.sh-said")].map((each) => each.textContent)).toEqual(["25.0 %", "75.0 %"]);
    expect(find("td.sh-said b").textContent).toBe("75.0 %");
    click(find(".sh-actions button:last-child"));
    expect(store.state.ui.points).toEqual([]);
  });
});

describe("over time", () => {
  test("traces are asked for once, of the run and network looked at, and drawn when they come", async () => {
    begin();
    at("traces");
    await show(<MainView />);
    const [asked, ...more] = host.all("traces");
    expect(asked).toMatchObject({ run: -1, network: 0 });
    expect(more).toEqual([]);
    const arrays = {
      steps: i32(0, 10), weights: f32([2, 13], (k) => k), parameters: i32(...Array(13).keys()),
      gradient_norms: f32([2, 2], () => 1), activation_mean: f32([2, 2], () => 0),
      activation_low: f32([2, 2], () => -1), activation_high: f32([2, 2], () => 1),
    };
    act(() => host.tell({ type: "done", id: asked?.id ?? 0, action: "traces", document: { about: "Told." }, arrays: [] }, arrays));
    await show(<MainView />);
    expect(root.querySelectorAll("figure")).toHaveLength(3);
    expect(root.textContent).toContain("Told.");
  });
  test("the curves can be read as a table", async () => {
    begin();
    at("curves");
    await show(<MainView />);
    const details = find<HTMLDetailsElement>("details");
    details.open = true;
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
    const first = [...details.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(first[0]).toBe("050.0 % (65.0 % – 80.0 %)"); // columns 0, 3 and 6 of 0.5 + 0.05 k
  });
});

describe("the inside view", () => {
  const LINE = { name: "L", formula: "-log(a)", expression: "-log(0.5)", value: 0.6931472 };
  const TRACE = {
    title: "row 22 of greater", part: "training", notes: [], scaling: "none",
    inputs: [{ index: 0, name: "x0", raw: 0.25, expression: "0.25", scaled: 0.25 }], inputs_folded: null,
    layers: [{
      index: 1, activation: "sigmoid", formula: "1 / (1 + exp(-z))", slope_formula: "", shared: [], folded: null,
      units: [{
        unit: 0, name: "label", z: 0.5, a: 0.6224593, expression: "1 / (1 + exp(-0.5))",
        sum: { bias: 0.25, terms: [{ index: 0, name: "x0", weight: 1, value: 0.25, product: 0.25 }], folded: null, expression: "" },
      }],
    }],
    output: { equations: [], answers: [], sentence: "The network says 1." },
    loss: { name: "loss", sentence: "", equations: [LINE], value: 0.6931472 },
    backward: { layers: [{ index: 1, shared: [], folded: null, units: [{
      unit: 0, name: "label", dL_da: null, dL_dz: LINE, weights_folded: null,
      weights: [{ index: 0, name: "x0", weight: 1, expression: "0.5 * 0.25", gradient: 0.125, check: 0.1250001, difference: -1e-7,
        check_from: { h: 7.6e-6, at_kink: false } }],
      bias: { index: null, name: "bias", weight: 0, expression: "0.5 * 0", gradient: 0, check: 0.25, difference: -0.25,
        check_from: { h: 7.6e-6, at_kink: true } },
    }] }] },
    update: null,
  };
  test("follows a row stop by stop: sums, answer, derivatives beside their finite differences", async () => {
    begin();
    act(() => store.act.setUi({ view: "inside", inside: { row: 22 } }));
    await show(<MainView />);
    await act(() => new Promise((resolve) => setTimeout(resolve, 160)));
    const asked = host.all("inspect").at(-1);
    expect(asked).toMatchObject({ row: 22, run: -1, network: 0, step: 1000 });
    act(() => host.tell({ type: "done", id: asked?.id ?? 0, action: "inspect", document: TRACE, arrays: [] }));
    const stops = [...root.querySelectorAll(".sh-stop")].map((each) => each.textContent);
    expect(stops).toEqual(["inputs", "output", "answer and loss", "back: output"]);
    click(withText(".sh-stop", "output"));
    expect(find(".sh-work").textContent).toContain("0.6224593");
    click(withText("button", "Onwards"));
    expect(find(".sh-work").textContent).toContain("The network says 1.");
    click(withText("button", "Onwards"));
    const cells = [...root.querySelectorAll(".sh-numbers tbody td")].map((each) => each.textContent);
    expect(cells).toEqual(["0.5 * 0.25 = 0.125", "0.1250001", "0.5 * 0 = 0", "0.25 *"]);
    expect(find(".sh-work").textContent).toContain("1.0e-7"); // a kink is no difference
    expect(find(".sh-work .sh-note").textContent).toContain("lies at a kink");
  });
});

describe("the inside view, where nothing was chosen", () => {
  test("follows the first row at once; rows count from 1 for people", async () => {
    begin();
    act(() => store.act.setUi({ view: "inside", inside: null }));
    await show(<MainView />);
    await act(() => new Promise((resolve) => setTimeout(resolve, 160)));
    expect(host.all("inspect").at(-1)).toMatchObject({ row: 0 });
    const field = find(".sh-bar input") as HTMLInputElement;
    expect(field.value).toBe("1");
  });
  test("adds up what is folded, so that the sum can be followed", async () => {
    begin();
    act(() => store.act.setUi({ view: "inside", inside: { row: 0 } }));
    await show(<MainView />);
    await act(() => new Promise((resolve) => setTimeout(resolve, 160)));
    const sum = { bias: 0.25, terms: [], folded: { n: 776, what: "terms", together: 0.125 }, expression: "" };
    const unit = { unit: 0, name: "unit 1", z: 0.375, a: 0.5, expression: "0.5", sum };
    const layer = { index: 1, activation: "identity", formula: "z", slope_formula: "", shared: [], folded: null, units: [unit] };
    const document = {
      title: "1st row", part: null, notes: [], scaling: "none", inputs: [], inputs_folded: null, layers: [layer],
      output: { equations: [], answers: [], sentence: "" }, loss: null, backward: null, update: null,
    };
    const asked = host.all("inspect").at(-1);
    act(() => host.tell({ type: "done", id: asked?.id ?? 0, action: "inspect", document, arrays: [] }));
    click(withText(".sh-stop", "output"));
    const rows = [...root.querySelectorAll(".sh-sum tbody tr")].map((row) => row.textContent);
    expect(rows[1]).toContain("776");
    expect(rows[1]?.endsWith("0.125")).toBe(true);
  });
});

describe("the way through the network", () => {
  const equation = { name: "dL/dz", formula: null, expression: null, value: 1 };
  const forward = (unit: number, weights: readonly number[]) => ({
    unit, name: `unit ${unit + 1}`, z: 0, a: 0, expression: "0",
    sum: {
      bias: 0, folded: null, expression: null,
      terms: weights.map((weight, index) => ({ index, name: `from ${index}`, weight, value: 1, product: weight })),
    },
  });
  const layer = (index: number, units: readonly unknown[], folded: unknown = null) => ({
    index, activation: "tanh", formula: "tanh(z)", slope_formula: "", shared: [], units, folded,
  });
  const document = {
    title: "1st row", part: null, notes: [], scaling: "none", inputs_folded: null,
    inputs: [0, 1].map((index) => ({ index, name: `x${index}`, raw: 1, expression: "1", scaled: 1 })),
    layers: [
      layer(1, [forward(0, [1, -1]), forward(4, [2, 3])], { n: 3, what: "units" }),
      layer(2, [{ ...forward(0, [1]), name: "yes" }]),
    ],
    output: { equations: [], answers: [], sentence: "" }, loss: null, update: null,
    backward: { layers: [{ index: 1, shared: [], folded: null, units: [
      { unit: 4, name: "unit 5", dL_da: null, dL_dz: equation, bias: null, weights_folded: null, weights: [] },
    ] }] },
  };
  const lit = () => [...root.querySelectorAll(".sh-inside-diagram g.sh-lit")].map((each) => each.textContent);
  async function inside(): Promise<void> {
    begin();
    act(() => store.act.setUi({ view: "inside", inside: { row: 0 } }));
    await show(<MainView />);
    await act(() => new Promise((resolve) => setTimeout(resolve, 160)));
    const id = host.all("inspect").at(-1)?.id ?? 0;
    act(() => host.tell({ type: "done", id, action: "inspect", document, arrays: [] }));
  }
  const point = (card: Element | undefined, kind: string) =>
    act(() => void card?.dispatchEvent(new Event(kind)));

  test("lights what is spoken of; units count from 1", async () => {
    await inside();
    expect(lit()).toEqual(["1", "2"]); // the inputs
    click(withText(".sh-stop", "layer 1"));
    expect(lit()).toEqual(["1", "5"]);
    const cards = [...root.querySelectorAll(".sh-card")];
    expect(cards.map((each) => each.querySelector("h2")?.textContent)).toEqual(["unit 1", "unit 5"]);
    point(cards[1], "pointerenter");
    expect(lit()).toEqual(["5"]);
    expect(root.querySelectorAll(".sh-inside-diagram line.sh-lit")).toHaveLength(2);
    expect(find(".sh-inside-diagram").getAttribute("aria-label")).toContain("unit 5 of layer 1");
    point(cards[1], "pointerleave");
    expect(lit()).toEqual(["1", "5"]);
    click(withText(".sh-stop", "back: layer 1"));
    point([...root.querySelectorAll(".sh-card")][0], "pointerenter");
    expect(lit()).toEqual(["5"]);
  });
  test("draws a line for every weight that is shown, and says how many units are not", async () => {
    const way = wayOf(document as unknown as Worked);
    // two inputs into units 1 and 5; of what goes into the output, unit 1 alone is shown
    expect(way.edges.map(({ from, to, weight }) => [from.unit, to.unit, weight]))
      .toEqual([[0, 0, 1], [1, 0, -1], [0, 4, 2], [1, 4, 3], [0, 0, 1]]);
    expect(way.folded).toEqual([0, 3, 0]);
    await inside();
    expect(find(".sh-folded").textContent).toBe("+3");
    click(withText(".sh-stop", "output"));
    expect(find(".sh-card h2").textContent).toBe("yes");
    expect(find(".sh-sum tbody tr:nth-child(2) th").textContent).toBe("unit 1");
  });
});

describe("the result", () => {
  test("tells numbers by how much is explained, and the loss beside it", async () => {
    host.open({ layers: LAYERS, headline: "validation_r2", figures: ["validation_loss", "validation_r2"] });
    host.frame({ figures: { validation_r2: 0.99963, validation_loss: 0.25 } }, {});
    await show(<Result />);
    expect(find(".sh-big").textContent).toBe("0.9996");
    expect(root.textContent).toContain("validation loss0.25");
    expect(root.textContent).toContain("0: as good as always the mean");
    expect(summary(store.state)).toContain("0.9996");
  });
  test("is never told as perfect where it is not", () => {
    const told = [1, 0.5, 0.99996, 0.9999996, -3.14159, 0].map((value) => said("train_r2", value));
    expect(told).toEqual(["1", "0.5", "0.99996", "0.9999996", "-3.14", "0"]);
  });
  test("is a sentence with the number that tells most, its band, and what it is to be judged by", async () => {
    begin();
    await show(<Result />);
    const text = root.textContent ?? "";
    expect(find(".sh-big").textContent).toBe("98.6 %");
    // of 97, 97.5, 98, 98.5 %: 5 % at 97 + 0.15 * 0.5, 95 % at 98 + 0.85 * 0.5
    expect(text).toContain("5 to 95 %: 97.1 % – 98.4 %, of 4 networks");
    const facts = [...root.querySelectorAll(".sh-result-facts > div")].map((each) =>
      `${each.querySelector("dt button")?.textContent} ${each.querySelector("dd")?.textContent}`);
    expect(facts).toContain("attainable 100.0 %");
    expect(find(".sh-result-facts .sh-explanation").textContent).toContain("the true rule");
  });
  test("tells of networks that diverged and of rules that ended some", async () => {
    host.open({ layers: LAYERS });
    host.frame({ n_diverged: 2, stopped: { plateau: 1, diverged: 2, epochs: 1 } }, ARRAYS);
    await show(<Result />);
    expect(root.textContent).toContain("2 diverged");
    expect(root.textContent).toContain("1 ended early: on a plateau");
    expect(root.textContent).not.toContain("1 ended early: epochs");
  });
  test("says that there are no figures before the first report", async () => {
    host.open({ layers: LAYERS });
    host.frame({ step: 0, done: false, figures: {} }, {});
    await show(<Result />);
    expect(root.textContent).toContain("No figures yet");
    expect(root.textContent).not.toMatch(/5 to 95 %|How 4 networks/);
  });
  test("says plainly that none is left", async () => {
    host.open({ layers: LAYERS });
    host.frame({ n_diverged: 4, figures: { validation_accuracy: null } }, {});
    await show(<Result />);
    expect(root.textContent).toContain("No network is left");
    expect(root.textContent).not.toContain("–");
    expect(summary(store.state)).toMatch(/^No network is left/);
  });
  test("is accessible", async () => {
    begin();
    await show(<Result />);
    const found = await axe.run(root, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(found.violations.map((each) => each.id)).toEqual([]);
  });
});

describe("the drawing pad", () => {
  const added: unknown[] = [];
  const undone = vi.fn();
  beforeEach(async () => {
    added.length = 0;
    undone.mockClear();
    await show(<DrawPad points={[[0, 0, 0]]} classes={["A", "B"]} onAdd={(point) => added.push(point)} onUndo={undone} />);
  });
  const pad = () => find(".sh-pad-place");
  test("puts points with the keyboard: move, choose the class, put, take back", () => {
    press(pad(), "ArrowRight"); // the first key begins in the middle
    press(pad(), "ArrowRight");
    press(pad(), "ArrowUp");
    press(pad(), "2");
    press(pad(), "Enter");
    expect(added).toEqual([[0.05, 0.05, 1]]);
    press(pad(), "Backspace");
    expect(undone).toHaveBeenCalledTimes(1);
  });
  test("puts points with the mouse, where it is pressed", () => {
    // a canvas of 600 x 400, labels of 12 pixels: left 31, top 6, 561 wide, 372 high
    const place = { clientX: 31 + 561 / 2, clientY: 6 + 372 / 4, button: 0, bubbles: true };
    act(() => void pad().dispatchEvent(new MouseEvent("pointerdown", place)));
    expect(added).toEqual([[0, 0.5, 0]]);
  });
  test("is accessible", async () => {
    const found = await axe.run(root, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(found.violations.map((each) => each.id)).toEqual([]);
  });
});

// Compare, doctor and take away over a host that says what it is told to.
import { render } from "preact";
import { act as acted } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ComparePanel } from "../src/panels/compare";
import { brief, differencesOf } from "../src/panels/diff";
import { frozenWords, labelOfPath, valueWords } from "../src/panels/naming";
import { piled, reach } from "../src/panels/differences";
import { DoctorPanel } from "../src/panels/doctor";
import {
  curveTold, factNameTold, factTold, remedyTold, sentenceTold, titleTold, type Finding,
} from "../src/panels/finding";
import { size } from "../src/panels/saving";
import { keyOf } from "../src/panels/stale";
import { TakePanel } from "../src/panels/take";
import { detailWords, verdictWords, type Comparison } from "../src/panels/verdict";
import { createStore, StoreProvider, type Store } from "../src/state/store";
import { speak } from "../src/strings";
import type { DoneTold } from "../src/wire/messages";
import type { Arrays } from "../src/wire/frames";
import { catalogue, FakeFrames, FakeHost, opened, START } from "./fake";

let host: FakeHost;
let store: Store;
let root: HTMLElement;
let frames: FakeFrames;

class NoObserver {
  observe(): void {}
  disconnect(): void {}
  unobserve(): void {}
}

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", NoObserver);
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
  host = new FakeHost();
  frames = new FakeFrames();
  store = createStore(host, { frames });
  root = document.createElement("div");
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
  store.close();
  speak("en");
  vi.unstubAllGlobals();
});

async function shown(Panel: () => unknown, files: unknown[] = []): Promise<void> {
  host.be("open");
  host.tell(catalogue({ files: files as never, charts: ["curves", "surface"] }));
  answered();
  const Any = Panel as () => null;
  await acted(() => render(<StoreProvider value={store}><Any /></StoreProvider>, root));
}
/** Answer the setting that was sent last, and the looks at it. */
function answered(): void {
  host.open();
  host.frame();
  frames.paint();
}
const button = (text: string): HTMLButtonElement => {
  const all = [...root.querySelectorAll("button")];
  const found = all.find((each) => each.textContent === text || each.getAttribute("aria-label") === text);
  if (found === undefined) throw new Error(`no button ${text}: ${all.map((b) => b.textContent).join("|")}`);
  return found;
};
const press = (text: string): Promise<void> => acted(() => button(text).click()) as Promise<void>;
async function done(kind: "compare" | "diagnose" | "take", document: unknown, arrays: Arrays = {}): Promise<void> {
  const { id } = host.all(kind).at(-1) ?? { id: 0 };
  await acted(async () => {
    host.tell({ type: "done", id, action: kind, document, arrays: [] } as DoneTold, arrays);
    await Promise.resolve();
  });
}

const COMPARISON: Comparison = {
  sentence: "this setting is better", about: "", notes: [], figure: "validation_accuracy", unit: "points",
  n_pairs: 64, same_start: true,
  verdict: {
    outcome: "better", difference: 0.0123, low: 0.01, high: 0.0161, confidence: 0.95, wins: 50, losses: 4,
    ties: 10, p: 1e-9, more_pairs: null,
  },
  a: { name: "A", median: 0.9, n_diverged: 0, n_stuck: 0 }, b: { name: "B", median: 0.912, n_diverged: 1, n_stuck: 0 },
};

test("a verdict is worded from its numbers in three languages", () => {
  expect(verdictWords(COMPARISON)).toBe("B is better than A: it wins 50 of 64 pairs and loses 4.");
  const told = detailWords(COMPARISON).join(" ");
  expect(told).toContain("Median: A 90.0 %, B 91.2 %.");
  expect(told).toContain("+1.2 points, with 95 % confidence between +1 points and +1.6 points");
  expect(told).toContain("10 pairs are equal.");
  expect(told).toContain("Diverged or stuck: A 0, B 1.");
  speak("ja");
  expect(verdictWords(COMPARISON)).toBe("B は A より良い：64 組のうち 50 組で勝ち、4 組で負けました。");
  speak("ko");
  expect(verdictWords(COMPARISON)).toBe("B가 A보다 낫습니다: 64짝 가운데 50짝을 이기고 4짝을 졌습니다.");
});

test("an open verdict says how many more pairs it would take", () => {
  const open = { ...COMPARISON, verdict: { ...COMPARISON.verdict, outcome: "undecided", more_pairs: 120 } as const };
  expect(verdictWords(open)).toContain("Undecided");
  expect(detailWords(open).join(" ")).toContain("About 120 more pairs would decide it.");
});

test("dots pile up where differences are alike, on the side of who is better", () => {
  const data = {
    values: Float32Array.from([0.1, 0.1, -0.1, Number.NaN]), low: null, high: 0.2, middle: 0.1, times: 1,
    aBetter: "", bBetter: "",
  };
  expect(reach(data)).toBeCloseTo(0.212); // 6 % beyond the farthest, here the interval's end
  const dots = piled(data, 200, 4);
  expect(dots).toHaveLength(3);
  expect(dots.filter((dot) => dot.value > 0).map((dot) => dot.level)).toEqual([0, 1]);
  expect(dots.find((dot) => dot.value < 0)?.x).toBeLessThan(100);
});

test("documents differ key by key, lists as one", () => {
  const a = { data: { task: "or" }, network: { layers: [{ units: 8, activation: "relu" }] }, seed: 1 };
  const b = { data: { task: "or" }, network: { layers: [{ units: 4, activation: "tanh" }] }, seed: 1, population: { size: 3 } };
  expect(differencesOf(a, b)).toEqual([
    { path: "network.layers", a: "8 ReLU", b: "4 tanh" }, { path: "population", a: "–", b: "size 3" },
  ]);
  expect(brief([{ name: "adam", learning_rate: 0.03 }])).toBe("Adam (learning rate 0.03)");
  expect(keyOf({ a: 1, b: undefined, c: [2] })).toBe(keyOf({ c: [2], a: 1 }));
});

test("settings are called by what they are, not by their key", () => {
  expect(["training.optimizer.name", "population.size", "network.layers", "data.task", "seed"].map(labelOfPath))
    .toEqual(["Optimizer", "Networks", "Layers", "Task", "Seed"]);
  const layer = { n_inputs: 2, units: 3, activation: "tanh", start: 0, bias_start: 6, stop: 9 };
  const told = opened({
    layers: [layer, { ...layer, n_inputs: 3, units: 1, start: 9, bias_start: 12, stop: 13 }],
  });
  const of = (path: string) => frozenWords(path, told);
  expect(of("layers.0.weights.0.2")).toBe("x0 → unit 3 of layer 1");
  expect(of("layers.1.weights.2.0")).toBe("unit 3 of layer 1 → output 1");
  expect(of("layers.0.bias.1")).toBe("Bias of unit 2 of layer 1");
  expect(of("layers.0.weights")).toBe("all weights into layer 1");
  expect(of("layers.1.bias")).toBe("all biases of output");
  expect(of("layers.1")).toBe("output");
  expect(valueWords("training.frozen", ["layers.0"], told)).toBe("layer 1");
  expect(valueWords("training.optimizer", { name: "sgd" }, told)).toBe("gradient descent (SGD)");
});

test("pin, change, compare: the verdict is shown, and is old after the next change", async () => {
  await shown(ComparePanel);
  await press("Pin this setting");
  expect(store.state.session?.pins?.map((pin) => pin.name)).toEqual(["A"]);
  await acted(answered);
  expect(root.textContent).toContain("A and B are the same setting.");
  await acted(() => store.act.change("training.epochs", 7));
  await acted(answered);
  expect(root.textContent).not.toContain("A and B are the same setting.");
  await press("Compare");
  expect(host.all("compare").at(-1)).toMatchObject({ pin: 0, pairs: 64, figure: null });
  const { id } = host.all("compare").at(-1) ?? { id: 0 };
  await acted(() => host.tell({ type: "progress", id, sentence: "training", share: 0.256 }));
  expect(root.textContent).toContain("25 % of the training is done.");
  await done("compare", COMPARISON, { differences: { data: Float32Array.from([0.1]), shape: [1] } });
  expect(root.querySelector(".sh-answer")?.textContent).toContain("B is better than A");
  expect(root.querySelector("canvas[role=img][aria-label*='64 pairs']")).not.toBeNull();
  expect(root.textContent).not.toContain("This is from before");
  await acted(() => store.act.change("training.epochs", 9));
  expect(root.textContent).toContain("This is from before the last change.");
});

test("a pin is renamed, gone back to and removed", async () => {
  await shown(ComparePanel);
  await press("Pin this setting");
  await acted(answered);
  await acted(() => store.act.change("training.epochs", 7));
  await press("Rename");
  const field = root.querySelector<HTMLInputElement>(".sh-rename input");
  if (field === null) throw new Error("no field");
  await acted(() => {
    field.value = "before";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press("Save the name");
  expect(store.state.session?.pins?.[0]?.name).toBe("before");
  await press("Go back to before");
  expect((store.state.session?.experiment as { training?: { epochs?: number } }).training?.epochs).not.toBe(7);
  await press("Remove before");
  expect(store.state.session?.pins).toEqual([]);
});

test("a comparison can be stopped", async () => {
  await shown(ComparePanel);
  await press("Pin this setting");
  await press("Compare");
  const { id } = host.all("compare").at(-1) ?? { id: 0 };
  await press("Stop");
  expect(host.all("cancel").at(-1)).toMatchObject({ id });
  expect(button("Compare").disabled).toBe(false);
});

const FINDING = {
  name: "unscaled_inputs", title: "Inputs are not scaled", kind: "fault", sentence: "two inputs are large",
  evidence: { largest_mean: 498.8 }, remedy: ["preprocess.scaling=standard"], remedy_sentence: "Scale them.",
  proof: {
    figure: "validation_loss", before: 0.28, after: 0.01, wins: 15, losses: 1, n_pairs: 16,
    n_diverged_before: 0, n_diverged_after: 0, helps: true, sentence: "0.28 -> 0.01",
  },
  untried: "", changes: { "preprocess.scaling": "standard" }, said: { sentence: "", remedy: "" },
};
const SCALED = {
  ...FINDING, evidence: { columns: 2, column: "x1", mean: 498.8, deviation: 280.06 },
  said: { sentence: "unscaled_inputs", remedy: "scale_inputs" },
};
const LEVEL = { name: "level", values: { step: 1200, steps: 3000, share: 0.3 } };

test("one click applies a remedy, another takes it back", async () => {
  await shown(DoctorPanel);
  await press("Examine");
  await done("diagnose", { healthy: false, curve: "It falls.", signs: [], findings: [FINDING], n_checks: 18, seconds: 1.5 });
  expect(root.textContent).toContain("Two inputs are large");
  expect(root.querySelector(".sh-proof")?.textContent).toContain("0.28 -> 0.01");
  const before = JSON.stringify(store.state.session?.experiment);
  await press("Apply the remedy");
  expect(store.state.session?.experiment).toMatchObject({ preprocess: { scaling: "standard" } });
  expect(root.textContent).toContain("Applied: preprocess.scaling=standard");
  expect(root.textContent).toContain("The setting has changed since.");
  await press("Undo");
  expect(JSON.stringify(store.state.session?.experiment)).toBe(before);
  expect(button("Apply the remedy")).not.toBeNull();
});

test.each([
  ["ja", "入力がスケーリングされていません", "最も目立つ列は「x1」です（平均 498.8、標準偏差 280.1）",
    "平均 0、標準偏差 1 にそろえてください", "ステップ 1,200（全 3,000）まで下がり、定数予測の損失の 30 % で"],
  ["ko", "입력이 스케일링되지 않았습니다", "두드러진 열은 ‘x1’입니다(평균 498.8, 표준편차 280.1)",
    "평균 0, 표준편차 1로 맞추세요", "스텝 1,200까지(전체 3,000) 줄고, 상수 예측 손실의 30 %에서"],
] as const)("the doctor speaks %s", async (language, title, sentence, remedy, curve) => {
  speak(language);
  await shown(DoctorPanel);
  await acted(async () => {
    root.querySelector<HTMLButtonElement>(".sh-doctor button")?.click();
    await Promise.resolve();
  });
  await done("diagnose", {
    healthy: false, curve: "It falls.", signs: [LEVEL], findings: [SCALED], n_checks: 18, seconds: 1.5,
  });
  expect(root.querySelector("h2")?.textContent).toContain(title);
  for (const each of [sentence, remedy, curve]) expect(root.textContent).toContain(each);
  expect(root.textContent).toContain("0.28");
  expect(root.querySelectorAll("[lang=en]")).toHaveLength(0);
});

test("what this page has no words for is told in English, and said to be", async () => {
  speak("ja");
  const sign = { name: "something_new", values: {} };
  const without = { ...SCALED, evidence: { columns: 2 } };
  const told = [
    titleTold({ ...FINDING, name: "something_new" } as Finding), sentenceTold(FINDING as Finding),
    sentenceTold(without as unknown as Finding), curveTold("It falls.", [LEVEL, sign]),
  ];
  expect(told).toEqual([
    { text: "Inputs are not scaled", lang: "en" }, { text: "Two inputs are large", lang: "en" },
    { text: "Two inputs are large", lang: "en" }, { text: "It falls.", lang: "en" },
  ]);
});

test("a figure of a finding is read as what it is", () => {
  const rate = { ...FINDING, remedy: ["training.optimizer.learning_rate=0.0003"], said: { sentence: "", remedy: "smaller_rate" } };
  speak("ja");
  expect(remedyTold(rate as Finding).text).toBe("学習率を 0.0003 に小さくしてください。");
  expect([["recall", 0.125], ["mean", 0.5], ["column", "a"], ["target", null]]
    .map(([name, value]) => factTold(name as string, value as number | string | null).text))
    .toEqual(["12.5 %", "0.5", "a", "—"]);
  expect(factTold("cause", "the gradient became non-finite")).toEqual({ text: "勾配が有限でなくなりました" });
  expect(factNameTold("lowest_at_step")).toEqual({ text: "最低のステップ" });
  speak("en");
  expect(factNameTold("lowest_at_step")).toEqual({ text: "Lowest at step", lang: "en" });
});

test("a healthy training is told as such, and what fails too", async () => {
  await shown(DoctorPanel);
  await press("Examine");
  await done("diagnose", { healthy: true, curve: "", signs: [], findings: [], n_checks: 18, seconds: 0.1 });
  expect(root.querySelector(".sh-healthy")?.textContent).toContain("Nothing wrong was found.");
  await press("Examine again");
  const { id } = host.all("diagnose").at(-1) ?? { id: 0 };
  await acted(async () => {
    host.tell({ type: "failed", id, sentence: "no memory.", code: "X103" });
    await Promise.resolve();
  });
  expect(root.querySelector("[role=alert]")?.textContent).toContain("no memory.");
});

test("a file is asked for and saved under its name", async () => {
  const saved: { name: string; href: string }[] = [];
  const create = vi.fn(() => "blob:here/1");
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: create, revokeObjectURL: () => undefined }));
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, href: this.href });
  });
  const files = [
    { kind: "experiment-toml", title: "TOML", suffix: ".toml", group: "experiment", charts: false },
    { kind: "model", title: "model", suffix: ".safetensors", group: "model", charts: false },
    { kind: "chart-png", title: "png", suffix: ".png", group: "picture", charts: true },
    { kind: "something-new", title: "Told by the host", suffix: ".new", group: "data", charts: false },
  ];
  await shown(TakePanel, files);
  expect(root.textContent).toContain("Told by the host");
  await press("TOML: shoal run repeats it to the bit.toml");
  expect(host.all("take").at(-1)).toMatchObject({ kind: "experiment-toml", run: -1, network: "best", chart: null });
  await done("take", { name: "or.toml", mime: "application/toml", note: "A note." },
    { file: { data: Uint8Array.from([1, 2, 3]), shape: [3] } });
  expect(saved).toEqual([{ name: "or.toml", href: "blob:here/1" }]);
  expect((create.mock.calls as unknown as [[Blob]])[0][0]).toMatchObject({ size: 3, type: "application/toml" });
  expect(root.textContent).toContain("or.toml is saved (3 B). A note.");
  await press("PNG");
  expect(host.all("take").at(-1)).toMatchObject({ kind: "chart-png", chart: "curves", dark: false });
  click.mockRestore();
});

test("sizes are short to read", () => {
  expect([12, 1400, 23_000, 2_345_678].map(size)).toEqual(["12 B", "1.4 kB", "23 kB", "2.3 MB"]);
  expect(START.pins).toEqual([]);
});

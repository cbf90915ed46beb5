// Lines over steps: columns that are used again, gaps, other runs, ranges of axes.
import { describe, expect, test } from "vitest";
import type { Arrays } from "../src/wire/frames";
import { curvesLabel, curvesOf, curveTable } from "../src/views/curves_data";
import { filled, rangeOf } from "../src/views/lines";
import { LIGHT } from "../src/views/look";
import { finalsOf, seenOf, type Seen } from "../src/views/shown";
import { headlineOf, stoppedOf } from "../src/views/result_data";
import { activationLines, gradientLines, spreadOver, weightLines } from "../src/views/traces_data";
import { FIRST_STATE, type State } from "../src/state/state";
import { frame, opened, runsOf, START } from "./fake";

const ints = (...data: number[]) => ({ data: Int32Array.from(data), shape: [data.length] });
const rows = (...list: number[][]) =>
  ({ data: Float32Array.from(list.flat()), shape: [list.length, list[0]?.length ?? 0] });

describe("columns", () => {
  const steps = Int32Array.of(0, 10, 20);
  test("hold the axis and a line each; nothing known is a gap", () => {
    const values = Float32Array.of(1, NaN, 3, 4, 5, 6);
    const found = filled([], [{ steps, values, from: 0 }, { steps, values, from: 3 }], false);
    expect(found).toEqual([[0, 10, 20], [1, null, 3], [4, 5, 6]]);
  });
  test("are used again for the next frame, longer or shorter", () => {
    const first = filled([], [{ steps, values: [1, 2, 3], from: 0 }], false);
    const kept = first[1];
    const next = filled(first, [{ steps: [0, 10], values: [7, 8], from: 0 }], false);
    expect(next).toBe(first);
    expect(next[1]).toBe(kept);
    expect(next).toEqual([[0, 10], [7, 8]]);
  });
  test("of a branch and its parent share one axis; places of the other alone are no gaps", () => {
    const found = filled([], [
      { steps: [0, 10, 20], values: [1, 2, 3], from: 0 }, { steps: [10, 15, 20], values: [5, 6, 7], from: 0 },
    ], false);
    expect(found).toEqual([[0, 10, 15, 20], [1, 2, undefined, 3], [undefined, 5, 6, 7]]);
  });
  test("read one of several in a row by its stride", () => {
    const found = filled([], [{ steps: [0, 1], values: [1, 2, 3, 4, 5, 6], from: 1, stride: 3 }], false);
    expect(found[1]).toEqual([2, 5]);
  });
  test("on a logarithmic axis have no zero", () => {
    expect(filled([], [{ steps: [0, 1], values: [0, 2], from: 0 }], true)[1]).toEqual([null, 2]);
  });
});

describe("the range of an axis", () => {
  test("has room, never goes below 0 or above what can be", () => {
    expect(rangeOf(0.5, 0.9, false, [], 1)).toEqual([0.5 - 0.06 * 0.4, 0.9 + 0.06 * 0.4]);
    expect(rangeOf(0, 1, false, [], 1)).toEqual([0, 1]);
    expect(rangeOf(-1, 1, false, [])).toEqual([-1.12, 1.12]);
  });
  test("takes in a mark that is near, not one that is far", () => {
    expect(rangeOf(0.5, 0.7, false, [{ value: 0.9, text: "" }])[1]).toBeGreaterThan(0.9);
    expect(rangeOf(0.5, 0.501, false, [{ value: 0.9, text: "" }])[1]).toBeLessThan(0.51);
  });
  test("of nothing is a range still, of one value too", () => {
    expect(rangeOf(null, null, false, [])).toEqual([0, 1]);
    expect(rangeOf(null, null, true, [])).toEqual([0.1, 1]);
    const [low, high] = rangeOf(3, 3, false, []);
    expect(low < 3 && high > 3).toBe(true);
  });
  test("of a logarithmic axis is multiplied", () => {
    expect(rangeOf(1, 100, true, [])).toEqual([1 / 1.15, 100 * 1.15]);
  });
});

function stateOf(arrays: Arrays, change: Partial<State> = {}, header = {}): State {
  return {
    ...FIRST_STATE, opened: opened(), shown: { [-1]: { header: frame({ opened: 1, ...header }), arrays } }, ...change,
  };
}
const see = (state: State): Seen => seenOf(state) as Seen;
const CURVES: Arrays = {
  curve_steps: ints(0, 10),
  curve_train_accuracy: rows([0.5, 0.8], [0.4, 0.7], [0.6, 0.9]),
  curve_validation_accuracy: rows([0.5, 0.75], [0.4, 0.7], [0.6, 0.85]),
  one_validation_accuracy: ints(0),
};

describe("curves", () => {
  test("have a band between the 95th and the 5th percentile, the median above", () => {
    const state = stateOf(CURVES);
    const found = curvesOf(state, see(state), "accuracy", LIGHT);
    expect(found.lines.map((line) => (line.edge ? "edge" : line.label)))
      .toEqual(["edge", "edge", "training", "edge", "edge", "validation"]);
    expect(found.bands.map((band) => band.lines)).toEqual([[1, 2], [4, 5]]);
    const columns = filled([], found.sources, false);
    expect(columns[1]?.map((each) => Number(each?.toFixed(2)))).toEqual([0.6, 0.9]);
    expect(columns[2]?.map((each) => Number(each?.toFixed(2)))).toEqual([0.4, 0.7]);
    expect(columns[3]?.map((each) => Number(each?.toFixed(2)))).toEqual([0.5, 0.8]);
  });
  test("show what is attainable across an accuracy, not across a loss", () => {
    const state = stateOf({ ...CURVES, curve_train_loss: rows([1, 1], [1, 1], [1, 1]) });
    expect(curvesOf(state, see(state), "accuracy", LIGHT).marks.map((mark) => mark.value)).toEqual([1]);
    expect(curvesOf(state, see(state), "loss", LIGHT).marks).toEqual([]);
  });
  test("of a network alone have no band", () => {
    const state = stateOf(CURVES, { opened: opened({ n_networks: 1 }) });
    expect(curvesOf(state, see(state), "accuracy", LIGHT).bands).toEqual([]);
  });
  test("of a branch have the run that it left beside them", () => {
    const session = { ...START, branches: [{ of: -1, at: 5 }] };
    const state = stateOf(CURVES, { opened: opened({ runs: runsOf(session) }) });
    const shown = { ...state.shown, 0: { header: frame({ run: 0, opened: 1 }), arrays: CURVES } };
    const branch = { ...state, shown, ui: { ...state.ui, run: 0 } };
    const labels = curvesOf(branch, see(branch), "accuracy", LIGHT).lines.map((line) => line.label);
    expect(labels[0]).toBe("original run");
    const trunk = curvesOf({ ...state, shown }, see(state), "accuracy", LIGHT).lines;
    expect(trunk[0]?.label).toBe("branch 1");
  });
  test("are told as a table and in a sentence", () => {
    const seen = see(stateOf(CURVES));
    const { parts, rows: told } = curveTable(seen, "accuracy");
    expect(parts).toEqual(["train", "validation"]);
    expect(told.map((row) => row.step)).toEqual([0, 10]);
    expect(told[1]?.figures[0]?.map((each) => Number(each.toFixed(2)))).toEqual([0.8, 0.7, 0.9]);
    expect(curvesLabel(seen, "accuracy")).toContain("training 80.0 %, validation 75.0 %");
  });
});

describe("the headline", () => {
  test("is the median with the 5th and the 95th percentile of the networks", () => {
    const values = { data: Float32Array.of(0, 0.25, 0.5, 1), shape: [4] };
    const seen = see(stateOf({ final_validation_accuracy: values, final_member: ints(0, 1, 2, 3) }, {}, { figures: {} }));
    // sorted 0, .25, .5, 1: median .375, 5 % at .15 * .25, 95 % at .5 + .85 * .5
    const { median, low, high } = headlineOf(seen);
    expect([median, low, high].map((each) => Number(each?.toFixed(6)))).toEqual([0.375, 0.0375, 0.925]);
  });
  test("networks that diverged keep their number and have no figure", () => {
    const seen = see(stateOf({
      final_validation_accuracy: { data: Float32Array.of(0.5, 1), shape: [2] }, final_member: ints(0, 3),
    }));
    expect([...(finalsOf(seen, "validation_accuracy") ?? [])]).toEqual([0.5, NaN, NaN, 1]);
    expect(headlineOf(seen).high).toBeCloseTo(0.975, 6);
  });
  test("says why networks ended only where it was not the usual way", () => {
    const seen = see(stateOf({}, {}, { stopped: { epochs: 3, plateau: 1, diverged: 2 } }));
    expect(stoppedOf(seen)).toEqual([["plateau", 1]]);
  });
});

describe("traces", () => {
  const layers = [
    { n_inputs: 2, units: 1, activation: "tanh", start: 0, bias_start: 2, stop: 3 },
    { n_inputs: 1, units: 1, activation: "sigmoid", start: 3, bias_start: 4, stop: 5 },
  ];
  const answer = {
    header: { type: "done" as const, id: 1, action: "traces", document: {}, arrays: [] },
    arrays: {
      steps: ints(0, 5), weights: rows([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]),
      gradient_norms: rows([1, 2], [3, 4]), activation_mean: rows([0.1, 0.2], [0.3, 0.4]),
      activation_low: rows([0, 0], [0, 0]), activation_high: rows([1, 1], [1, 1]),
    },
  };
  test("follow the parameters of the chosen layer alone", () => {
    const found = weightLines(answer, layers, 1, LIGHT);
    expect(found.lines.map((line) => line.label)).toEqual(["1 → 1", "bias 1"]);
    expect(filled([], found.sources, false)).toEqual([[0, 5], [4, 9], [5, 10]]);
  });
  test("have a gradient size for each layer, and the activations of one", () => {
    expect(filled([], gradientLines(answer, layers, LIGHT).sources, true)).toEqual([[0, 5], [1, 3], [2, 4]]);
    const found = activationLines(answer, 1, LIGHT);
    expect(filled([], found.sources, false)[3]?.map((each) => Number(each?.toFixed(1)))).toEqual([0.2, 0.4]);
    expect(found.bands[0]?.lines).toEqual([1, 2]);
  });
  test("of too many are evenly spread ones", () => {
    const list = Array.from({ length: 1000 }, (_, k) => k);
    const some = spreadOver(list, 80);
    expect([some.length, some[0], some.at(-1)]).toEqual([80, 0, 999]);
    expect(spreadOver([4, 5], 80)).toEqual([4, 5]);
  });
});

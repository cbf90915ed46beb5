// A look asks for what is to be seen, and for no more.
import { describe, expect, test } from "vitest";
import { FIRST_STATE, FIRST_UI, type State, type Ui } from "../src/state/state";
import { networkOf, wantOf } from "../src/views/wants";
import type { Want } from "../src/wire/messages";
import { opened } from "./fake";

function state(ui: Partial<Ui>, change: Partial<State> = {}): State {
  return { ...FIRST_STATE, opened: opened(), ...change, ui: { ...FIRST_UI, ...ui } };
}
const parts = (want: Want): string[] =>
  Object.entries(want).filter(([, each]) => Boolean(each)).map(([name]) => name).sort();

describe("each view asks for its own parts, and for curves and finals that stand beside it", () => {
  test.each([
    ["surface", ["curves", "finals", "rows", "surface"]],
    ["multiples", ["curves", "finals", "multiples"]],
    ["network", ["curves", "finals", "units", "weights"]],
    ["confusion", ["answers", "curves", "finals"]],
    ["histogram", ["answers", "curves", "finals"]],
    ["points", ["answers", "curves", "finals"]],
    ["curves", ["curves", "finals"]],
    ["finals", ["curves", "finals"]],
    ["traces", ["curves", "finals"]],
    ["inside", ["curves", "finals"]],
    ["charts", ["curves", "finals"]],
  ] as const)("%s", (view, expected) => {
    expect(parts(wantOf(state({ view })).want)).toEqual(expected);
  });
});

describe("on a projector nothing stands beside", () => {
  test.each([
    ["surface", ["rows", "surface"]],
    ["histogram", ["answers"]],
    ["curves", ["curves"]],
    ["finals", ["finals"]],
    ["multiples", ["finals", "multiples"]],
  ] as const)("%s", (view, expected) => {
    expect(parts(wantOf(state({ view, projector: true })).want)).toEqual(expected);
  });
});

test("a tour goes on there, with the figures that predictions are held against", () => {
  const tour = { name: "or", step: 1 };
  const told = (ui: Partial<Ui>) => parts(wantOf(state({ projector: true, ...ui })).want);
  expect(told({ panel: "tours", tour })).toEqual(["curves", "finals", "rows", "surface"]);
  expect(told({ panel: "data", tour })).toEqual(["rows", "surface"]);
});

test("the true boundary is asked for when it is wanted", () => {
  expect(wantOf(state({ truth: true })).want.truth).toBe(true);
  expect(wantOf(state({ truth: false })).want.truth).toBe(false);
});

test("the plane is the one that was chosen", () => {
  const { plane } = wantOf(state({ features: ["b", "a"], hold: { c: 2 }, output: "x" }));
  expect(plane).toEqual({ features: ["b", "a"], hold: { c: 2 }, output: "x" });
  expect(wantOf(state({})).plane).toEqual({ features: null, hold: {}, output: null });
});

test("a histogram is of one class, also where the surface shows all", () => {
  const data = { ...opened().data, classes: ["a", "b", "c"] };
  const told = { opened: opened({ data }) };
  expect(wantOf(state({ view: "histogram" }, told)).plane.output).toBe("b");
  expect(wantOf(state({ view: "histogram", output: "c" }, told)).plane.output).toBe("c");
  expect(wantOf(state({ view: "surface" }, told)).plane.output).toBeNull();
});

test("of a network that is no more there the first is shown", () => {
  expect(networkOf(state({ network: 3 }))).toBe(3);
  expect(networkOf(state({ network: 4 }))).toBe(0);
  expect(wantOf(state({ network: 9, view: "network" })).want.weights?.network).toBe(0);
});

test("answers are those of all networks, unless one is shown", () => {
  expect(wantOf(state({ view: "confusion" })).want.answers?.network).toBeNull();
  expect(wantOf(state({ view: "confusion", show: "network", network: 2 })).want.answers?.network).toBe(2);
});

test("only points that fit the features are asked about, at most 64", () => {
  const points = [[1, 2, 3], ...Array.from({ length: 70 }, (_, k) => [k, k])];
  const asked = wantOf(state({ view: "points", points })).want.answers?.points ?? [];
  expect(asked).toHaveLength(64);
  expect(asked[0]).toEqual([0, 0]);
});

test("few networks have finer pictures", () => {
  expect(wantOf(state({ view: "multiples" })).want.multiples?.n).toBe(64);
  const many = { opened: opened({ n_networks: 64 }) };
  expect(wantOf(state({ view: "multiples" }, many)).want.multiples?.n).toBe(32);
});

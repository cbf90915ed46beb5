// Forms from schemas: which control a setting gets, and where a slider reaches.
import { describe, expect, test } from "vitest";
import { fieldOf, fieldsOf, hasKey, scaleOf } from "../src/state/forms";
import { ordered, placeOf, valueOf } from "../src/parts/scale";
import { read } from "../src/parts/number_field";

const SCHEMA = {
  properties: {
    name: { const: "adam", default: "adam" },
    learning_rate: { type: "number", exclusiveMinimum: 0, default: 0.001, description: "How far." },
    memory: { type: "integer", minimum: 1, maximum: 1000, default: 10 },
    line_search: { type: "boolean", default: true },
    scaling: { type: "string", enum: ["none", "standard"], default: "none" },
    l2: { anyOf: [{ minimum: 0, type: "number" }, { type: "array", items: { type: "number" } }], default: 0 },
    figure: { anyOf: [{ type: "string", enum: ["train_loss"] }, { type: "null" }], default: null },
    function: { type: "string" },
    nested: { type: "object" },
  },
};

test("numbers, switches and choices; what no control fits is left out", () => {
  const found = fieldsOf(SCHEMA).map((each) => [each.key, each.control.kind]);
  expect(found).toEqual([
    ["learning_rate", "number"], ["memory", "number"], ["line_search", "switch"],
    ["scaling", "choice"], ["l2", "number"], ["figure", "choice"],
  ]);
  expect(fieldOf(SCHEMA, "learning_rate")).toMatchObject({ fallback: 0.001, note: "How far." });
  expect(fieldOf(SCHEMA, "figure")?.control).toMatchObject({ empty: true });
  expect(fieldsOf(SCHEMA, ["l2"]).map((each) => each.key)).not.toContain("l2");
  expect(hasKey(SCHEMA, "nested")).toBe(true);
});

test("sliders reach what is usual, within what may be", () => {
  expect(scaleOf("learning_rate", { type: "number", exclusiveMinimum: 0 }))
    .toMatchObject({ least: 1e-4, most: 10, log: true });
  expect(scaleOf("samples", { type: "integer", minimum: 1, maximum: 500 }))
    .toMatchObject({ least: 10, most: 500, hardLeast: 1, hardMost: 500, whole: true });
  expect(scaleOf("unheard_of", { type: "integer", minimum: 2, maximum: 7 }))
    .toMatchObject({ least: 2, most: 7, whole: true });
  const unbounded = scaleOf("unheard_of", { type: "number" });
  expect(unbounded.most).toBeGreaterThan(unbounded.least);
});

describe("places on scales", () => {
  const log = { least: 1e-4, most: 10, log: true };
  test("the ends of a logarithmic one, and its middle", () => {
    expect(valueOf(0, log)).toBe(1e-4);
    expect(valueOf(ordered(log).steps, log)).toBe(10);
    // halfway between 10^-4 and 10^1 is 10^-1.5 = 0.0316
    expect(valueOf(100, log)).toBe(0.032);
  });
  test("a value goes to its place and back", () => {
    const scales = [log, { ...log, zero: true }, { least: 0, most: 0.5, step: 0.01 },
      { least: 1, most: 256, log: true, whole: true }, { least: 10, most: 20_000, log: true, whole: true }];
    for (const scale of scales)
      for (let k = 0; k <= ordered(scale).steps; k++) {
        expect(placeOf(valueOf(k, scale), scale)).toBe(k);
        if (k > 0) expect(valueOf(k, scale)).toBeGreaterThan(valueOf(k - 1, scale));
      }
  });
  test("whole numbers are all there where they are few", () => {
    const scale = { least: 1, most: 256, log: true, whole: true };
    expect([0, 1, 2, 3, 4].map((k) => valueOf(k, scale))).toEqual([1, 2, 3, 4, 5]);
  });
  test("0 comes before the logarithm where there may be one", () => {
    const scale = { ...log, zero: true };
    expect(valueOf(0, scale)).toBe(0);
    expect(placeOf(0, scale)).toBe(0);
    expect(placeOf(1e-4, scale)).toBe(1);
  });
  test("what lies beyond is at the end", () => {
    expect(placeOf(1e6, log)).toBe(ordered(log).steps);
    expect(placeOf(1e-9, log)).toBe(0);
  });
});

test("numbers as people type them", () => {
  const any = [false, -Infinity, Infinity] as const;
  expect(read("0,05", ...any)).toBe(0.05);
  expect(read(" 1e-3 ", ...any)).toBe(0.001);
  expect(read("10 000", true, 1, 1e9)).toBe(10000);
  expect(read("2.6", true, 1, 8)).toBe(3);
  expect(read("99", true, 1, 8)).toBe(8);
  expect(["", "abc", "1.2.3", "NaN", "1e999"].map((each) => read(each, ...any))).toEqual([null, null, null, null, null]);
});

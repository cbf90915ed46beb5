// The renderers on a context that writes down what they do: what is drawn, where, in which colour.
import { beforeAll, describe, expect, test } from "vitest";
import { drawPad } from "../src/views/draw_pad_draw";
import { binsOf } from "../src/views/bins";
import { packed, rgb, tableThrough } from "../src/views/colour";
import { imageSize } from "../src/views/diagram_data";
import { diagramOf, edgesOf } from "../src/views/diagram_layout";
import { drawNetwork, lineWidth, paintInput, paintUnit, paintWeights, uncrowded, type NetworkShown } from "../src/views/diagram_draw";
import { drawFinals } from "../src/views/finals_draw";
import { drawHistogram, heightOf, histogramPlot } from "../src/views/histogram_draw";
import { DARK, LIGHT } from "../src/views/look";
import { drawMultiples, paintTiles, type Multiples } from "../src/views/multiples_draw";
import { drawAxes, fitted, valuesAt, xOf, yOf, type Plot } from "../src/views/plot";
import { shade, shadeClasses } from "../src/views/raster";
import {
  drawCursor, drawDots, drawField, drawScale, dotRadius, paintWords, surfacePlot, toneTable,
} from "../src/views/surface_draw";
import { nearestDot, readAt, type Dots, type Field, type Ground } from "../src/views/surface_data";
import { fakeCanvases, put, recording } from "./recording";

beforeAll(() => void fakeCanvases());

const SIZE = { width: 500, height: 400 };
const GROUND: Ground = { names: ["x0", "x1"], x: [0, 2], y: [-1, 1], few: [[], []] };
/** Two classes: left of the middle 0, right of it 1, the lower row first. */
const FIELD: Field = {
  n: 2, values: Float32Array.of(0, 1, 0, 1), classes: null, tone: { kind: "two", reversed: false },
  truth: null, truthCells: 0, nClasses: 2,
};

describe("grids as pixels", () => {
  const tile = { n: 2, from: 0, left: 0, top: 0, width: 2 };
  const table = Uint32Array.from({ length: 256 }, (_, k) => k);
  test("the first row of numbers is the lowest row of pixels", () => {
    const words = new Uint32Array(4);
    shade(words, [0, 1 / 255, 2 / 255, 3 / 255], tile, table, 0, 1);
    expect([...words]).toEqual([2, 3, 0, 1]);
  });
  test("numbers beyond the ends have the colours of the ends; no number is clear", () => {
    const words = new Uint32Array(4).fill(9);
    shade(words, [-5, 7, NaN, 0.5], tile, table, 0, 1);
    expect([...words]).toEqual([0, 128, 0, 255]); // NaN; round(127.5); low end; high end
  });
  test("a class is the stronger, the more probable; no class is clear", () => {
    const words = new Uint32Array(4);
    const tables = [table, table.map((k) => 1000 + k)];
    shadeClasses(words, Uint8Array.of(0, 1, 255, 1), [1, 0.5, 1, 0.75], 1, tile, tables);
    // 1/2 is the least a winner of two can have: strength 0; 3/4 is half of the way: 127
    expect([...words]).toEqual([0, 1127, 255, 1000]);
  });
});

describe("the decision surface", () => {
  test("class 0 has the low colour and class 1 the high one, softened; reversed if it shows class 0", () => {
    const words = new Uint32Array(4);
    paintWords(words, FIELD, LIGHT);
    const table = toneTable(FIELD.tone, LIGHT);
    expect([...words]).toEqual([table[0], table[255], table[0], table[255]]);
    // 72 % of #0072b2 on white: 0.72 * (0, 114, 178) + 0.28 * 255
    expect(table[0]).toBe(packed([71, 153, 200]));
    const turned = toneTable({ kind: "two", reversed: true }, LIGHT);
    expect([turned[0], turned[255]]).toEqual([table[255], table[0]]);
  });
  test("is drawn into the plot, with the line at one half between the middles of the cells", () => {
    const { context, all } = recording();
    drawField(context, SIZE, { field: FIELD, ground: GROUND }, LIGHT);
    const plot = surfacePlot(SIZE, GROUND, LIGHT);
    expect(all("drawImage")[0]?.args.slice(1)).toEqual([plot.left, plot.top, plot.width, plot.height]);
    expect(put.get("2x2")).toHaveLength(4);
    const [start] = all("moveTo");
    expect(start?.args[0]).toBeCloseTo(plot.left + plot.width / 2, 5);
    expect(all("stroke").map((call) => call.strokeStyle)).toEqual([LIGHT.surface, LIGHT.text]);
  });
  test("has the true boundary beside it when that is known, dashed", () => {
    const { context, all } = recording();
    const truth = Uint8Array.of(0, 0, 1, 1);
    drawField(context, SIZE, { field: { ...FIELD, truth, truthCells: 2 }, ground: GROUND }, LIGHT);
    expect(all("stroke")).toHaveLength(4);
    expect(all("setLineDash").map((call) => call.args[0])).toContainEqual([7, 5]);
  });
  test("of three classes has a table each and a border each", () => {
    const { context, all } = recording();
    const tone = { kind: "classes", n: 3 } as const;
    const field: Field = { ...FIELD, tone, classes: Uint8Array.of(0, 1, 2, 2), nClasses: 3 };
    drawField(context, SIZE, { field, ground: GROUND }, DARK);
    expect(all("stroke")).toHaveLength(6);
  });
  test("draws nothing where there is nothing", () => {
    const { context, calls } = recording();
    drawField(context, SIZE, { field: null, ground: GROUND }, LIGHT);
    expect(calls).toEqual([]);
  });
  test("is read at a place: the number of its cell", () => {
    expect(readAt(FIELD, GROUND, 0.4, -0.5)?.value).toBe(0);
    expect(readAt(FIELD, GROUND, 1.6, 0.5)?.value).toBe(1);
    expect(readAt(FIELD, GROUND, 2, 1)?.value).toBe(1); // the edge belongs to the last cell
    expect(readAt(FIELD, GROUND, -0.1, 0)).toBeNull();
  });
  test("places and pixels are each other's inverse", () => {
    const plot = surfacePlot(SIZE, GROUND, LIGHT);
    const found = valuesAt(plot, xOf(plot, 1.25), yOf(plot, -0.5));
    expect(found?.[0]).toBeCloseTo(1.25, 9);
    expect(found?.[1]).toBeCloseTo(-0.5, 9);
    expect(valuesAt(plot, 1, 1)).toBeNull();
  });
});

describe("rows of the data", () => {
  const dots: Dots = {
    x: Float32Array.of(0.5, 0, 1.5, 0.5, 1, -0.5), classes: Uint8Array.of(0, 1, 1), values: null,
    part: Uint8Array.of(0, 1, 2), index: Int32Array.of(10, 20, 30), count: 3, move: [0, 0], moved: null, low: 0,
    high: 1, nClasses: 2,
  };
  const drawn = () => {
    const found = recording();
    drawDots(found.context, SIZE, { dots, ground: GROUND, probes: [[1, 0]] }, LIGHT);
    return found;
  };
  test("training rows are filled in their class's colour, validation rows are rings of it", () => {
    const fills = drawn().all("fill").slice(0, 3).map((call) => call.fillStyle);
    expect(fills).toEqual([LIGHT.classes[0], "#ffffff", "#ffffff"]);
    const rings = drawn().all("stroke").slice(0, 3).map((call) => call.strokeStyle);
    expect(rings).toEqual(["#ffffff", LIGHT.classes[1], LIGHT.classes[1]]);
  });
  test("test rows are square", () => {
    expect(drawn().all("arc")).toHaveLength(2);
  });
  test("lie where their features say, and chosen points are numbered", () => {
    const plot = surfacePlot(SIZE, GROUND, LIGHT);
    const [x, y] = drawn().all("arc")[0]?.args ?? [];
    expect([x, y]).toEqual([xOf(plot, 0.5), yOf(plot, 0)]);
    expect(drawn().texts()).toContain("1");
  });
  test("are found by the pointer within reach, the nearest first", () => {
    expect(nearestDot(dots, [0.52, 0.01], [100, 100], 12)).toBe(0);
    expect(nearestDot(dots, [1.0, 0.2], [100, 100], 12)).toBe(-1);
    expect(nearestDot(dots, [1.1, 0.2], [100, 100], 100)).toBe(1);
  });
  test("get smaller the more there are, and stay visible", () => {
    expect(dotRadius(10)).toBeGreaterThan(dotRadius(1000));
    expect(dotRadius(10_000)).toBeGreaterThanOrEqual(2);
  });
});

test("a crosshair goes through the place, and a ring marks the row that is near", () => {
  const { context, all } = recording();
  drawCursor(context, SIZE, { ground: GROUND, at: [1, 0], dot: [1.1, 0.1] }, LIGHT);
  const plot = surfacePlot(SIZE, GROUND, LIGHT);
  expect(all("moveTo")[0]?.args[0]).toBeCloseTo(xOf(plot, 1), 9);
  expect(all("arc")[0]?.args.slice(0, 2)).toEqual([xOf(plot, 1.1), yOf(plot, 0.1)]);
  const nothing = recording();
  drawCursor(nothing.context, SIZE, { ground: GROUND, at: null, dot: null }, LIGHT);
  expect(nothing.calls).toEqual([]);
});

test("axes have names, ticks and letters of eleven pixels at least", () => {
  const { context, texts } = recording();
  const plot: Plot = {
    left: 50, top: 10, width: 300, height: 200,
    x: { low: 0, high: 1, label: "width (m)", ticks: [{ value: 0, text: "0" }, { value: 1, text: "1" }] },
    y: { low: 0, high: 9, label: "age", ticks: [{ value: 9, text: "9" }] },
  };
  drawAxes(context, plot, { ...LIGHT, size: 8 });
  expect(texts()).toEqual(["0", "1", "9", "width (m)", "age"]);
  expect(String(context.font)).toMatch(/^600 11px/);
});

test("a text that is too long ends with dots within its room", () => {
  const { context } = recording();
  expect(fitted(context, "proanthocyanins", 60)).toBe("proanthoc…"); // ten letters of six pixels
  expect(fitted(context, "short", 60)).toBe("short");
  expect(fitted(context, "long", 5)).toBe("");
});

test("a map's bar has its whole table and its ends", () => {
  const { context, texts } = recording();
  drawScale(context, { width: 200, height: 40 }, { tone: { kind: "value", low: -2, high: 6 }, label: "" }, LIGHT);
  expect(put.get("256x1")).toEqual(toneTable({ kind: "value", low: -2, high: 6 }, LIGHT));
  expect(texts()).toEqual(["0", "2.5", "5"]); // round values between -2 and 6, three at most
});

describe("small multiples", () => {
  const data: Multiples = {
    n: 2, members: Int32Array.of(0, 7), values: Uint8Array.of(0, 255, 0, 255, 255, 0, 255, 0),
    classes: null, tone: { kind: "two", reversed: false }, captions: ["98 %", "99 %"], chosen: 7, pointed: -1,
  };
  test("are one raster, side by side", () => {
    const words = new Uint32Array(8);
    paintTiles(words, data, 2, LIGHT);
    const table = toneTable(data.tone, LIGHT);
    const [a, b] = [table[0], table[255]];
    expect([...words]).toEqual([a, b, b, a, a, b, b, a]);
  });
  test("are put down once, each with its number and figure, the chosen one framed", () => {
    const { context, all, texts } = recording();
    put.clear();
    drawMultiples(context, SIZE, data, LIGHT);
    expect(put.size).toBe(1);
    expect(all("drawImage")).toHaveLength(2);
    expect(texts()).toEqual(["1", "98 %", "8", "99 %"]); // counted from 1
    expect(all("strokeRect").map((call) => [call.strokeStyle, call.lineWidth]))
      .toEqual([[LIGHT.line, 1], [LIGHT.accent, 3]]);
  });
});

describe("the histogram of figures", () => {
  test("has a brick for each network, the chosen one in the accent's colour, and the mark", () => {
    const { context, all, texts } = recording();
    drawFinals(context, { width: 400, height: 200 }, {
      bins: binsOf([0.7, 0.8, 0.8, 1], 10), colour: 1, chosen: 2, pointed: -1,
      mark: { value: 0.9, text: "attainable 90 %" }, label: "accuracy", countLabel: "networks", said: String,
    }, LIGHT);
    const bricks = all("fillRect");
    expect(bricks).toHaveLength(4);
    expect(bricks.map((call) => call.fillStyle)).toEqual(
      [LIGHT.classes[1], LIGHT.classes[1], LIGHT.accent, LIGHT.classes[1]]);
    expect((bricks[2]?.args[1] as number) < (bricks[1]?.args[1] as number)).toBe(true); // stacked
    expect(texts()).toContain("attainable 90 %");
  });
});

test("a bin of all rows right is drawn no farther than the axis", () => {
  const { context, all } = recording();
  drawFinals(context, { width: 400, height: 200 }, {
    bins: binsOf([1, 1, 0.75], 4), colour: 1, chosen: 0, pointed: -1, mark: null, least: 0, most: 1,
    label: "accuracy", countLabel: "networks", said: String,
  }, LIGHT);
  const [first, , last] = all("fillRect").map((call) => call.args as number[]);
  // from 62.5 to 87.5 %, then half as far: from 87.5 to 100 %
  expect(((last?.[2] ?? 0) + 1) * 2).toBeCloseTo((first?.[2] ?? 0) + 1, 6);
});

describe("the histogram of probabilities", () => {
  const data = {
    counts: Int32Array.of(4, 0, 1, 9), nClasses: 2, nBins: 2, label: "p", countLabel: "rows", log: false,
  };
  test("has an outline for each class, as high as its counts", () => {
    const { context, all } = recording();
    drawHistogram(context, SIZE, data, LIGHT);
    const plot = histogramPlot(SIZE, data, LIGHT);
    // steps of class 0 come first: up to 4 in the first bin, down to 0 in the second
    expect(all("lineTo").slice(0, 3).map((call) => call.args[1])).toEqual([yOf(plot, 4), yOf(plot, 4), yOf(plot, 0)]);
    expect(all("fill").map((call) => call.fillStyle)).toEqual(LIGHT.classes.slice(0, 2));
  });
  test("on a logarithmic axis one row is seen beside a thousand", () => {
    expect(heightOf(0, true)).toBe(0);
    expect(heightOf(9, true)).toBeCloseTo(1, 12);
    expect(heightOf(1, true) / heightOf(1000, true)).toBeGreaterThan(0.1);
  });
});

describe("the diagram", () => {
  const layers = [
    { n_inputs: 2, units: 1, activation: "tanh", start: 0, bias_start: 2, stop: 3 },
    { n_inputs: 1, units: 1, activation: "sigmoid", start: 3, bias_start: 4, stop: 5 },
  ];
  const margins = { left: 60, right: 60, top: 30, bottom: 20 };
  const diagram = diagramOf(layers, 2, SIZE, new Set(), margins);
  const shown: NetworkShown = {
    diagram, edges: edgesOf(layers, diagram), layers, weights: Float32Array.of(2, -1, 0.5, -4, 0.25),
    units: Uint8Array.of(0, 255, 0, 255, 0, 255, 0, 255), ranges: Float32Array.of(-1, 1, 0, 1), cells: 2,
    outputKind: "probability", inputNames: ["x0", "x1"], outputNames: ["yes"],
    titles: ["inputs", "layer 1 · tanh", "output · sigmoid"], plane: [0, 1], frozen: new Set([1]),
    edge: -1, unit: null, withValues: true, image: null,
  };
  const drawn = (change: Partial<NetworkShown> = {}) => {
    const found = recording();
    drawNetwork(found.context, SIZE, { ...shown, ...change }, LIGHT);
    return found;
  };
  test("a line's colour is the sign and its width the size of a weight", () => {
    const lines = drawn().all("stroke").slice(0, 3);
    expect(lines.map((call) => call.strokeStyle)).toEqual([LIGHT.high, LIGHT.low, LIGHT.low]);
    expect(lines.map((call) => call.lineWidth)).toEqual([lineWidth(2, 4), lineWidth(-1, 4), 6]);
  });
  test("a frozen weight is dotted", () => {
    expect(drawn().all("setLineDash").filter((call) => (call.args[0] as number[]).length > 0)).toHaveLength(1);
  });
  test("every bias has a dot, that of the output too, and their numbers are told", () => {
    const { all, texts } = drawn();
    expect(all("arc")).toHaveLength(2);
    expect(texts()).toEqual(expect.arrayContaining(["0.50", "0.25", "2.00", "−1.00", "−4.00"]));
  });
  test("inputs and outputs have their names, columns their titles", () => {
    expect(drawn().texts()).toEqual(expect.arrayContaining(["x0", "x1", "yes", "inputs"]));
  });
  test("numbers are shown of what is pointed at alone, where not of all", () => {
    const said = drawn({ withValues: false, edge: 2 }).texts();
    expect(said).toContain("−4.00");
    expect(said).not.toContain("2.00");
  });
  test("numbers do not lie on each other: of two the larger stays, unless their unit is pointed at", () => {
    const at = (x: number, y: number, size: number) => ({ text: String(size), x, y, half: 15, size });
    const tags = [at(0, 0, 1), at(20, 5, 3), at(40, 5, 2), at(0, 20, 0.1)];
    expect(uncrowded(tags).map(({ size }) => size)).toEqual([3, 0.1]); // 0.1 is 15 pixels below 3
    const units = Array.from({ length: 12 }, (_, k) => k);
    const wide = [{ n_inputs: 12, units: 12, activation: "tanh", start: 0, bias_start: 144, stop: 144 }];
    const small = diagramOf(wide, 12, SIZE, new Set(), margins);
    const many: Partial<NetworkShown> = {
      diagram: small, edges: edgesOf(wide, small), layers: wide, units: null,
      weights: Float32Array.from({ length: 144 }, (_, k) => 1 + k / 1000),
    };
    const told = (change: Partial<NetworkShown>) =>
      drawn({ ...many, ...change }).texts().filter((text) => /^1\.\d\d$/.test(text)).length;
    expect(told({})).toBeLessThan(144);
    expect(told({})).toBeGreaterThan(12);
    expect(told({ unit: { column: 1, unit: 3 } })).toBe(units.length);
  });
  test("a unit of the first layer that sees an image is the image of its weights", () => {
    const table = tableThrough(LIGHT.low, LIGHT.middle, LIGHT.high);
    const pixels = [{ n_inputs: 4, units: 2, activation: "tanh", start: 0, bias_start: 8, stop: 10 }];
    const weights = Float32Array.of(9, 1, 9, 0, 9, -1, 9, 0.5, 0, 0); // of the second unit: 1, 0, -1, 0.5
    const words = new Uint32Array(4);
    paintWeights(words, { layers: pixels, weights }, 1, LIGHT);
    expect([...words]).toEqual([table[255], table[128], table[0], table[191]]);
    const of = (...features: string[]) => imageSize({ opened: { data: { features } } } as never);
    expect(of("r0c0", "r0c1", "r0c2", "r1c0", "r1c1", "r1c2")).toEqual([2, 3]);
    expect(of("r0c0", "r0c1", "r1c0", "squared")).toBeNull();
    expect(of("r0c0", "r1c0", "r0c1", "r1c1")).toBeNull();
  });
  test("a hidden unit is neutral at 0, an output where it is undecided", () => {
    const table = tableThrough(LIGHT.low, LIGHT.middle, LIGHT.high);
    const words = new Uint32Array(4);
    paintUnit(words, { ...shown, ranges: Float32Array.of(0, 2, 0, 1) }, 0, false, 0, LIGHT);
    // from 0 to 2: the map goes from -2 to 2, so 0 has its middle
    expect([...words]).toEqual([table[128], table[255], table[128], table[255]]);
    paintUnit(words, { ...shown, ranges: Float32Array.of(0, 1, 0.5, 1) }, 1, true, 0, LIGHT);
    expect([...words]).toEqual([table[128], table[255], table[128], table[255]]);
  });
  test("an input grows across or up, and is plain if it is held", () => {
    const [low, high] = [packed(rgb(LIGHT.low)), packed(rgb(LIGHT.high))];
    const words = new Uint32Array(4);
    paintInput(words, 2, 0, LIGHT);
    expect([...words]).toEqual([low, high, low, high]);
    paintInput(words, 2, 1, LIGHT);
    expect([...words]).toEqual([high, high, low, low]);
    paintInput(words, 2, -1, LIGHT);
    expect(new Set(words).size).toBe(1);
  });
});

test("the pad shows its points in the colours of their classes, and where the next would come", () => {
  const { context, all } = recording();
  drawPad(context, { width: 300, height: 300 }, { points: [[0, 0, 0], [0.5, 0.5, 2]], nClasses: 3, at: [1, 1], kind: 1 }, LIGHT);
  const dots = all("fill").map((call) => call.fillStyle);
  expect(dots).toEqual([LIGHT.classes[0], LIGHT.classes[2], LIGHT.classes[1]]);
});

// Where things stand: the diagram of a network, folding, small multiples, and what is hit.
import { describe, expect, test } from "vitest";
import type { LayerTold } from "../src/wire/messages";
import {
  biasPlace, curveAt, diagramOf, edgesOf, endsOf, FOLD, frozenBy, nearestEdge, pathOf, shownOf,
  weightPlace,
} from "../src/views/diagram_layout";
import { brickAt, finalsPlot, type Finals } from "../src/views/finals_draw";
import { binsOf } from "../src/views/bins";
import { LIGHT } from "../src/views/look";
import { tileAt, tilingOf } from "../src/views/multiples_draw";
import { tabOf, tabsOf, TABS, viewsOf } from "../src/views/tabs";
import { opened } from "./fake";

const MARGINS = { left: 60, right: 60, top: 30, bottom: 20 };
/** Layers of these sizes as they lie in the flat row: weights, then biases. */
function layersOf(...sizes: number[]): LayerTold[] {
  let start = 0;
  return sizes.slice(1).map((units, k) => {
    const n_inputs = sizes[k] ?? 0;
    const bias_start = start + n_inputs * units;
    const layer = { n_inputs, units, activation: "tanh", start, bias_start, stop: bias_start + units };
    start = layer.stop;
    return layer;
  });
}
const diagram = (sizes: number[], unfolded: number[] = [], size = { width: 700, height: 500 }) =>
  diagramOf(layersOf(...sizes), sizes[0] ?? 0, size, new Set(unfolded), MARGINS);

describe("the diagram", () => {
  test("has a column for the inputs and each layer, evenly apart, within its place", () => {
    const { columns, tile, width } = diagram([2, 3, 3, 1]);
    expect(columns.map((each) => each.units.length)).toEqual([2, 3, 3, 1]);
    const gaps = columns.slice(1).map((each, k) => each.x - (columns[k]?.x ?? 0));
    gaps.forEach((gap) => expect(gap).toBeCloseTo(gaps[0] ?? 0, 9));
    expect((columns[0]?.x ?? 0) - tile / 2).toBeCloseTo(MARGINS.left, 9);
    expect((columns.at(-1)?.x ?? 0) + tile / 2).toBeCloseTo(width - MARGINS.right, 9);
  });
  test("centres each column and lets no two pictures touch", () => {
    const { columns, tile } = diagram([2, 12, 5, 1]);
    const middle = MARGINS.top + (500 - MARGINS.top - MARGINS.bottom) / 2;
    for (const { units } of columns) {
      const mean = units.reduce((sum, unit) => sum + unit.y, 0) / units.length;
      expect(mean).toBeCloseTo(middle, 6);
      units.slice(1).forEach((unit, k) => expect(unit.y - (units[k]?.y ?? 0)).toBeGreaterThan(tile));
    }
  });
  test("folds layers of more than twelve units, and unfolds them", () => {
    expect([FOLD, shownOf(12, false), shownOf(13, false), shownOf(13, true)]).toEqual([12, 12, 11, 13]);
    const folded = diagram([2, 51, 1]);
    expect(folded.columns[1]).toMatchObject({ folded: 40, count: 51 });
    expect(folded.columns[1]?.units).toHaveLength(11);
    expect(folded.height).toBe(500);
    const open = diagram([2, 51, 1], [1]);
    expect(open.columns[1]?.units).toHaveLength(51);
    expect(open.height).toBe(MARGINS.top + MARGINS.bottom + 51 * 28); // grows, and scrolls
  });
  test("of more than five layers grows wider than its place; of five it fits into 560", () => {
    expect(diagram([2, 3, 3, 3, 3, 1], [], { width: 600, height: 400 }).width).toBe(600);
    expect(diagram([2, 3, 3, 3, 3, 1], [], { width: 400, height: 400 }).width).toBe(560);
    expect(diagram([2, 1], [], { width: 200, height: 400 }).width).toBeLessThan(300);
    expect(diagram([2, 3, 3, 3, 3, 3, 1], [], { width: 400, height: 400 }).width).toBeGreaterThan(700);
  });
});

describe("weights", () => {
  const layers = layersOf(2, 3, 1);
  test("lie in the flat row input by input, biases after them", () => {
    // 2 x 3 weights, 3 biases, 3 x 1 weights, 1 bias
    expect(weightPlace(layers[0] as LayerTold, 1, 2)).toBe(5);
    expect(biasPlace(layers[0] as LayerTold, 1)).toBe(7);
    expect(weightPlace(layers[1] as LayerTold, 2, 0)).toBe(11);
    expect(biasPlace(layers[1] as LayerTold, 0)).toBe(12);
    expect(biasPlace({ ...(layers[1] as LayerTold), stop: 12 }, 0)).toBeNull();
  });
  test("have a line each, from the right of one picture to the left of the other", () => {
    const found = diagram([2, 3, 1]);
    const edges = edgesOf(layers, found);
    expect(edges).toHaveLength(9);
    expect(new Set(edges.map((edge) => edge.parameter)).size).toBe(9);
    const [x0, , x1] = endsOf(found, edges[0] as (typeof edges)[0]);
    expect(x0).toBeCloseTo((found.columns[0]?.x ?? 0) + found.tile / 2, 9);
    expect(x1).toBeCloseTo((found.columns[1]?.x ?? 0) - found.tile / 2, 9);
  });
  test("of folded units have none", () => {
    expect(edgesOf(layersOf(2, 51, 1), diagram([2, 51, 1]))).toHaveLength(2 * 11 + 11);
  });
  test("are hit along their curve", () => {
    expect(curveAt(0, 10, 100, 30, 0)).toBeCloseTo(10, 4);
    expect(curveAt(0, 10, 100, 30, 50)).toBeCloseTo(20, 4); // its middle, by symmetry
    const found = diagram([2, 3, 1]);
    const edges = edgesOf(layers, found);
    edges.forEach((edge, k) => {
      const [x0, y0, x1, y1] = endsOf(found, edge);
      const x = x0 + 0.3 * (x1 - x0);
      expect(nearestEdge(found, edges, x, curveAt(x0, y0, x1, y1, x), 6)).toBe(k);
    });
    expect(nearestEdge(found, edges, 5, 5, 6)).toBe(-1);
  });
  test("are frozen by their own path or by that of what they belong to", () => {
    expect(pathOf(0, 1, 2)).toBe("layers.0.weights.1.2");
    expect(pathOf(1, null, 0)).toBe("layers.1.bias.0");
    expect(frozenBy(["layers.0"], 0, 1, 2)).toBe("layers.0");
    expect(frozenBy(["layers.0.weights.1"], 0, 1, 2)).toBe("layers.0.weights.1");
    expect(frozenBy(["layers.0.weights.1"], 0, null, 1)).toBeNull();
    expect(frozenBy(["layers.1.weights.1.2"], 1, 1, 20)).toBeNull(); // no mere beginning of a number
  });
});

describe("small multiples", () => {
  test("are as large as they go", () => {
    // 64 in 640 x 640 with captions of 16: 8 x 8; wide (640-8)/8-8 = 71, high 632/8-8-16 = 55
    expect(tilingOf(64, { width: 640, height: 640 }, 16)).toMatchObject({ columns: 8, side: 55 });
    expect(tilingOf(1, { width: 300, height: 200 }, 16)).toMatchObject({ columns: 1, side: 168 });
  });
  test("are found where they are drawn, gaps apart", () => {
    const tiling = tilingOf(10, { width: 500, height: 300 }, 16);
    for (let k = 0; k < 10; k++) {
      const x = tiling.left + (k % tiling.columns) * tiling.across + tiling.side / 2;
      const y = 8 + Math.floor(k / tiling.columns) * tiling.down + tiling.side / 2;
      expect(tileAt(tiling, 10, x, y)).toBe(k);
    }
    expect(tileAt(tiling, 10, -20, 10)).toBe(-1);
    expect(tileAt(tiling, 7, tiling.left + 4.5 * tiling.across, 8 + 1.5 * tiling.down)).toBe(-1);
  });
});

test("a brick is found where it is drawn, and the air above a bin is its highest", () => {
  const data: Finals = {
    bins: binsOf([0.7, 0.8, 0.8, 1], 10), colour: 1, chosen: 0, pointed: -1, mark: null, label: "",
    countLabel: "", said: String,
  };
  const plot = finalsPlot({ width: 400, height: 200 }, data, LIGHT);
  const x = (value: number) => plot.left + ((value - plot.x.low) / (plot.x.high - plot.x.low)) * plot.width;
  const y = (count: number) => plot.top + (1 - count / plot.y.high) * plot.height;
  expect(brickAt(plot, data.bins, x(0.8), y(0.5))).toBe(1);
  expect(brickAt(plot, data.bins, x(0.8), y(1.5))).toBe(2);
  expect(brickAt(plot, data.bins, x(0.7), y(1.9))).toBe(0);
  expect(brickAt(plot, data.bins, x(0.9), y(0.5))).toBe(-1);
});

test("no share above 100 % is written below the bin of those that have all right", () => {
  const data: Finals = {
    bins: binsOf([1, 1], 4), colour: 1, chosen: 0, pointed: -1, mark: null, most: 1, label: "",
    countLabel: "", said: String,
  };
  const { ticks } = finalsPlot({ width: 400, height: 200 }, data, LIGHT).x;
  expect(ticks.at(-1)?.value).toBe(1); // the bin goes from 0.875 to 1.125
});

describe("tabs", () => {
  test("every view has one", () => {
    for (const [tab, views] of Object.entries(TABS))
      for (const view of views) expect(tabOf(view)).toBe(tab);
  });
  test("what there is nothing to see in is not shown", () => {
    const data = { ...opened().data, kind: "regression" as const, classes: [] };
    expect(viewsOf("answers", opened({ data }))).toEqual(["points"]);
    expect(tabsOf(opened({ n_networks: 1 }))).not.toContain("multiples");
    expect(tabsOf(opened())).toContain("multiples");
  });
});

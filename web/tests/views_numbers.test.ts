// What pictures are made of: ticks, bins, contour lines, jitter, percentiles.
import { describe, expect, test } from "vitest";
import { confusionOf, shareOf } from "../src/views/answers_data";
import { binsOf } from "../src/views/bins";
import { saidApart } from "../src/views/chart_options";
import { contour, segments, softened } from "../src/views/contour";
import { shareWords } from "../src/views/figures";
import { coinciding, fewValues, jitter, spread } from "../src/views/jitter";
import { percentile } from "../src/views/result_data";
import { along, countTicks, exact, grouped, linearTicks, logTicks, short, signed, ticksOf } from "../src/views/ticks";

const values = (ticks: readonly { value: number }[]) => ticks.map((tick) => tick.value);

describe("ticks", () => {
  test("are round and no more than asked for", () => {
    expect(linearTicks(0, 1, 5).map((tick) => tick.text)).toEqual(["0", "0.25", "0.5", "0.75", "1"]);
    expect(values(linearTicks(0, 25_000, 9))).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000]);
    expect(linearTicks(1000, 1001, 5).map((tick) => tick.text))
      .toEqual(["1,000", "1,000.25", "1,000.5", "1,000.75", "1,001"]);
    for (const [low, high] of [[-3.7, 12.1], [0.00031, 0.00035], [1e6, 9e6], [-1, -0.2]] as const)
      for (const most of [2, 3, 5, 9]) {
        const ticks = values(linearTicks(low, high, most));
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(ticks.every((value) => value >= low - 1e-9 && value <= high + 1e-9)).toBe(true);
      }
  });
  test("never say minus zero", () => {
    const ticks = linearTicks(-0.01, 0.5, 3);
    expect(ticks.some((tick) => Object.is(tick.value, -0))).toBe(false);
  });
  test("of a logarithmic axis are powers of ten", () => {
    expect(logTicks(0.002, 30).map((tick) => tick.text)).toEqual(["0.01", "0.1", "1", "10"]);
    expect(values(logTicks(1e-8, 1, 5))).toEqual([1e-8, 1e-6, 1e-4, 1e-2, 1]);
    expect(logTicks(0, 1)).toEqual([]);
  });
  test("of few values are these where they are a scale, else round", () => {
    expect(values(ticksOf(-0.2, 1.2, 5, [0, 1]))).toEqual([0, 1]);
    expect(values(ticksOf(0, 8, 5, [1, 2, 7]))).toEqual([1, 2, 7]); // whole numbers
    expect(values(ticksOf(-1, 1, 5, [-0.5, 0.5]))).toEqual([-0.5, 0.5]);
    expect(values(ticksOf(0, 1, 5, [0.125, 0.375, 0.625]))).toEqual([0.125, 0.375, 0.625]);
    expect(values(ticksOf(-1, 1, 5, [-0.797, -0.68, 0.413]))).toEqual([-1, -0.5, 0, 0.5, 1]);
  });
  test("of counts are whole", () => {
    expect(values(countTicks(4, 2))).toEqual([0, 2, 4]);
    expect(values(countTicks(3, 5))).toEqual([0, 1, 2, 3]);
    expect(countTicks(2300, 3).map((tick) => tick.text)).toEqual(["0", "1,000", "2,000"]);
  });
});

describe("numbers in words", () => {
  test("short, along a scale, signed, exact", () => {
    expect([short(0.1 + 0.2), short(20000), short(1e-7), short(-0)]).toEqual(["0.3", "20,000", "1e-7", "0"]);
    expect(along(0.4567, 1)).toBe("0.46");
    expect(along(1234.5, 900)).toBe("1235"); // span 900: whole numbers tell places apart
    expect(signed(-1.23456)).toBe("−1.235");
    expect(signed(1.5e-5)).toBe("1.5e-5");
    expect(exact(0.30212077)).toBe("0.30212077");
    expect(exact(-6.4833154e-7)).toBe("−6.4833154e-7");
    expect(grouped(-1234567)).toBe("−1,234,567");
  });
  test("a share that is not all is not said to be all", () => {
    expect(shareWords(1999 / 2000)).toBe("99.95 %");
    expect(shareWords(1)).toBe("100.0 %");
    expect(shareWords(1 / 20000)).toBe("0.01 %"); // 0.005 % has two digits more than 0.0
    expect(shareWords(0)).toBe("0.0 %");
    expect(shareWords(0.98611)).toBe("98.6 %");
  });
  test("ticks have no digits that tell nothing apart", () => {
    expect(saidApart([0.8, 0.9], (value) => `${(100 * value).toFixed(1)} %`)).toEqual(["80 %", "90 %"]);
    expect(saidApart([0.995, 1], (value) => `${(100 * value).toFixed(1)} %`)).toEqual(["99.5 %", "100.0 %"]);
    expect(saidApart([1000, 2000], (value) => value.toLocaleString("en"))).toEqual(["1,000", "2,000"]);
  });
});

describe("bins", () => {
  test("of an accuracy lie between counts that can occur", () => {
    // 10 rows: 7, 8, 8, 10 right; a bin each, from half a count below
    const bins = binsOf(Float32Array.of(0.8, 1, 0.7, 0.8), 10);
    const edges = [0.65, 0.75, 0.85, 0.95, 1.05];
    bins.edges.forEach((edge, k) => expect(edge).toBeCloseTo(edges[k] ?? 9, 12));
    expect(bins.members).toEqual([[2], [0, 3], [], [1]]);
  });
  test("hold the same number of counts each where there are many", () => {
    const values = Float32Array.from({ length: 101 }, (_, k) => k / 2000 + 0.5);
    const bins = binsOf(values, 2000, 24);
    // counts 1000 to 1100 are 101: 5 a bin make 21 bins
    expect(bins.members.map((each) => each.length)).toEqual([...Array<number>(20).fill(5), 1]);
  });
  test("of a figure that is no count are even and round", () => {
    const bins = binsOf([0.11, 0.29, 0.3, 0.5], null, 4);
    bins.edges.forEach((edge, k) => expect(edge).toBeCloseTo([0.1, 0.2, 0.3, 0.4, 0.5, 0.6][k] ?? 9, 12));
    expect(bins.members.flat()).toHaveLength(4);
    expect(bins.members[0]).toEqual([0]);
  });
  test("leave out networks that diverged, and say how many", () => {
    expect(binsOf([0.5, NaN, Infinity], 2)).toMatchObject({ members: [[0]], missing: 2 });
    expect(binsOf([NaN], 10).members).toEqual([[]]);
  });
  test("of equal values are one bin around them", () => {
    const bins = binsOf([2, 2, 2], null);
    expect(bins.members).toEqual([[0, 1, 2]]);
    expect((bins.edges[0] ?? 9) < 2 && (bins.edges[1] ?? 0) > 2).toBe(true);
  });
});

describe("contour lines", () => {
  const n = 40;
  const grid = (f: (x: number, y: number) => number) =>
    Float32Array.from({ length: n * n }, (_, at) => f((at % n) + 0.5, Math.floor(at / n) + 0.5));
  const ends = (values: ArrayLike<number>, level: number) => {
    const found = contour(values, n, n, level, segments());
    return Array.from({ length: found.length / 2 }, (_, k) =>
      [found.data[2 * k] ?? 0, found.data[2 * k + 1] ?? 0] as const);
  };
  test("of a plane are exact: 2 x + y = 50", () => {
    const points = ends(grid((x, y) => 2 * x + y), 50);
    expect(points.length).toBeGreaterThan(40);
    for (const [x, y] of points) expect(2 * x + y).toBeCloseTo(50, 4);
  });
  test("of a cone lie on a circle, to the error of a line in a cell", () => {
    const points = ends(grid((x, y) => Math.hypot(x - 20, y - 20)), 11);
    // between two middles the distance bends by at most 1 / (8 r): here 0.0114
    for (const [x, y] of points) expect(Math.abs(Math.hypot(x - 20, y - 20) - 11)).toBeLessThan(0.012);
  });
  test("close: of a circle every end is the end of two pieces", () => {
    const seen = new Map<string, number>();
    for (const [x, y] of ends(grid((x, y) => Math.hypot(x - 20, y - 20)), 11)) {
      const key = `${x.toFixed(4)},${y.toFixed(4)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect([...seen.values()].every((count) => count === 2)).toBe(true);
  });
  test("a saddle is joined where the mean is above", () => {
    // lower left, lower right, upper left, upper right
    const pieces = (...values: number[]) =>
      [...contour(values, 2, 2, 0, segments()).data.slice(0, 8)].map((each) => Number(each.toFixed(4)));
    // the mean is 3/4: the first piece cuts off the upper left, from 3/5 up the left side to 2/5
    // along the upper one; the second the lower right
    expect(pieces(3, -1, -2, 3)).toEqual([0.5, 1.1, 0.9, 1.5, 1.5, 0.75, 1.25, 0.5]);
    // the mean is -1: the first piece cuts off the lower left, at 1/4 of both sides
    expect(pieces(1, -3, -3, 1).slice(0, 4)).toEqual([0.5, 0.75, 0.75, 0.5]);
  });
  test("skip cells of which nothing is known", () => {
    expect(ends(grid((x) => (x > 20 ? NaN : x - 10)), 0).every(([x]) => x < 20)).toBe(true);
  });
  test("a softened class keeps straight borders where they are", () => {
    const classes = Uint8Array.from({ length: n * n }, (_, at) => ((at % n) < 15 ? 0 : 1));
    const soft = softened(classes, 1, n, n, new Float32Array(n * n));
    const found = contour(soft, n, n, 0.5, segments());
    for (let k = 0; k < found.length; k += 2) expect(found.data[k]).toBeCloseTo(15, 5);
  });
});

describe("jitter", () => {
  test("moves no place but those that hold several rows", () => {
    expect([...coinciding([0, 1, 0, 0, 0, 1, 1, 0])]).toEqual([1, 0, 1, 0]);
  });
  test("is the same for a row always, and within bounds", () => {
    expect(jitter(17, 0)).toBe(jitter(17, 0));
    const all = Array.from({ length: 2000 }, (_, row) => jitter(row, 0));
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(1);
    // uniform on [-1, 1]: mean 0 and variance 1/3; five standard errors of 2,000 draws
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / 2000));
    const variance = all.reduce((a, b) => a + b * b, 0) / all.length;
    expect(variance).toBeGreaterThan(0.3);
    expect(variance).toBeLessThan(0.367);
  });
  test("differs between axes: 500 rows do not lie on a line", () => {
    const products = Array.from({ length: 500 }, (_, row) => jitter(row, 0) * jitter(row, 1));
    expect(Math.abs(products.reduce((a, b) => a + b, 0) / 500)).toBeLessThan(5 / 3 / Math.sqrt(500));
  });
  test("is for features of few values only, and never reaches the next", () => {
    expect(spread(fewValues([0, 9, 1, 9, 0, 9], 2, 0))).toBeCloseTo(0.16, 12);
    expect(spread(fewValues([0, 0.5, 1, 3], 1, 0))).toBeCloseTo(0.08, 12);
    expect(fewValues(Array.from({ length: 20 }, (_, k) => k), 1, 0)).toEqual([]);
    expect(spread([])).toBe(0);
  });
});

test("percentiles lie between values as NumPy's do", () => {
  // numpy.percentile([1, 2, 3, 4], 5) = 1 + 0.05 * 3 = 1.15
  expect(percentile([1, 2, 3, 4], 0.05)).toBeCloseTo(1.15, 12);
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(percentile([7], 0.95)).toBe(7);
});

test("a confusion matrix counts by true class", () => {
  const found = confusionOf([8, 2, 1, 9], 2);
  expect(found).toMatchObject({ ofTrue: [10, 10], total: 20, right: 17 });
  expect(shareOf(found, 0, 1)).toBeCloseTo(0.2, 12);
  expect(shareOf(confusionOf([0, 0, 1, 9], 2), 0, 0)).toBe(0);
});

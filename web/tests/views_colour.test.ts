// Colours of the page are those of Python's charts. Expected numbers were printed once by
//   python -c "from shoal.charts import theme as t; print(t.colour_map('diverging', t.LIGHT, 256))"
// and the like, of src/shoal/charts/theme.py as it was written for issue 5.
import { describe, expect, test } from "vitest";
import {
  classColours, hexed, luminance, oklab, packed, rgb, sequential, softTable, tableThrough, through,
  toned,
} from "../src/views/colour";
import { colourOf, DARK, LIGHT } from "../src/views/look";

const PLACES = [0, 1, 64, 127, 128, 191, 255] as const;

describe("maps are those of charts/theme.py", () => {
  test.each([
    ["light diverging", through([LIGHT.low, LIGHT.middle, LIGHT.high]), [
      [0, 114, 178], [6, 115, 179], [140, 180, 213], [245, 245, 244], [246, 245, 243],
      [235, 173, 141], [213, 94, 0],
    ]],
    ["light sequential", sequential(LIGHT.sequential), [
      [251, 251, 242], [250, 250, 241], [163, 216, 207], [49, 180, 174], [48, 179, 173],
      [41, 112, 143], [32, 46, 109],
    ]],
    ["dark diverging", through([DARK.low, DARK.middle, DARK.high]), [
      [86, 180, 233], [86, 179, 231], [64, 106, 133], [36, 40, 47], [37, 40, 46], [126, 97, 53],
      [230, 159, 0],
    ]],
    ["dark sequential", sequential(DARK.sequential), [
      [23, 27, 34], [23, 28, 34], [24, 81, 83], [0, 142, 136], [0, 143, 137], [144, 193, 146],
      [250, 243, 146],
    ]],
  ] as const)("%s", (_, map, expected) => {
    expect(map).toHaveLength(256);
    expect(PLACES.map((k) => map[k])).toEqual(expected);
  });

  test("a colour in Oklab", () => {
    const expected = [0.531929, -0.057459, -0.118068]; // theme._oklab((0, 114, 178))
    oklab("#0072b2").forEach((part, k) => expect(part).toBeCloseTo(expected[k] ?? 9, 5));
  });

  test("classes beyond the eight known turn through the hues", () => {
    expect(classColours(LIGHT.classes, 10, false).slice(8)).toEqual(["#a8506f", "#0080a4"]);
    expect(classColours(DARK.classes, 10, true).slice(8)).toEqual(["#ec8dab", "#41bee5"]);
    expect(classColours(LIGHT.classes, 2, false)).toEqual(["#0072b2", "#d55e00"]);
  });

  test("a ground shows through as charts/marks.toned has it", () => {
    expect(hexed(toned(rgb("#000000"), rgb("#ffffff"), 0.6))).toBe("#666666"); // its doctest
  });
});

test("a packed pixel is the word whose bytes are red, green, blue, opaque", () => {
  const word = new Uint32Array([packed([1, 2, 3])]);
  expect([...new Uint8Array(word.buffer)]).toEqual([1, 2, 3, 255]);
});

test("tables are made once for each set of colours", () => {
  expect(tableThrough("#000000", "#ffffff")).toBe(tableThrough("#000000", "#ffffff"));
  expect(tableThrough("#000000", "#ffffff")).not.toBe(tableThrough("#ffffff", "#000000"));
  expect(softTable("#ffffff", 0.5, "#000000", "#000000")[0]).toBe(packed([128, 128, 128]));
});

test("every class is seen on its ground: 3 to 1 or more, light and dark, for filled dots", () => {
  for (const look of [LIGHT, DARK])
    for (const colour of look.classes.slice(0, 4)) {
      const [a, b] = [luminance(colour), luminance(look.surface)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      expect(contrast, `${colour} on ${look.surface}`).toBeGreaterThan(2.9);
    }
});

test("colours that a minifier shortened are read, and what is no colour is not", () => {
  expect(colourOf(" #FFF ")).toBe("#ffffff");
  expect(colourOf("#0072B2")).toBe("#0072b2");
  expect(colourOf("rebeccapurple")).toBe("");
  expect(colourOf("")).toBe("");
});

// What the picture of the decision surface shows, taken from the state: records, no pixels.
import type { DataTold } from "../wire/messages";
import { coinciding, fewValues, jitter, spread } from "./jitter";
import { baseFeatures, bytes, floats, manyClasses, outputNumber, pair, whole, type Pair, type Seen } from "./shown";

/** How numbers of a surface become colours. */
export type Tone =
  | { readonly kind: "two"; readonly reversed: boolean }
  | { readonly kind: "one"; readonly number: number }
  | { readonly kind: "classes"; readonly n: number }
  | { readonly kind: "value"; readonly low: number; readonly high: number }
  | { readonly kind: "spread"; readonly most: number };

/** The plane: which features, from where to where. */
export interface Ground {
  readonly names: readonly [string, string];
  readonly x: Pair;
  readonly y: Pair;
  /** The values of a feature that has few; its ticks. */
  readonly few: readonly [readonly number[], readonly number[]];
}

export interface Field {
  readonly n: number;
  readonly values: Float32Array;
  readonly classes: Uint8Array | null;
  readonly tone: Tone;
  readonly truth: Uint8Array | null;
  readonly truthCells: number;
  readonly nClasses: number;
}

export interface Dots {
  readonly x: Float32Array;
  /** Class of each row, or nothing. */
  readonly classes: Uint8Array | null;
  readonly values: Float32Array | null;
  readonly part: Uint8Array | null;
  readonly index: Int32Array | null;
  readonly count: number;
  /** How far rows that lie on each other may be moved along each axis, and which these are. */
  readonly move: Pair;
  readonly moved: Uint8Array | null;
  /** Of values: what the ends of the map are. */
  readonly low: number;
  readonly high: number;
  readonly nClasses: number;
}

export type Show = "median" | "disagreement" | "network";

export function groundOf(seen: Seen): Ground | null {
  const { plane } = seen.header;
  if (!plane) return null;
  const rows = floats(seen.arrays, "rows_x");
  const few = (axis: 0 | 1) => (rows ? fewValues(rows.data, 2, axis) : []);
  return {
    names: [String(plane.features[0]), String(plane.features[1])],
    x: pair(plane.x),
    y: pair(plane.y),
    few: [few(0), few(1)],
  };
}

export function fieldOf(seen: Seen, show: Show): Field | null {
  const values = floats(seen.arrays, "surface");
  if (!values) return null;
  const classes = show === "disagreement" ? null : bytes(seen.arrays, "surface_class");
  const truth = bytes(seen.arrays, "truth");
  return {
    n: values.shape[0] ?? 0,
    values: values.data,
    classes: classes?.data ?? null,
    tone: toneOf(seen, show, classes !== null),
    truth: truth?.data ?? null,
    truthCells: truth?.shape[0] ?? 0,
    nClasses: Math.max(2, seen.opened.data.classes.length),
  };
}

export function toneOf(seen: Seen, show: Show, hasClasses: boolean): Tone {
  const { header, opened, arrays } = seen;
  const { plane } = header;
  const isProbability = plane?.is_probability ?? true;
  if (show === "disagreement")
    return { kind: "spread", most: isProbability ? 0.5 : largest(floats(arrays, "surface")?.data) };
  if (hasClasses) return { kind: "classes", n: opened.data.classes.length };
  if (!isProbability) return { kind: "value", ...valueEnds(seen) };
  const number = plane ? outputNumber(opened.data, plane) : 1;
  if (manyClasses(opened.data)) return { kind: "one", number: Math.max(0, number) };
  return { kind: "two", reversed: opened.data.kind === "classification" && number === 0 };
}

/** The values that the ends of a map of values stand for. */
export function valueEnds(seen: Seen): { low: number; high: number } {
  const range = seen.header.plane?.value_range;
  if (range) {
    const [low, high] = pair(range);
    return { low, high };
  }
  const values = floats(seen.arrays, "rows_value")?.data ?? floats(seen.arrays, "surface")?.data;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values ?? []) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? { low, high } : { low: low === Infinity ? 0 : low, high: low === Infinity ? 1 : low + 1 };
}

export function dotsOf(seen: Seen): Dots | null {
  const rows = floats(seen.arrays, "rows_x");
  if (!rows) return null;
  const along = (axis: 0 | 1) => spread(fewValues(rows.data, 2, axis));
  const move = [along(0), along(1)] as const;
  return {
    x: rows.data,
    classes: bytes(seen.arrays, "rows_class")?.data ?? null,
    values: floats(seen.arrays, "rows_value")?.data ?? null,
    part: bytes(seen.arrays, "rows_part")?.data ?? null,
    index: whole(seen.arrays, "rows_index")?.data ?? null,
    count: rows.shape[0] ?? 0,
    move,
    moved: move[0] || move[1] ? coinciding(rows.data) : null,
    ...valueEnds(seen),
    nClasses: Math.max(2, seen.opened.data.classes.length),
  };
}

/** Where a dot is drawn, in the units of the axes: rows on each other are moved apart. */
export function dotPlace(dots: Dots, k: number, axis: 0 | 1): number {
  const value = dots.x[2 * k + axis] as number;
  const by = dots.move[axis];
  return by && dots.moved?.[k] ? value + by * jitter(dots.index?.[k] ?? k, axis) : value;
}

/** The dot nearest to a place, no farther than `reach` pixels; -1 if there is none. */
export function nearestDot(
  dots: Dots, at: Pair, perUnit: Pair, reach: number,
): number {
  let best = reach * reach;
  let found = -1;
  for (let k = 0; k < dots.count; k++) {
    const dx = (dotPlace(dots, k, 0) - at[0]) * perUnit[0];
    const dy = (dotPlace(dots, k, 1) - at[1]) * perUnit[1];
    const distance = dx * dx + dy * dy;
    if (distance <= best) {
      best = distance;
      found = k;
    }
  }
  return found;
}

/** What the surface says at a place: the number of its cell, and the class where there are several. */
export function readAt(
  field: Field, ground: Ground, x: number, y: number,
): { value: number; class: number | null } | null {
  const { n } = field;
  const j = Math.min(n - 1, Math.floor(((x - ground.x[0]) / (ground.x[1] - ground.x[0])) * n));
  const i = Math.min(n - 1, Math.floor(((y - ground.y[0]) / (ground.y[1] - ground.y[0])) * n));
  if (!(i >= 0 && j >= 0)) return null;
  const at = i * n + j;
  return { value: field.values[at] as number, class: field.classes?.[at] ?? null };
}

/** Which features a person may choose for the axes. */
export function axisFeatures(data: DataTold): readonly string[] {
  return baseFeatures(data);
}

function largest(values: Float32Array | undefined): number {
  let most = 0;
  for (const value of values ?? []) if (value > most) most = value;
  return most || 1;
}

// Lines where a grid passes through a value, by marching squares between the middles of cells.

/** Ends of line pieces, four numbers each: x, y, x, y in cells from the lowest corner. */
export interface Segments {
  data: Float32Array;
  /** How many numbers of `data` are used. */
  length: number;
}

export function segments(): Segments {
  return { data: new Float32Array(4096), length: 0 };
}

/**
 * Find where `values` (rows x columns, the middle of cell (i, j) at (j + 0.5, i + 0.5)) are `level`.
 * Writes into `out`, which grows where it must and is used again. Cells with NaN are left out.
 */
export function contour(
  values: ArrayLike<number>, columns: number, rows: number, level: number, out: Segments,
): Segments {
  out.length = 0;
  for (let i = 0; i + 1 < rows; i++) {
    for (let j = 0; j + 1 < columns; j++) {
      const at = i * columns + j;
      const a = (values[at] as number) - level;
      const b = (values[at + 1] as number) - level;
      const c = (values[at + columns + 1] as number) - level;
      const d = (values[at + columns] as number) - level;
      const sides = +(a > 0) | (+(b > 0) << 1) | (+(c > 0) << 2) | (+(d > 0) << 3);
      if (sides === 0 || sides === 15 || Number.isNaN(a + b + c + d)) continue;
      square(out, j + 0.5, i + 0.5, a, b, c, d, sides);
    }
  }
  return out;
}

/**
 * Write how much of the neighbourhood of each cell belongs to class `k`, from 0 to 1: twice the
 * mean of (1, 2, 1) along each axis, so that the contour at 0.5 has no steps.
 */
export function softened(
  classes: ArrayLike<number>, k: number, columns: number, rows: number, out: Float32Array,
): Float32Array {
  const n = columns * rows;
  for (let at = 0; at < n; at++) out[at] = classes[at] === k ? 1 : 0;
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < rows; i++) smooth(out, i * columns, 1, columns);
    for (let j = 0; j < columns; j++) smooth(out, j, columns, rows);
  }
  return out;
}

function smooth(out: Float32Array, from: number, stride: number, n: number): void {
  let before = out[from] as number;
  for (let k = 0; k < n; k++) {
    const at = from + k * stride;
    const here = out[at] as number;
    const next = k + 1 < n ? (out[at + stride] as number) : here;
    out[at] = (before + 2 * here + next) / 4;
    before = here;
  }
}

/** The piece or pieces of one square with the values a b (below) and d c (above). */
function square(
  out: Segments, x: number, y: number, a: number, b: number, c: number, d: number, sides: number,
): void {
  const below = x + a / (a - b);
  const above = x + d / (d - c);
  const left = y + a / (a - d);
  const right = y + b / (b - c);
  switch (sides) {
    case 1: case 14: return add(out, x, left, below, y);
    case 2: case 13: return add(out, below, y, x + 1, right);
    case 4: case 11: return add(out, x + 1, right, above, y + 1);
    case 8: case 7: return add(out, above, y + 1, x, left);
    case 3: case 12: return add(out, x, left, x + 1, right);
    case 6: case 9: return add(out, below, y, above, y + 1);
    default: {
      // Two opposite corners are above: the mean decides whether they are joined.
      const joined = a + b + c + d > 0 === (sides === 5);
      add(out, x, left, joined ? above : below, joined ? y + 1 : y);
      add(out, x + 1, right, joined ? below : above, joined ? y : y + 1);
    }
  }
}

function add(out: Segments, x0: number, y0: number, x1: number, y1: number): void {
  if (out.length + 4 > out.data.length) {
    const more = new Float32Array(2 * out.data.length);
    more.set(out.data);
    out.data = more;
  }
  const { data, length } = out;
  data[length] = x0;
  data[length + 1] = y0;
  data[length + 2] = x1;
  data[length + 3] = y1;
  out.length = length + 4;
}

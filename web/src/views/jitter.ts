// Points that lie on each other are moved a little apart, each always to the same place.

/** A number from -1 to 1 that depends on a row and an axis only. */
export function jitter(row: number, axis: number): number {
  let h = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(axis + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  h ^= h >>> 15;
  return (h >>> 0) / 0x7fffffff - 1;
}

/** The few values that a column has, ascending; none where there are more than `most`. */
export function fewValues(column: ArrayLike<number>, stride: number, from: number, most = 8): number[] {
  const seen: number[] = [];
  for (let k = from; k < column.length; k += stride) {
    const value = column[k] as number;
    if (seen.includes(value)) continue;
    if (seen.length === most) return [];
    seen.push(value);
  }
  return seen.sort((a, b) => a - b);
}

/** Which points lie exactly on another one, of places (x, y) one after the other. */
export function coinciding(places: ArrayLike<number>): Uint8Array {
  const n = places.length / 2;
  const found = new Uint8Array(n);
  const first = new Map<string, number>();
  for (let k = 0; k < n; k++) {
    const key = `${places[2 * k]} ${places[2 * k + 1]}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, k);
    else found[k] = found[other] = 1;
  }
  return found;
}

/** How far points may be moved along an axis: a share of the least gap of few values, else 0. */
export function spread(few: readonly number[]): number {
  if (few.length < 2) return 0;
  let gap = Infinity;
  for (let k = 1; k < few.length; k++) gap = Math.min(gap, (few[k] ?? 0) - (few[k - 1] ?? 0));
  return 0.16 * gap;
}

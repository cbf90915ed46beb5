// Where the networks of a population lie: bins whose borders fall between counts that can occur.

export interface Bins {
  /** Ends of the bins, one more than there are bins. */
  readonly edges: readonly number[];
  /** Networks of each bin, the one with the least figure first. */
  readonly members: readonly (readonly number[])[];
  /** Networks whose figure is not known: they diverged. */
  readonly missing: number;
}

/**
 * Bins of a figure of every network. Where the figure is a count of `rows` over them, as an
 * accuracy is, each bin holds whole counts: k / rows from (k - 1/2) / rows on.
 */
export function binsOf(values: ArrayLike<number>, rows: number | null, most = 24): Bins {
  const order = Array.from({ length: values.length }, (_, k) => k)
    .filter((k) => Number.isFinite(values[k]))
    .sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  const missing = values.length - order.length;
  const first = order[0];
  const last = order[order.length - 1];
  if (first === undefined || last === undefined) return { edges: [0, 1], members: [[]], missing };
  const [low, high] = [values[first] as number, values[last] as number];
  const edges = countable(values, order, rows)
    ? countEdges(low, high, rows as number, most)
    : evenEdges(low, high, most);
  return { edges, members: sorted(values, order, edges), missing };
}

/** Whether every value is a whole number of rows. */
function countable(
  values: ArrayLike<number>, order: readonly number[], rows: number | null,
): boolean {
  if (!rows) return false;
  return order.every((k) => {
    const count = (values[k] as number) * rows;
    return Math.abs(count - Math.round(count)) < Math.max(1e-3, 2e-7 * rows);
  });
}

function countEdges(low: number, high: number, rows: number, most: number): number[] {
  const from = Math.round(low * rows);
  const to = Math.round(high * rows);
  const width = Math.max(1, Math.ceil((to - from + 1) / most));
  const n = Math.max(1, Math.ceil((to - from + 1) / width));
  return Array.from({ length: n + 1 }, (_, k) => (from - 0.5 + k * width) / rows);
}

function evenEdges(low: number, high: number, most: number): number[] {
  if (!(high > low)) {
    const half = Math.max(1e-6, Math.abs(low) * 0.01);
    return [low - half, low + half];
  }
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = power * ([1, 2, 2.5, 5, 10, 20].find((s) => (high - low) / (power * s) <= most) ?? 20);
  const from = Math.floor(low / step);
  const n = Math.floor(high / step) - from + 1;
  return Array.from({ length: n + 1 }, (_, k) => (from + k) * step);
}

function sorted(
  values: ArrayLike<number>, order: readonly number[], edges: readonly number[],
): number[][] {
  const bins: number[][] = edges.slice(1).map(() => []);
  let k = 0;
  for (const member of order) {
    while (k < bins.length - 1 && (values[member] as number) >= (edges[k + 1] as number)) k++;
    bins[k]?.push(member);
  }
  return bins;
}

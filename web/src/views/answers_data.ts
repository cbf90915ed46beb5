// Answers to the judged rows, counted: how often which class is taken for which.

export interface Confusion {
  readonly n: number;
  /** Rows: true class; columns: answered class. */
  readonly counts: ArrayLike<number>;
  readonly ofTrue: readonly number[];
  readonly total: number;
  readonly right: number;
}

export function confusionOf(counts: ArrayLike<number>, n: number): Confusion {
  const ofTrue = Array.from({ length: n }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += counts[row * n + k] as number;
    return sum;
  });
  let right = 0;
  for (let k = 0; k < n; k++) right += counts[k * n + k] as number;
  return { n, counts, ofTrue, total: ofTrue.reduce((a, b) => a + b, 0), right };
}

/** The share of a true class that was answered as a class; 0 of none. */
export function shareOf({ counts, n, ofTrue }: Confusion, row: number, column: number): number {
  const all = ofTrue[row] ?? 0;
  return all ? (counts[row * n + column] as number) / all : 0;
}

/** A row and a column of the counts, as far as they are shown: the first `most` classes. */
export function shownClasses(names: readonly string[], most: number): readonly number[] {
  return names.slice(0, most).map((_, k) => k);
}

// Lines over a common axis, as uPlot takes them: columns that are filled again for every frame.

/** Numbers along the steps at which they were reported; NaN where nothing is known. */
export interface Source {
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Where in `values` the line begins. */
  readonly from: number;
  /** From one of its values to the next; 1 unless a row holds several lines. */
  readonly stride?: number;
}

export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  /** An edge of a band: it has no line of its own and no entry in the legend. */
  readonly edge?: boolean;
  /** What all lines of this kind are called in the legend, which has one entry for them. */
  readonly group?: string;
}

/** Numbers of the lines that are the upper and the lower edge of a band. */
export interface Band {
  readonly lines: readonly [number, number];
  readonly colour: string;
}

/** A value that lies across the picture. */
export interface Mark {
  readonly value: number;
  readonly text: string;
}

export type Column = (number | null | undefined)[];

/**
 * Fill columns with the axis and a line each: `null` is a gap, `undefined` a place where only
 * other lines were reported. Columns are used again; the array of them is another one only when
 * their number changes.
 */
export function filled(columns: Column[], sources: readonly Source[], log: boolean): Column[] {
  const out = columns.length === sources.length + 1
    ? columns : Array.from({ length: sources.length + 1 }, (): Column => []);
  const axis = out[0] as number[];
  axisOf(axis, sources);
  sources.forEach((source, k) => fill(out[k + 1] as Column, axis, source, log));
  return out;
}

function axisOf(axis: number[], sources: readonly Source[]): void {
  const lists = [...new Set(sources.map((source) => source.steps))];
  const first = lists[0] ?? [];
  if (lists.length < 2) {
    axis.length = first.length;
    for (let k = 0; k < first.length; k++) axis[k] = first[k] as number;
    return;
  }
  const all = new Set<number>();
  for (const list of lists) for (let k = 0; k < list.length; k++) all.add(list[k] as number);
  axis.length = 0;
  for (const step of all) axis.push(step);
  axis.sort((a, b) => a - b);
}

function fill(column: Column, axis: readonly number[], source: Source, log: boolean): void {
  const { steps, values, from, stride = 1 } = source;
  column.length = axis.length;
  let k = 0;
  for (let i = 0; i < axis.length; i++) {
    if (k >= steps.length || steps[k] !== axis[i]) {
      column[i] = undefined;
      continue;
    }
    const value = values[from + k * stride] as number;
    column[i] = Number.isFinite(value) && !(log && value <= 0) ? value : null;
    k++;
  }
}

/** The ends of an axis around values: with room, and with a mark unless it lies far away. */
export function rangeOf(
  least: number | null, most: number | null, log: boolean, marks: readonly Mark[], highest = Infinity,
): [number, number] {
  if (least === null || most === null || !Number.isFinite(least + most)) return log ? [0.1, 1] : [0, 1];
  let [low, high] = [least, most];
  if (log) {
    const room = high / low > 1.5 ? 1.15 : 2;
    return [low / room, high * room];
  }
  const span = high - low || Math.abs(high) || 1;
  for (const { value } of marks) {
    if (value < low && low - value < 2 * span) low = value;
    if (value > high && value - high < 2 * span) high = value;
  }
  const room = 0.06 * (high - low) || 0.05 * Math.abs(high) || 0.5;
  const bottom = low >= 0 ? Math.max(0, low - room) : low - room;
  return [bottom, Math.min(high + room, Math.max(highest, high))];
}

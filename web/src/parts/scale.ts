// Where a value lies on a slider: evenly, by its logarithm, or with 0 before the logarithm. Every
// place has a value of its own that is round to read, so that arrow keys never stand still.

export interface Scale {
  readonly least: number;
  readonly most: number;
  readonly log?: boolean;
  /** 0 comes first, then the logarithm from `least`. */
  readonly zero?: boolean;
  readonly whole?: boolean;
  /** Of even scales: from one value to the next. */
  readonly step?: number;
  /** What may be typed, if that is more than the slider reaches. */
  readonly hardLeast?: number;
  readonly hardMost?: number;
}

const LOG_STEPS = 200;

/** Return the ends of a scale and in how many steps it is divided. */
export function ordered(scale: Scale): { least: number; most: number; steps: number } {
  const { least, most } = scale;
  if (scale.log === true) {
    const values = marks(scale);
    return { least: values[0] ?? least, most, steps: values.length - 1 };
  }
  const step = scale.step ?? (scale.whole === true ? 1 : (most - least) / 100);
  return { least, most, steps: Math.max(1, Math.round((most - least) / step)) };
}

/** Return the place of a value, from 0 to the number of steps; beyond the ends the end. */
export function placeOf(value: number, scale: Scale): number {
  if (scale.log === true) return nearest(marks(scale), value);
  const { steps } = ordered(scale);
  const share = (value - scale.least) / (scale.most - scale.least);
  return Math.round(Math.max(0, Math.min(1, share)) * steps);
}

/** Return the value at a place. */
export function valueOf(place: number, scale: Scale): number {
  const { steps } = ordered(scale);
  if (scale.log === true) return marks(scale)[Math.max(0, Math.min(steps, place))] ?? scale.least;
  const value = scale.least + (place / steps) * (scale.most - scale.least);
  return scale.whole === true ? Math.round(value) : Number(value.toPrecision(6));
}

const known = new Map<string, readonly number[]>();

/** Return the values of a logarithmic scale, from the least up, none twice. */
function marks(scale: Scale): readonly number[] {
  const { least, most, zero = false, whole = false } = scale;
  const key = [least, most, zero, whole].join();
  const found = known.get(key) ?? made(least, most, zero, whole);
  known.set(key, found);
  return found;
}

function made(least: number, most: number, zero: boolean, whole: boolean): readonly number[] {
  const values = zero ? [0] : [];
  for (let k = 0; k <= LOG_STEPS; k++) {
    const exact = least * (most / least) ** (k / LOG_STEPS);
    // 2 digits are enough from one to the next, except just above a power of ten
    const digits = exact / 10 ** Math.floor(Math.log10(exact)) < 2 ? 3 : 2;
    const round = Number(exact.toPrecision(whole && exact >= 10_000 ? 3 : digits));
    const value = k === 0 ? least : k === LOG_STEPS ? most : whole ? Math.round(round) : round;
    if (value > (values.at(-1) ?? -Infinity)) values.push(value);
  }
  return values;
}

/** Return the place of the value that is nearest by its logarithm. */
function nearest(values: readonly number[], value: number): number {
  const at = values.findIndex((each) => each >= value);
  if (at <= 0) return at < 0 ? values.length - 1 : 0;
  const low = values[at - 1] as number, high = values[at] as number;
  return low > 0 ? (value * value < low * high ? at - 1 : at) : value < high / 2 ? at - 1 : at;
}

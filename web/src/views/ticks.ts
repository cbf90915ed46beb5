// Round values for axes, and numbers as pictures show them.

export interface Tick {
  readonly value: number;
  readonly text: string;
}

const STEPS = [1, 2, 2.5, 5, 10, 20, 25, 50];

/** At most `most` round values from `low` to `high`. */
export function linearTicks(low: number, high: number, most = 5): Tick[] {
  const span = high - low;
  if (!(Number.isFinite(span) && span > 0)) return [{ value: low, text: short(low) }];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const fits = (step: number) =>
    Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) < most;
  const step = (STEPS.find((each) => fits(power * each)) ?? 100) * power;
  const values: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k <= Math.floor(high / step + 1e-9); k++)
    values.push(k * step || 0); // never -0
  const texts = new Set(values.map(short)).size === values.length
    ? values.map(short) : values.map((value) => toldApart(value, step));
  return values.map((value, k) => ({ value, text: texts[k] ?? "" }));
}

/** A value with the digits of its step, where four do not tell it from the next: 1,000.25. */
function toldApart(value: number, step: number): string {
  const digits = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(step))));
  const [whole = "", rest = ""] = value.toFixed(digits).split(".");
  const shown = rest.replace(/0+$/, "");
  return minus(grouped(Number(whole)) + (shown === "" ? "" : `.${shown}`));
}

/** Whole numbers from 0 to `high`, at most `most` steps apart from each other. */
export function countTicks(high: number, most: number): Tick[] {
  let step = 1;
  for (let k = 0; high / step > most; k++) step = ([1, 2, 5][k % 3] ?? 1) * 10 ** Math.floor(k / 3);
  const ticks: Tick[] = [];
  for (let value = 0; value <= high; value += step) ticks.push({ value, text: grouped(value) });
  return ticks;
}

/** The values of a feature themselves where they are few and a scale of their own: whole numbers or
 * evenly spaced; round values otherwise. */
export function ticksOf(low: number, high: number, most: number, few: readonly number[]): Tick[] {
  if (few.length && few.length <= most && isScale(few)) return few.map((value) => ({ value, text: short(value) }));
  return linearTicks(low, high, most);
}

function isScale(few: readonly number[]): boolean {
  if (few.every(Number.isInteger)) return true;
  const [first = 0, last = 0] = [few[0], few.at(-1)];
  const step = (last - first) / (few.length - 1);
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * (last - first); // single precision
  return few.length > 2 ? few.every((value, k) => near(value, first + k * step))
    : few.length === 2 && few.every((value) => near(value, Number(value.toPrecision(2))));
}

/** Powers of ten from `low` to `high`, at most about `most` of them. */
export function logTicks(low: number, high: number, most = 5): Tick[] {
  if (!(low > 0 && high > low)) return [];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / most));
  const ticks: Tick[] = [];
  for (let k = first; k <= last; k += every) {
    const value = Number(`1e${k}`); // 10 ** -4 is not 0.0001
    ticks.push({ value, text: short(value) });
  }
  return ticks;
}

/** A number with four digits at most, as an axis shows it. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(1).replace(".0e", "e");
  if (size >= 1000) return grouped(Math.round(value));
  return minus(String(Number(value.toPrecision(4))));
}

/** A number with as many digits after the point as tell it apart on a scale of `span`. */
export function along(value: number, span: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(span) || 1))));
  return minus(value.toFixed(digits));
}

/** A share as percent: 0.98611 is "98.6 %". */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  return `${(100 * share).toFixed(digits)} %`;
}

/** A weight or another signed number: three digits after the point, a true minus. */
export function signed(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 10 ** -digits)) return minus(value.toExponential(1));
  return minus(value.toFixed(digits));
}

/** A number with the nine digits that it takes to read single precision back: those of formulas. */
export function exact(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return minus(String(Number(value.toPrecision(9))));
}

export function grouped(value: number): string {
  return minus(String(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function minus(text: string): string {
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

// Draws the difference of every pair as a dot over a line, piled up where many are alike, with the
// interval of the middle one below. To the right B is better, to the left A.
import type { Look } from "../views/look";
import { fontOf, type Context, type Size } from "../views/plot";
import { linearTicks } from "../views/ticks";

export interface Differences {
  /** By how much B is better in each pair, NaN where a side has no figure. */
  readonly values: Float32Array;
  readonly low: number | null;
  readonly high: number | null;
  readonly middle: number | null;
  readonly aBetter: string;
  readonly bBetter: string;
  /** What a number of the axis is multiplied by to be read: 100 for points. */
  readonly times: number;
}

const SIDE = 10;

/** Half of the width of the axis, which has 0 in its middle. */
export function reach(data: Differences): number {
  let most = 0;
  for (const each of data.values) if (Number.isFinite(each)) most = Math.max(most, Math.abs(each));
  for (const each of [data.low, data.high]) if (each !== null) most = Math.max(most, Math.abs(each));
  return most === 0 ? 1 : most * 1.06;
}

/** Where dots lie: piles of those that fall into the same column. */
export function piled(data: Differences, width: number, radius: number): { x: number; level: number; value: number }[] {
  const whole = reach(data);
  const heights = new Map<number, number>();
  const values = [...data.values].filter(Number.isFinite).sort((a, b) => Math.abs(a) - Math.abs(b));
  return values.map((value) => {
    const column = Math.round(((value / whole) * (width / 2)) / (2 * radius));
    const level = heights.get(column) ?? 0;
    heights.set(column, level + 1);
    return { x: width / 2 + column * 2 * radius, level, value };
  });
}

export function drawDifferences(context: Context, size: Size, data: Differences, look: Look): void {
  const width = size.width - 2 * SIDE;
  const axis = size.height - look.size * 2.6 - 12;
  const radius = dotSize(data, width, axis - look.size - 8);
  const x = (value: number): number => SIDE + width / 2 + (value / reach(data)) * (width / 2);
  drawWords(context, size, data, look);
  context.fillStyle = look.line;
  context.fillRect(SIDE + width / 2 - 0.5, look.size + 6, 1, axis - look.size - 6);
  for (const dot of piled(data, width, radius)) {
    context.beginPath();
    context.arc(SIDE + dot.x, axis - radius - dot.level * 2 * radius, radius * 0.86, 0, 2 * Math.PI);
    context.fillStyle = dot.value > 0 ? look.high : dot.value < 0 ? look.low : look.quiet;
    context.fill();
  }
  drawAxis(context, size, data, look, axis, x);
  drawInterval(context, size, data, look, axis, x);
}

/** As large as fits: the tallest pile must stay below the words. */
function dotSize(data: Differences, width: number, room: number): number {
  for (let radius = 4; radius > 1; radius -= 0.5) {
    const tallest = Math.max(0, ...piled(data, width, radius).map((each) => each.level + 1));
    if (tallest * 2 * radius <= room) return radius;
  }
  return 1;
}

function drawWords(context: Context, size: Size, data: Differences, look: Look): void {
  context.font = fontOf(look, "600");
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillStyle = look.low;
  context.fillText(`← ${data.aBetter}`, SIDE, 0);
  context.textAlign = "right";
  context.fillStyle = look.high;
  context.fillText(`${data.bBetter} →`, size.width - SIDE, 0);
}

function drawAxis(
  context: Context, size: Size, data: Differences, look: Look, axis: number, x: (value: number) => number,
): void {
  const whole = reach(data) * data.times;
  context.fillStyle = look.line;
  context.fillRect(SIDE, axis, size.width - 2 * SIDE, 1);
  context.font = fontOf(look);
  context.fillStyle = look.quiet;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of linearTicks(-whole, whole, 4)) {
    const at = x(tick.value / data.times);
    context.fillRect(Math.round(at), axis, 1, 4);
    if (at > SIDE + 8 && at < size.width - SIDE - 8) context.fillText(tick.text, at, axis + 16);
  }
}

function drawInterval(
  context: Context, size: Size, data: Differences, look: Look, axis: number, x: (value: number) => number,
): void {
  const { low, high, middle } = data;
  if (middle === null) return;
  const from = low === null ? SIDE : x(low);
  const to = high === null ? size.width - SIDE : x(high);
  context.fillStyle = look.text;
  context.fillRect(from, axis + 8, Math.max(1, to - from), 2);
  context.beginPath();
  context.arc(x(middle), axis + 9, 4, 0, 2 * Math.PI);
  context.fill();
}

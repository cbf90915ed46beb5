// The ground of every picture with two axes: where a value lies, ticks, names and frame.
import type { Look } from "./look";
import type { Tick } from "./ticks";

export type Context = CanvasRenderingContext2D;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly label: string;
  readonly ticks: readonly Tick[];
}

/** A rectangle in CSS pixels with the two axes that it shows. */
export interface Plot extends Size {
  readonly left: number;
  readonly top: number;
  readonly x: Axis;
  readonly y: Axis;
}

export function xOf(plot: Plot, value: number): number {
  return plot.left + ((value - plot.x.low) / (plot.x.high - plot.x.low || 1)) * plot.width;
}

export function yOf(plot: Plot, value: number): number {
  return plot.top + (1 - (value - plot.y.low) / (plot.y.high - plot.y.low || 1)) * plot.height;
}

/** The values that lie at a pixel, null outside of the plot. */
export function valuesAt(plot: Plot, x: number, y: number): readonly [number, number] | null {
  const across = (x - plot.left) / plot.width;
  const up = 1 - (y - plot.top) / plot.height;
  if (!(across >= 0 && across <= 1 && up >= 0 && up <= 1)) return null;
  return [
    plot.x.low + across * (plot.x.high - plot.x.low), plot.y.low + up * (plot.y.high - plot.y.low),
  ];
}

export function fontOf(look: Look, weight = "", factor = 1): string {
  const size = Math.max(11, Math.round(look.size * factor));
  return `${weight} ${size}px ${look.font}`.trim();
}

/** Draw frame, ticks, numbers and names of the axes around a plot. */
export function drawAxes(context: Context, plot: Plot, look: Look): void {
  const { left, top, width, height } = plot;
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  context.font = fontOf(look);
  context.fillStyle = look.quiet;
  context.beginPath();
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of plot.x.ticks) {
    const at = Math.round(xOf(plot, tick.value)) + 0.5;
    context.moveTo(at, top + height);
    context.lineTo(at, top + height + 4);
    context.fillText(tick.text, at, top + height + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  let widest = 0;
  for (const tick of plot.y.ticks) {
    const at = Math.round(yOf(plot, tick.value)) + 0.5;
    context.moveTo(left - 4, at);
    context.lineTo(left, at);
    context.fillText(tick.text, left - 7, at);
    widest = Math.max(widest, context.measureText(tick.text).width);
  }
  context.stroke();
  drawNames(context, plot, look, widest);
}

function drawNames(context: Context, plot: Plot, look: Look, widest: number): void {
  const { left, top, width, height } = plot;
  context.fillStyle = look.text;
  context.font = fontOf(look, "600");
  context.textAlign = "center";
  context.textBaseline = "top";
  const below = top + height + look.size + 9;
  context.fillText(fitted(context, plot.x.label, width), left + width / 2, below);
  if (!plot.y.label) return;
  context.save();
  context.translate(Math.max(look.size * 0.7, left - widest - 10 - look.size * 0.7), top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "middle";
  context.fillText(fitted(context, plot.y.label, height), 0, 0);
  context.restore();
}

/** Text as much as fits into `room` pixels. */
export function fitted(context: Pick<Context, "measureText">, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low ? `${text.slice(0, low).trimEnd()}…` : "";
}

/** A line through a picture that stays visible on any ground: the colour on a halo. */
export function strokeTwice(
  context: Context, ink: string, halo: string, width: number, dash: readonly number[] = [],
): void {
  context.lineJoin = "round";
  context.strokeStyle = halo;
  context.lineWidth = width + 2;
  context.setLineDash([]);
  context.stroke();
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.setLineDash([...dash]);
  context.stroke();
  context.setLineDash([]);
}

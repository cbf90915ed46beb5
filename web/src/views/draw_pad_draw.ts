// Draws the pad: its points in the colours of their classes, and where the next would come.
import { classColours } from "./colour";
import type { Look } from "./look";
import { drawAxes, xOf, yOf, type Context, type Plot, type Size } from "./plot";
import { drawDot } from "./surface_draw";
import { linearTicks } from "./ticks";

export interface Pad {
  readonly points: readonly (readonly [number, number, number])[];
  readonly nClasses: number;
  readonly at: readonly [number, number] | null;
  readonly kind: number;
}

export function padPlot(size: Size, look: Look): Plot {
  const left = Math.round(look.size * 2.6);
  const bottom = Math.round(look.size * 1.2) + 8;
  const axis = { low: -1, high: 1, label: "", ticks: linearTicks(-1, 1, 5) };
  return {
    left, top: 6, x: axis, y: axis,
    width: Math.max(10, size.width - left - 8), height: Math.max(10, size.height - bottom - 6),
  };
}

export function drawPad(context: Context, size: Size, data: Pad, look: Look): void {
  const plot = padPlot(size, look);
  const colours = classColours(look.classes, Math.max(2, data.nClasses), look.dark);
  context.fillStyle = look.surface;
  context.fillRect(plot.left, plot.top, plot.width, plot.height);
  drawAxes(context, plot, look);
  const halo = look.dark ? "#000000" : "#ffffff";
  for (const [x, y, kind] of data.points)
    drawDot(context, xOf(plot, x), yOf(plot, y), 4, colours[kind] ?? look.text, halo, 0);
  if (!data.at) return;
  context.globalAlpha = 0.5;
  const [x, y] = data.at;
  drawDot(context, xOf(plot, x), yOf(plot, y), 6, colours[data.kind] ?? look.text, halo, 0);
  context.globalAlpha = 1;
}

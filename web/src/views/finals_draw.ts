// Draws how the networks of a population lie: each is a brick of its bin, the chosen one marked.
import type { Bins } from "./bins";
import { saidApart } from "./chart_options";
import type { Look } from "./look";
import { drawAxes, fitted, fontOf, xOf, yOf, type Context, type Plot, type Size } from "./plot";
import { countTicks, linearTicks, type Tick } from "./ticks";

export interface Finals {
  readonly bins: Bins;
  readonly colour: number;
  readonly chosen: number;
  readonly pointed: number;
  /** A value to compare with: what is attainable. */
  readonly mark: { readonly value: number; readonly text: string } | null;
  /** The least and the most that the figure can be: a bin around them is drawn no farther. */
  readonly least?: number;
  readonly most?: number;
  readonly label: string;
  readonly countLabel: string;
  readonly said: (value: number) => string;
}

export function finalsPlot(size: Size, data: Finals, look: Look): Plot {
  const { edges, members } = data.bins;
  const tallest = Math.max(1, ...members.map((each) => each.length));
  const left = Math.round(look.size * 1.9) + (data.countLabel ? Math.round(look.size * 1.2) : 0);
  const top = Math.round(look.size * 1.5);
  const width = Math.max(10, size.width - left - Math.round(look.size * 1.7));
  const height = Math.max(10, size.height - top - Math.round(look.size * 2.2) - 14);
  const [low, high] = endsOf(edges.map((edge) => within(data, edge)), data.mark?.value ?? null);
  const { least = -Infinity, most = Infinity } = data;
  const ticks = linearTicks(low, high, Math.max(2, Math.floor(width / 64)))
    .filter(({ value }) => value >= least - 1e-9 && value <= most + 1e-9);
  return {
    left, top, width, height,
    x: { low, high, label: data.label, ticks: worded(ticks, data.said) },
    y: {
      low: 0, high: tallest, label: data.countLabel,
      ticks: countTicks(tallest, Math.max(1, Math.floor(height / 26))),
    },
  };
}

/** A place no farther than the figure can be. */
function within({ least = -Infinity, most = Infinity }: Finals, value: number): number {
  return Math.min(most, Math.max(least, value));
}

/** From the first to the last bin, and to the mark unless it lies far away. */
function endsOf(edges: readonly number[], mark: number | null): readonly [number, number] {
  let low = edges[0] as number;
  let high = edges[edges.length - 1] as number;
  const span = high - low;
  const near = mark !== null && mark > low - 4 * span - 0.02 && mark < high + 4 * span + 0.02;
  if (near) {
    low = Math.min(low, mark);
    high = Math.max(high, mark);
  }
  const room = 0.04 * (high - low) || 0.01;
  return [low - room, high + room];
}

function worded(ticks: readonly Tick[], said: (value: number) => string): Tick[] {
  const texts = saidApart(ticks.map((tick) => tick.value), said);
  return ticks.map(({ value }, k) => ({ value, text: texts[k] ?? "" }));
}

export function drawFinals(context: Context, size: Size, data: Finals, look: Look): void {
  const plot = finalsPlot(size, data, look);
  const tallest = plot.y.high;
  const brick = plot.height / tallest;
  const apart = brick >= 5 ? 1 : 0;
  data.bins.members.forEach((members, k) => {
    const x = xOf(plot, within(data, data.bins.edges[k] as number));
    const width = Math.max(2, xOf(plot, within(data, data.bins.edges[k + 1] as number)) - x - 1);
    members.forEach((member, height) => {
      context.fillStyle = brickColour(member, data, look);
      context.globalAlpha = member === data.chosen || member === data.pointed ? 1 : 0.72;
      const top = yOf(plot, height + 1);
      context.fillRect(x + 0.5, top + apart, width, Math.max(1, brick - apart));
    });
  });
  context.globalAlpha = 1;
  drawAxes(context, plot, look);
  drawMark(context, plot, data, look);
}

function brickColour(member: number, data: Finals, look: Look): string {
  if (member === data.chosen) return look.accent;
  return member === data.pointed ? look.text : (look.classes[data.colour] ?? look.quiet);
}

function drawMark(context: Context, plot: Plot, { mark }: Finals, look: Look): void {
  if (!mark || mark.value < plot.x.low || mark.value > plot.x.high) return;
  const x = Math.round(xOf(plot, mark.value)) + 0.5;
  context.beginPath();
  context.moveTo(x, plot.top);
  context.lineTo(x, plot.top + plot.height);
  context.setLineDash([4, 3]);
  context.strokeStyle = look.text;
  context.lineWidth = 1.5;
  context.stroke();
  context.setLineDash([]);
  context.font = fontOf(look);
  context.fillStyle = look.quiet;
  context.textBaseline = "bottom";
  const half = plot.left + plot.width / 2;
  context.textAlign = x > half ? "right" : "left";
  const text = fitted(context, mark.text, plot.width);
  context.fillText(text, x > half ? Math.min(x + 4, plot.left + plot.width) : x - 4, plot.top - 2);
}

/** The network whose brick lies at a place; -1: none. */
export function brickAt(plot: Plot, bins: Bins, x: number, y: number): number {
  for (let k = 0; k < bins.members.length; k++) {
    if (x < xOf(plot, bins.edges[k] as number) || x >= xOf(plot, bins.edges[k + 1] as number)) continue;
    const members = bins.members[k] ?? [];
    const height = Math.floor(((plot.top + plot.height - y) / plot.height) * plot.y.high);
    if (height < 0) return -1;
    return members[Math.min(height, members.length - 1)] ?? -1;
  }
  return -1;
}

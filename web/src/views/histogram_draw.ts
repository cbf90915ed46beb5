// Draws how probable a class is held, counted by the true class of the rows: steps that lie on
// each other, so that where they overlap both are seen.
import { classColours } from "./colour";
import type { Look } from "./look";
import { drawAxes, xOf, yOf, type Context, type Plot, type Size } from "./plot";
import { countTicks, linearTicks } from "./ticks";

export interface Histogram {
  readonly counts: ArrayLike<number>;
  readonly nClasses: number;
  readonly nBins: number;
  readonly label: string;
  readonly countLabel: string;
  /** Whether the axis of counts grows like their logarithm. */
  readonly log: boolean;
}

export function tallest({ counts }: Histogram): number {
  let most = 1;
  for (let k = 0; k < counts.length; k++) most = Math.max(most, counts[k] as number);
  return most;
}

/** Where a count lies on the axis: itself, or log10(1 + count). */
export function heightOf(count: number, log: boolean): number {
  return log ? Math.log10(1 + count) : count;
}

export function histogramPlot(size: Size, data: Histogram, look: Look): Plot {
  const most = tallest(data);
  const left = Math.round(look.size * 5);
  const bottom = Math.round(look.size * 2.4) + 14;
  const width = Math.max(10, size.width - left - 14);
  const height = Math.max(10, size.height - bottom - 10);
  const counts = data.log
    ? [0, 1, 10, 100, 1000, 10_000, 100_000].filter((count) => count <= most)
        .map((count) => ({ value: heightOf(count, true), text: count.toLocaleString("en") }))
    : countTicks(most, Math.max(2, Math.floor(height / 50)));
  return {
    left, top: 10, width, height,
    x: { low: 0, high: 1, label: data.label, ticks: linearTicks(0, 1, width > 300 ? 6 : 3) },
    y: { low: 0, high: heightOf(most, data.log) * 1.04, label: data.countLabel, ticks: counts },
  };
}

export function drawHistogram(context: Context, size: Size, data: Histogram, look: Look): void {
  const plot = histogramPlot(size, data, look);
  const colours = classColours(look.classes, data.nClasses, look.dark);
  for (let k = 0; k < data.nClasses; k++) drawSteps(context, plot, data, k, colours[k] ?? look.text);
  // outlines after all areas: those of lower classes would be covered
  for (let k = 0; k < data.nClasses; k++) drawOutline(context, plot, data, k, colours[k] ?? look.text);
  drawAxes(context, plot, look);
}

function steps(context: Context, plot: Plot, data: Histogram, k: number): void {
  const { counts, nBins, log } = data;
  context.beginPath();
  context.moveTo(xOf(plot, 0), yOf(plot, 0));
  for (let bin = 0; bin < nBins; bin++) {
    const y = yOf(plot, heightOf(counts[k * nBins + bin] as number, log));
    context.lineTo(xOf(plot, bin / nBins), y);
    context.lineTo(xOf(plot, (bin + 1) / nBins), y);
  }
  context.lineTo(xOf(plot, 1), yOf(plot, 0));
}

function drawSteps(
  context: Context, plot: Plot, data: Histogram, k: number, colour: string,
): void {
  steps(context, plot, data, k);
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

function drawOutline(
  context: Context, plot: Plot, data: Histogram, k: number, colour: string,
): void {
  steps(context, plot, data, k);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineJoin = "miter";
  context.stroke();
}

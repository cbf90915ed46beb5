// Draws the decision surface: the field with its boundary, then axes and rows, then the crosshair.
// Three canvases lie on each other, so that a frame of the training repaints the field alone.
import { classColours, sequentialTable, softTable, type Table } from "./colour";
import { contour, segments, softened, type Segments } from "./contour";
import type { Look } from "./look";
import { drawAxes, fontOf, strokeTwice, xOf, yOf, type Context, type Plot, type Size } from "./plot";
import { rasterOf, shade, shadeClasses } from "./raster";
import { dotPlace, type Dots, type Field, type Ground, type Tone } from "./surface_data";
import { linearTicks, ticksOf } from "./ticks";

/** A plane is drawn no wider than this times its height, or slopes would deceive. */
const WIDEST = 1.6;
/** How much of the ground shows through the map, for points to stand out. */
const STRENGTH = 0.72;
const pieces = segments();
let soft = new Float32Array(0);

/** Where the plane lies in a picture of a size. */
export function surfacePlot(size: Size, ground: Ground, look: Look): Plot {
  const margin = Math.round(look.size * 4.4);
  const bottom = Math.round(look.size * 2.2) + 10;
  const room = Math.max(10, size.width - margin - 10);
  const height = Math.max(10, size.height - bottom - 8);
  const width = Math.min(room, Math.round(WIDEST * height));
  const left = margin + Math.floor((room - width) / 2);
  return {
    left, top: 8, width, height,
    x: {
      low: ground.x[0], high: ground.x[1], label: ground.names[0],
      ticks: ticksOf(...ground.x, Math.max(2, Math.floor(width / 70)), ground.few[0]),
    },
    y: {
      low: ground.y[0], high: ground.y[1], label: ground.names[1],
      ticks: ticksOf(...ground.y, Math.max(2, Math.floor(height / 50)), ground.few[1]),
    },
  };
}

export interface FieldShown {
  readonly field: Field | null;
  readonly ground: Ground;
}

export function drawField(context: Context, size: Size, data: FieldShown, look: Look): void {
  const { field, ground } = data;
  if (!field || field.n < 2) return;
  const plot = surfacePlot(size, ground, look);
  const { n } = field;
  const raster = rasterOf(n, n);
  paintWords(raster.words, field, look);
  raster.context.putImageData(raster.image, 0, 0);
  context.save();
  context.beginPath();
  context.rect(plot.left, plot.top, plot.width, plot.height);
  context.clip();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "low";
  context.drawImage(raster.canvas, plot.left, plot.top, plot.width, plot.height);
  drawBoundaries(context, plot, field, look);
  context.restore();
}

/** The colours of a field as pixels. */
export function paintWords(words: Uint32Array, field: Field, look: Look): void {
  const { n, tone, values, classes } = field;
  const tile = { n, from: 0, left: 0, top: 0, width: n };
  if (tone.kind === "classes" && classes) {
    shadeClasses(words, classes, values, 1, tile, classTables(look, tone.n));
    return;
  }
  const [low, high] = toneEnds(tone);
  shade(words, values, tile, toneTable(tone, look), low, high);
}

/** The colour map of a tone; that of several classes has a table for each. */
export function toneTable(tone: Tone, look: Look): Table {
  switch (tone.kind) {
    case "two": {
      const { low, middle, high } = look;
      const ends = tone.reversed ? [high, middle, low] : [low, middle, high];
      return softTable(look.surface, STRENGTH, ...ends);
    }
    case "one":
      return classTable(look, colourOf(look, tone.number, tone.number + 1));
    case "classes":
      return classTable(look, colourOf(look, 0, tone.n));
    default:
      return sequentialTable(look.sequential);
  }
}

export function toneEnds(tone: Tone): readonly [number, number] {
  if (tone.kind === "value") return [tone.low, tone.high];
  return tone.kind === "spread" ? [0, tone.most] : [0, 1];
}

/** For each of n classes: from the neutral middle to the colour of the class. */
export function classTables(look: Look, n: number): readonly Table[] {
  return classColours(look.classes, n, look.dark).map((colour) => classTable(look, colour));
}

function classTable(look: Look, colour: string): Table {
  return softTable(look.surface, STRENGTH, look.middle, colour);
}

function colourOf(look: Look, number: number, n: number): string {
  return classColours(look.classes, Math.max(n, number + 1), look.dark)[number] ?? look.text;
}

/** The line where the answer changes and, if it is asked for, that of the true rule. */
function drawBoundaries(context: Context, plot: Plot, field: Field, look: Look): void {
  const { tone, n, values, classes, truth, truthCells } = field;
  if (tone.kind === "two" || tone.kind === "one") {
    trace(context, plot, contour(values, n, n, 0.5, pieces), n);
    strokeTwice(context, look.text, look.surface, 1.5);
  } else if (tone.kind === "classes" && classes) {
    drawClassBorders(context, plot, classes, n, field.nClasses, () =>
      strokeTwice(context, look.text, look.surface, 1.2));
  }
  if (truth && truthCells > 1)
    drawClassBorders(context, plot, truth, truthCells, field.nClasses, () =>
      strokeTwice(context, look.surface, look.text, 2, [7, 5])); // light on dark: not the answer's
}

function drawClassBorders(
  context: Context, plot: Plot, classes: Uint8Array, n: number, nClasses: number, stroke: () => void,
): void {
  if (soft.length < n * n) soft = new Float32Array(n * n);
  // of two classes one line is the border of both
  for (let k = nClasses > 2 ? 0 : 1; k < nClasses; k++) {
    trace(context, plot, contour(softened(classes, k, n, n, soft), n, n, 0.5, pieces), n);
    stroke();
  }
}

/** Make pieces of a contour, in cells, the path of a plot. */
function trace(context: Context, plot: Plot, found: Segments, n: number): void {
  const across = plot.width / n;
  const up = plot.height / n;
  const bottom = plot.top + plot.height;
  const { data, length } = found;
  context.beginPath();
  for (let k = 0; k < length; k += 4) {
    context.moveTo(plot.left + (data[k] as number) * across, bottom - (data[k + 1] as number) * up);
    context.lineTo(
      plot.left + (data[k + 2] as number) * across, bottom - (data[k + 3] as number) * up);
  }
}

export interface DotsShown {
  readonly dots: Dots | null;
  readonly ground: Ground;
  /** Points that were chosen to be answered, in the plane. */
  readonly probes: readonly (readonly [number, number])[];
}

export function drawDots(context: Context, size: Size, data: DotsShown, look: Look): void {
  const plot = surfacePlot(size, data.ground, look);
  if (data.dots) {
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    scatter(context, plot, data.dots, look);
    context.restore();
  }
  drawAxes(context, plot, look);
  data.probes.forEach(([x, y], k) => drawProbe(context, xOf(plot, x), yOf(plot, y), k + 1, look));
}

/** The radius of dots: the more, the smaller. */
export function dotRadius(count: number): number {
  if (count <= 60) return 5;
  return count <= 400 ? 4 : count <= 1200 ? 3 : 2.2;
}

function scatter(context: Context, plot: Plot, dots: Dots, look: Look): void {
  const radius = dotRadius(dots.count);
  const colours = dotColours(dots, look);
  const halo = look.dark ? "#000000" : "#ffffff";
  for (let k = 0; k < dots.count; k++) {
    const x = xOf(plot, dotPlace(dots, k, 0));
    const y = yOf(plot, dotPlace(dots, k, 1));
    drawDot(context, x, y, radius, colours(k), halo, dots.part?.[k] ?? 0);
  }
}

/** Training rows are filled, validation rows are rings, test rows are square rings. */
export function drawDot(
  context: Context, x: number, y: number, radius: number, colour: string, halo: string, part: number,
): void {
  context.beginPath();
  if (part === 2) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = part === 0 ? colour : halo;
  context.fill();
  context.lineWidth = part === 0 ? Math.min(1, radius * 0.3) : Math.max(1.25, radius * 0.45);
  context.strokeStyle = part === 0 ? halo : colour;
  context.stroke();
}

function dotColours(dots: Dots, look: Look): (k: number) => string {
  if (dots.classes) {
    const { classes } = dots;
    const colours = classColours(look.classes, dots.nClasses, look.dark);
    return (k) => colours[classes[k] as number] ?? look.text;
  }
  const { values } = dots;
  if (!values) return () => look.quiet;
  const table = sequentialTable(look.sequential);
  return (k) => {
    const share = ((values[k] as number) - dots.low) / (dots.high - dots.low || 1);
    const word = table[Math.max(0, Math.min(255, Math.round(255 * share)))] as number;
    return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
  };
}

function drawProbe(context: Context, x: number, y: number, number: number, look: Look): void {
  context.beginPath();
  for (const [dx, dy] of [[0, -8], [8, 0], [0, 8], [-8, 0]] as const) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.fillStyle = look.surface;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = look.accent;
  context.stroke();
  context.font = fontOf(look, "600");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = look.text;
  context.fillText(String(number), x, y + 0.5);
}

export interface CursorShown {
  readonly ground: Ground;
  readonly at: readonly [number, number] | null;
  /** The row that a click would look into: where it is drawn. */
  readonly dot: readonly [number, number] | null;
}

export function drawCursor(context: Context, size: Size, data: CursorShown, look: Look): void {
  if (!data.at) return;
  const plot = surfacePlot(size, data.ground, look);
  const x = xOf(plot, data.at[0]);
  const y = yOf(plot, data.at[1]);
  context.beginPath();
  context.moveTo(x, plot.top);
  context.lineTo(x, plot.top + plot.height);
  context.moveTo(plot.left, y);
  context.lineTo(plot.left + plot.width, y);
  context.globalAlpha = 0.5;
  strokeTwice(context, look.text, look.surface, 1);
  context.globalAlpha = 1;
  if (!data.dot) return;
  context.beginPath();
  context.arc(xOf(plot, data.dot[0]), yOf(plot, data.dot[1]), 8, 0, 2 * Math.PI);
  strokeTwice(context, look.accent, look.surface, 2.5);
}

export interface ScaleShown {
  readonly tone: Tone;
  readonly label: string;
}

/** The colours of a map as a bar with its numbers, lying. */
export function drawScale(context: Context, size: Size, data: ScaleShown, look: Look): void {
  const table = toneTable(data.tone, look);
  const [low, high] = toneEnds(data.tone);
  const left = 6;
  const width = size.width - 2 * left - 6;
  const bar = 10;
  const raster = rasterOf(256, 1);
  raster.words.set(table);
  raster.context.putImageData(raster.image, 0, 0);
  context.drawImage(raster.canvas, left, 2, width, bar);
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, 2.5, width - 1, bar - 1);
  context.font = fontOf(look);
  context.fillStyle = look.quiet;
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const tick of linearTicks(low, high, 3))
    context.fillText(tick.text, left + ((tick.value - low) / (high - low || 1)) * width, bar + 5);
}

// Draws a network: weights as lines, units as pictures of what they respond to, biases as dots.
import type { LayerTold } from "../wire/messages";
import { classColours, sequentialTable, tableThrough, type Table } from "./colour";
import { biasPlace, endsOf, weightPlace, type Diagram, type Edge, type UnitPlace } from "./diagram_layout";
import type { Look } from "./look";
import { fitted, fontOf, type Context, type Size } from "./plot";
import { rasterOf, shade } from "./raster";
import { signed } from "./ticks";

/** What a unit is part of decides its colours. */
export type UnitKind = "hidden" | "probability" | "class" | "value";

export interface NetworkShown {
  readonly diagram: Diagram;
  readonly edges: readonly Edge[];
  readonly layers: readonly LayerTold[];
  readonly weights: Float32Array;
  /** (U, n, n) and (U, 2): pictures of the units layer by layer, and what 0 and 255 are. */
  readonly units: Uint8Array | null;
  readonly ranges: Float32Array | null;
  readonly cells: number;
  readonly outputKind: UnitKind;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly titles: readonly string[];
  /** Which input lies across and which up in the pictures. */
  readonly plane: readonly [number, number];
  readonly frozen: ReadonlySet<number>;
  /** Rows and columns of the image that the inputs are; null where they are none. */
  readonly image: readonly [number, number] | null;
  /** The edge and the unit that are pointed at or focused. */
  readonly edge: number;
  readonly unit: { readonly column: number; readonly unit: number } | null;
  readonly withValues: boolean;
}

/** The weight at which a line is as wide as it gets: the largest, at least 1. */
export function largestWeight(weights: ArrayLike<number>): number {
  let most = 1;
  for (let k = 0; k < weights.length; k++) {
    const size = Math.abs(weights[k] as number);
    if (size > most) most = size;
  }
  return most;
}

export function lineWidth(weight: number, most: number): number {
  return 0.5 + 5.5 * Math.min(1, Math.abs(weight) / most);
}

export function drawNetwork(context: Context, size: Size, data: NetworkShown, look: Look): void {
  const most = largestWeight(data.weights);
  context.lineCap = "round";
  data.edges.forEach((edge, k) => drawEdge(context, data, edge, k, most, look));
  context.globalAlpha = 1;
  drawUnits(context, data, look);
  data.diagram.columns.forEach((column, k) => {
    for (const unit of column.units) if (k > 0) drawBias(context, data, unit, most, look);
  });
  drawValues(context, data, look);
  drawNames(context, size.width, data, look);
}

/** Whether an edge belongs to what is pointed at: all do where nothing is. */
export function stands(data: Pick<NetworkShown, "edge" | "unit">, edge: Edge, k: number): boolean {
  if (data.edge >= 0) return k === data.edge;
  const { unit } = data;
  if (!unit) return true;
  return (edge.column === unit.column && edge.to === unit.unit)
    || (edge.column === unit.column + 1 && edge.from === unit.unit);
}

function drawEdge(
  context: Context, data: NetworkShown, edge: Edge, k: number, most: number, look: Look,
): void {
  const weight = data.weights[edge.parameter] as number;
  const [x0, y0, x1, y1] = endsOf(data.diagram, edge);
  const middle = (x0 + x1) / 2;
  const size = Math.min(1, Math.abs(weight) / most);
  context.globalAlpha = stands(data, edge, k) ? 0.35 + 0.65 * size : 0.1;
  context.strokeStyle = weight < 0 ? look.low : look.high;
  context.lineWidth = lineWidth(weight, most);
  context.setLineDash(data.frozen.has(edge.parameter) ? [2, 5] : NO_DASH);
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
  context.stroke();
  context.setLineDash(NO_DASH);
}

const NO_DASH: number[] = [];

function drawUnits(context: Context, data: NetworkShown, look: Look): void {
  const { diagram, cells: n } = data;
  let first = 0;
  diagram.columns.forEach((column, k) => {
    for (const unit of column.units) {
      const isImage = k === 1 && data.image !== null;
      if (isImage || (data.units && n > 1)) {
        const [rows, columns] = (isImage && data.image) || [n, n];
        const raster = rasterOf(columns, rows);
        if (isImage) paintWeights(raster.words, data, unit.unit, look);
        else if (k === 0) paintInput(raster.words, n, data.plane.indexOf(unit.unit), look);
        else paintUnit(raster.words, data, first + unit.unit, k === diagram.columns.length - 1, unit.unit, look);
        raster.context.putImageData(raster.image, 0, 0);
        context.imageSmoothingEnabled = !isImage; // a pixel of an image is a weight
        drawPicture(context, raster.canvas, unit, diagram.tile, rows / columns);
      }
      frame(context, data, unit, look);
    }
    if (k > 0) first += column.count;
  });
}

/** Draw a picture into a unit's square, as large as its shape allows. */
function drawPicture(
  context: Context, picture: CanvasImageSource, { x, y }: UnitPlace, tile: number, shape: number,
): void {
  const [width, height] = [tile / Math.max(1, shape), tile * Math.min(1, shape)];
  context.drawImage(picture, x - width / 2, y - height / 2, width, height);
}

/** The weights of a unit of the first layer, each at its pixel; neutral where they are 0. */
export function paintWeights(
  words: Uint32Array, data: Pick<NetworkShown, "layers" | "weights">, unit: number, look: Look,
): void {
  const layer = data.layers[0];
  if (!layer) return;
  const table = tableThrough(look.low, look.middle, look.high);
  const at = (k: number): number => data.weights[weightPlace(layer, k, unit)] as number;
  let most = 0;
  for (let k = 0; k < layer.n_inputs; k++) most = Math.max(most, Math.abs(at(k)));
  for (let k = 0; k < layer.n_inputs; k++)
    words[k] = table[Math.round(127.5 + (127.5 * at(k)) / (most || 1))] as number;
}

/** An input's own picture: how it grows across or up; plain if it is held. */
export function paintInput(words: Uint32Array, n: number, axis: number, look: Look): void {
  const table = tableThrough(look.low, look.middle, look.high);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const share = axis === 0 ? j / (n - 1) : axis === 1 ? 1 - i / (n - 1) : 0.5;
      words[i * n + j] = table[Math.round(255 * share)] as number;
    }
}

/** A unit's picture: neutral where it is 0 (an output: where it is undecided). */
export function paintUnit(
  words: Uint32Array, data: NetworkShown, at: number, isOutput: boolean, unit: number, look: Look,
): void {
  const { units, ranges, cells: n, outputKind } = data;
  if (!units || !ranges) return;
  const kind = isOutput ? outputKind : "hidden";
  const low = ranges[2 * at] as number;
  const high = ranges[2 * at + 1] as number;
  const [from, to] = kind === "hidden" ? symmetric(low, high) : kind === "value" ? [low, high] : [0, 1];
  // the picture's bytes go from low to high: say what its ends are among them
  const span = (high - low || 1) / 255;
  const tile = { n, from: at * n * n, left: 0, top: 0, width: n };
  shade(words, units, tile, unitTable(kind, unit, data, look), (from - low) / span, (to - low) / span);
}

function symmetric(low: number, high: number): readonly [number, number] {
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-most, most];
}

function unitTable(kind: UnitKind, unit: number, data: NetworkShown, look: Look): Table {
  if (kind === "value") return sequentialTable(look.sequential);
  if (kind !== "class") return tableThrough(look.low, look.middle, look.high);
  const n = Math.max(2, data.outputNames.length);
  return tableThrough(look.middle, classColours(look.classes, n, look.dark)[unit] ?? look.text);
}

function frame(context: Context, data: NetworkShown, place: UnitPlace, look: Look): void {
  const { tile } = data.diagram;
  const pointed = data.unit?.column === place.column && data.unit.unit === place.unit;
  context.strokeStyle = pointed ? look.accent : look.quiet;
  context.lineWidth = pointed ? 3 : 1;
  context.strokeRect(place.x - tile / 2, place.y - tile / 2, tile, tile);
}

/** Where the dot of a unit's bias is drawn. */
export function biasDot(diagram: Diagram, place: UnitPlace): readonly [number, number] {
  return [place.x - diagram.tile / 2, place.y + diagram.tile / 2];
}

function drawBias(
  context: Context, data: NetworkShown, place: UnitPlace, most: number, look: Look,
): void {
  const layer = data.layers[place.column - 1];
  const at = layer ? biasPlace(layer, place.unit) : null;
  if (at === null) return;
  const bias = data.weights[at] as number;
  const [x, y] = biasDot(data.diagram, place);
  context.beginPath();
  context.arc(x, y, 3 + 3.5 * Math.min(1, Math.abs(bias) / most), 0, 2 * Math.PI);
  context.fillStyle = bias < 0 ? look.low : look.high;
  context.fill();
  context.strokeStyle = data.frozen.has(at) ? look.text : look.surface;
  context.lineWidth = data.frozen.has(at) ? 2 : 1;
  context.stroke();
}

/** A number where it would stand, and how large what it tells is. */
export interface Tag {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Half of its width. */
  readonly half: number;
  readonly size: number;
}

const TAG_HEIGHT = 14;

/** Return the tags that there is room for: the largest numbers first, none lies on another. */
export function uncrowded(tags: readonly Tag[]): Tag[] {
  const kept: Tag[] = [];
  for (const each of [...tags].sort((a, b) => b.size - a.size)) {
    const isFree = kept.every((other) => Math.abs(each.x - other.x) >= each.half + other.half
      || Math.abs(each.y - other.y) >= TAG_HEIGHT);
    if (isFree) kept.push(each);
  }
  return kept;
}

/** Draw the numbers of weights and biases: all of what is pointed at, of others what has room. */
function drawValues(context: Context, data: NetworkShown, look: Look): void {
  context.font = fontOf(look, "", 0.92);
  const made = (value: number, x: number, y: number): Tag => {
    const text = signed(value, 2);
    return { text, x, y, half: context.measureText(text).width / 2 + 2, size: Math.abs(value) };
  };
  const isPointed = data.edge >= 0 || data.unit !== null;
  const weights = data.edges.flatMap((edge, k) => {
    if (data.withValues ? !stands(data, edge, k) : k !== data.edge) return [];
    return [made(data.weights[edge.parameter] as number, ...valuePlace(data.diagram, edge))];
  });
  const biases = data.diagram.columns.flatMap(({ units }) => units).flatMap((place) => {
    const layer = data.layers[place.column - 1];
    const at = layer ? biasPlace(layer, place.unit) : null;
    const chosen = data.unit?.column === place.column && data.unit.unit === place.unit;
    if (at === null || !(data.withValues || chosen)) return [];
    const [x, y] = biasDot(data.diagram, place);
    return [made(data.weights[at] as number, x + 2, y + 11)];
  });
  const crowd = [...biases, ...weights];
  for (const each of isPointed ? crowd : uncrowded(crowd)) drawTag(context, each, look);
}

/** Where the number of a weight stands on its line, nearer to where it goes in. */
function valuePlace(diagram: Diagram, edge: Edge): readonly [number, number] {
  const [x0, y0, x1, y1] = endsOf(diagram, edge);
  // lines of one unit are told apart by their height, those of several by how far along they are
  const count = diagram.columns[edge.column - 1]?.units.length ?? 1;
  const t = count > 1 ? 0.25 + (0.5 * edge.from) / (count - 1) : 0.5;
  const x = x0 + (x1 - x0) * (1.5 * t - 1.5 * t * t + t * t * t);
  const y = y0 + (y1 - y0) * (3 * t * t - 2 * t * t * t);
  return [x, y];
}

function drawTag(context: Context, { text, x, y, half }: Tag, look: Look): void {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.globalAlpha = 0.85;
  context.fillStyle = look.surface;
  context.fillRect(x - half, y - TAG_HEIGHT / 2, 2 * half, TAG_HEIGHT);
  context.globalAlpha = 1;
  context.fillStyle = look.text;
  context.fillText(text, x, y + 0.5);
}

function drawNames(context: Context, width: number, data: NetworkShown, look: Look): void {
  const { columns, tile } = data.diagram;
  context.font = fontOf(look);
  context.textBaseline = "middle";
  context.fillStyle = look.text;
  context.textAlign = "right";
  for (const { unit, x, y } of columns[0]?.units ?? []) {
    const room = x - tile / 2 - 10;
    context.fillText(fitted(context, data.inputNames[unit] ?? "", room), x - tile / 2 - 6, y);
  }
  context.textAlign = "left";
  for (const { unit, x, y } of columns.at(-1)?.units ?? []) {
    const room = data.diagram.width - x - tile / 2 - 8;
    context.fillText(fitted(context, data.outputNames[unit] ?? "", room), x + tile / 2 + 6, y);
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = look.quiet;
  const between = columns.length > 1 ? (columns[1]?.x ?? 0) - (columns[0]?.x ?? 0) : 200;
  let end = 0; // of the title before
  columns.forEach((column, k) => {
    const room = k < columns.length - 1 ? between - 8 : width - end - 10;
    const text = fitted(context, data.titles[k] ?? "", Math.max(40, room));
    const half = context.measureText(text).width / 2;
    const x = Math.max(half + 2, Math.min(column.x, width - half - 2));
    context.fillText(text, x, 4);
    end = x + half;
  });
}

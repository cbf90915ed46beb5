// Draws many networks at once, each a small picture with its number and accuracy: all grids become
// the pixels of one ImageData, which is put down once and then placed tile by tile.
import type { Look } from "./look";
import { fitted, fontOf, type Context, type Size } from "./plot";
import { rasterOf, shade, shadeClasses } from "./raster";
import type { Tone } from "./surface_data";
import { classTables, toneTable } from "./surface_draw";
import { contour, segments } from "./contour";
import { networkNumber } from "./wants";

export interface Multiples {
  readonly n: number;
  readonly members: Int32Array;
  readonly values: Uint8Array;
  readonly classes: Uint8Array | null;
  readonly tone: Tone;
  /** What stands under each picture. */
  readonly captions: readonly string[];
  readonly chosen: number;
  /** The one under the pointer or the keys; -1: none. */
  readonly pointed: number;
}

export interface Tiling {
  readonly columns: number;
  readonly rows: number;
  /** Sides of a picture in CSS pixels. */
  readonly side: number;
  /** From one picture's corner to the next. */
  readonly across: number;
  readonly down: number;
  readonly left: number;
}

const GAP = 8;

/** Place `count` square pictures with a caption each, as large as they go into a size. */
export function tilingOf(count: number, size: Size, caption: number): Tiling {
  let best: Tiling = { columns: 1, rows: count, side: 0, across: 0, down: 0, left: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const wide = (size.width - GAP) / columns - GAP;
    const high = (size.height - GAP) / rows - GAP - caption;
    const side = Math.floor(Math.min(wide, high));
    if (side <= best.side) continue;
    const across = side + GAP;
    const left = Math.floor((size.width - columns * across + GAP) / 2);
    best = { columns, rows, side, across, down: side + caption + GAP, left };
  }
  return best;
}

export function captionHeight(look: Look): number {
  return look.size + 5;
}

/** Which picture lies at a place; -1: none. */
export function tileAt(tiling: Tiling, count: number, x: number, y: number): number {
  const column = Math.floor((x - tiling.left + GAP / 2) / tiling.across);
  const row = Math.floor((y - GAP / 2) / tiling.down);
  const k = row * tiling.columns + column;
  return column >= 0 && column < tiling.columns && row >= 0 && k < count ? k : -1;
}

export function drawMultiples(context: Context, size: Size, data: Multiples, look: Look): void {
  const count = data.members.length;
  const tiling = tilingOf(count, size, captionHeight(look));
  if (tiling.side < 4) return;
  const { n } = data;
  const raster = rasterOf(tiling.columns * n, tiling.rows * n);
  paintTiles(raster.words, data, tiling.columns, look);
  raster.context.putImageData(raster.image, 0, 0);
  context.imageSmoothingEnabled = true;
  for (let k = 0; k < count; k++) {
    const column = k % tiling.columns;
    const row = Math.floor(k / tiling.columns);
    const x = tiling.left + column * tiling.across;
    const y = GAP + row * tiling.down;
    // half a pixel inwards, or smoothing takes in the neighbour
    const inner = n - 1;
    context.drawImage(raster.canvas, column * n + 0.5, row * n + 0.5, inner, inner,
      x, y, tiling.side, tiling.side);
    drawFrame(context, x, y, tiling.side, k, data, look);
  }
  drawLines(context, data, tiling, look);
  drawCaptions(context, data, tiling, look);
}

/** The colours of all grids side by side, `columns` of them in a row. */
export function paintTiles(
  words: Uint32Array, data: Multiples, columns: number, look: Look,
): void {
  const { n, members, values, classes, tone } = data;
  const table = toneTable(tone, look);
  const tables = tone.kind === "classes" ? classTables(look, tone.n) : [];
  for (let k = 0; k < members.length; k++) {
    const tile = {
      n, from: k * n * n, left: (k % columns) * n, top: Math.floor(k / columns) * n,
      width: columns * n,
    };
    if (classes && tables.length) shadeClasses(words, classes, values, 1 / 255, tile, tables);
    else shade(words, values, tile, table, 0, 255);
  }
}

function drawFrame(
  context: Context, x: number, y: number, side: number, k: number, data: Multiples, look: Look,
): void {
  const chosen = data.members[k] === data.chosen;
  context.strokeStyle = chosen || k === data.pointed ? look.accent : look.line;
  context.lineWidth = chosen ? 3 : k === data.pointed ? 2 : 1;
  context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
}

const pieces = segments();

/** The line at 0.5 in each picture; all of them are one path. */
function drawLines(context: Context, data: Multiples, tiling: Tiling, look: Look): void {
  if (data.tone.kind !== "two" && data.tone.kind !== "one") return;
  const { n } = data;
  const cell = tiling.side / (n - 1);
  context.beginPath();
  for (let k = 0; k < data.members.length; k++) {
    const grid = data.values.subarray(k * n * n, (k + 1) * n * n);
    const { data: ends, length } = contour(grid, n, n, 127.5, pieces);
    const x = tiling.left + (k % tiling.columns) * tiling.across - cell / 2;
    const y = GAP + Math.floor(k / tiling.columns) * tiling.down + tiling.side + cell / 2;
    for (let at = 0; at < length; at += 4) {
      context.moveTo(x + (ends[at] as number) * cell, y - (ends[at + 1] as number) * cell);
      context.lineTo(x + (ends[at + 2] as number) * cell, y - (ends[at + 3] as number) * cell);
    }
  }
  context.strokeStyle = look.text;
  context.lineWidth = 1;
  context.stroke();
}

function drawCaptions(context: Context, data: Multiples, tiling: Tiling, look: Look): void {
  context.font = fontOf(look);
  context.textBaseline = "top";
  context.textAlign = "left";
  data.captions.forEach((caption, k) => {
    const x = tiling.left + (k % tiling.columns) * tiling.across;
    const y = GAP + Math.floor(k / tiling.columns) * tiling.down + tiling.side + 3;
    const chosen = data.members[k] === data.chosen;
    context.fillStyle = chosen ? look.text : look.quiet;
    const number = networkNumber(data.members[k] ?? 0);
    const room = tiling.side - context.measureText(number).width - 6;
    context.fillText(number, x, y);
    if (!caption || room < look.size) return;
    context.textAlign = "right";
    const text = fitted(context, caption, room);
    if (text === caption) context.fillText(text, x + tiling.side, y);
    context.textAlign = "left";
  });
}

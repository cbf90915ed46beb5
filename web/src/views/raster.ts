// Grids of numbers as pixels: one ImageData for each size, used again and again.
import type { Table } from "./colour";

export interface Raster {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
  readonly image: ImageData;
  /** The pixels of `image` as words. */
  readonly words: Uint32Array;
}

const rasters = new Map<number, Raster>();
const MOST_SIZES = 8;

/** The raster of a size; it holds what was last drawn of that size, by whomever. */
export function rasterOf(width: number, height: number): Raster {
  const key = width * 65536 + height;
  const known = rasters.get(key);
  if (known) return known;
  if (rasters.size >= MOST_SIZES) rasters.clear();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const image = context.createImageData(width, height);
  const made = { canvas, context, image, words: new Uint32Array(image.data.buffer) };
  rasters.set(key, made);
  return made;
}

/** Where a grid goes among the words of a raster. */
export interface Tile {
  /** Columns and rows of the grid. */
  readonly n: number;
  /** Where in the array the grid begins. */
  readonly from: number;
  /** The tile's left and upper corner, and how wide the raster is. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** Write numbers between `low` and `high` as colours; the first row of the grid is the lowest. */
export function shade(
  words: Uint32Array, values: ArrayLike<number>, tile: Tile, table: Table, low: number, high: number,
): void {
  const { n, from, left, top, width } = tile;
  const factor = 255 / (high - low || 1);
  const none = 0; // nothing is known there: the ground shows
  for (let i = 0; i < n; i++) {
    let to = (top + n - 1 - i) * width + left;
    let at = from + i * n;
    for (let j = 0; j < n; j++, at++, to++) {
      const k = ((values[at] as number) - low) * factor + 0.5;
      words[to] = k >= 0 ? (table[k < 256 ? k | 0 : 255] as number) : k < 0 ? (table[0] as number) : none;
    }
  }
}

/** Write the colour of each cell's class, as strong as the class is probable. */
export function shadeClasses(
  words: Uint32Array, classes: Uint8Array, strength: ArrayLike<number>, scale: number, tile: Tile,
  tables: readonly Table[],
): void {
  const { n, from, left, top, width } = tile;
  const least = 1 / Math.max(2, tables.length);
  const factor = 255 / (1 - least);
  for (let i = 0; i < n; i++) {
    let to = (top + n - 1 - i) * width + left;
    let at = from + i * n;
    for (let j = 0; j < n; j++, at++, to++) {
      const table = tables[classes[at] as number];
      if (table === undefined) {
        words[to] = 0; // no network says anything there
        continue;
      }
      const k = ((strength[at] as number) * scale - least) * factor;
      words[to] = table[k > 0 ? (k < 255 ? k | 0 : 255) : 0] as number;
    }
  }
}

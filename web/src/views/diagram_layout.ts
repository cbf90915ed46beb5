// Where the units of a network stand in its diagram: a column for the inputs and one for each
// layer; of long layers the first units, until they are unfolded.
import type { LayerTold } from "../wire/messages";
import type { Size } from "./plot";

export const FOLD = 12;
/** Layers beyond which the diagram grows wider than its place. */
const WIDE = 6;
const LEAST_SPACING = 104;
/** Five layers go into this; a narrower place scrolls. */
const LEAST_WIDTH = 560;

export interface UnitPlace {
  /** 0: the inputs; k: layer k - 1 of the document. */
  readonly column: number;
  readonly unit: number;
  /** The middle of its picture. */
  readonly x: number;
  readonly y: number;
}

export interface Column {
  readonly x: number;
  readonly count: number;
  readonly units: readonly UnitPlace[];
  /** How many are folded away, and where that is said. */
  readonly folded: number;
  readonly foldY: number;
}

export interface Diagram extends Size {
  readonly columns: readonly Column[];
  /** The side of a unit's picture. */
  readonly tile: number;
}

export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How many units of a column are shown: one place is taken by "... 40 more". */
export function shownOf(count: number, unfolded: boolean): number {
  return count <= FOLD || unfolded ? count : FOLD - 1;
}

export function diagramOf(
  layers: readonly LayerTold[], nInputs: number, size: Size, unfolded: ReadonlySet<number>,
  margins: Margins,
): Diagram {
  const counts = [nInputs, ...layers.map((layer) => layer.units)];
  const slots = counts.map((count, k) => slotsOf(count, unfolded.has(k)));
  const most = Math.max(...slots);
  const room = Math.max(60, size.height - margins.top - margins.bottom);
  const step = Math.max(28, Math.min(112, room / most));
  const tile = Math.round(Math.min(56, step * 0.72));
  const height = Math.max(size.height, margins.top + margins.bottom + step * most);
  const wanted = margins.left + margins.right + tile + LEAST_SPACING * (counts.length - 1);
  const least = counts.length > WIDE ? wanted : Math.min(wanted, LEAST_WIDTH);
  const width = Math.max(size.width, least);
  const across = (width - margins.left - margins.right - tile) / Math.max(1, counts.length - 1);
  const middle = margins.top + (height - margins.top - margins.bottom) / 2;
  const columns = counts.map((count, column) => {
    const x = margins.left + tile / 2 + column * across;
    const shown = shownOf(count, unfolded.has(column));
    const first = middle - (((slots[column] ?? 1) - 1) * step) / 2;
    const units = Array.from({ length: shown }, (_, unit) => ({
      column, unit, x, y: first + unit * step,
    }));
    return { x, count, units, folded: count - shown, foldY: first + shown * step };
  });
  return { columns, tile, width, height };
}

function slotsOf(count: number, unfolded: boolean): number {
  const shown = shownOf(count, unfolded);
  return shown + (shown < count ? 1 : 0);
}

/** A weight or a bias that is shown, with its place in the flat row of parameters. */
export interface Edge {
  readonly parameter: number;
  /** The column that it leads to. */
  readonly column: number;
  readonly from: number;
  readonly to: number;
}

export function edgesOf(layers: readonly LayerTold[], diagram: Diagram): Edge[] {
  return layers.flatMap((layer, k) => {
    const before = diagram.columns[k]?.units ?? [];
    const after = diagram.columns[k + 1]?.units ?? [];
    return before.flatMap(({ unit: from }) => after.map(({ unit: to }) => ({
      parameter: weightPlace(layer, from, to), column: k + 1, from, to,
    })));
  });
}

export function weightPlace(layer: LayerTold, from: number, to: number): number {
  return layer.start + from * layer.units + to;
}

/** Where the bias of a unit is; null for a layer without. */
export function biasPlace(layer: LayerTold, unit: number): number | null {
  return layer.bias_start < layer.stop ? layer.bias_start + unit : null;
}

/** The document's name of a parameter, as `training.frozen` holds it. */
export function pathOf(layer: number, from: number | null, to: number): string {
  return from === null ? `layers.${layer}.bias.${to}` : `layers.${layer}.weights.${from}.${to}`;
}

/** The path that freezes a parameter, which may be that of a whole layer; null if it is free. */
export function frozenBy(
  frozen: readonly string[], layer: number, from: number | null, to: number,
): string | null {
  const own = pathOf(layer, from, to);
  return frozen.find((path) => own === path || own.startsWith(`${path}.`)) ?? null;
}

/** The nearest edge to a place, no farther than `reach` pixels; -1 if there is none. */
export function nearestEdge(
  diagram: Diagram, edges: readonly Edge[], x: number, y: number, reach: number,
): number {
  let best = reach;
  let found = -1;
  edges.forEach((edge, k) => {
    const [x0, y0, x1, y1] = endsOf(diagram, edge);
    if (x < x0 || x > x1) return;
    const distance = Math.abs(y - curveAt(x0, y0, x1, y1, x));
    if (distance < best) {
      best = distance;
      found = k;
    }
  });
  return found;
}

/** From where to where an edge goes: the right side of one picture to the left of another. */
export function endsOf(diagram: Diagram, edge: Edge): readonly [number, number, number, number] {
  const one = diagram.columns[edge.column - 1]?.units[edge.from];
  const two = diagram.columns[edge.column]?.units[edge.to];
  const half = diagram.tile / 2;
  return [(one?.x ?? 0) + half, one?.y ?? 0, (two?.x ?? 0) - half, two?.y ?? 0];
}

/**
 * The height of an edge at x. It is the Bezier curve with handles level with its ends at half of
 * the way: x(t) = 1.5 t - 1.5 t^2 + t^3 of the way across, y(t) = 3 t^2 - 2 t^3 of the way up.
 */
export function curveAt(x0: number, y0: number, x1: number, y1: number, x: number): number {
  const goal = (x - x0) / (x1 - x0 || 1);
  let [low, high] = [0, 1];
  for (let k = 0; k < 24; k++) {
    const t = (low + high) / 2;
    if (1.5 * t - 1.5 * t * t + t * t * t < goal) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return y0 + (y1 - y0) * (3 * t * t - 2 * t * t * t);
}

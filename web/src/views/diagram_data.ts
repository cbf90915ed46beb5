// What the diagram of a network shows, taken from the state.
import type { LayerTold } from "../wire/messages";
import { number, t } from "../strings";
import { valueAt, type Document } from "../state/document";
import { biasPlace, frozenBy, weightPlace, type Edge } from "./diagram_layout";
import type { UnitKind } from "./diagram_draw";
import type { Seen } from "./shown";
import { signed } from "./ticks";
import { networkNumber } from "./wants";

/** How the outputs of a network are to be read. */
export function outputKindOf(seen: Seen): UnitKind {
  const { data, layers } = seen.opened;
  if (data.kind === "regression") return "value";
  const n = layers.at(-1)?.units ?? 1;
  return data.kind === "classification" && n > 1 ? "class" : "probability";
}

export function outputNames(seen: Pick<Seen, "opened">): string[] {
  const { data, layers } = seen.opened;
  const names = data.classes.length ? data.classes : data.targets;
  const n = layers.at(-1)?.units ?? 1;
  return n === 1 && data.kind === "classification" ? [names[1] ?? names[0] ?? ""] : [...names];
}

export function columnTitles(layers: readonly LayerTold[]): string[] {
  const last = layers.length - 1;
  return [
    t("view.inputs"),
    ...layers.map((layer, k) => {
      const name = k === last ? t("view.output_layer") : t("view.layer", { n: k + 1 });
      return `${name} · ${layer.activation}`;
    }),
  ];
}

/** The inputs that lie across and up in the pictures; -1 where an axis is none. */
export function planeInputs(seen: Seen): readonly [number, number] {
  const { plane } = seen.header;
  const { features } = seen.opened.data;
  return [features.indexOf(String(plane?.features[0])), features.indexOf(String(plane?.features[1]))];
}

/** Rows and columns of an image whose pixels are the features, named as Python does: r0c0, r0c1, ...
 * null where they are something else. */
export function imageSize(seen: Pick<Seen, "opened">): readonly [number, number] | null {
  const { features } = seen.opened.data;
  const last = /^r(\d+)c(\d+)$/.exec(features.at(-1) ?? "");
  if (!last) return null;
  const [rows, columns] = [Number(last[1]) + 1, Number(last[2]) + 1];
  const isGrid = features.length === rows * columns
    && features.every((name, k) => name === `r${Math.floor(k / columns)}c${k % columns}`);
  return isGrid && rows > 1 && columns > 1 ? [rows, columns] : null;
}

export function frozenPaths(document: Document): readonly string[] {
  const found = valueAt(document, "training.frozen");
  return Array.isArray(found) ? (found as string[]) : [];
}

/** Places of the parameters that are held fixed. */
export function frozenPlaces(
  layers: readonly LayerTold[], edges: readonly Edge[], paths: readonly string[],
): ReadonlySet<number> {
  const found = new Set<number>();
  if (!paths.length) return found;
  for (const { column, from, to, parameter } of edges)
    if (frozenBy(paths, column - 1, from, to)) found.add(parameter);
  layers.forEach((layer, k) => {
    for (let unit = 0; unit < layer.units; unit++) {
      const place = biasPlace(layer, unit);
      if (place !== null && frozenBy(paths, k, null, unit)) found.add(place);
    }
  });
  return found;
}

/** A parameter of a unit, as its editor lists it. */
export interface Parameter {
  readonly name: string;
  readonly place: number;
  /** The unit before that it comes from; null for a bias. */
  readonly from: number | null;
}

export function parametersOf(seen: Seen, column: number, unit: number): Parameter[] {
  const layer = seen.opened.layers[column - 1];
  if (!layer) return [];
  const bias = biasPlace(layer, unit);
  const weights = Array.from({ length: layer.n_inputs }, (_, from) => ({
    name: unitName(seen, column - 1, from), place: weightPlace(layer, from, unit), from,
  }));
  return bias === null ? weights : [{ name: t("view.bias"), place: bias, from: null }, ...weights];
}

/** What a unit is called: a feature, a class or target, or its number in its layer. */
export function unitName(seen: Pick<Seen, "opened">, column: number, unit: number): string {
  if (column === 0) return seen.opened.data.features[unit] ?? String(unit);
  if (column === seen.opened.layers.length)
    return t("view.output_unit", { name: outputNames(seen)[unit] ?? String(unit) });
  return t("view.unit", { n: unit + 1, layer: column });
}

/** A unit with its numbers, as it is spoken. */
export function unitWords(seen: Seen, weights: ArrayLike<number>, column: number, unit: number): string {
  const name = unitName(seen, column, unit);
  if (column === 0) return t("view.input_words", { name });
  const parts = parametersOf(seen, column, unit)
    .slice(0, 8)
    .map((each) => `${each.name} ${signed(weights[each.place] ?? 0, 2)}`);
  return `${name}: ${parts.join(", ")}`;
}

/** The whole network in a sentence. */
export function networkLabel(seen: Seen, network: number, canOpen = true): string {
  const { layers, n_parameters: n } = seen.opened;
  const sizes = [layers[0]?.n_inputs ?? 0, ...layers.map((layer) => layer.units)].join(" – ");
  return t(canOpen ? "view.network_label" : "view.network_label_read", { n: networkNumber(network), sizes, parameters: number(n) });
}


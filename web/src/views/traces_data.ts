// Which lines show a network over time: the weights of a layer, gradient sizes, activations.
import type { Answer } from "../wire/frames";
import type { DoneTold, LayerTold } from "../wire/messages";
import { t } from "../strings";
import { classColours } from "./colour";
import type { Band, Line, Source } from "./lines";
import type { Look } from "./look";
import { floats, whole } from "./shown";

export interface Traced {
  readonly lines: readonly Line[];
  readonly bands: readonly Band[];
  readonly sources: readonly Source[];
}

/** Lines beyond which the legend would say nothing. */
export const NAMED = 12;
const MOST_LINES = 80;

export function layerName(layers: readonly LayerTold[], k: number): string {
  return k === layers.length - 1 ? t("view.output_layer") : t("view.layer", { n: k + 1 });
}

/** The weights and biases of one layer; of many, evenly spread ones. */
export function weightLines(
  answer: Answer<DoneTold>, layers: readonly LayerTold[], layer: number, look: Look,
): Traced {
  const steps = whole(answer.arrays, "steps")?.data ?? new Int32Array(0);
  const weights = floats(answer.arrays, "weights");
  const of = layers[layer];
  if (!weights || !of) return { lines: [], bands: [], sources: [] };
  const k = weights.shape[1] ?? 0;
  const places = whole(answer.arrays, "parameters")?.data ?? Int32Array.from({ length: k }, (_, i) => i);
  const own = Array.from(places.keys()).filter(
    (column) => (places[column] ?? -1) >= of.start && (places[column] ?? -1) < of.stop);
  const some = spreadOver(own, MOST_LINES);
  const colours = classColours(look.classes, some.length, look.dark);
  const lines = some.map((column, i) => {
    const place = places[column] ?? 0;
    const isBias = place >= of.bias_start;
    return {
      label: parameterName(of, place), colour: colours[i] ?? look.text,
      width: some.length > 24 ? 1 : 1.5, ...(isBias ? { dash: [5, 3] } : {}),
    };
  });
  return { lines, bands: [], sources: some.map((column) => ({ steps, values: weights.data, from: column, stride: k })) };
}

function parameterName(layer: LayerTold, place: number): string {
  if (place >= layer.bias_start) return t("view.bias_of", { unit: place - layer.bias_start + 1 });
  const at = place - layer.start;
  return t("view.weight_of", { from: Math.floor(at / layer.units) + 1, to: (at % layer.units) + 1 });
}

/** A line for each layer: the size of its gradient. */
export function gradientLines(
  answer: Answer<DoneTold>, layers: readonly LayerTold[], look: Look,
): Traced {
  const steps = whole(answer.arrays, "steps")?.data ?? new Int32Array(0);
  const norms = floats(answer.arrays, "gradient_norms");
  if (!norms) return { lines: [], bands: [], sources: [] };
  const n = norms.shape[1] ?? 0;
  const colours = classColours(look.classes, n, look.dark);
  return {
    lines: layers.slice(0, n).map((_, k) => ({
      label: layerName(layers, k), colour: colours[k] ?? look.text, width: 1.75,
    })),
    bands: [],
    sources: layers.slice(0, n).map((_, k) => ({ steps, values: norms.data, from: k, stride: n })),
  };
}

/** The mean output of a layer's units, and where the middle 90 % of them lie. */
export function activationLines(answer: Answer<DoneTold>, layer: number, look: Look): Traced {
  const steps = whole(answer.arrays, "steps")?.data ?? new Int32Array(0);
  const names = ["activation_high", "activation_low", "activation_mean"];
  const found = names.map((name) => floats(answer.arrays, name));
  const n = found[2]?.shape[1] ?? 0;
  if (!n || found.some((each) => !each)) return { lines: [], bands: [], sources: [] };
  const colour = classColours(look.classes, layer + 1, look.dark)[layer] ?? look.text;
  return {
    lines: [
      { label: "", colour, width: 0, edge: true }, { label: "", colour, width: 0, edge: true },
      { label: t("view.mean"), colour, width: 1.75 },
    ],
    bands: [{ lines: [1, 2], colour }],
    sources: found.map((each) => ({ steps, values: each?.data ?? [], from: layer, stride: n })),
  };
}

export function spreadOver(list: readonly number[], most: number): number[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, k) =>
    list[Math.round((k * (list.length - 1)) / (most - 1))] as number);
}

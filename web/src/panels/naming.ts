// What settings and their values are called where they are spoken of outside their own control:
// in branches, in comparisons, among what is held fixed.
import { has, t } from "../strings";
import { unitName } from "../views/diagram_data";
import type { OpenedTold } from "../wire/messages";
import { brief } from "./diff";
import { sentence } from "./setting";

/** What a setting is called by its key path: "training.optimizer.name" is the optimizer. */
export function labelOfPath(path: string): string {
  const keys = path.split(".");
  if (keys.length > 1 && ["name", "size"].includes(keys.at(-1) ?? "")) keys.pop();
  const key = keys.at(-1) ?? path;
  return has(`labels.${key}`) ?? has(`${keys[0]}.${key}`) ?? sentence(key);
}

/** A value of a setting as people read it. */
export function valueWords(path: string, value: unknown, opened: OpenedTold | null): string {
  if (path === "training.frozen" && Array.isArray(value) && opened !== null)
    return value.map((each) => frozenWords(String(each), opened)).join(", ") || "–";
  return brief(value);
}

/** What is held fixed: "layers.0.weights.0.2" is "x0 → unit 3 of layer 1". */
export function frozenWords(path: string, opened: OpenedTold): string {
  const [, number, part, first, second] = path.split(".");
  const [layer, one, other] = [Number(number), Number(first), Number(second)];
  const seen = { opened };
  if (part === undefined) return layerName(layer, opened);
  if (part === "bias")
    return first === undefined ? t("network.biases_of", { layer: layerName(layer, opened) })
      : t("network.bias_of", { name: unitName(seen, layer + 1, one) });
  if (first === undefined) return t("network.weights_of", { layer: layerName(layer, opened) });
  const to = second === undefined ? layerName(layer, opened) : unitName(seen, layer + 1, other);
  return t("view.weight_of", { from: unitName(seen, layer, one), to });
}

function layerName(layer: number, opened: OpenedTold): string {
  return layer === opened.layers.length - 1 ? t("view.output_layer") : t("view.layer", { n: layer + 1 });
}

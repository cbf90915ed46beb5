// Changes of the network's layers, and the last layer that data ask for.
import { isTable, valueAt, type Document } from "./document";
import type { Changes } from "./session";

export interface Layer extends Document {
  readonly units: number;
}

/** Return the layers of a document. */
export function layersOf(document: Document): readonly Layer[] {
  const found = valueAt(document, "network.layers");
  return Array.isArray(found) ? (found.filter(isTable) as Layer[]) : [];
}

/** Return the layers with one hidden layer more: like the last hidden one, before the outputs. */
export function withLayer(layers: readonly Layer[]): readonly Layer[] {
  const hidden = layers.slice(0, -1), last = layers.slice(-1);
  const { units, activation } = hidden.at(-1) ?? { units: 4, activation: "tanh" };
  return [...hidden, { units, activation: activation ?? "tanh" } as Layer, ...last];
}

/** Return the layers with the last hidden one gone. */
export function withoutLayer(layers: readonly Layer[]): readonly Layer[] {
  return [...layers.slice(0, -2), ...layers.slice(-1)];
}

export function withUnits(layers: readonly Layer[], k: number, units: number): readonly Layer[] {
  return layers.map((each, n) => (n === k ? { ...each, units } : each));
}

/** Return the layers with another activation; the settings of the old one go. */
export function withActivation(layers: readonly Layer[], k: number, activation: string) {
  return layers.map((each, n) => {
    if (n !== k) return each;
    const { alpha: _alpha, at_zero: _zero, ...rest } = each;
    return { ...rest, activation } as Layer;
  });
}

/** What the outputs of a network must be for data of a kind. */
export interface Outputs {
  readonly kind: "classification" | "multilabel" | "regression";
  /** Classes, labels or targets. */
  readonly n: number;
}

/** Return the changes that make the last layer fit, empty where it fits. */
export function fitting(document: Document, outputs: Outputs): Changes {
  const layers = layersOf(document);
  const last = layers.at(-1);
  if (last === undefined) return {};
  const { units, activation } = lastFor(outputs);
  const accepted = outputs.kind === "classification" && outputs.n === 2
    ? fitsTwo(last) : last.units === units && suits(last, outputs, activation);
  if (accepted) return {};
  const { alpha: _alpha, at_zero: _zero, ...rest } = last;
  const made = [...layers.slice(0, -1), { ...rest, units, activation }];
  // a loss or a rule made for other outputs would be refused; without a name it follows the layer
  const changes: Record<string, unknown> = { "network.layers": made, "training.loss": undefined };
  if (valueAt(document, "training.optimizer.name") === "perceptron")
    changes["training.optimizer"] = { name: "adam", learning_rate: 0.03 };
  return changes;
}

const fitsTwo = (last: Layer): boolean =>
  (last.units === 1 && ["sigmoid", "tanh", "step", "identity"].includes(String(last.activation)))
  || (last.units === 2 && last.activation === "softmax");

function suits(last: Layer, outputs: Outputs, activation: string): boolean {
  if (outputs.kind === "regression")
    return !["sigmoid", "softmax", "step"].includes(String(last.activation ?? "identity"));
  return last.activation === activation;
}

function lastFor({ kind, n }: Outputs): { units: number; activation: string } {
  if (kind === "regression") return { units: n, activation: "identity" };
  if (kind === "multilabel") return { units: n, activation: "sigmoid" };
  return n > 2 ? { units: n, activation: "softmax" } : { units: 1, activation: "sigmoid" };
}

/** Return what a task's document asks of the outputs. */
export function outputsOfTask(data: Document): Outputs {
  const n = typeof data.classes === "number" ? data.classes : data.task === "digits" ? 10 : 2;
  return { kind: "classification", n };
}

/** Return how many parameters layers have over this many features. */
export function countParameters(layers: readonly Layer[], nFeatures: number): number {
  let n = 0, inputs = nFeatures;
  for (const each of layers) {
    n += (inputs + (each.bias === false ? 0 : 1)) * each.units;
    inputs = each.units;
  }
  return n;
}

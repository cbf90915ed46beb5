// Changes of the data that keep the network fitting: other classes need other outputs.
import { isTable, valueAt, withValue, type Document } from "./document";
import { fitting, outputsOfTask, type Outputs } from "./network";
import type { Changes } from "./session";
import type { DataTold } from "../wire/messages";

/** Return changes of the data with those of the network that follow from them. */
export function withFitting(document: Document, changes: Changes, outputs?: Outputs): Changes {
  let after = document;
  for (const [path, value] of Object.entries(changes))
    after = withValue(after, after, path, value);
  const data = valueAt(after, "data");
  if (!isTable(data)) return changes;
  const wanted = outputs ?? (typeof data.task === "string" ? outputsOfTask(data) : null);
  return wanted === null ? changes : { ...changes, ...fitting(after, wanted) };
}

/** Return the features that are measured: not the 0 and 1 of a category, and no constant ones. */
export function measuredFeatures(
  data: Pick<DataTold, "base_features" | "features" | "ranges">,
): string[] {
  return data.base_features.filter((name) => {
    const [low, , high] = data.ranges[data.features.indexOf(name)] ?? [0, 0, 1];
    return !name.includes("=") && low !== high;
  });
}

/** Return the derived features that can be offered for features: squares, products, sines. */
export function derivable(features: readonly string[]): string[] {
  const base = [...new Set(features)].map(inFormula);
  const products = base.flatMap((one, k) => base.slice(k + 1).map((other) => `${one}*${other}`));
  return [...base.map((one) => `${one}^2`), ...products, ...base.map((one) => `sin(${one})`)];
}

/** A name as formulas have it: in backticks where it holds a space or a sign of theirs. */
function inFormula(name: string): string {
  return /[\s^*()`]/.test(name) ? `\`${name.replaceAll("`", "``")}\`` : name;
}

export const DRAWN_NAME = "drawn points.csv";

/** Return drawn points as the table that the host reads. */
export function drawnTable(
  points: readonly (readonly [number, number, number])[], classes: readonly string[],
): Uint8Array {
  const rows = points.map(([x, y, k]) =>
    `${round(x)},${round(y)},${quoted(classes[k] ?? String(k))}`);
  return new TextEncoder().encode(["x0,x1,class", ...rows, ""].join("\n"));
}

const round = (value: number): string => String(Number(value.toPrecision(5)));
const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/** Return how many classes have points. */
export function classesWithPoints(points: readonly (readonly [number, number, number])[]): number {
  return new Set(points.map((each) => each[2])).size;
}

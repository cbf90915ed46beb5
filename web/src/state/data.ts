// Changes of the data that keep the network fitting: other classes need other outputs.
import { isTable, valueAt, withValue, type Document } from "./document";
import { fitting, outputsOfTask, type Outputs } from "./network";
import type { Changes } from "./session";

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

/** Return the derived features that can be offered for features: squares, products, sines. */
export function derivable(features: readonly string[], most = 3): string[] {
  const base = features.slice(0, most);
  const products = base.flatMap((one, k) => base.slice(k + 1).map((other) => `${one}*${other}`));
  return [...base.map((one) => `${one}^2`), ...products, ...base.map((one) => `sin(${one})`)];
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

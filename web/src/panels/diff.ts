// What two documents differ in, key by key.
import { isTable, type Document } from "../state/document";
import { keyOf } from "./stale";

export interface Difference {
  readonly path: string;
  readonly a: string;
  readonly b: string;
}

/** Return the keys in which two documents differ, those of a list as one. */
export function differencesOf(a: Document, b: Document, before = ""): Difference[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => {
    const [one, other] = [a[key], b[key]];
    const path = before === "" ? key : `${before}.${key}`;
    if (keyOf(one) === keyOf(other)) return [];
    if (isTable(one) && isTable(other)) return differencesOf(one, other, path);
    return [{ path, a: brief(one), b: brief(other) }];
  });
}

/** A value in few letters: layers as "8 relu, 1 sigmoid". */
export function brief(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.map(brief).join(", ") || "–";
  if (!isTable(value)) return String(value);
  if ("units" in value) return [value.units, value.activation].filter((each) => each !== undefined).join(" ");
  const name = value.name ?? value.task ?? value.file;
  const rest = Object.entries(value).filter(([key]) => !["name", "task", "file"].includes(key));
  const told = rest.slice(0, 3).map(([key, each]) => `${key} ${brief(each)}`).join(", ");
  return [name, told].filter((each) => each !== undefined && each !== "").map(String).join(" ") || "–";
}

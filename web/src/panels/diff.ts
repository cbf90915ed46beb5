// What two documents differ in, key by key.
import { isTable, type Document } from "../state/document";
import { has } from "../strings";
import { keyOf } from "./stale";

export interface Difference {
  readonly path: string;
  readonly a: string;
  readonly b: string;
}

/** Return the keys in which two documents differ, those of a list as one. */
export function differencesOf(
  a: Document, b: Document, said: (path: string, value: unknown) => string = (_, value) => brief(value),
  before = "",
): Difference[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => {
    const [one, other] = [a[key], b[key]];
    const path = before === "" ? key : `${before}.${key}`;
    if (keyOf(one) === keyOf(other)) return [];
    if (isTable(one) && isTable(other)) return differencesOf(one, other, said, path);
    return [{ path, a: said(path, one), b: said(path, other) }];
  });
}

/** A value in few letters: layers as "8 ReLU, 1 sigmoid". */
export function brief(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.map(brief).join(", ") || "–";
  if (!isTable(value)) return typeof value === "string" ? called(value) : String(value);
  if ("units" in value) return [value.units, value.activation].filter((each) => each !== undefined).map(brief).join(" ");
  const name = value.name ?? value.task ?? value.file;
  const rest = Object.entries(value).filter(([key]) => !["name", "task", "file"].includes(key));
  const told = rest.slice(0, 3).map(([key, each]) => `${keyWords(key)} ${brief(each)}`).join(", ");
  if (name === undefined) return told || "–";
  return told === "" ? brief(name) : `${brief(name)} (${told})`;
}

/** A word of a document as the page calls it. */
function called(value: string): string {
  return has(`names.${value}`) ?? has(`words.${value}`) ?? value;
}

/** What a setting is called within a line: "learning rate", but "L2". */
function keyWords(key: string): string {
  const label = has(`labels.${key}`) ?? key.replace(/_/g, " ");
  return /^.[a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}

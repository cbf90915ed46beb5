// What the host says of a table that was brought, read with care: a document is plain data.
import { isTable, type Document } from "./document";

export interface Column {
  readonly name: string;
  readonly kind: string;
  /** What it is read as where nobody says. */
  readonly guessed: string;
  readonly nMissing: number;
  readonly nDifferent: number;
  readonly examples: readonly string[];
  readonly problem: string;
}
export interface Guess {
  readonly target: string | readonly string[];
  readonly kind: "classification" | "multilabel" | "regression" | null;
  readonly features: readonly string[];
  readonly missing: string;
  /** What columns were said to hold. */
  readonly types: Types;
}
/** Types that can be said: of `data.types`. */
export const TYPES = ["number", "category"] as const;
export type Types = Readonly<Record<string, string>>;
export interface Preview {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly nColumns: number;
  readonly rows: readonly (readonly string[])[];
  readonly nRows: number;
  readonly guess: Guess;
  readonly notes: readonly string[];
  readonly problems: readonly { readonly where: string; readonly sentence: string }[];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): readonly string[] => list(value).map(text);

export function readPreview(document: Document): Preview {
  const guess = isTable(document.guess) ? document.guess : {};
  const kinds = ["classification", "multilabel", "regression"] as const;
  return {
    name: text(document.name),
    columns: list(document.columns).filter(isTable).map(readColumn),
    nColumns: count(document.n_columns),
    rows: list(document.rows).map(texts),
    nRows: count(document.n_rows),
    guess: {
      target: Array.isArray(guess.target) ? texts(guess.target) : text(guess.target),
      kind: kinds.find((each) => each === guess.kind) ?? null,
      features: texts(guess.features),
      missing: text(guess.missing) || "error",
      types: readTypes(guess.types),
    },
    notes: texts(document.notes),
    problems: list(document.problems).filter(isTable)
      .map((each) => ({ where: text(each.where), sentence: text(each.sentence) })),
  };
}

/** Return what columns hold as a document says it. */
function readTypes(value: unknown): Types {
  const known = Object.entries(isTable(value) ? value : {});
  return Object.fromEntries(known.filter(([, type]) => isType(type)).map(([name, type]) => [name, text(type)]));
}

/** Return what a column is read as. */
export function typeOf(types: Types, column: Column): string {
  const said = Object.entries(types).find(([name]) => name === column.name);
  return said === undefined ? column.guessed : said[1];
}

/** Return types with that of a column; what is guessed anyway need not be said. */
export function withType(types: Types, column: Column, type: string): Types {
  const others = withoutType(types, column.name);
  return type === column.guessed ? others : { ...others, [column.name]: type };
}

/** Return types without that of a column, such as one that becomes the target. */
export function withoutType(types: Types, name: string): Types {
  return Object.fromEntries(Object.entries(types).filter(([each]) => each !== name));
}

/** Whether something is a type that a column can be said to have. */
export const isType = (value: unknown): boolean => TYPES.some((each) => each === value);

function readColumn(each: Document): Column {
  const kind = text(each.kind);
  return {
    name: text(each.name), kind, guessed: text(each.guessed) || kind, nMissing: count(each.n_missing),
    nDifferent: count(each.n_different), examples: texts(each.examples), problem: text(each.problem),
  };
}

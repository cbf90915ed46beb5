// What the host says of a table that was brought, read with care: a document is plain data.
import { isTable, type Document } from "./document";

export interface Column {
  readonly name: string;
  readonly kind: string;
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
}
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
    },
    notes: texts(document.notes),
    problems: list(document.problems).filter(isTable)
      .map((each) => ({ where: text(each.where), sentence: text(each.sentence) })),
  };
}

function readColumn(each: Document): Column {
  return {
    name: text(each.name), kind: text(each.kind), nMissing: count(each.n_missing),
    nDifferent: count(each.n_different), examples: texts(each.examples), problem: text(each.problem),
  };
}

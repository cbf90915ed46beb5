// Forms from the JSON Schema of a registry's member: which control each setting gets.
import type { Scale } from "../parts/scale";
import { isTable, type Document } from "./document";

export type Control =
  | { readonly kind: "number"; readonly scale: Scale; readonly empty: boolean }
  | { readonly kind: "switch" }
  | { readonly kind: "choice"; readonly values: readonly string[]; readonly empty: boolean };

export interface FormField {
  readonly key: string;
  readonly control: Control;
  readonly fallback: unknown;
  readonly note: string;
}

/** Where sliders reach, by the name of the setting: a schema knows what may be, not what is usual. */
const USUAL: Readonly<Record<string, Partial<Scale>>> = {
  learning_rate: { least: 1e-4, most: 10, log: true },
  samples: { least: 10, most: 20_000, log: true, whole: true },
  batches: { least: 10, most: 5000, log: true, whole: true },
  label_noise: { least: 0, most: 0.5, step: 0.01 },
  dummies: { least: 0, most: 20, step: 1, whole: true },
  multiply: { least: 0.01, most: 1000, log: true },
  add: { least: -100, most: 100, step: 1 },
  validation: { least: 0, most: 0.8, step: 0.05 },
  test: { least: 0, most: 0.5, step: 0.05 },
  features: { least: 2, most: 20, step: 1, whole: true },
  bits: { least: 1, most: 11, step: 2, whole: true },
  spread: { least: 0, most: 0.5, step: 0.01 },
  classes: { least: 2, most: 8, step: 1, whole: true },
  epsilon: { least: 1e-10, most: 1e-2, log: true },
  beta_1: { least: 0, most: 0.999, step: 0.001 },
  beta_2: { least: 0.9, most: 0.9999, step: 0.0001 },
  momentum: { least: 0, most: 0.99, step: 0.01 },
  rho: { least: 0, most: 0.999, step: 0.001 },
  weight_decay: { least: 1e-5, most: 0.5, log: true, zero: true },
  momentum_decay: { least: 1e-4, most: 0.1, log: true },
  temperature: { least: 1e-4, most: 10, log: true },
  cooling: { least: 0.9, most: 1, step: 0.001 },
  d: { least: 1e-3, most: 10, log: true },
  h: { least: 1e-7, most: 0.1, log: true },
  pairs: { least: 1, most: 64, log: true, whole: true },
  memory: { least: 1, most: 50, step: 1, whole: true },
  factor: { least: 0.05, most: 1, step: 0.05 },
  epochs: { least: 1, most: 1000, log: true, whole: true },
  patience: { least: 1, most: 200, log: true, whole: true },
  gain: { least: 1e-6, most: 0.1, log: true, zero: true },
  l1: { least: 1e-6, most: 0.1, log: true, zero: true },
  l2: { least: 1e-6, most: 0.1, log: true, zero: true },
  dropout: { least: 0, most: 0.9, step: 0.05 },
  input_noise: { least: 0, most: 1, step: 0.01 },
  label_smoothing: { least: 0, most: 0.5, step: 0.01 },
  max_norm: { least: 0, most: 10, step: 0.1 },
  alpha: { least: 0, most: 1, step: 0.01 },
  at_zero: { least: 0, most: 1, step: 0.5 },
  stddev: { least: 0.01, most: 10, log: true },
  above: { least: 0, most: 1, step: 0.01 },
  below: { least: 1e-4, most: 10, log: true },
  limit: { least: 1, most: 100_000, log: true, whole: true },
  power: { least: 0.1, most: 2, step: 0.1 },
  final: { least: 0, most: 1, step: 0.01 },
  least: { least: 1e-8, most: 1, log: true },
  most: { least: 0.01, most: 100, log: true },
};

/** Ones with the same name and other sizes. */
const OF: Readonly<Record<string, Readonly<Record<string, Partial<Scale>>>>> = {
  annealing: { spread: { least: 1e-3, most: 5, log: true } },
  evolution: { spread: { least: 1e-3, most: 5, log: true } },
  seconds: { limit: { least: 0.1, most: 60, log: true, whole: false } },
};

/** Tags, and settings that a page cannot give: they name code or files. */
const HIDDEN = ["name", "task", "file", "images", "function", "fingerprint"];

/** Return the fields of a member's form, in the order of its schema.
 *
 * Settings that no control fits (lists, nested tables) are left out: they have panels of their own.
 */
export function fieldsOf(schema: Document, hidden: readonly string[] = []): FormField[] {
  const properties = isTable(schema.properties) ? schema.properties : {};
  const name = tagOf(properties);
  return Object.entries(properties).flatMap(([key, each]) => {
    if (HIDDEN.includes(key) || hidden.includes(key) || !isTable(each)) return [];
    const control = controlOf(key, resolved(each, schema), name);
    const note = typeof each.description === "string" ? each.description : "";
    return control === null ? [] : [{ key, control, fallback: each.default, note }];
  });
}

/** Return a field of a schema, null if it has none of that name. */
export function fieldOf(schema: Document, key: string): FormField | null {
  return fieldsOf(schema).find((each) => each.key === key) ?? null;
}

export function hasKey(schema: Document, key: string): boolean {
  return isTable(schema.properties) && key in schema.properties;
}

function controlOf(key: string, schema: Document, name: string): Control | null {
  if (Array.isArray(schema.anyOf)) {
    const options = schema.anyOf.filter(isTable);
    const some = options.filter((each) => each.type !== "null");
    const empty = some.length < options.length;
    const found = some.map((each) => controlOf(key, each, name)).find((each) => each !== null);
    if (found === undefined || found === null) return null;
    return found.kind === "switch" ? found : { ...found, empty };
  }
  if (schema.type === "boolean") return { kind: "switch" };
  if (Array.isArray(schema.enum))
    return { kind: "choice", values: schema.enum.map(String), empty: false };
  if (schema.type === "number" || schema.type === "integer")
    return { kind: "number", scale: scaleOf(key, schema, name), empty: false };
  return null;
}

/** Return the scale of a setting: usual ends within what the schema allows. */
export function scaleOf(key: string, schema: Document, name = ""): Scale {
  const whole = schema.type === "integer";
  const bound = (one: string): number | undefined =>
    typeof schema[one] === "number" ? (schema[one] as number) : undefined;
  const usual = { ...USUAL[key], ...OF[name]?.[key] };
  const hardLeast = bound("minimum") ?? above(bound("exclusiveMinimum"));
  const hardMost = bound("maximum") ?? below(bound("exclusiveMaximum"));
  const least = Math.max(usual.least ?? hardLeast ?? 0, hardLeast ?? -Infinity);
  const most = Math.min(usual.most ?? hardMost ?? Math.max(1, 10 * least), hardMost ?? Infinity);
  return {
    least, most: Math.max(most, least + (whole ? 1 : 1e-9)), whole,
    ...pick(usual, ["log", "zero", "step", "whole"]),
    ...(hardLeast === undefined ? {} : { hardLeast }),
    ...(hardMost === undefined ? {} : { hardMost }),
  };
}

const above = (bound: number | undefined): number | undefined =>
  bound === undefined ? undefined : bound === 0 ? 1e-12 : bound + 1e-9;
const below = (bound: number | undefined): number | undefined =>
  bound === undefined ? undefined : bound - 1e-6;

function pick(from: Partial<Scale>, keys: readonly (keyof Scale)[]): Partial<Scale> {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]]));
}

function tagOf(properties: Document): string {
  const tag = properties.name ?? properties.task;
  return isTable(tag) && typeof tag.const === "string" ? tag.const : "";
}

function resolved(schema: Document, root: Document): Document {
  const reference = schema.$ref;
  if (typeof reference !== "string" || !isTable(root.$defs)) return schema;
  const found = root.$defs[reference.split("/").at(-1) ?? ""];
  return isTable(found) ? { ...found, ...schema } : schema;
}

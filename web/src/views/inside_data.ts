// The worked arithmetic of one row, as document.py of the package shoal.network.worked writes it; only what
// the page shows is named here.

export interface Equation {
  readonly name: string;
  readonly formula: string | null;
  readonly expression: string | null;
  readonly value: number;
  readonly note?: string;
}
export interface Folded {
  readonly n: number;
  readonly what: string;
  /** What they add to the sum that they are part of. */
  readonly together?: number;
}
export interface Term {
  readonly index: number;
  readonly name: string;
  readonly weight: number;
  readonly value: number;
  readonly product: number;
}
export interface Input {
  readonly index: number;
  readonly name: string;
  readonly raw: number;
  readonly expression: string;
  readonly scaled: number;
}
export interface ForwardUnit {
  readonly unit: number;
  readonly name: string;
  readonly sum: {
    readonly bias: number | null;
    readonly terms: readonly Term[];
    readonly folded: Folded | null;
    readonly expression: string | null;
  };
  readonly z: number;
  readonly a: number;
  readonly expression: string | null;
}
export interface ForwardLayer {
  readonly index: number;
  readonly activation: string;
  readonly formula: string;
  readonly slope_formula: string;
  readonly shared: readonly Equation[];
  readonly units: readonly ForwardUnit[];
  readonly folded: Folded | null;
}
export interface Slope {
  readonly index: number | null;
  readonly name: string;
  readonly weight: number;
  readonly expression: string | null;
  readonly gradient: number;
  readonly check: number | null;
  readonly difference: number | null;
  readonly check_from: { readonly h: number; readonly at_kink: boolean } | null;
}
export interface BackwardUnit {
  readonly unit: number;
  readonly name: string;
  readonly dL_da: Equation | null;
  readonly dL_dz: Equation;
  readonly weights: readonly Slope[];
  readonly bias: Slope | null;
  readonly weights_folded: Folded | null;
}
export interface BackwardLayer {
  readonly index: number;
  readonly shared: readonly Equation[];
  readonly units: readonly BackwardUnit[];
  readonly folded: Folded | null;
}
export interface Updated {
  readonly parameter: number;
  readonly name: string;
  readonly layer: number;
  readonly unit: number;
  /** Null for a bias. */
  readonly input: number | null;
  readonly before: number;
  readonly batch_gradient: number | null;
  readonly equations: readonly Equation[];
  readonly after: number;
  readonly run: number | null;
}
export interface Said {
  readonly data: string;
  /** A row of the dataset and its line in a file; or its place in the batch; all from 0 but lines. */
  readonly row: number | null;
  readonly line: number | null;
  readonly place: number | null;
  readonly n_batch: number;
  readonly network: number;
  readonly step: number;
  readonly total_steps: number;
  readonly notes: readonly { readonly name: string; readonly values: Readonly<Record<string, number>> }[];
}
export interface Worked {
  readonly title: string;
  readonly part: string | null;
  /** What title and notes say, as names and numbers; a file of Python's has only its sentences. */
  readonly said?: Said;
  readonly notes: readonly string[];
  readonly scaling: string;
  readonly inputs: readonly Input[];
  readonly inputs_folded: Folded | null;
  readonly layers: readonly ForwardLayer[];
  readonly output: {
    readonly kind: string;
    readonly answer: string | null;
    readonly equations: readonly Equation[];
    readonly answers: readonly { readonly name: string; readonly value: number }[];
    readonly sentence: string;
  };
  readonly loss: {
    readonly name: string;
    readonly sentence: string;
    readonly equations: readonly Equation[];
    readonly value: number;
  } | null;
  readonly backward: { readonly layers: readonly BackwardLayer[] } | null;
  readonly update: {
    readonly optimizer: string;
    readonly n_rows: number;
    readonly reduction: "mean" | "sum";
    readonly sentences: readonly string[];
    readonly formulas: readonly string[];
    readonly constants: readonly Equation[];
    readonly parameters: readonly Updated[];
    readonly folded: Folded | null;
  } | null;
}

/** The worked arithmetic among what an action found; null if it holds none. */
export function workedOf(document: Readonly<Record<string, unknown>> | undefined): Worked | null {
  const found = (document?.trace ?? document) as Worked | undefined;
  return found && Array.isArray(found.layers) && Array.isArray(found.inputs) ? found : null;
}

/** A stop on the way through the network and back. */
export type Stage =
  | { readonly kind: "inputs" }
  | { readonly kind: "layer"; readonly at: number }
  | { readonly kind: "loss" }
  | { readonly kind: "back"; readonly at: number }
  | { readonly kind: "update" };

/** Forwards through the layers to answer and loss, backwards through them, then the update. */
export function stagesOf(worked: Worked): Stage[] {
  const back = worked.backward?.layers ?? [];
  return [
    { kind: "inputs" },
    ...worked.layers.map((_, at): Stage => ({ kind: "layer", at })),
    { kind: "loss" },
    ...back.map((_, at): Stage => ({ kind: "back", at })),
    ...(worked.update ? [{ kind: "update" } as const] : []),
  ];
}

/** Whether derivative and difference differ because a slope turns at once between the two sides. */
export function differsAtKink({ difference, check_from: from }: Slope): boolean {
  return from !== null && from.at_kink && Math.abs(difference ?? 0) > from.h;
}

/** The largest distance between a derivative and its finite difference, kinks aside; null without any. */
export function worstCheck(worked: Worked): { readonly n: number; readonly most: number } | null {
  let [n, most] = [0, 0];
  for (const layer of worked.backward?.layers ?? [])
    for (const unit of layer.units)
      for (const each of unit.bias ? [...unit.weights, unit.bias] : unit.weights)
        if (each.difference !== null && !differsAtKink(each)) {
          n++;
          most = Math.max(most, Math.abs(each.difference));
        }
  return n ? { n, most } : null;
}

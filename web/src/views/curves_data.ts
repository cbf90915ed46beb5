// Which lines a picture of the training shows: the population's median and band for training and
// validation, the network looked at, and other runs of the session.
import type { State } from "../state/state";
import { t } from "../strings";
import { isShare, measureWords, partWords, said, type Part } from "./figures";
import type { Band, Line, Mark, Source } from "./lines";
import type { Look } from "./look";
import { floats, seenRun, whole, type Seen } from "./shown";

export interface Curves {
  readonly lines: readonly Line[];
  readonly bands: readonly Band[];
  readonly sources: readonly Source[];
  readonly marks: readonly Mark[];
}

interface Building {
  lines: Line[];
  bands: Band[];
  sources: Source[];
}

const PARTS: readonly Part[] = ["train", "validation"];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

/** The lines of a measure such as "loss". */
export function curvesOf(
  state: Pick<State, "opened" | "shown" | "ui">, seen: Seen, measure: string, look: Look,
): Curves {
  const made: Building = { lines: [], bands: [], sources: [] };
  for (const run of otherRuns(state)) addOther(made, state, run, measure, look);
  PARTS.forEach((part, k) => addPart(made, seen, `${part}_${measure}`, part, look.classes[k] ?? look.text));
  const best = isShare(`train_${measure}`) ? seen.opened.data.attainable_accuracy : null;
  const marks = best === null ? []
    : [{ value: best, text: t("view.attainable", { value: said("train_accuracy", best) }) }];
  return { ...made, marks };
}

function addPart(made: Building, seen: Seen, figure: string, part: Part, colour: string): void {
  const steps = whole(seen.arrays, "curve_steps")?.data;
  const curve = floats(seen.arrays, `curve_${figure}`)?.data;
  if (!steps || !curve) return;
  const n = steps.length;
  const several = seen.opened.n_networks > 1;
  if (several) {
    const first = made.lines.length + 1;
    for (const row of [2, 1]) {
      made.lines.push({ label: "", colour, width: 0, edge: true });
      made.sources.push({ steps, values: curve, from: row * n });
    }
    made.bands.push({ lines: [first, first + 1], colour });
  }
  // training below and wider, validation above it: both are seen where they coincide
  made.lines.push({ label: partWords(part), colour, width: part === "train" ? 3 : 1.75 });
  made.sources.push({ steps, values: curve, from: 0 });
  const one = floats(seen.arrays, `one_${figure}`)?.data;
  if (!several || !one || one.length !== n) return;
  const label = t("view.one_line", { part: partWords(part) });
  made.lines.push({ label, colour, width: 1.25, dash: [4, 3], group: t("view.one_group") });
  made.sources.push({ steps, values: one, from: 0 });
}

/** The runs beside the one looked at: the trunk and the branches. */
function otherRuns(state: Pick<State, "opened" | "ui">): number[] {
  const runs = state.opened?.runs.map((each) => each.run) ?? [];
  return runs.filter((run) => run >= -1 && run !== state.ui.run);
}

function addOther(
  made: Building, state: Pick<State, "opened" | "shown">, run: number, measure: string, look: Look,
): void {
  const seen = seenRun(state, run);
  if (!seen) return;
  const figure = [`validation_${measure}`, `train_${measure}`].find(
    (each) => floats(seen.arrays, `curve_${each}`));
  const steps = whole(seen.arrays, "curve_steps")?.data;
  const curve = figure && floats(seen.arrays, `curve_${figure}`)?.data;
  if (!steps || !curve) return;
  const dash = DASHES[(run + 1) % DASHES.length] ?? [];
  made.lines.push({ label: runWords(run), colour: look.quiet, width: 1.5, dash });
  made.sources.push({ steps, values: curve, from: 0 });
}

export function runWords(run: number): string {
  return run < 0 ? t("view.trunk") : t("view.branch", { n: run + 1 });
}

/** A row of the table beside the curves: a report and the figures there. */
export interface CurveRow {
  readonly step: number;
  readonly figures: readonly (readonly [number, number, number])[];
}

/** About `most` reports with median, 5th and 95th percentile of each part. */
export function curveTable(seen: Seen, measure: string, most = 10): {
  parts: readonly Part[]; rows: readonly CurveRow[];
} {
  const steps = whole(seen.arrays, "curve_steps")?.data ?? new Int32Array(0);
  const parts = PARTS.filter((part) => floats(seen.arrays, `curve_${part}_${measure}`));
  const n = steps.length;
  const some = Math.min(n, most);
  const rows = Array.from({ length: some }, (_, k) => {
    const at = some > 1 ? Math.round((k * (n - 1)) / (some - 1)) : 0;
    const figures = parts.map((part) => {
      const data = floats(seen.arrays, `curve_${part}_${measure}`)?.data;
      return [data?.[at] ?? NaN, data?.[n + at] ?? NaN, data?.[2 * n + at] ?? NaN] as const;
    });
    return { step: steps[at] ?? 0, figures };
  });
  return { parts, rows };
}

/** What curves show, in a sentence. */
export function curvesLabel(seen: Seen, measure: string): string {
  const { parts, rows } = curveTable(seen, measure, 2);
  const last = rows[rows.length - 1];
  const words = parts.map((part, k) =>
    `${partWords(part)} ${said(`${part}_${measure}`, last?.figures[k]?.[0])}`);
  return t("view.curves_label", {
    what: measureWords(measure), step: last?.step ?? 0, values: words.join(", "),
  });
}

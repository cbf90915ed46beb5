// A verdict in words, in the language of the page, from the numbers of the comparison.
import { figureWords, said } from "../views/figures";
import { number, percent, t } from "../strings";

export interface Arm {
  readonly name: string;
  readonly median: number | null;
  readonly n_diverged: number;
  readonly n_stuck: number;
}
export interface Verdict {
  readonly outcome: "better" | "worse" | "no difference" | "undecided";
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly confidence: number | null;
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  readonly p: number | null;
  readonly more_pairs: number | null;
}
export interface Comparison {
  readonly sentence: string;
  readonly about: string;
  readonly notes: readonly string[];
  readonly figure: string;
  readonly unit: string;
  readonly n_pairs: number;
  readonly same_start: boolean;
  readonly verdict: Verdict;
  readonly a: Arm;
  readonly b: Arm;
}

/** The answer, in one sentence. */
export function verdictWords(found: Comparison): string {
  const { outcome, wins, losses } = found.verdict;
  const key = outcome === "no difference" ? "no_difference" : outcome;
  return t(`compare.${key}`, { wins, losses, n: found.n_pairs });
}

/** What stands beside the answer, a sentence each. */
export function detailWords(found: Comparison): string[] {
  const { verdict, figure, a, b } = found;
  const { ties, outcome, more_pairs: more } = verdict;
  const failed = (arm: Arm): number => arm.n_diverged + arm.n_stuck;
  return [
    t("compare.medians", { a: said(figure, a.median), b: said(figure, b.median) }),
    verdict.difference === null ? "" : t("compare.effect", {
      difference: inUnits(found, verdict.difference),
      low: verdict.low === null ? t("compare.any") : inUnits(found, verdict.low),
      high: verdict.high === null ? t("compare.any") : inUnits(found, verdict.high),
      confidence: percent(verdict.confidence ?? 0.95, 0),
    }),
    ties > 0 ? t("compare.ties", { ties }) : "",
    outcome !== "undecided" ? "" : more === null ? t("compare.no_more") : t("compare.more_pairs", { more }),
    failed(a) + failed(b) > 0 ? t("compare.failed", { a: failed(a), b: failed(b) }) : "",
    found.same_start ? "" : t("compare.starts"),
    [t("compare.by", { figure: figureWords(figure) }),
      verdict.p === null ? "" : t("compare.p", { p: number(verdict.p, 2) })].filter(Boolean).join(" "),
  ].filter((each) => each !== "");
}

/** What a difference is multiplied by to be read: accuracies are told in points. */
export function timesOf(found: Pick<Comparison, "unit">): number {
  return found.unit === "points" ? 100 : 1;
}

/** A difference as it is read, with as many digits as its interval tells apart. */
export function inUnits(found: Comparison, value: number): string {
  const { low, high } = found.verdict;
  const times = timesOf(found);
  const width = low === null || high === null ? Math.abs(value) : high - low;
  const text = signed(value * times, width * times);
  return found.unit === "points" ? t("compare.points", { value: text }) : text;
}

function signed(value: number, width: number): string {
  const size = width > 0 ? width : Math.abs(value) / 10;
  const decimals = size > 0 ? Math.min(12, Math.max(0, Math.ceil(-Math.log10(size / 2) - 1e-9))) : 0;
  const rounded = Number(value.toFixed(decimals)) || 0;
  const text = number(rounded, 15);
  return rounded > 0 ? `+${text}` : text;
}

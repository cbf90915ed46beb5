// Figures by name: what they measure, of which rows, and how a person reads their values.
import { has, number, percent, t } from "../strings";
import type { Seen } from "./shown";

export type Part = "train" | "validation" | "test";

export function partOf(figure: string): Part {
  return (figure.split("_", 1)[0] ?? "train") as Part;
}

/** "validation_mean_absolute_error" measures "mean_absolute_error". */
export function measureOf(figure: string): string {
  return figure.slice(figure.indexOf("_") + 1);
}

export function isShare(figure: string): boolean {
  return measureOf(figure) === "accuracy";
}

export function measureWords(measure: string): string {
  return has(`figures.${measure}`) ?? measure.replaceAll("_", " ");
}

export function partWords(part: Part): string {
  return t(`figures.${part}`);
}

/** "validation accuracy", in the language of the page. */
export function figureWords(figure: string): string {
  return t("figures.of_part", { part: partWords(partOf(figure)), measure: measureWords(measureOf(figure)) });
}

/** A value as it is read: a share as percent, else a number. */
export function said(figure: string, value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (measureOf(figure) === "r2") return number(value, value < 1 ? digitsBelow1(value) : 3);
  return isShare(figure) ? shareWords(value, digits) : number(value, 3);
}

/** As many digits as tell a value from 1, no fewer than three: 0.9996 is not "1". */
function digitsBelow1(value: number): number {
  return Math.min(15, Math.max(3, Math.ceil(-Math.log10(1 - value) + 0.31)));
}

/** A share as percent; 1,999 of 2,000 is not "100.0 %", nor is 1 of 2,000 "0.0 %". */
export function shareWords(value: number, digits = 1): string {
  const least = 0.5 * 10 ** (-digits - 2);
  const close = (value < 1 && value >= 1 - least) || (value > 0 && value < least);
  return percent(value, close && digits < 4 ? digits + 1 : digits);
}

/** The same in the order in which curves are drawn: R² begins far below 0, so the loss goes first. */
export function curveMeasuresOf(seen: Seen): string[] {
  const all = measuresOf(seen);
  return all[0] === "r2" ? [...all.slice(1), "r2"] : all;
}

/** What the figures measure, the headline's measure first. */
export function measuresOf(seen: Seen): string[] {
  const first = measureOf(seen.opened.headline);
  const all = seen.opened.figures.map(measureOf);
  return [...new Set([first, ...all])];
}

/** How many rows a figure counts over; null where it is no count. */
export function rowsOf(seen: Seen, figure: string): number | null {
  if (!isShare(figure)) return null;
  const { data } = seen.opened;
  const n = { train: data.n_train, validation: data.n_validation, test: data.n_test }[partOf(figure)];
  return n || null;
}

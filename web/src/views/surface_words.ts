// What the decision surface shows, in words: for readers of the screen and below the picture.
import type { DataTold, PlaneTold } from "../wire/messages";
import { number, percent, t } from "../strings";
import { isMostProbable, type Seen } from "./shown";
import { readAt, type Dots, type Field, type Ground, type Show } from "./surface_data";
import { along } from "./ticks";
import { networkNumber } from "./wants";

/** A class as it is read: "class 1" where its name is but a number. */
export function className(name: string): string {
  return /^[\d.\-+]*$/.test(name) ? t("view.class_is", { name }) : name;
}

/** What a plane's numbers are: "probability of 1", or a target's name. */
export function outputWords(plane: Pick<PlaneTold, "output" | "is_probability">): string {
  if (!plane.is_probability) return plane.output;
  if (isMostProbable(plane)) return t("view.most_probable");
  return t("view.probability_of", { name: plane.output.replace(/^probability of /, "") });
}

export function showWords(show: Show, network: number, n: number): string {
  if (show === "network") return t("view.of_network", { n: networkNumber(network) });
  const key = show === "median" ? "view.median_of" : "view.disagreement_of";
  return t(key, { n });
}

export function surfaceLabel(seen: Seen, show: Show, network: number, canLookInside = true): string {
  const { plane, step } = seen.header;
  if (!plane) return "";
  return t(canLookInside ? "view.surface_label" : "view.surface_label_read", {
    what: outputWords(plane),
    who: showWords(show, network, seen.opened.n_networks),
    x: String(plane.features[0]),
    y: String(plane.features[1]),
    step,
  });
}

interface Reading {
  readonly seen: Seen;
  readonly field: Field;
  readonly ground: Ground;
  readonly dots: Dots | null;
  readonly show: Show;
}

/** What the surface says at a place, and which row lies there. */
export function surfaceReading(
  { seen, field, ground, dots, show }: Reading,
  at: { readonly place: readonly [number, number]; readonly dot: number },
): string {
  const { plane } = seen.header;
  const [x, y] = at.place;
  const found = readAt(field, ground, x, y);
  if (!found || !plane) return "";
  const where = `${ground.names[0]} ${along(x, ground.x[1] - ground.x[0])}, `
    + `${ground.names[1]} ${along(y, ground.y[1] - ground.y[0])}`;
  const row = dots && at.dot >= 0 ? `; ${dotWords(seen.opened.data, dots, at.dot)}` : "";
  return `${where}: ${valueWords(seen, found, plane, show)}${row}`;
}

function valueWords(
  seen: Seen, found: { value: number; class: number | null }, plane: PlaneTold, show: Show,
): string {
  if (!Number.isFinite(found.value)) return t("view.nothing_known");
  if (show === "disagreement") return t("view.differ_by", { value: number(found.value, 3) });
  if (found.class !== null) {
    const name = className(seen.opened.data.classes[found.class] ?? "");
    return t("view.class_with", { name, share: percent(found.value) });
  }
  const value = plane.is_probability ? percent(found.value) : number(found.value);
  return `${outputWords(plane)} ${value}`;
}

function dotWords(data: DataTold, dots: Dots, k: number): string {
  const part = (["view.train", "view.validation", "view.test"] as const)[dots.part?.[k] ?? 0];
  const truth = dots.classes
    ? className(data.classes[dots.classes[k] as number] ?? "")
    : number(dots.values?.[k] ?? Number.NaN);
  const row = String((dots.index?.[k] ?? k) + 1); // counted from 1 where people read it
  return t("view.row_words", { row, truth, part: t(part ?? "view.train") });
}

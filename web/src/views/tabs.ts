// The tabs of the main view, and which views lie behind each.
import type { OpenedTold } from "../wire/messages";
import type { ViewName } from "../state/state";

export type TabName = "surface" | "multiples" | "network" | "answers" | "time" | "inside" | "charts";

export const TABS: Readonly<Record<TabName, readonly ViewName[]>> = {
  surface: ["surface"],
  multiples: ["multiples", "finals"],
  network: ["network"],
  answers: ["confusion", "histogram", "points"],
  time: ["curves", "traces"],
  inside: ["inside"],
  charts: ["charts"],
};

export function tabOf(view: ViewName): TabName {
  const found = (Object.keys(TABS) as TabName[]).find((tab) => TABS[tab].includes(view));
  return found ?? "surface";
}

/** The views of a tab that there is something to see in. */
export function viewsOf(tab: TabName, opened: OpenedTold | null): readonly ViewName[] {
  const classes = opened === null || opened.data.classes.length > 0;
  return TABS[tab].filter((view) => classes || (view !== "confusion" && view !== "histogram"));
}

/** The tabs there are: one network alone has no others beside it. */
export function tabsOf(opened: OpenedTold | null): readonly TabName[] {
  const all = Object.keys(TABS) as TabName[];
  return all.filter((tab) => tab !== "multiples" || (opened?.n_networks ?? 2) > 1);
}

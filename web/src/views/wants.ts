// Which parts of a run's state the visible views need: only those are computed and sent.
import type { Plane, Want } from "../wire/messages";
import type { State, Ui, ViewName } from "../state/state";
import { baseFeatures } from "./shown";

export interface Asking {
  readonly plane: Plane;
  readonly want: Want;
}

const SURFACE_CELLS = 100;
const UNIT_CELLS = 24;
const MOST_ROWS = 2000;
export const MOST_MULTIPLES = 64;

/** Return what a look at the state asks for. */
export function wantOf(state: State): Asking {
  const { ui } = state;
  return { plane: planeOf(state), want: { ...partsOf(state, ui.view), ...figuresOf(state) } };
}

/** The plane that pictures show. */
export function planeOf({ ui, opened }: State): Plane {
  const features = ui.features ? ([...ui.features] as Plane["features"]) : null;
  // a histogram is of one class, where a surface may show all of them
  const classes = ui.view === "histogram" ? (opened?.data.classes ?? []) : [];
  return { features, hold: { ...ui.hold }, output: ui.output ?? classes[1] ?? null };
}

function partsOf(state: State, view: ViewName): Want {
  const { ui, opened } = state;
  const network = networkOf(state);
  const surface = { n: SURFACE_CELLS, show: ui.show, network };
  switch (view) {
    case "surface":
      return { rows: { most: MOST_ROWS }, surface, truth: ui.truth };
    case "multiples":
      return { multiples: { n: (opened?.n_networks ?? 1) > 16 ? 32 : 64, members: null } };
    case "network":
      return { units: { network, n: UNIT_CELLS }, weights: { network, gradients: true } };
    case "confusion":
    case "histogram":
    case "points":
      return { answers: { network: answering(ui, network), points: pointsOf(state) } };
    default:
      return {};
  }
}

/** Curves and finals stand beside every view; a projector shows one view alone, or beside a tour,
 * which needs them to tell what came of a prediction. */
function figuresOf(state: State): Want {
  const { ui } = state;
  const told = ui.tour !== null && ui.panel === "tours";
  const alone = (name: ViewName) => ui.projector && !told && ui.view !== name;
  const most = ui.view === "curves" ? 1000 : 300;
  return {
    curves: alone("curves") ? null : { network: networkOf(state), most },
    finals: !alone("finals") || ui.view === "multiples",
  };
}

/** The network looked at; the first one where there is none of that number any more. */
export function networkOf(state: State): number {
  const n = state.opened?.n_networks ?? 1;
  return state.ui.network < n ? state.ui.network : 0;
}

/** What a network is called where people read it: they count from 1, hosts from 0. */
export const networkNumber = (network: number): string => String(network + 1);

/** Answers are those of all networks together, unless one is looked at. */
function answering(ui: Ui, network: number): number | null {
  return ui.show === "network" ? network : null;
}

/** The chosen points that fit the features there are. */
function pointsOf(state: State): number[][] {
  const n = state.opened ? baseFeatures(state.opened.data).length : 0;
  return state.ui.points.filter((point) => point.length === n).slice(0, 64).map((each) => [...each]);
}

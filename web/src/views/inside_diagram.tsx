// The network that a data point is followed through, small: the layer that is spoken of is lit, or
// of it the unit that is pointed at, with the weights that lead there.
import type { JSX } from "preact";
import { t } from "../strings";
import type { Stage, Worked } from "./inside_data";

/** A unit by its column, the inputs being 0, and its number there from 0. */
export interface Pointed {
  readonly column: number;
  readonly unit: number;
}
export interface Place extends Pointed {
  readonly x: number;
  readonly y: number;
}
export interface Way {
  readonly width: number;
  readonly radius: number;
  readonly places: readonly Place[];
  /** How many units of each column are not worked in full, and so not drawn. */
  readonly folded: readonly number[];
  readonly edges: readonly { readonly from: Place; readonly to: Place; readonly weight: number }[];
}

export const HEIGHT = 112;
const COLUMN = 96;
const MOST_RADIUS = 7;
/** A number is readable in a circle of this radius. */
const LEAST_WITH_NUMBER = 5;

/** Where everything lies: a column for the inputs and for each layer, lines for their weights. */
export function wayOf(worked: Worked): Way {
  const numbers = [
    worked.inputs.map((each) => each.index),
    ...worked.layers.map((layer) => layer.units.map((each) => each.unit)),
  ];
  const places = numbers.flatMap((units, column) => units.map((unit, k): Place => ({
    column, unit, x: COLUMN * (column + 0.5), y: (HEIGHT * (k + 0.5)) / units.length,
  })));
  const at = new Map(places.map((place) => [`${place.column}.${place.unit}`, place]));
  const edges = worked.layers.flatMap((layer, k) => layer.units.flatMap((unit) =>
    unit.sum.terms.flatMap(({ index, weight }) => {
      const [from, to] = [at.get(`${k}.${index}`), at.get(`${k + 1}.${unit.unit}`)];
      return from && to ? [{ from, to, weight }] : [];
    })));
  const most = Math.max(1, ...numbers.map((units) => units.length));
  const folded = [worked.inputs_folded?.n ?? 0, ...worked.layers.map((layer) => layer.folded?.n ?? 0)];
  const radius = Math.min(MOST_RADIUS, HEIGHT / most / 2 - 0.75);
  return { width: COLUMN * numbers.length, radius, places, folded, edges };
}

/** The column that a stop speaks of; -1 where it is none or all of them. */
export function columnOf(stage: Stage, worked: Worked): number {
  switch (stage.kind) {
    case "inputs": return 0;
    case "layer": return stage.at + 1;
    case "loss": return worked.layers.length;
    case "back": return worked.backward?.layers[stage.at]?.index ?? -1;
    case "update": return -1;
  }
}

interface Props {
  readonly worked: Worked;
  readonly stage: Stage;
  readonly pointed: Pointed | null;
}

export function InsideDiagram({ worked, stage, pointed }: Props): JSX.Element {
  const { width, radius, places, folded, edges } = wayOf(worked);
  const column = columnOf(stage, worked);
  const isLit = (place: Pointed): boolean => (pointed === null
    ? place.column === column : place.column === pointed.column && place.unit === pointed.unit);
  return (
    <svg class="sh-inside-diagram" role="img" viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT}
      width={width} aria-label={litWords(worked, column, pointed)}>
      {edges.map(({ from, to, weight }, k) => (
        <line key={k} x1={from.x} y1={from.y} x2={to.x} y2={to.y}
          class={[weight < 0 ? "sh-below-0" : "sh-above-0", isLit(to) ? "sh-lit" : ""].join(" ")} />
      ))}
      {places.map((place) => (
        <g key={`${place.column}.${place.unit}`} class={isLit(place) ? "sh-lit" : ""}>
          <circle cx={place.x} cy={place.y} r={radius} />
          {radius >= LEAST_WITH_NUMBER && <text x={place.x} y={place.y}>{place.unit + 1}</text>}
        </g>
      ))}
      {folded.map((n, k) => n > 0 && (
        <text key={k} class="sh-folded" x={COLUMN * (k + 0.5) + radius + 4} y={HEIGHT - 6}>+{n}</text>
      ))}
    </svg>
  );
}

/** What is lit, for those who do not see it. */
export function litWords(worked: Worked, column: number, pointed: Pointed | null): string {
  if (pointed !== null)
    return t("view.inside_lit", { what: t("view.unit", { n: pointed.unit + 1, layer: pointed.column }) });
  if (column < 0) return t("view.inside_network");
  const last = worked.layers.length;
  const what = column === 0 ? t("view.inputs")
    : column === last ? t("view.output_layer") : t("view.layer", { n: column });
  return t("view.inside_lit", { what });
}

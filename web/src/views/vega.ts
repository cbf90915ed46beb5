// Vega with what it needs, in a file of its own: it is loaded when a chart is opened, not before.
import embed, { type VisualizationSpec } from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

export interface ShownChart {
  finalize(): void;
}

/**
 * Draw a chart into an element. Expressions are interpreted, not compiled, and no style sheet is
 * added, so that the page's policy holds; what a mark says is handed to `onSaid`, since the usual
 * tooltip would be put outside of the element.
 */
export async function showChart(
  element: HTMLElement, spec: object, onSaid: (text: string) => void,
): Promise<ShownChart> {
  const result = await embed(element, spec as VisualizationSpec, {
    mode: "vega-lite",
    ast: true,
    expr: expressionInterpreter,
    actions: false,
    defaultStyle: false,
    renderer: "canvas",
    logLevel: 1, // errors alone: what Vega-Lite warns of was decided by charts/
    tooltip: (_handler, _event, _item, value) => onSaid(worded(value)),
  });
  return result;
}

function worded(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "object") return String(value);
  return Object.entries(value as Record<string, unknown>)
    .map(([name, each]) => `${name} ${String(each)}`)
    .join(", ");
}

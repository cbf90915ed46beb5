// How uPlot draws the page's charts: axes with round values, lines, bands, values across.
import type { RefObject } from "preact";
import type uPlot from "uplot";
import { rangeOf, type Band, type Line, type Mark } from "./lines";
import type { Look } from "./look";
import { fontOf } from "./plot";
import { linearTicks, logTicks, short } from "./ticks";

export interface Axes {
  readonly x: string;
  /** Whether the name of the x-axis stands below it; it is in the reading always. */
  readonly named: boolean;
  readonly y: string;
  readonly log: boolean;
  /** The right end of the axis, whatever the data; undefined: where they end. */
  readonly until?: number | undefined;
  /** Values never go beyond: an accuracy is at most 1. */
  readonly highest?: number | undefined;
  readonly said: (value: number) => string;
}

/** What the callbacks of a chart look at: always the newest. */
export interface Held {
  props: {
    readonly lines: readonly Line[];
    readonly bands: readonly Band[];
    readonly marks: readonly Mark[];
    readonly axes: Axes;
    readonly position: number | null;
    readonly onSeek?: (step: number) => void;
  };
  marker: HTMLElement | null;
  readonly reading: RefObject<HTMLOutputElement | null>;
}

export function chartOptions(held: Held, look: Look, width: number, height: number): uPlot.Options {
  const { lines, bands, axes } = held.props;
  return {
    width,
    height,
    // above: the words of a line at the top; at the right: half of the last number on the axis
    padding: [held.props.marks.length ? Math.round(1.4 * look.size) : 8, Math.round(1.7 * look.size), 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: {
      x: {
        time: false,
        range: (_, least, most) => [Math.min(0, least), held.props.axes.until ?? (most || 1)],
      },
      y: {
        distr: axes.log ? 3 : 1,
        range: (_, least, most) => rangeOf(least, most, axes.log, held.props.marks, axes.highest),
      },
    },
    axes: [axisX(look, axes), axisY(look, axes)],
    series: [{}, ...lines.map(seriesOf)],
    bands: bands.map((band) => ({ series: [...band.lines], fill: `${band.colour}2e` })),
    hooks: {
      draw: [(plot) => drawMarks(plot, held.props.marks, look)],
      setCursor: [(plot) => read(plot, held)],
    },
  };
}

function seriesOf(line: Line): uPlot.Series {
  if (line.edge) return { width: 0, stroke: "transparent", points: { show: false }, spanGaps: true };
  return {
    label: line.label,
    stroke: line.colour,
    width: line.width,
    ...(line.dash?.length ? { dash: [...line.dash] } : {}),
    spanGaps: true,
    points: { show: (plot) => (plot.data[0]?.length ?? 0) <= 12, size: 5, fill: line.colour },
  };
}

function axisX(look: Look, axes: Axes): uPlot.Axis {
  return {
    ...inks(look),
    grid: { show: false },
    ...(axes.named ? { label: axes.x, labelSize: Math.round(look.size * 1.4), labelGap: 0 } : {}),
    size: Math.round(look.size * 1.9),
    gap: 3,
    splits: (plot, _, least, most) => {
      const room = Math.max(2, Math.floor((plot.width - 4 * look.size) / (look.size * 5.5)));
      return linearTicks(least, most, room).map((tick) => tick.value);
    },
    values: (_, splits) => splits.map(short),
  };
}

function axisY(look: Look, axes: Axes): uPlot.Axis {
  return {
    ...inks(look),
    grid: { stroke: look.line, width: 1 },
    ticks: { show: false },
    size: Math.round(look.size * 4.5), // "100.0 %" fits
    gap: 4,
    ...(axes.y ? { label: axes.y, labelSize: Math.round(look.size * 1.5), labelGap: 0 } : {}),
    splits: (plot, _, least, most) => {
      const room = Math.max(2, Math.floor((plot.height - 2 * look.size) / (look.size * 2.4)));
      const logs = axes.log ? logTicks(least, most, room) : [];
      const ticks = logs.length > 1 ? logs : linearTicks(least, most, room);
      return ticks.map((tick) => tick.value).filter((value) => !axes.log || value > 0);
    },
    filter: (_, splits) => splits,
    values: (_, splits) => saidApart(splits, axes.said),
  };
}

/** Values with no more digits than tell them apart: "80 %" where no tick is "82.5 %". */
export function saidApart(values: readonly number[], said: (value: number) => string): string[] {
  const long = values.map(said);
  const round = long.every((text) => /\.0+ ?%$/.test(text));
  return round ? long.map((text) => text.replace(/\.0+(?= ?%$)/, "")) : long;
}

function inks(look: Look): Pick<uPlot.Axis, "stroke" | "font" | "labelFont" | "ticks"> {
  return {
    stroke: look.quiet,
    font: fontOf(look),
    labelFont: fontOf(look, "600"),
    ticks: { stroke: look.line, width: 1, size: 4 },
  };
}

/** Values that lie across: a dashed line with its words above it, where networks begin. */
function drawMarks(plot: uPlot, marks: readonly Mark[], look: Look): void {
  const { ctx: context, bbox } = plot;
  const ratio = plot.ctx.canvas.width / (plot.width || 1);
  context.save();
  context.font = fontOf(look).replace(/(\d+)px/, (_, size: string) => `${Number(size) * ratio}px`);
  for (const mark of marks) {
    const y = plot.valToPos(mark.value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    context.beginPath();
    context.setLineDash([5 * ratio, 4 * ratio]);
    context.moveTo(bbox.left, y);
    context.lineTo(bbox.left + bbox.width, y);
    context.strokeStyle = look.text;
    context.lineWidth = ratio;
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "bottom";
    const [x, at] = [bbox.left + 2 * ratio, y - 2 * ratio];
    context.setLineDash([]);
    context.lineJoin = "round";
    context.lineWidth = 4 * ratio;
    context.strokeStyle = look.surface;
    context.strokeText(mark.text, x, at);
    context.fillStyle = look.text;
    context.fillText(mark.text, x, at);
  }
  context.restore();
}

/** Say below the chart what lies under the pointer. */
function read(plot: uPlot, { props, reading }: Held): void {
  const place = reading.current;
  if (!place) return;
  const at = plot.cursor.idx;
  if (at === null || at === undefined || (plot.cursor.left ?? -1) < 0) {
    if (place.textContent) place.textContent = "";
    return;
  }
  const values = props.lines.flatMap((line, k) => {
    const value = plot.data[k + 1]?.[at];
    return line.edge || value === null || value === undefined
      ? [] : [`${line.label} ${props.axes.said(value)}`];
  });
  place.textContent = `${props.axes.x} ${short(plot.data[0]?.[at] ?? 0)}: ${values.join(", ")}`;
}

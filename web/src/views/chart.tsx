// Lines over steps, drawn by uPlot: made anew when other lines are shown, else only told the data.
import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { chartOptions, type Axes, type Held } from "./chart_options";
import { filled, type Band, type Column, type Line, type Mark, type Source } from "./lines";
import type { Look } from "./look";
import { useLook } from "./use_look";

interface Props {
  readonly lines: readonly Line[];
  readonly bands: readonly Band[];
  readonly sources: readonly Source[];
  readonly marks: readonly Mark[];
  readonly axes: Axes;
  readonly label: string;
  /** Where on the axis the run stands; dragged, it seeks. */
  readonly position: number | null;
  readonly onSeek?: (step: number) => void;
}

export function Chart(props: Props): JSX.Element {
  const look = useLook();
  const place = useRef<HTMLDivElement>(null);
  const reading = useRef<HTMLOutputElement>(null);
  const plot = useRef<uPlot | null>(null);
  const columns = useRef<Column[]>([]);
  const held = useRef<Held>({ props, marker: null, reading });
  held.current.props = props;
  columns.current = useMemo(
    () => filled(columns.current, props.sources, props.axes.log), [props.sources, props.axes.log]);
  useChart(place, plot, columns, held, look, structureOf(props));
  useLayoutEffect(() => {
    const known = plot.current;
    if (known?.series.length === columns.current.length)
      known.setData(columns.current as uPlot.AlignedData);
  }, [props.sources, props.axes.log, props.axes.until]);
  useLayoutEffect(() => {
    if (plot.current) moveMarker(plot.current, held.current);
  }, [props.position]);
  return (
    <div class="sh-chart">
      <div class="sh-chart-place" role="img" aria-label={props.label} ref={place} />
      <output class="sh-chart-reading" ref={reading} aria-live="off" />
    </div>
  );
}

/** What a chart is made anew for. */
function structureOf({ lines, bands, axes }: Props): string {
  return JSON.stringify([lines, bands, axes.x, axes.y, axes.log, axes.named, axes.said(0.5)]);
}

function useChart(
  place: RefObject<HTMLDivElement | null>, plot: { current: uPlot | null }, columns: { current: Column[] },
  held: { current: Held }, look: Look, structure: string,
): void {
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const { width, height } = sizeOf(element);
    const options = chartOptions(held.current, look, width, height);
    const made = new uPlot(options, columns.current as uPlot.AlignedData, element);
    plot.current = made;
    const marker = element.ownerDocument.createElement("div");
    marker.className = "sh-marker";
    made.over.append(marker);
    held.current.marker = marker;
    // scales settle after the data are handed over: only then is it known where the marker belongs
    (made.hooks.draw ??= []).push(() => moveMarker(made, held.current));
    const stop = seeking(made, held);
    moveMarker(made, held.current);
    const observer = new ResizeObserver(() => {
      const size = sizeOf(element);
      if (size.width !== made.width || size.height !== made.height) made.setSize(size);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      stop();
      made.destroy();
      plot.current = null;
      held.current.marker = null;
    };
  }, [structure, look]);
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(60, element.clientWidth), height: Math.max(60, element.clientHeight) };
}

/** Put the line that shows the position where it belongs. */
function moveMarker(plot: uPlot, { marker, props }: Held): void {
  if (!marker) return;
  const { position } = props;
  const x = position === null ? -1 : plot.valToPos(position, "x");
  const seen = position !== null && x >= -1 && x <= plot.over.clientWidth + 1;
  marker.style.display = seen ? "" : "none";
  if (seen) marker.style.transform = `translateX(${Math.round(x)}px)`;
}

/** Seek where the pointer goes down and as long as it is dragged. */
function seeking(plot: uPlot, held: { current: Held }): () => void {
  const { over } = plot;
  const seek = (event: PointerEvent) => {
    const box = over.getBoundingClientRect();
    held.current.props.onSeek?.(Math.max(0, Math.round(plot.posToVal(event.clientX - box.left, "x"))));
  };
  const down = (event: PointerEvent) => {
    if (!held.current.props.onSeek || event.button !== 0) return;
    over.setPointerCapture(event.pointerId);
    seek(event);
  };
  const move = (event: PointerEvent) => {
    if (over.hasPointerCapture(event.pointerId)) seek(event);
  };
  over.addEventListener("pointerdown", down);
  over.addEventListener("pointermove", move);
  return () => {
    over.removeEventListener("pointerdown", down);
    over.removeEventListener("pointermove", move);
  };
}

// The three canvases of the decision surface, and what pointer and keys do on them.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useCan, useLab } from "../state/store";
import { KEYS, played } from "./bits";
import { Canvas } from "./canvas";
import { valuesAt, type Plot, type Size } from "./plot";
import {
  dotPlace, nearestDot, type Dots, type Field, type Ground, type Show,
} from "./surface_data";
import { drawCursor, drawDots, drawField, surfacePlot } from "./surface_draw";
import { surfaceLabel } from "./surface_words";
import { baseFeatures, markOf, type Seen } from "./shown";
import { useLook } from "./use_look";

export type Place = readonly [number, number];
/** Where a person points in the plane, and which dot is near; -1 if none is. */
export interface At {
  readonly place: Place;
  readonly dot: number;
}

const REACH = 12;
const LEAST_REACH = 4; // the size of a dot
const MOVES: Readonly<Record<string, Place>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};

interface Props {
  readonly seen: Seen;
  readonly ground: Ground;
  readonly field: Field | null;
  readonly dots: Dots | null;
  readonly show: Show;
  /** What is pointed at, else what was clicked or come to by keys. */
  readonly at: At | null;
  readonly onPoint: (at: At | null) => void;
  readonly onStay: (at: At | null) => void;
  readonly onInside: (at: At) => void;
  readonly onKeep: () => void;
  readonly say: (at: At) => void;
}

export function SurfacePicture(props: Props): JSX.Element {
  const { seen, ground, dots, show, at, onPoint, onStay } = props;
  const look = useLook();
  const { train } = useCan();
  const network = useLab((state) => state.ui.network);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const plot = useMemo(() => surfacePlot(size, ground, look), [size, ground, look]);
  const toAt = (place: Place | null): At | null =>
    place && { place, dot: dots ? nearestDot(dots, place, pixelsPerUnit(plot), reachOf(plot, dots.count)) : -1 };
  const pressed = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (move) {
      const next = toAt(moved(ground, at?.place ?? null, move, event.shiftKey ? 10 : 2));
      onStay(next);
      if (next) props.say(next);
    } else if (event.key === "Escape") onStay(null);
    else if (event.key === "Enter" && at) props.onInside(at);
    else if (event.key === "p" && at) props.onKeep();
    else return;
    event.preventDefault();
  };
  const clicked = (event: MouseEvent) => {
    const next = toAt(placeOf(event, plot));
    if (next) onStay(next);
    if (next && next.dot >= 0) props.onInside(next);
  };
  return (
    <div class="sh-stage">
      <div
        class="sh-layers sh-surface" {...played()} {...KEYS}
        aria-label={surfaceLabel(seen, show, network, train)}
        onPointerMove={(event) => onPoint(toAt(placeOf(event, plot)))}
        onPointerLeave={() => onPoint(null)} onClick={clicked} onKeyDown={pressed}
      >
        <Layers {...props} onSize={setSize} />
      </div>
    </div>
  );
}

function Layers(props: Props & { readonly onSize: (size: Size) => void }): JSX.Element {
  const { seen, ground, field, dots, at } = props;
  const look = useLook();
  const points = useLab((state) => state.ui.points);
  const fieldShown = useMemo(() => ({ field, ground }), [field, ground]);
  const dotsShown = useMemo(
    () => ({ dots, ground, probes: probesIn(seen, ground, points) }), [dots, ground, points]);
  const cursorShown = useMemo(
    () => ({ ground, at: at?.place ?? null, dot: at && dots ? placeOfDot(dots, at.dot) : null }),
    [ground, at, dots]);
  return (
    <>
      <Canvas draw={drawField} data={fieldShown} look={look} onSize={props.onSize}
        mark={field ? markOf(seen) : ""} />
      <Canvas draw={drawDots} data={dotsShown} look={look} />
      <Canvas draw={drawCursor} data={cursorShown} look={look} />
    </>
  );
}

/** How near a dot is meant: among many only on it, or no place between them could be clicked. */
function reachOf(plot: Plot, count: number): number {
  const gap = Math.sqrt((plot.width * plot.height) / Math.max(1, count));
  return Math.min(REACH, Math.max(LEAST_REACH, gap / 4));
}

/** Move a place by hundredths of the plane; the first move begins in the middle. */
function moved(ground: Ground, place: Place | null, move: Place, hundredths: number): Place {
  const along = (axis: 0 | 1) => {
    const [low, high] = axis === 0 ? ground.x : ground.y;
    const from = place ? place[axis] : (low + high) / 2;
    const to = place ? from + (move[axis] * hundredths * (high - low)) / 100 : from;
    return Math.min(high, Math.max(low, to));
  };
  return [along(0), along(1)];
}

function placeOf(event: MouseEvent, plot: Plot): Place | null {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  return valuesAt(plot, event.clientX - box.left, event.clientY - box.top);
}

function pixelsPerUnit(plot: Plot): Place {
  return [plot.width / (plot.x.high - plot.x.low), plot.height / (plot.y.high - plot.y.low)];
}

function placeOfDot(dots: Dots, k: number): Place | null {
  return k < 0 ? null : [dotPlace(dots, k, 0), dotPlace(dots, k, 1)];
}

/** The chosen points as the plane shows them. */
function probesIn(
  seen: Seen, ground: Ground, points: readonly (readonly number[])[],
): readonly Place[] {
  const features = baseFeatures(seen.opened.data);
  const [one, two] = ground.names.map((name) => features.indexOf(name)) as [number, number];
  return points
    .filter((point) => point.length === features.length)
    .map((point) => [point[one] ?? 0, point[two] ?? 0]);
}

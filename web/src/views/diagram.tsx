// The diagram of a network: every unit is a button that opens its weights and its bias.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { shownDocument } from "../state/player";
import { useActions, useCan, useLab } from "../state/store";
import { t } from "../strings";
import { KEYS, Nothing, Switch } from "./bits";
import { Canvas } from "./canvas";
import {
  columnTitles, frozenPaths, frozenPlaces, imageSize, networkLabel, outputKindOf, outputNames, planeInputs,
  unitName, unitWords,
} from "./diagram_data";
import { drawNetwork, type NetworkShown } from "./diagram_draw";
import { diagramOf, edgesOf, nearestEdge, type Diagram, type Edge, type UnitPlace } from "./diagram_layout";
import { DiagramEditor } from "./diagram_editor";
import type { Look } from "./look";
import { NetworkChooser } from "./network_chooser";
import type { Size } from "./plot";
import { bytes, floats, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";
import { networkOf } from "./wants";

/** A unit by its column and its number there. */
export interface UnitKey {
  readonly column: number;
  readonly unit: number;
}

const FEW_WEIGHTS = 40;

export function NetworkView(): JSX.Element {
  const seen = useSeen();
  if (!seen?.arrays.weights) return <Nothing>{t("view.waiting")}</Nothing>;
  return <Network seen={seen} />;
}

function Network({ seen }: { readonly seen: Seen }): JSX.Element {
  const network = useLab(networkOf);
  const { train } = useCan();
  const [values, setValues] = useState<boolean | null>(null);
  const [open, setOpen] = useState<UnitKey | null>(null);
  const shape = seen.opened.layers.map((layer) => `${layer.n_inputs},${layer.units}`).join();
  useEffect(() => setOpen(null), [shape]);
  const withValues = values ?? seen.opened.n_parameters <= FEW_WEIGHTS;
  const known = open && open.column <= seen.opened.layers.length ? open : null;
  return (
    <div class="sh-view">
      <div class="sh-bar">
        <span>{t("view.parameters", { n: seen.opened.n_parameters })}</span>
        <Switch label={t("view.values")} value={withValues} onChange={setValues} />
        <span class="sh-push" />
        <NetworkChooser />
      </div>
      <div class="sh-stage sh-network">
        <Picture seen={seen} withValues={withValues} open={known} onOpen={setOpen}
          label={networkLabel(seen, network, train)} />
        {known && train && (
          <DiagramEditor key={`${known.column}.${known.unit}`} seen={seen} unit={known}
            network={network} onClose={() => setOpen(null)} />
        )}
      </div>
      <div class="sh-legend"><SignKeys seen={seen} /></div>
    </div>
  );
}

interface PictureProps {
  readonly seen: Seen;
  readonly withValues: boolean;
  readonly label: string;
  readonly open: UnitKey | null;
  readonly onOpen: (unit: UnitKey | null) => void;
}

function Picture(props: PictureProps): JSX.Element {
  const { seen, open, onOpen } = props;
  const look = useLook();
  const outer = useRef<HTMLDivElement>(null);
  const size = useSize(outer);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const [edge, setEdge] = useState(-1);
  const [focused, setFocused] = useState<UnitKey | null>(null);
  const { diagram, edges } = useDiagram(seen, size, unfolded, look);
  const unit = focused ?? open;
  const data = useShown(seen, diagram, edges, { edge, unit, withValues: props.withValues });
  const rest = useResting();
  const edgeOf = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return nearestEdge(diagram, edges, event.clientX - box.left, event.clientY - box.top, 7);
  };
  const clicked = (event: MouseEvent) => {
    if (event.target instanceof HTMLButtonElement) return;
    const found = edges[edgeOf(event)];
    opens(found ? { column: found.column, unit: found.to } : null);
  };
  // what is opened stands out until the pointer moves: the diagram makes room and moves under it
  const opens = (to: UnitKey | null) => {
    rest.begin();
    setEdge(-1);
    setFocused(null);
    onOpen(to);
  };
  const point = (event: PointerEvent, place: UnitKey) => {
    if (rest.moved(event)) setFocused(place);
  };
  const unfold = (column: number) =>
    setUnfolded((old) => new Set(old.has(column) ? [...old].filter((k) => k !== column) : [...old, column]));
  return (
    <div class="sh-network-outer" ref={outer}>
      <div class="sh-network-inner" role="group" aria-label={props.label}
        style={{ width: `${diagram.width}px`, height: `${diagram.height}px` }}
        onPointerMove={(event) => rest.moved(event) && setEdge(edgeOf(event))} onPointerLeave={() => setEdge(-1)}
        onClick={clicked}>
        <Canvas draw={drawNetwork} data={data} look={look} />
        <Units seen={seen} diagram={diagram} onFocus={setFocused} onPoint={point} onOpen={opens}
          onFold={unfold} unfolded={unfolded} open={open} lit={unit} weights={data.weights} />
      </div>
    </div>
  );
}

/** Whether a pointer has moved since something was opened, by it or by the keys. */
function useResting() {
  const at = useRef<readonly [number, number] | null>(null);
  const since = useRef<readonly [number, number] | null>(null);
  return useMemo(() => ({
    begin: () => void (since.current = at.current),
    moved: ({ clientX: x, clientY: y }: MouseEvent): boolean => {
      if (since.current?.[0] === x && since.current[1] === y) return false;
      since.current = null;
      at.current = [x, y];
      return true;
    },
  }), []);
}

function useDiagram(
  seen: Seen, size: Size, unfolded: ReadonlySet<number>, look: Look,
): { diagram: Diagram; edges: readonly Edge[] } {
  const { layers, data } = seen.opened;
  return useMemo(() => {
    const names = [...data.features, ...outputNames(seen)];
    const longest = Math.min(13, Math.max(3, ...names.map((name) => name.length)));
    const side = Math.round(longest * look.size * 0.58) + 14;
    const margins = { left: side, right: side, top: look.size + 14, bottom: look.size + 12 };
    const diagram = diagramOf(layers, layers[0]?.n_inputs ?? 0, size, unfolded, margins);
    return { diagram, edges: edgesOf(layers, diagram) };
  }, [seen.opened, size, unfolded, look]);
}

function useShown(
  seen: Seen, diagram: Diagram, edges: readonly Edge[],
  pointed: Pick<NetworkShown, "edge" | "unit" | "withValues">,
): NetworkShown {
  const paths = useLab((state) => frozenPaths(shownDocument(state)).join(" "));
  const language = useLab((state) => state.language);
  const { weights, units } = seen.arrays;
  const { edge, unit, withValues } = pointed;
  return useMemo(() => {
    const { layers, data } = seen.opened;
    const pictures = bytes(seen.arrays, "units");
    return {
      diagram, edges, layers, edge, unit, withValues,
      weights: floats(seen.arrays, "weights")?.data ?? new Float32Array(seen.opened.n_parameters),
      units: pictures?.data ?? null,
      ranges: floats(seen.arrays, "units_range")?.data ?? null,
      cells: pictures?.shape[1] ?? 0,
      outputKind: outputKindOf(seen),
      inputNames: data.features,
      outputNames: outputNames(seen),
      titles: columnTitles(layers),
      plane: planeInputs(seen),
      frozen: frozenPlaces(layers, edges, paths ? paths.split(" ") : []),
      image: imageSize(seen),
    };
  }, [weights, units, diagram, edges, edge, unit, withValues, paths, language]);
}

interface UnitsProps {
  readonly seen: Seen;
  readonly diagram: Diagram;
  readonly weights: ArrayLike<number>;
  readonly unfolded: ReadonlySet<number>;
  readonly open: UnitKey | null;
  /** The one that stands out. */
  readonly lit: UnitKey | null;
  readonly onFocus: (unit: UnitKey | null) => void;
  readonly onPoint: (event: PointerEvent, unit: UnitKey) => void;
  readonly onOpen: (unit: UnitKey | null) => void;
  readonly onFold: (column: number) => void;
}

/** A button on each unit's picture. One is a stop of the Tab key, arrows go to the others. */
function Units(props: UnitsProps): JSX.Element {
  const { seen, diagram, onFocus, onOpen } = props;
  const act = useActions();
  const { train } = useCan();
  const [at, setAt] = useState<UnitKey>({ column: 1, unit: 0 });
  const places = useRef(new Map<string, HTMLButtonElement>());
  const stop = at.column < diagram.columns.length ? at : { column: 1, unit: 0 };
  const go = (event: KeyboardEvent, place: UnitPlace) => {
    const next = neighbour(diagram, place, event.key);
    if (!next) return;
    event.preventDefault();
    places.current.get(`${next.column}.${next.unit}`)?.focus();
  };
  const focused = (place: UnitPlace) => {
    setAt(place);
    onFocus(place);
    act.say(unitWords(seen, props.weights, place.column, place.unit));
  };
  const half = diagram.tile / 2;
  return (
    <>
      {diagram.columns.flatMap((column) => column.units).map((place) => {
        const { column, unit, x, y } = place;
        const key = `${column}.${unit}`;
        const pressed = props.open?.column === column && props.open.unit === unit;
        const lit = props.lit?.column === column && props.lit.unit === unit;
        return (
          <button key={key} type="button" class={lit ? "sh-unit sh-lit" : "sh-unit"} {...KEYS}
            ref={(element) => void (element ? places.current.set(key, element) : places.current.delete(key))}
            tabIndex={stop.column === column && stop.unit === unit ? 0 : -1}
            style={{ left: `${x - half}px`, top: `${y - half}px`, width: `${2 * half}px`, height: `${2 * half}px` }}
            aria-label={unitName(seen, column, unit)} aria-expanded={column > 0 && train ? pressed : undefined}
            onFocus={() => focused(place)} onBlur={() => onFocus(null)}
            onPointerMove={(event) => props.onPoint(event, place)} onPointerLeave={() => onFocus(null)}
            onKeyDown={(event) => go(event, place)}
            onClick={() => column > 0 && onOpen(pressed ? null : place)} />
        );
      })}
      <Folds {...props} />
    </>
  );
}

function Folds({ diagram, unfolded, onFold }: UnitsProps): JSX.Element {
  return (
    <>
      {diagram.columns.map((column, k) => (column.folded > 0 || unfolded.has(k)) && (
        <button key={k} type="button" class="sh-fold" {...KEYS} aria-expanded={unfolded.has(k)}
          style={{ left: `${column.x}px`, top: `${column.foldY}px` }} onClick={() => onFold(k)}>
          {column.folded > 0 ? t("view.more", { n: column.folded }) : t("view.fold")}
        </button>
      ))}
    </>
  );
}

function neighbour(diagram: Diagram, { column, unit }: UnitKey, key: string): UnitKey | null {
  const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (!by) return null;
  const next = column + (by[0] ?? 0);
  const units = diagram.columns[next]?.units;
  if (!units) return { column, unit };
  return { column: next, unit: Math.max(0, Math.min(units.length - 1, unit + (by[1] ?? 0))) };
}

/** The size of an element, followed. */
function useSize(element: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 600, height: 400 });
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver((entries) => {
      const box = entries.at(-1)?.contentRect;
      if (!box) return;
      const [width, height] = [Math.floor(box.width), Math.floor(box.height)];
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

function SignKeys({ seen }: { readonly seen: Seen }): JSX.Element {
  const look = useLook();
  return (
    <ul class="sh-key-list">
      <li><span class="sh-key-line sh-thick" style={{ borderTopColor: look.high }} />{t("view.positive")}</li>
      <li><span class="sh-key-line sh-thick" style={{ borderTopColor: look.low }} />{t("view.negative")}</li>
      <li>{t("view.width_means")}</li>
      <li>{t("view.dot_means")}</li>
      <li>{t("view.frozen_means")}</li>
      {imageSize(seen) && <li>{t("view.image_means")}</li>}
    </ul>
  );
}

// A pad on which points are drawn, with the mouse, a finger or the keys; each has a class.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { useActions } from "../state/store";
import { number, t } from "../strings";
import { Choices, KEYS } from "./bits";
import { Canvas } from "./canvas";
import { classColours } from "./colour";
import { drawPad, padPlot } from "./draw_pad_draw";
import { valuesAt, type Size } from "./plot";
import { useLook } from "./use_look";

/** x, y and the number of the class. */
export type Point = readonly [number, number, number];

interface Props {
  readonly points: readonly Point[];
  readonly classes: readonly string[];
  readonly onAdd: (point: Point) => void;
  readonly onUndo: () => void;
}

/** The pad goes from -1 to 1 on both axes. */
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};

export function DrawPad({ points, classes, onAdd, onUndo }: Props): JSX.Element {
  const act = useActions();
  const look = useLook();
  const [wished, setKind] = useState(0);
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const trail = useRef<readonly [number, number] | null>(null);
  const kind = Math.min(wished, classes.length - 1);
  const data = useMemo(
    () => ({ points, nClasses: classes.length, at, kind }), [points, classes.length, at, kind]);
  const placeOf = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return valuesAt(padPlot(size, look), event.clientX - box.left, event.clientY - box.top);
  };
  const put = (place: readonly [number, number] | null) => {
    if (!place) return;
    const [x, y] = [round(place[0]), round(place[1])];
    onAdd([x, y, kind]);
    trail.current = place;
    act.say(t("view.drawn", { name: classes[kind] ?? "", x: number(x, 2), y: number(y, 2) }));
  };
  const dragged = (event: PointerEvent) => {
    const place = placeOf(event);
    setAt(place);
    const last = trail.current;
    if (event.buttons !== 1 || !place || !last) return;
    if (Math.hypot(place[0] - last[0], place[1] - last[1]) > 0.09) put(place);
  };
  const pressed = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    const digit = Number(event.key);
    if (move) setAt(moved(at, move, event.shiftKey ? 0.2 : 0.05));
    else if (event.key === " " || event.key === "Enter") put(at ?? [0, 0]);
    else if (event.key === "Backspace") onUndo();
    else if (digit >= 1 && digit <= classes.length) setKind(digit - 1);
    else return;
    event.preventDefault();
  };
  const colours = classColours(look.classes, classes.length, look.dark);
  return (
    <div class="sh-pad">
      <Choices label={t("view.pad_class")} value={String(kind)} onChange={(k) => setKind(Number(k))}
        options={classes.map((name, k) => [String(k), name])} />
      <div class="sh-pad-place" role="img" tabIndex={0} {...KEYS}
        aria-label={t("view.pad_label", { n: points.length })}
        style={{ outlineColor: colours[kind] }}
        onPointerDown={(event) => event.button === 0 && put(placeOf(event))}
        onPointerMove={dragged} onPointerUp={() => void (trail.current = null)}
        onPointerLeave={() => setAt(null)} onKeyDown={pressed}>
        <Canvas draw={drawPad} data={data} look={look} onSize={setSize} />
      </div>
      <p class="sh-quiet">{t("view.pad_keys")}</p>
    </div>
  );
}

function moved(
  at: readonly [number, number] | null, move: readonly [number, number], by: number,
): readonly [number, number] {
  if (!at) return [0, 0];
  const cut = (value: number) => Math.max(-1, Math.min(1, value));
  return [cut(at[0] + by * move[0]), cut(at[1] + by * move[1])];
}

const round = (value: number): number => Math.round(1000 * value) / 1000;

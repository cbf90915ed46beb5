// The decision surface: picture, what it says at a place, and the controls that belong to it.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { useActions, useCan, useLab } from "../state/store";
import { t } from "../strings";
import { Nothing } from "./bits";
import { figureWords, said } from "./figures";
import { headlineOf } from "./result_data";
import { SurfaceBar } from "./surface_bar";
import { dotsOf, fieldOf, groundOf, type Dots, type Field, type Ground, type Show } from "./surface_data";
import { SurfaceLegend } from "./surface_legend";
import { SurfacePicture, type At } from "./surface_picture";
import { wholeRow, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { surfaceReading } from "./surface_words";

const MOST_POINTS = 64;

export function SurfaceView(): JSX.Element {
  const seen = useSeen();
  const ground = useGround(seen);
  if (!seen || !ground) return <Nothing>{t("view.waiting")}</Nothing>;
  return <Surface seen={seen} ground={ground} />;
}

function Surface({ seen, ground }: { readonly seen: Seen; readonly ground: Ground }): JSX.Element {
  const act = useActions();
  const { train } = useCan();
  const { points, projector } = useLab(({ ui }) => ({ points: ui.points, projector: ui.projector }));
  const show = useShow(seen);
  const { at, point, stay } = useAt(ground);
  const [withDots, setWithDots] = useState(true);
  const field = useField(seen, show);
  const dots = useDots(seen, withDots);
  const { plane } = seen.header;
  const place = at?.place ?? null;
  const read = (where: At) => field && surfaceReading({ seen, field, ground, dots, show }, where);
  const keep = () => {
    if (!plane || !place || !train) return;
    const kept = [...points, wholeRow(seen.opened.data, plane, ...place)].slice(-MOST_POINTS);
    act.setUi({ points: kept });
    act.say(t("view.point_kept", { n: kept.length }));
  };
  const inside = (where: At) => {
    const row = dots?.index?.[where.dot];
    if (row !== undefined && train) act.setUi({ view: "inside", inside: { row } });
  };
  const insideHere = () => {
    if (plane && place)
      act.setUi({ view: "inside", inside: { point: wholeRow(seen.opened.data, plane, ...place) } });
  };
  return (
    <div class="sh-view">
      <SurfaceBar seen={seen} withDots={withDots} onDots={setWithDots} />
      {projector && <Glance seen={seen} />}
      <SurfacePicture
        seen={seen} ground={ground} field={field} dots={dots} show={show} at={at}
        onPoint={point} onStay={stay} onInside={inside} onKeep={keep} say={(where) => act.say(read(where) ?? "")}
      />
      <SurfaceLegend
        seen={seen} field={field} show={show} reading={(at && read(at)) ?? ""}
        onKeep={place ? keep : null}
        onInside={at ? (at.dot >= 0 ? () => inside(at) : insideHere) : null}
      />
    </div>
  );
}

/** The figure that tells most, where the column that tells it is not seen. */
function Glance({ seen }: { readonly seen: Seen }): JSX.Element {
  const { headline } = seen.opened;
  return (
    <p class="sh-glance">
      {figureWords(headline)} <strong>{said(headline, headlineOf(seen).median)}</strong>
    </p>
  );
}

/** Where a person is: the place pointed at, else the one that was clicked or come to by keys. It
 * stays when the pointer leaves for the buttons below, until Escape or another plane. */
function useAt(ground: Ground) {
  const [pointed, point] = useState<At | null>(null);
  const [stays, setStays] = useState<{ readonly plane: string; readonly at: At | null } | null>(null);
  const plane = [...ground.names, ...ground.x, ...ground.y].join(" ");
  const stay = (at: At | null) => {
    point(null);
    setStays({ plane, at });
  };
  return { at: pointed ?? (stays?.plane === plane ? stays.at : null), point, stay };
}

/** What the arrays that are there show: the wish may be newer than the answer. */
function useShow(seen: Seen): Show {
  const wished = useLab((state) => state.ui.show);
  const held = useRef<{ surface: unknown; show: Show }>({ surface: null, show: wished });
  if (held.current.surface !== seen.arrays.surface)
    held.current = { surface: seen.arrays.surface, show: wished };
  return held.current.show;
}

/** The same record as long as the plane is the same. */
function useGround(seen: Seen | null): Ground | null {
  const found = seen && groundOf(seen);
  const key = JSON.stringify(found);
  return useMemo(() => found, [key]);
}

function useField(seen: Seen, show: Show): Field | null {
  const { surface, surface_class: classes, truth } = seen.arrays;
  const truthShown = useLab((state) => state.ui.truth);
  return useMemo(() => {
    const found = fieldOf(seen, show);
    return found && !truthShown ? { ...found, truth: null } : found;
  }, [surface, classes, truth, show, truthShown]);
}

function useDots(seen: Seen, wanted: boolean): Dots | null {
  const { rows_x: x, rows_class: c, rows_value: v, rows_part: p } = seen.arrays;
  return useMemo(() => (wanted ? dotsOf(seen) : null), [x, c, v, p, wanted]);
}

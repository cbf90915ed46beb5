// Points drawn with the mouse: they become a table of one's own, and travel in the link.
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../parts/button";
import { DRAWN_NAME, classesWithPoints, drawnTable, withFitting } from "../state/data";
import { isTable, valueAt, type Document } from "../state/document";
import type { Changes } from "../state/session";
import { shownDocument } from "../state/player";
import { useLab, useStore } from "../state/store";
import type { Drawn } from "../state/state";
import { t } from "../strings";
import { DrawPad } from "../views/draw_pad";

const MOST_CLASSES = 6;
const EMPTY: Drawn = { classes: ["A", "B"], points: [] };

export function DrawnPoints() {
  const store = useStore();
  const drawn = useLab((state) => state.ui.drawn) ?? EMPTY;
  const asked = useRef(0);

  const put = (now: Drawn): void => store.act.setUi({ drawn: now });
  useEffect(() => {
    if (classesWithPoints(drawn.points) < 2) return;
    const number = ++asked.current;
    void (async () => {
      const bytes = drawnTable(drawn.points, drawn.classes);
      const table = await store.act.bringTable(DRAWN_NAME, bytes);
      if (number !== asked.current || store.state.session?.table?.digest === table.digest) return;
      const document = shownDocument(store.state);
      const old = document.data;
      const goesOn = isTable(old) && store.state.session?.table?.name === DRAWN_NAME;
      const data = {
        validation: 0, ...(goesOn ? withoutFile(old) : {}), file: `${table.digest}.csv`, target: "class",
        kind: "classification",
      };
      const first = goesOn ? {} : forFew(document);
      const n = classesWithPoints(drawn.points);
      store.act.use(table, withFitting(document, { data, ...first }, { kind: "classification", n }));
    })();
  }, [drawn]);

  return (
    <div class="sh-drawn">
      <p class="sh-note">{t("draw.how")}</p>
      <DrawPad points={drawn.points} classes={drawn.classes}
        onAdd={(point) => put({ ...drawn, points: [...drawn.points, point] })}
        onUndo={() => put({ ...drawn, points: drawn.points.slice(0, -1) })} />
      <div class="sh-row">
        <Button icon="undo" disabled={drawn.points.length === 0}
          onClick={() => put({ ...drawn, points: drawn.points.slice(0, -1) })}>
          {t("draw.undo")}
        </Button>
        <Button disabled={drawn.points.length === 0} onClick={() => put({ ...drawn, points: [] })}>
          {t("draw.clear")}
        </Button>
        {drawn.classes.length < MOST_CLASSES && (
          <Button icon="plus" onClick={() => put({
            ...drawn, classes: [...drawn.classes, String.fromCharCode(65 + drawn.classes.length)],
          })}>
            {t("draw.class")}
          </Button>
        )}
      </div>
      <p class="sh-quiet" aria-live="off">
        {classesWithPoints(drawn.points) < 2 ? t("draw.need_two")
          : t("draw.points", { n: drawn.points.length })}
      </p>
    </div>
  );
}

/** Return settings of the rows without what the host says of the file that they came from. */
function withoutFile({ fingerprint: _fingerprint, ...rest }: Document): Document {
  return rest;
}

/** Return what makes a few points learnable in a hundred epochs, where it is not so already. */
export function forFew(document: Document): Changes {
  const batch = valueAt(document, "training.batch_size");
  const rate = valueAt(document, "training.optimizer.learning_rate");
  const adam = valueAt(document, "training.optimizer.name") === "adam";
  return {
    ...(typeof batch === "number" && batch > 8 ? { "training.batch_size": 8 } : {}),
    ...(adam && typeof rate === "number" && rate < 0.01
      ? { "training.optimizer.learning_rate": 0.03 } : {}),
  };
}

// The confusion matrix as a table: counts, their share of the true class, and a colour for it.
import type { JSX } from "preact";
import { Term } from "../parts/term";
import { useLab } from "../state/store";
import { number, t } from "../strings";
import { AnswersBar } from "./answers_bar";
import { confusionOf, shareOf, shownClasses, type Confusion } from "./answers_data";
import { Nothing } from "./bits";
import { hexed, rgb } from "./colour";
import { shareWords } from "./figures";
import type { Look } from "./look";
import { whole } from "./shown";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";

const MOST = 24;

export function ConfusionView(): JSX.Element {
  const seen = useSeen();
  useLab((state) => state.language);
  const counts = seen && whole(seen.arrays, "confusion");
  if (!seen) return <Nothing>{t("view.waiting")}</Nothing>;
  if (!seen.opened.data.classes.length) return <Nothing>{t("view.only_classes")}</Nothing>;
  if (!counts) return <Nothing>{t("view.waiting")}</Nothing>;
  const found = confusionOf(counts.data, counts.shape[0] ?? 0);
  const { classes } = seen.opened.data;
  return (
    <div class="sh-view sh-scrolls">
      <AnswersBar>
        <span class="sh-push" />
        <Term name="confusion">{t("view.view_confusion")}</Term>
      </AnswersBar>
      <Matrix found={found} names={classes} />
      {classes.length > MOST && <p class="sh-quiet">{t("view.first_classes", { n: MOST })}</p>}
    </div>
  );
}

function Matrix({ found, names }: { found: Confusion; names: readonly string[] }): JSX.Element {
  const look = useLook();
  const shown = shownClasses(names, MOST);
  return (
    <table class={shown.length > 6 ? "sh-matrix sh-matrix-dense" : "sh-matrix"}>
      <caption>
        {t("view.confusion_title", {
          right: number(found.right), all: number(found.total), share: shareWords(found.right / (found.total || 1)),
        })}
      </caption>
      <thead>
        <tr>
          <td />
          <th scope="colgroup" colSpan={shown.length}>{t("view.answered")}</th>
          <td />
        </tr>
        <tr>
          <th scope="col">{t("view.truly")}</th>
          {shown.map((k) => <th key={k} scope="col">{names[k]}</th>)}
          <th scope="col" class="sh-quiet">{t("view.all_rows")}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => (
          <tr key={row}>
            <th scope="row">{names[row]}</th>
            {shown.map((column) => (
              <Cell key={column} found={found} row={row} column={column} look={look}
                dense={shown.length > 6} />
            ))}
            <td class="sh-quiet">{number(found.ofTrue[row] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  readonly found: Confusion;
  readonly row: number;
  readonly column: number;
  readonly look: Look;
  readonly dense: boolean;
}

function Cell({ found, row, column, look, dense }: CellProps): JSX.Element {
  const share = shareOf(found, row, column);
  const right = row === column;
  const base = right ? look.accent : look.warn;
  const style = { background: tinted(look.surface, base, 0.45 * share) };
  return (
    <td class={right ? "sh-cell-right" : "sh-cell-wrong"} style={style}>
      <b>{number(found.counts[row * found.n + column] as number)}</b>
      {!dense && <span>{shareWords(share)}</span>}
    </td>
  );
}

/** A colour over a ground, in sRGB: the ground stays light enough for the words on it. */
export function tinted(ground: string, colour: string, share: number): string {
  const [a, b] = [rgb(ground), rgb(colour)];
  const parts = a.map((part, k) => Math.round(part + ((b[k] ?? 0) - part) * share));
  return hexed(parts as unknown as readonly [number, number, number]);
}

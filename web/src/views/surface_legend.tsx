// Below the decision surface: what its colours mean and what it says at the place pointed at.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Term } from "../parts/term";
import { useCan, useLab } from "../state/store";
import { t } from "../strings";
import { Press, Swatch } from "./bits";
import { Canvas } from "./canvas";
import { classColours } from "./colour";
import { drawScale } from "./surface_draw";
import type { Field, Show } from "./surface_data";
import type { Seen } from "./shown";
import { className, outputWords } from "./surface_words";
import { useLook } from "./use_look";

interface Props {
  readonly seen: Seen;
  readonly field: Field | null;
  readonly show: Show;
  readonly reading: string;
  readonly onKeep: (() => void) | null;
  readonly onInside: (() => void) | null;
}

export function SurfaceLegend(props: Props): JSX.Element {
  const { seen, field, reading } = props;
  const { train } = useCan();
  return (
    <div class="sh-legend">
      <div class="sh-reading">
        <output>{reading || t("view.point_at")}</output>
        {train && (
          <>
            <Press disabled={!props.onKeep} onClick={() => props.onKeep?.()}>{t("view.keep_point")}</Press>
            <Press disabled={!props.onInside} onClick={() => props.onInside?.()}>
              {t("view.look_inside")}
            </Press>
          </>
        )}
      </div>
      <div class="sh-keys">
        {field && field.tone.kind !== "classes" && <Scale {...props} field={field} />}
        <ClassKeys seen={seen} />
        <LineKeys field={field} />
      </div>
    </div>
  );
}

function Scale({ seen, field, show }: Props & { readonly field: Field }): JSX.Element {
  const look = useLook();
  const { plane } = seen.header;
  const words = plane ? outputWords(plane) : "";
  const label = show === "disagreement" ? t("view.spread_of", { what: words }) : words;
  const key = JSON.stringify(field.tone);
  const data = useMemo(() => ({ tone: field.tone, label }), [key, label]);
  return (
    <div class="sh-scale">
      {show === "disagreement" ? <Term name="standard_deviation">{label}</Term> : <span>{label}</span>}
      <div class="sh-scale-bar"><Canvas draw={drawScale} data={data} look={look} /></div>
    </div>
  );
}

/** The classes' colours, and which rows are filled and which are rings. */
export function ClassKeys(props: { readonly seen: Seen; readonly rows?: boolean }): JSX.Element {
  const { seen, rows = true } = props;
  const look = useLook();
  const { classes, n_validation: nValidation, n_test: nTest } = seen.opened.data;
  const colours = classColours(look.classes, classes.length, look.dark);
  const most = 12;
  return (
    <ul class="sh-key-list">
      {classes.slice(0, most).map((name, k) => (
        <li key={name}><Swatch colour={colours[k] ?? look.text} />{className(name)}</li>
      ))}
      {classes.length > most && <li>{t("view.more", { n: classes.length - most })}</li>}
      {rows && <li><Swatch colour={look.quiet} />{t("view.train")}</li>}
      {rows && nValidation > 0 && <li><Swatch colour={look.quiet} ring />{t("view.validation")}</li>}
      {rows && nTest > 0 && <li><span class="sh-swatch-test"><Swatch colour={look.quiet} ring /></span>{t("view.test")}</li>}
    </ul>
  );
}

function LineKeys({ field }: { readonly field: Field | null }): JSX.Element {
  const wanted = useLab((state) => state.ui.truth);
  const kind = field?.tone.kind;
  return (
    <ul class="sh-key-list">
      {(kind === "two" || kind === "one") && <li><span class="sh-key-line" />{t("view.at_half")}</li>}
      {kind === "classes" && <li><span class="sh-key-line" />{t("view.answer_changes")}</li>}
      {wanted && field?.truth && (
        <li><span class="sh-key-road" />{t("view.true_boundary")}</li>
      )}
    </ul>
  );
}

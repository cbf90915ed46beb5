// What came of it: one sentence with the number that tells most, curves, and how the networks lie.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useLab } from "../state/store";
import { has, number, t } from "../strings";
import { Term, type TermName } from "../parts/term";
import { Curve } from "../views/curves";
import { Histogram } from "../views/finals";
import { curveMeasuresOf, figureWords, isShare, measureOf, partOf, said } from "../views/figures";
import { headlineOf, stoppedOf } from "../views/result_data";
import { finalsOf, type Seen } from "../views/shown";
import { useSeen } from "../views/use_seen";
import { LookProvider, useLookOf } from "../views/use_look";

export function Result(): JSX.Element {
  const own = useRef<HTMLDivElement>(null);
  const seen = useSeen();
  const theme = useLab((state) => state.theme);
  const look = useLookOf(own, theme);
  return (
    <div class="sh-result" ref={own}>
      <LookProvider value={look}>
        {seen ? <Told seen={seen} /> : <p class="sh-waiting">{t("result.waiting")}</p>}
      </LookProvider>
    </div>
  );
}

function Told({ seen }: { readonly seen: Seen }): JSX.Element {
  const { opened } = seen;
  const measures = curveMeasuresOf(seen);
  const [first = "loss"] = measures;
  return (
    <>
      <Headline seen={seen} />
      <Curve seen={seen} measure={first} />
      {first !== "loss" && measures.includes("loss") && <Curve seen={seen} measure="loss" named={false} />}
      {opened.n_networks > 1 && finalsOf(seen, opened.headline) !== null && (
        <figure class="sh-curve">
          <figcaption><span>{t("result.networks", { n: opened.n_networks })}</span></figcaption>
          <Histogram seen={seen} figure={opened.headline} />
        </figure>
      )}
    </>
  );
}

/** The figure that tells most, large, and all that is needed to judge it. */
function Headline({ seen }: { readonly seen: Seen }): JSX.Element {
  const { opened, header } = seen;
  const { headline, data, n_networks: n } = opened;
  const { median, low, high } = headlineOf(seen);
  const words = figureWords(headline);
  const isR2 = measureOf(headline) === "r2";
  const loss = `${partOf(headline)}_loss`;
  if (median === null && header.n_diverged >= n) {
    return (
      <section class="sh-headline" aria-label={words}>
        <h2>{words}</h2>
        <p class="sh-warns">{t("result.all_diverged")}</p>
      </section>
    );
  }
  return (
    <section class="sh-headline" aria-label={words}>
      <h2>{header.done && seen.header.step >= header.trained_step
        ? words : t("result.at_step", { what: words, step: header.step })}</h2>
      <p class="sh-big">{said(headline, median)}</p>
      {median === null && <p>{t("result.no_report")}</p>}
      {n > 1 && low !== null && (
        <p>{t("result.band", { low: said(headline, low), high: said(headline, high), n })}</p>
      )}
      <dl class="sh-result-facts">
        {isR2 && <Fact name={figureWords(loss)} value={said(loss, header.figures[loss])} />}
        {isShare(headline) && data.attainable_accuracy !== null && (
          <Fact term="attainable" name={t("result.attainable")} value={said(headline, data.attainable_accuracy)} />
        )}
        {header.seconds > 0 && (
          <Fact name={t("result.seconds")} value={t("result.took", { seconds: number(header.seconds, 2) })} />
        )}
        {isShare(headline) && data.constant_guess_accuracy !== null && (
          <Fact term="constant_guess" name={t("result.constant")} value={said(headline, data.constant_guess_accuracy)} />
        )}
      </dl>
      {isR2 && <div class="sh-quiet">{t("result.r2_means")}</div>}
      <Endings seen={seen} />
    </section>
  );
}

function Fact({ name, value, term }: {
  readonly name: string; readonly value: string; readonly term?: TermName;
}): JSX.Element {
  return <div><dt>{term ? <Term name={term}>{name}</Term> : name}</dt><dd>{value}</dd></div>;
}

/** How many diverged, and why networks ended where it was not by the last epoch. */
function Endings({ seen }: { readonly seen: Seen }): JSX.Element | null {
  const { n_diverged: diverged, delivered_step: delivered } = seen.header;
  const stopped = stoppedOf(seen);
  if (diverged === 0 && stopped.length === 0 && delivered === null) return null;
  return (
    <ul class="sh-endings">
      {diverged > 0 && <li class="sh-warns">{t("result.diverged", { n: diverged })}</li>}
      {stopped.map(([why, n]) => (
        <li key={why}>{t("result.stopped", { n, why: has(`names.${why}`) ?? has(`result.by_${why}`) ?? why })}</li>
      ))}
      {delivered !== null && <li>{t("result.delivered", { step: delivered })}</li>}
    </ul>
  );
}

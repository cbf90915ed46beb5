// A data point followed through the network, stop by stop: chosen on the surface, worked by the
// host, read here forwards, backwards and to the update.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Inside } from "../state/state";
import { ProblemText } from "../parts/problem";
import { useActions, useLab } from "../state/store";
import { t } from "../strings";
import { KEYS, Nothing, NumberField, Press } from "./bits";
import { stagesOf, workedOf, type Stage, type Worked } from "./inside_data";
import { InsideDiagram, type Pointed } from "./inside_diagram";
import { StageShown } from "./inside_stages";
import { notesTold, titleTold } from "./inside_words";
import { NetworkChooser } from "./network_chooser";
import { useSeen } from "./use_seen";
import { networkOf } from "./wants";

const WAIT_MS = 120;
/** Followed until another is chosen, so that the view is never empty. */
const FIRST: Inside = { row: 0 };

export function InsideView(): JSX.Element {
  const chosen = useLab((state) => state.ui.inside);
  const inside = chosen ?? FIRST;
  const job = useInspected(inside);
  const held = useRef<Worked | null>(null);
  // what stands goes on standing until the next is worked, and with it where a person is on the way
  const found = workedOf(job?.done?.header.document);
  if (found || inside === null || job?.failed) held.current = found;
  const worked = held.current;
  return (
    <div class="sh-view">
      <InsideBar inside={inside} nBatch={worked?.said?.n_batch ?? 0} />
      {chosen === null && <p class="sh-quiet">{t("view.inside_hint")}</p>}
      {job?.failed && <Nothing><ProblemText sentence={job.failed} code={job.code} /></Nothing>}
      {!job?.failed && !worked && <Nothing>{t("view.working")}</Nothing>}
      {worked && <Way worked={worked} />}
    </div>
  );
}

/** Rows are counted from 1 where people read them. */
function InsideBar({ inside, nBatch }: { readonly inside: Inside; readonly nBatch: number }): JSX.Element {
  const act = useActions();
  const data = useSeen()?.opened.data;
  if ("batch_row" in inside) {
    return (
      <div class="sh-bar">
        <NumberField label={t("inside.batch_row_number")} value={inside.batch_row + 1} min={1}
          max={Math.max(1, nBatch)} whole onChange={(to) => act.setUi({ inside: { batch_row: to - 1 } })} />
        <Press onClick={() => act.setUi({ inside: FIRST })}>{t("inside.of_data")}</Press>
        <span class="sh-push" />
        <NetworkChooser />
      </div>
    );
  }
  const row = "row" in inside ? inside.row : 0;
  const most = data && (data.streaming ? 0 : data.n_train) + data.n_validation + data.n_test;
  return (
    <div class="sh-bar">
      <NumberField label={t("view.row_number")} value={row + 1} min={1} max={most} whole
        onChange={(to) => act.setUi({ inside: { row: to - 1 } })} />
      {"point" in inside && (
        <Press onClick={() => act.setUi({ inside: { row: 0 } })}>{t("view.follow_first")}</Press>
      )}
      <Press disabled={nBatch === 0} onClick={() => act.setUi({ inside: { batch_row: 0 } })}>
        {t("inside.of_batch")}
      </Press>
      <span class="sh-push" />
      <NetworkChooser />
    </div>
  );
}

/** Ask for the arithmetic of what is followed, at the step and of the network that are shown. */
function useInspected(inside: Inside) {
  const act = useActions();
  const seen = useSeen();
  const job = useLab((state) => state.jobs.inspect);
  const { run, network } = useLab((state) => ({ run: state.ui.run, network: networkOf(state) }));
  const step = seen?.header.step;
  const generation = seen?.header.opened === seen?.opened.id ? seen?.opened.id : undefined;
  const key = JSON.stringify([inside, run, network, step, generation]);
  useEffect(() => {
    if (generation === undefined || step === undefined) return undefined;
    const what = "point" in inside ? { point: [...inside.point] } : inside;
    const later = setTimeout(() => {
      act.request({ type: "inspect", run, network, step, ...what }).catch(() => undefined);
    }, WAIT_MS);
    return () => clearTimeout(later);
  }, [act, key]);
  return job;
}

/** The stops of the way, one of them shown. */
function Way({ worked }: { readonly worked: Worked }): JSX.Element {
  const stages = stagesOf(worked);
  const title = titleTold(worked);
  const [wished, setAt] = useState(0);
  const at = Math.min(wished, stages.length - 1);
  const stage = stages[at] ?? { kind: "inputs" };
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const go = (to: number): void => {
    setPointed(null);
    setAt(to);
  };
  return (
    <>
      <p class="sh-way-title" lang={title.lang}>{title.text}</p>
      <nav class="sh-way" aria-label={t("view.way")}>
        {stages.map((each, k) => (
          <button key={k} type="button" class={k === at ? "sh-stop sh-chosen" : "sh-stop"} {...KEYS}
            aria-current={k === at ? "step" : undefined} onClick={() => go(k)}>
            {stageWords(each, worked)}
          </button>
        ))}
      </nav>
      <InsideDiagram worked={worked} stage={stage} pointed={pointed} />
      <div class="sh-work" key={at} tabIndex={0} {...KEYS} aria-label={stageWords(stage, worked)}
        role="region">
        <StageShown worked={worked} stage={stage} onPoint={setPointed} />
      </div>
      <div class="sh-bar">
        <Press disabled={at === 0} onClick={() => go(at - 1)}>{t("view.back")}</Press>
        <Press disabled={at === stages.length - 1} onClick={() => go(at + 1)}>{t("view.onwards")}</Press>
        {notesTold(worked).map(({ text, lang }) => <span key={text} class="sh-quiet" lang={lang}>{text}</span>)}
      </div>
    </>
  );
}

function stageWords(stage: Stage, worked: Worked): string {
  switch (stage.kind) {
    case "inputs": return t("view.inputs");
    case "layer": {
      const last = stage.at === worked.layers.length - 1;
      return last ? t("view.output_layer") : t("view.layer", { n: stage.at + 1 });
    }
    case "loss": return worked.loss ? t("view.answer_and_loss") : t("view.answer");
    case "back": {
      const n = worked.backward?.layers[stage.at]?.index ?? 0;
      return n === worked.layers.length ? t("view.back_output") : t("view.back_through", { n });
    }
    case "update": return t("view.update");
  }
}

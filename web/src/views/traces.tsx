// A network over time: its weights, the sizes of its gradients, its activations. Asked for when
// the view is opened, and again when there is another run or network to follow.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ProblemText } from "../parts/problem";
import { useActions, useLab } from "../state/store";
import type { Answer } from "../wire/frames";
import type { DoneTold } from "../wire/messages";
import { number, percent, t } from "../strings";
import { List, Nothing } from "./bits";
import { Chart } from "./chart";
import { Legend } from "./curves";
import { NetworkChooser } from "./network_chooser";
import { useSeen } from "./use_seen";
import type { Seen } from "./shown";
import { activationLines, gradientLines, layerName, NAMED, weightLines, type Traced } from "./traces_data";
import { useLook } from "./use_look";
import { networkOf } from "./wants";

const MOST_STEPS = 200;

export function TracesView(): JSX.Element {
  const seen = useSeen();
  const job = useTraces(seen);
  if (!seen || !seen.header.done) return <Nothing>{t("view.when_trained")}</Nothing>;
  if (job?.failed) return <Nothing><ProblemText sentence={job.failed} code={job.code} /></Nothing>;
  if (!job?.done) {
    const share = job?.share ?? null;
    return <Nothing>{t("view.replaying", { share: share === null ? "" : percent(share, 0) })}</Nothing>;
  }
  return <Traces seen={seen} answer={job.done} />;
}

function useTraces(seen: Seen | null) {
  const act = useActions();
  const job = useLab((state) => state.jobs.traces);
  const { run, network } = useLab((state) => ({ run: state.ui.run, network: networkOf(state) }));
  const generation = seen?.opened.id;
  const ready = seen?.header.done === true && seen.header.opened === generation;
  useEffect(() => {
    if (!ready) return undefined;
    act.request({ type: "traces", run, network, most: MOST_STEPS }).catch(() => undefined);
    return () => act.drop("traces");
  }, [act, ready, generation, run, network]);
  return job;
}

function Traces(props: { readonly seen: Seen; readonly answer: Answer<DoneTold> }): JSX.Element {
  const { seen, answer } = props;
  const look = useLook();
  const language = useLab((state) => state.language);
  const { layers } = seen.opened;
  const [wished, setLayer] = useState(0);
  const layer = Math.min(wished, layers.length - 1);
  const shown = useMemo(() => ({
    weights: weightLines(answer, layers, layer, look),
    gradients: gradientLines(answer, layers, look),
    activations: activationLines(answer, layer, look),
  }), [answer, layers, layer, look, language]);
  const about = answer.header.document.about;
  return (
    <div class="sh-view sh-traces">
      <div class="sh-bar">
        <List label={t("view.layer_list")} value={String(layer)} onChange={(k) => setLayer(Number(k))}
          options={layers.map((_, k) => [String(k), layerName(layers, k)])} />
        <span class="sh-push" />
        <NetworkChooser />
      </div>
      <Trace seen={seen} title={t("view.weights_over", { layer: layerName(layers, layer) })}
        traced={shown.weights} />
      <Trace seen={seen} title={t("view.gradients_over")} traced={shown.gradients} log />
      <Trace seen={seen} title={t("view.activations_over", { layer: layerName(layers, layer) })}
        traced={shown.activations} />
      {typeof about === "string" && <p class="sh-quiet sh-note">{about}</p>}
    </div>
  );
}

interface TraceProps {
  readonly seen: Seen;
  readonly title: string;
  readonly traced: Traced;
  readonly log?: boolean;
}

function Trace({ seen, title, traced, log = false }: TraceProps): JSX.Element {
  const act = useActions();
  const named = traced.lines.filter((line) => !line.edge);
  const axes = { x: t("view.step"), named: false, y: "", log, said: (value: number) => number(value, 3) };
  return (
    <figure class="sh-curve sh-curve-large">
      <figcaption>
        <span>{title}</span>
        {named.length <= NAMED
          ? <Legend lines={named} band={traced.bands.length > 0} />
          : <span class="sh-quiet">{t("view.n_lines", { n: named.length })}</span>}
      </figcaption>
      <Chart {...traced} marks={NO_MARKS} axes={axes} label={title} position={seen.header.step}
        onSeek={(step) => act.seek(step)} />
    </figure>
  );
}

const NO_MARKS: readonly [] = [];

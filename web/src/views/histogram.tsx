// How probable a class is held for rows of each true class; large in projector mode.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useActions, useLab } from "../state/store";
import { number, t } from "../strings";
import { AnswersBar } from "./answers_bar";
import { List, Nothing, Switch } from "./bits";
import { Canvas } from "./canvas";
import { drawHistogram, type Histogram } from "./histogram_draw";
import { whole, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { ClassKeys } from "./surface_legend";
import { useLook } from "./use_look";

export function HistogramView(): JSX.Element {
  const act = useActions();
  const seen = useSeen();
  const look = useLook();
  const output = useLab((state) => state.ui.output);
  const [log, setLog] = useState(false);
  const data = useHistogram(seen, output, log);
  if (!seen) return <Nothing>{t("view.waiting")}</Nothing>;
  const { classes } = seen.opened.data;
  if (!classes.length) return <Nothing>{t("view.only_classes")}</Nothing>;
  if (!data) return <Nothing>{t("view.waiting")}</Nothing>;
  const shown = output ?? classes[1] ?? "";
  return (
    <div class="sh-view">
      <AnswersBar>
        <List label={t("view.probability_list")} value={shown} options={classes.map((name) => [name, name])}
          onChange={(name) => act.setUi({ output: name })} />
        <Switch label={t("view.log_counts")} value={log} onChange={setLog} />
      </AnswersBar>
      <div class="sh-stage"><div class="sh-layers">
        <Canvas draw={drawHistogram} data={data} look={look} label={labelOf(data, classes)} />
      </div></div>
      <div class="sh-legend"><div class="sh-keys"><ClassKeys seen={seen} rows={false} /></div></div>
    </div>
  );
}

function useHistogram(seen: Seen | null, output: string | null, log: boolean): Histogram | null {
  const language = useLab((state) => state.language);
  const found = seen && whole(seen.arrays, "histogram");
  const classes = seen?.opened.data.classes;
  return useMemo(() => {
    if (!found || !classes) return null;
    const [nClasses = 0, nBins = 0] = found.shape;
    const label = t("view.probability_of", { name: output ?? classes[1] ?? classes[0] ?? "" });
    return { counts: found.data, nClasses, nBins, label, countLabel: t("view.n_rows"), log };
  }, [found?.data, classes, output, log, language]);
}

/** Where the rows of each class lie, in words: how many are held below and above one half. */
function labelOf(data: Histogram, classes: readonly string[]): string {
  const parts = classes.slice(0, 8).map((name, k) => {
    let [below, above] = [0, 0];
    for (let bin = 0; bin < data.nBins; bin++) {
      const count = data.counts[k * data.nBins + bin] as number;
      if (bin < data.nBins / 2) below += count;
      else above += count;
    }
    return t("view.histogram_part", { name, below: number(below), above: number(above) });
  });
  return `${data.label}: ${parts.join("; ")}`;
}

// The charts of Python on the page: one kind is chosen, made by the host, drawn by Vega.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ProblemText, type Wrong } from "../parts/problem";
import { FailedError } from "../state/jobs";
import { useActions, useLab, useStore } from "../state/store";
import { has, t } from "../strings";
import type { Host } from "../wire/host";
import { List, Nothing, Press } from "./bits";
import { NetworkChooser } from "./network_chooser";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";
import { networkOf } from "./wants";

type Made = { readonly spec: object; readonly title: string };

export function ChartsView(): JSX.Element {
  const seen = useSeen();
  const kinds = useLab((state) => state.catalogue?.charts ?? NONE);
  const [kind, setKind] = useState<string | null>(null);
  const chosen = kind ?? kinds[0] ?? null;
  const { made, failed, again } = useSpec(chosen, seen?.header.done === true);
  if (!kinds.length) return <Nothing>{t("view.no_charts")}</Nothing>;
  if (!seen?.header.done) return <Nothing>{t("view.when_trained")}</Nothing>;
  return (
    <div class="sh-view">
      <div class="sh-bar">
        <List label={t("view.chart")} value={chosen ?? ""} onChange={setKind}
          options={kinds.map((each) => [each, has(`charts.${each}`) ?? each.replaceAll("_", " ")])} />
        <Press onClick={again}>{t("view.draw_again")}</Press>
        <span class="sh-push" />
        <NetworkChooser />
      </div>
      {failed !== null && <Nothing><ProblemText {...failed} /></Nothing>}
      {failed === null && made === null && <Nothing>{t("view.drawing")}</Nothing>}
      {made !== null && <Drawn made={made} />}
    </div>
  );
}

const NONE: readonly string[] = [];

/** Ask the host for a chart of the run looked at, anew for another run, network or theme. */
function useSpec(kind: string | null, ready: boolean) {
  const act = useActions();
  const look = useLook();
  const [state, setState] = useState<{ made: Made | null; failed: Wrong | null }>(EMPTY);
  const [turn, setTurn] = useState(0);
  const { run, network, opened } = useLab((whole) => ({
    run: whole.ui.run, network: networkOf(whole), opened: whole.opened?.id,
  }));
  useEffect(() => {
    if (!ready || kind === null) return undefined;
    let wanted = true;
    setState(EMPTY);
    act.request({ type: "take", kind: "chart-spec", chart: kind, run, network, dark: look.dark })
      .then(({ header }) => {
        const { spec, title } = header.document;
        const made = { spec: spec as object, title: String(title ?? kind) };
        if (wanted) setState({ made, failed: null });
      })
      .catch((error: unknown) => {
        const sentence = error instanceof Error ? error.message : String(error);
        const failed = { sentence, code: error instanceof FailedError ? error.code : "" };
        if (wanted) setState({ made: null, failed });
      });
    return () => {
      wanted = false;
    };
  }, [act, kind, ready, run, network, opened, look.dark, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}

/** Load what draws charts: from beside the page, or through the host where nothing is beside it. */
async function vega(host: Host): Promise<typeof import("./vega")> {
  if (host.file === undefined) return import("./vega");
  const bytes = await host.file("vega.js");
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ address)) as typeof import("./vega");
  } finally {
    URL.revokeObjectURL(address);
  }
}

const EMPTY = { made: null, failed: null };

function Drawn({ made }: { readonly made: Made }): JSX.Element {
  const { host } = useStore();
  const place = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let end: (() => void) | null = null;
    let gone = false;
    vega(host)
      .then(({ showChart }) => showChart(element, made.spec, setSaid))
      .then((shown) => {
        if (gone) shown.finalize();
        else end = () => shown.finalize();
      })
      .catch((error: unknown) => {
        console.error(error);
        setFailed(true);
      });
    return () => {
      gone = true;
      end?.();
      element.replaceChildren();
    };
  }, [host, made]);
  return (
    <div class="sh-vega">
      {failed && <Nothing>{t("view.chart_failed")}</Nothing>}
      <div class="sh-vega-place" ref={place} role="group" aria-label={made.title} />
      <output class="sh-reading">{said}</output>
    </div>
  );
}

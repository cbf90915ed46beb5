// The histogram of a figure over the networks; a click or the arrow keys choose one of them.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useActions, useLab } from "../state/store";
import { t } from "../strings";
import { binsOf } from "./bins";
import { KEYS, Nothing, played } from "./bits";
import { Canvas } from "./canvas";
import { figureWords, isShare, measureOf, measuresOf, partOf, rowsOf, said } from "./figures";
import { brickAt, drawFinals, finalsPlot, type Finals } from "./finals_draw";
import type { Size } from "./plot";
import { finalsOf, floats, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";
import { networkNumber, networkOf } from "./wants";

/** In the middle of the page: the headline's figure and, below it, the loss. */
export function FinalsView(): JSX.Element {
  const seen = useSeen();
  if (!seen) return <Nothing>{t("view.waiting")}</Nothing>;
  const { headline, figures } = seen.opened;
  const all = measuresOf(seen).map((measure) => `${partOf(headline)}_${measure}`);
  const shown = all.filter((each) => figures.includes(each)).slice(0, 2);
  return (
    <div class="sh-view">
      {shown.map((figure) => <Histogram key={figure} seen={seen} figure={figure} large />)}
    </div>
  );
}

interface Props {
  readonly seen: Seen;
  readonly figure: string;
  readonly large?: boolean;
}

export function Histogram({ seen, figure, large = false }: Props): JSX.Element | null {
  const act = useActions();
  const look = useLook();
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [pointed, setPointed] = useState(-1);
  const data = useFinals(seen, figure, pointed, large);
  if (!data) return null;
  const at = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const plot = finalsPlot(size, data, look);
    return brickAt(plot, data.bins, event.clientX - box.left, event.clientY - box.top);
  };
  const values = finalsOf(seen, figure) ?? undefined;
  const choose = (member: number | undefined) => {
    if (member === undefined || member < 0) return;
    act.setUi({ network: member });
    act.say(t("view.tile_words", { n: networkNumber(member), value: said(figure, values?.[member]) }));
  };
  const pressed = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const order = data.bins.members.flat();
    const now = order.indexOf(data.chosen);
    choose(order[Math.min(order.length - 1, Math.max(0, now + by))]);
  };
  return (
    <div class={large ? "sh-stage" : "sh-small-stage"}>
      <div class="sh-layers sh-pointable" {...played()} {...KEYS}
        aria-label={finalsLabel(data, figure, values)} onKeyDown={pressed}
        onPointerMove={(event) => setPointed(at(event))} onPointerLeave={() => setPointed(-1)}
        onClick={(event) => choose(at(event))}>
        <Canvas draw={drawFinals} data={data} look={look} onSize={setSize} />
      </div>
    </div>
  );
}

function useFinals(seen: Seen, figure: string, pointed: number, large: boolean): Finals | null {
  const chosen = useLab(networkOf);
  const language = useLab((state) => state.language);
  const found = floats(seen.arrays, `final_${figure}`)?.data;
  const attainable = isShare(figure) ? seen.opened.data.attainable_accuracy : null;
  const rows = rowsOf(seen, figure);
  return useMemo(() => {
    const values = finalsOf(seen, figure);
    if (!values || values.length < 2) return null;
    return {
      bins: binsOf(values, rows, large ? 48 : 24),
      colour: partOf(figure) === "train" ? 0 : 1,
      chosen,
      pointed,
      mark: attainable === null ? null
        : { value: attainable, text: t("view.attainable", { value: said(figure, attainable) }) },
      ...(isShare(figure) ? { least: 0 } : {}),
      ...(isShare(figure) || measureOf(figure) === "r2" ? { most: 1 } : {}),
      label: figureWords(figure),
      countLabel: large ? t("view.networks") : "",
      said: (value: number) => said(figure, value),
    };
  }, [found, rows, figure, chosen, pointed, large, attainable, language]);
}

function finalsLabel(data: Finals, figure: string, values: Float32Array | undefined): string {
  const order = data.bins.members.flat();
  return t("view.finals_label", {
    what: figureWords(figure),
    n: order.length,
    least: said(figure, values?.[order[0] ?? 0]),
    most: said(figure, values?.[order[order.length - 1] ?? 0]),
    chosen: networkNumber(data.chosen),
  });
}

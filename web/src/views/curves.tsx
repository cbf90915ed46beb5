// Curves of the training with their legend, and as a table for those who ask for it.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useActions, useLab } from "../state/store";
import { number, t } from "../strings";
import { KEYS, List, Nothing, Switch } from "./bits";
import { Chart } from "./chart";
import { curvesLabel, curvesOf, curveTable, type Curves } from "./curves_data";
import { curveMeasuresOf, isShare, measureWords, partWords, said } from "./figures";
import type { Line } from "./lines";
import type { Seen } from "./shown";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";
import { NetworkChooser } from "./network_chooser";

/** In the middle of the page: two measures, large. */
export function CurvesView(): JSX.Element {
  const act = useActions();
  const seen = useSeen();
  const log = useLab((state) => state.ui.logAxis);
  const [second, setSecond] = useState<string | null>(null);
  if (!seen) return <Nothing>{t("view.waiting")}</Nothing>;
  const [first = "loss", ...others] = curveMeasuresOf(seen);
  const below = second !== null && others.includes(second) ? second : others.at(-1);
  return (
    <div class="sh-view">
      <div class="sh-bar">
        <Switch label={t("view.log_axis")} value={log}
          onChange={(value) => act.setUi({ logAxis: value })} />
        {others.length > 1 && (
          <List label={t("view.below")} value={below ?? ""} onChange={setSecond}
            options={others.map((each) => [each, measureWords(each)])} />
        )}
        <span class="sh-push" />
        <NetworkChooser />
      </div>
      <Curve seen={seen} measure={first} large />
      {below && <Curve seen={seen} measure={below} large />}
    </div>
  );
}

interface Props {
  readonly seen: Seen;
  readonly measure: string;
  readonly large?: boolean;
  /** Whether what the lines are is said here; beside other curves once is enough. */
  readonly named?: boolean;
}

export function Curve({ seen, measure, large = false, named = true }: Props): JSX.Element {
  const act = useActions();
  const curves = useCurves(seen, measure);
  const most = isShare(`train_${measure}`) || measure === "r2" ? 1 : undefined;
  const log = useLab((state) => state.ui.logAxis) && most === undefined;
  const run = useLab((state) => state.ui.run);
  const axes = {
    x: t("view.step"),
    named: large,
    y: large ? measureWords(measure) : "",
    log,
    until: endOf(seen, run),
    highest: most,
    said: (value: number) => said(`train_${measure}`, value),
  };
  return (
    <figure class={large ? "sh-curve sh-curve-large" : "sh-curve"}>
      <figcaption>
        <span>{measureWords(measure)}</span>
        {named && <Legend lines={curves.lines} band={curves.bands.length > 0} />}
      </figcaption>
      <Chart {...curves} axes={axes} label={curvesLabel(seen, measure)}
        position={seen.header.step} onSeek={(step) => act.seek(step)} />
      {large && <CurveTable seen={seen} measure={measure} />}
    </figure>
  );
}

function useCurves(seen: Seen, measure: string): Curves {
  const look = useLook();
  const state = useLab(({ opened, shown, ui, language }) => ({
    opened, shown, run: ui.run, ui, language,
  }));
  const { arrays } = seen;
  const own = Object.keys(arrays).filter((name) => name.endsWith(`_${measure}`)).map((name) => arrays[name]);
  const others = Object.entries(state.shown)
    .filter(([run]) => Number(run) !== state.run).map(([, each]) => each);
  const key = useIdentity([...own, arrays.curve_steps, ...others]);
  return useMemo(
    () => curvesOf(state, seen, measure, look), [key, measure, look, state.run, state.language]);
}

/** A number that changes when one of the things does. */
function useIdentity(things: readonly unknown[]): number {
  const [held] = useState<{ things: readonly unknown[]; number: number }>({ things: [], number: 0 });
  if (held.things.length !== things.length || held.things.some((each, k) => each !== things[k])) {
    held.things = things;
    held.number++;
  }
  return held.number;
}

/** Where the axis ends: the end of the run, or where it was ended before. */
function endOf(seen: Seen, run: number): number | undefined {
  const { header, opened } = seen;
  const total = opened.runs.find((each) => each.run === run)?.total_steps;
  return header.done && header.trained_step > 0 ? header.trained_step : total;
}

export function Legend(props: { readonly lines: readonly Line[]; readonly band: boolean }): JSX.Element {
  return (
    <ul class="sh-key-list">
      {props.lines.filter((line) => !line.edge && !line.group).map((line) => (
        <li key={line.label}>
          <span class={line.dash?.length ? "sh-key-line sh-dashed" : "sh-key-line"}
            style={{ borderTopColor: line.colour }} />
          {line.label}
        </li>
      ))}
      {[...new Set(props.lines.map((line) => line.group ?? ""))].filter(Boolean).map((group) => (
        <li key={group}><span class="sh-key-line sh-dashed sh-grey" />{group}</li>
      ))}
      {props.band && <li><span class="sh-key-band" />{t("view.band")}</li>}
    </ul>
  );
}

function CurveTable({ seen, measure }: Props): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="sh-as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary {...KEYS}>{t("view.as_table")}</summary>
      {open && <CurveRows seen={seen} measure={measure} />}
    </details>
  );
}

function CurveRows({ seen, measure }: Props): JSX.Element {
  const { parts, rows } = curveTable(seen, measure);
  return (
    <table class="sh-table">
      <thead>
        <tr>
          <th scope="col">{t("view.step")}</th>
          {parts.map((part) => <th key={part} scope="col">{partWords(part)}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ step, figures }) => (
          <tr key={step}>
            <th scope="row">{number(step)}</th>
            {figures.map(([median, low, high], k) => {
              const name = `${parts[k]}_${measure}`;
              return (
                <td key={k}>{said(name, median)} ({said(name, low)} – {said(name, high)})</td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

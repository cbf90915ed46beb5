// What a screen reader is told: the state of the run in a sentence, not more than every two
// seconds; and what other parts of the page ask to be said.
import { useEffect, useRef, useState } from "preact/hooks";
import { problemWords } from "../parts/problem";
import { useLab, useStore } from "../state/store";
import type { State } from "../state/state";
import { number, t, has } from "../strings";
import { said } from "../views/figures";

export const QUIET_MS = 2000;

export function Live() {
  const store = useStore();
  const [text, setText] = useState("");
  const last = useRef({ at: 0, text: "" });
  const later = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const spoken = useLab((state) => state.spoken);
  useEffect(() => {
    const tell = (): void => {
      later.current = undefined;
      const now = summary(store.state);
      if (now === "" || now === last.current.text) return;
      last.current = { at: Date.now(), text: now };
      setText(now);
    };
    const look = (): void => {
      if (later.current !== undefined) return;
      later.current = setTimeout(tell, Math.max(250, last.current.at + QUIET_MS - Date.now()));
    };
    const stop = store.subscribe(look);
    return () => {
      stop();
      clearTimeout(later.current);
    };
  }, [store]);
  return (
    <div class="sh-sr" aria-live="polite" role="status">
      <p>{text}</p>
      <p>{spoken}</p>
    </div>
  );
}

/** Return the state of the run in a sentence. */
export function summary(state: State): string {
  const { opened, ui } = state;
  const header = state.shown[ui.run]?.header;
  if (state.status === "lost") return t("app.lost");
  if (state.problems.length > 0) return state.problems.map(problemWords).join(" ");
  if (opened === null || header === undefined) return "";
  const value = header.figures[opened.headline];
  if (value == null)
    return t(header.n_diverged >= opened.n_networks ? "result.all_diverged" : "result.no_report");
  const figure = has(`words.${opened.headline}`) ?? opened.headline;
  const told = said(opened.headline, value);
  const run = opened.runs.find((each) => each.run === ui.run);
  const epochs = run === undefined ? 0 : Math.round(run.total_steps / run.steps_per_epoch);
  const values = {
    epoch: number(header.epoch, 3), total: epochs, figure, value: told, n: opened.n_networks,
  };
  const ended = ui.position === null && header.done;
  const text = ended ? t("live.done", values) : t("live.at", values);
  return header.n_diverged > 0 ? `${text} ${t("live.diverged", { n: header.n_diverged })}` : text;
}

// The deck of a replay: play, one moment on or back, and anywhere along the recorded moments. They
// are as far apart as much happens, so a slider over their numbers shows it evenly.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { KEYS } from "../parts/keys";
import { useActions, useLab } from "../state/store";
import { number, t } from "../strings";
import { nearestMoment, type Recording } from "../wire/recording";

/** How long a moment stands when they are played: all of them take about six seconds. */
export const MOMENT_MS = 125;

export function Deck({ recording }: { readonly recording: Recording }): JSX.Element {
  const act = useActions();
  const last = recording.moments.length - 1;
  const position = useLab((state) => state.ui.position);
  const k = nearestMoment(recording, position);
  const [playing, setPlaying] = useState(false);
  const go = (to: number): void =>
    act.seek(recording.moments[Math.max(0, Math.min(last, to))]?.header.step ?? null);
  useEffect(() => {
    if (!playing) return undefined;
    if (k >= last) {
      setPlaying(false);
      return undefined;
    }
    const later = setTimeout(() => go(k + 1), MOMENT_MS);
    return () => clearTimeout(later);
  }, [playing, k, last]);
  const by = (to: number): void => {
    setPlaying(false);
    go(to);
  };
  const play = (): void => {
    if (!playing && k >= last) go(0);
    setPlaying(!playing);
  };
  return (
    <div class="sh-replay-deck" role="group" aria-label={t("replay.label")}>
      <div class="sh-transport">
        <Button icon="start" kind="quiet" label={t("replay.first")} onClick={() => by(0)} />
        <Button icon="back" kind="quiet" label={t("replay.before")} onClick={() => by(k - 1)} />
        <Button icon={playing ? "pause" : "play"} kind="main" class="sh-round"
          label={t(playing ? "timeline.pause" : "timeline.play")} onClick={play} />
        <Button icon="step" kind="quiet" label={t("replay.after")} onClick={() => by(k + 1)} />
        <Button icon="end" kind="quiet" label={t("replay.last")} onClick={() => by(last)} />
      </div>
      <Scrub recording={recording} k={k} onGo={by} />
      <Readout recording={recording} k={k} />
    </div>
  );
}

interface Props {
  readonly recording: Recording;
  readonly k: number;
}

function Scrub({ recording, k, onGo }: Props & { readonly onGo: (to: number) => void }): JSX.Element {
  const { step, epoch } = at(recording, k);
  const told = t("timeline.at", { epoch: number(epoch, 3), step });
  return (
    <input type="range" class="sh-range" min={0} max={recording.moments.length - 1} step={1} value={k}
      aria-label={t("replay.moment")} aria-valuetext={told}
      onInput={(event) => onGo(event.currentTarget.valueAsNumber)} {...KEYS} />
  );
}

function Readout({ recording, k }: Props): JSX.Element {
  const { step, epoch, total, epochs } = at(recording, k);
  return (
    <div class="sh-readout">
      <span class="sh-epoch">{t("timeline.epoch_of", {
        epoch: Number.isInteger(epoch) ? epoch : epoch.toFixed(epoch < 1 ? 2 : 1), total: epochs,
      })}</span>
      <span class="sh-quiet">{t("timeline.step_of", { step, total })}</span>
    </div>
  );
}

/** Where on the run a moment lies. */
function at({ moments, opened }: Recording, k: number) {
  const header = moments[k]?.header;
  const run = opened.runs[0];
  const total = run?.total_steps ?? 0;
  const epochs = Math.round(total / (run?.steps_per_epoch ?? 1));
  return { step: header?.step ?? 0, epoch: header?.epoch ?? 0, total, epochs };
}

// The tape of the run: play it, step through it, go anywhere on it, and choose among its branches.
import { Button } from "../parts/button";
import { KEYS } from "../parts/keys";
import { Segments } from "../parts/segments";
import { Select } from "../parts/select";
import { shownStep, stepsPerEpoch, totalSteps } from "../state/player";
import { useActions, useLab } from "../state/store";
import type { Mode, State } from "../state/state";
import { number, t } from "../strings";
import { asks } from "../tours/guide";
import { Branches } from "./branches";

export function Timeline() {
  const hasBranches = useLab((state) => (state.opened?.runs.some((each) => each.run >= 0)) ?? false);
  const asked = useLab(asks);
  return (
    <section class="sh-timeline" aria-label={t("timeline.label")}>
      {asked && <p class="sh-quiet sh-asked">{t("tour.first")}</p>}
      <fieldset class="sh-deck" disabled={asked}>
        <ModeSwitch />
        <Transport />
        <Scrub />
        <Readout />
        <Speed />
      </fieldset>
      {hasBranches && <Branches />}
    </section>
  );
}

function ModeSwitch() {
  const act = useActions();
  const mode = useLab((state) => state.ui.mode);
  const options = (["instant", "watch"] as const).map((value) => ({
    value, text: t(`timeline.${value}`),
  }));
  const set = (to: Mode): void => {
    if (to === "instant") act.setUi({ mode: to, playing: false, position: null });
    else act.play();
  };
  return <Segments label={t("timeline.mode")} value={mode} options={options} onChange={set} />;
}

function Transport() {
  const act = useActions();
  const playing = useLab((state) => state.ui.playing);
  return (
    <div class="sh-transport" role="group" aria-label={t("timeline.transport")}>
      <Button icon="epoch_back" kind="quiet" label={t("timeline.epoch_back")} onClick={() => act.epochBy(-1)} />
      <Button icon="back" kind="quiet" label={t("timeline.step_back")} onClick={() => act.stepBy(-1)} />
      <Button icon={playing ? "pause" : "play"} kind="main" class="sh-round"
        label={playing ? t("timeline.pause") : t("timeline.play")}
        onClick={playing ? act.pause : act.play} />
      <Button icon="step" kind="quiet" label={t("timeline.step")} onClick={() => act.stepBy(1)} />
      <Button icon="epoch" kind="quiet" label={t("timeline.epoch")} onClick={() => act.epochBy(1)} />
    </div>
  );
}

/** How much of the run is trained, where it is shown. */
const tape = (state: State) => ({
  step: shownStep(state), total: totalSteps(state), per: stepsPerEpoch(state),
  trained: state.shown[state.ui.run]?.header.trained_step ?? 0,
  at: state.opened?.runs.find((each) => each.run === state.ui.run)?.at ?? 0,
});

function Scrub() {
  const act = useActions();
  const { step, total, per, trained, at } = useLab(tape);
  const share = (n: number): string => `${total === 0 ? 0 : (100 * n) / total}%`;
  return (
    <div class="sh-scrub">
      <span class="sh-track" aria-hidden="true">
        <span class="sh-trained" style={{ width: share(trained) }} />
        {at > 0 && <span class="sh-branch-mark" style={{ left: share(at) }} />}
      </span>
      <input type="range" class="sh-range" min={0} max={Math.max(total, 1)} step={1} value={step}
        aria-label={t("timeline.position")}
        aria-valuetext={t("timeline.at", { epoch: number(step / per, 3), step })}
        onInput={(event) => act.seek(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          const by = { PageUp: per, PageDown: -per }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          act.seek(step + by);
        }} {...KEYS} />
    </div>
  );
}

function Readout() {
  const { step, total, per } = useLab(tape);
  return (
    <div class="sh-readout">
      <span class="sh-epoch">{t("timeline.epoch_of", {
        epoch: (step / per).toFixed(step % per === 0 ? 0 : 1), total: Math.round(total / per),
      })}</span>
      <span class="sh-quiet">{t("timeline.step_of", { step, total })}</span>
    </div>
  );
}

const SPEEDS = [1, 5, 20, 100, 500, 2000, 10_000, 50_000];

function Speed() {
  const act = useActions();
  const speed = useLab((state) => state.ui.speed);
  const all = [...new Set([...SPEEDS, speed])].sort((one, other) => one - other);
  return (
    <Select label={t("timeline.speed")} value={String(speed)}
      options={all.map((each) => ({ value: String(each), text: t("timeline.per_second", { n: each }) }))}
      onChange={(value) => act.setSpeed(Number(value))} />
  );
}

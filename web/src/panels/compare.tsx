// A against B: pin a setting, change something, and let pairs of networks decide.
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Details } from "../parts/details";
import { Field } from "../parts/field";
import { KEYS } from "../parts/keys";
import { ProblemText } from "../parts/problem";
import { Segments } from "../parts/segments";
import { Select } from "../parts/select";
import { Term } from "../parts/term";
import { documentOf, MOST_PINS } from "../state/session";
import type { State } from "../state/state";
import { useActions, useLab, useStore } from "../state/store";
import { t } from "../strings";
import { Canvas } from "../views/canvas";
import { figureWords } from "../views/figures";
import type { Answer, NDArray } from "../wire/frames";
import type { DoneTold, Pin } from "../wire/messages";
import { differencesOf } from "./diff";
import { drawDifferences, type Differences } from "./differences";
import { isRunning, JobBar } from "./job_bar";
import { useOwnLook } from "./own_look";
import { labelOfPath, valueWords } from "./naming";
import { SmallSurface } from "./small_surface";
import { keyOf, rememberedKey, rememberKey } from "./stale";
import { detailWords, inUnits, timesOf, verdictWords, type Comparison } from "./verdict";
import "./more.css";

const PAIRS = ["16", "64", "256"] as const;
type Pairs = (typeof PAIRS)[number];
const MOST_KEYS = 6;

export function ComparePanel() {
  const pins = useLab((state) => state.session?.pins ?? NONE);
  const [chosen, choose] = useState(0);
  const number = Math.min(chosen, pins.length - 1);
  const pin = pins[number];
  return (
    <div class="sh-panel sh-compare">
      <p class="sh-quiet">{t("compare.intro")}</p>
      <PinForm n={pins.length} />
      {pin !== undefined && (
        <>
          <Pins pins={pins} chosen={number} onChoose={choose} />
          <Sides pin={pin} number={number} />
          <Contest pin={pin} number={number} />
        </>
      )}
    </div>
  );
}

const NONE: readonly Pin[] = [];

function PinForm({ n }: { n: number }) {
  const act = useActions();
  const [name, setName] = useState("");
  const usual = "ABCD".charAt(n % MOST_PINS);
  const pin = () => {
    const given = name.trim().slice(0, 40) || usual;
    act.pin(given);
    act.say(t("compare.pinned", { name: given }));
    setName("");
  };
  return (
    <form class="sh-pin-form" onSubmit={(event) => { event.preventDefault(); pin(); }}>
      <input class="sh-text" value={name} maxLength={40} placeholder={usual} aria-label={t("compare.name")}
        onInput={(event) => setName(event.currentTarget.value)} {...KEYS} />
      <button type="submit" class="sh-button" {...KEYS}>{t("compare.pin")}</button>
      {n >= MOST_PINS && <p class="sh-note">{t("compare.full")}</p>}
    </form>
  );
}

function Pins({ pins, chosen, onChoose }: {
  pins: readonly Pin[]; chosen: number; onChoose: (number: number) => void;
}) {
  const act = useActions();
  return (
    <ul class="sh-pins" aria-label={t("compare.pins")}>
      {pins.map((pin, k) => (
        <li key={`${k} ${pin.name}`} class={k === chosen ? "sh-pin sh-chosen" : "sh-pin"}>
          <Button kind="quiet" class="sh-pin-name" pressed={k === chosen} label={t("compare.choose")}
            onClick={() => onChoose(k)}>{pin.name}</Button>
          <Rename pin={pin} number={k} />
          <Button icon="undo" kind="quiet" label={t("compare.restore", { name: pin.name })}
            onClick={() => act.replace(pin.experiment, pin.table ?? null)} />
          <Button icon="close" kind="quiet" label={t("compare.remove", { name: pin.name })}
            onClick={() => { act.unpin(k); onChoose(Math.max(0, k - 1)); }} />
        </li>
      ))}
    </ul>
  );
}

function Rename({ pin, number }: { pin: Pin; number: number }) {
  const act = useActions();
  const store = useStore();
  const [name, setName] = useState<string | null>(null);
  if (name === null)
    return <Button kind="quiet" onClick={() => setName(pin.name)}>{t("compare.rename")}</Button>;
  const save = () => {
    const { session } = store.state;
    const given = name.trim().slice(0, 40);
    if (session !== null && given !== "") {
      const pins = (session.pins ?? []).map((each, k) => (k === number ? { ...each, name: given } : each));
      act.restore({ ...session, pins });
    }
    setName(null);
  };
  return (
    <form class="sh-rename" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <input class="sh-text" value={name} maxLength={40} aria-label={t("compare.name")}
        onInput={(event) => setName(event.currentTarget.value)} {...KEYS} />
      <button type="submit" class="sh-button" {...KEYS}>{t("compare.save")}</button>
    </form>
  );
}

/** Both settings side by side: what they answer, and in which keys they differ. */
function Sides({ pin, number }: { pin: Pin; number: number }) {
  const run = useLab((state) => state.ui.run);
  return (
    <>
      <div class="sh-sides">
        <figure>
          <SmallSurface run={-2 - number} label={t("compare.a", { name: pin.name })} />
          <figcaption>{t("compare.a", { name: pin.name })}</figcaption>
        </figure>
        <figure>
          <SmallSurface run={run} label={t("compare.b")} />
          <figcaption>{t("compare.b")}</figcaption>
        </figure>
      </div>
      <Differing pin={pin} />
    </>
  );
}

function Differing({ pin }: { pin: Pin }) {
  const session = useLab((state) => state.session);
  const opened = useLab((state) => state.opened);
  if (session === null) return null;
  const found = differencesOf(pin.experiment, documentOf(session, opened, -1),
    (path, value) => valueWords(path, value, opened));
  if (found.length === 0) return <p class="sh-note">{t("compare.same")}</p>;
  return (
    <table class="sh-differing">
      <thead><tr><th>{t("compare.differs")}</th><th>A</th><th>B</th></tr></thead>
      <tbody>
        {found.slice(0, MOST_KEYS).map((each) => (
          <tr key={each.path} title={each.path}>
            <th scope="row">{labelOfPath(each.path)}</th>
            <td>{each.a}</td><td>{each.b}</td>
          </tr>
        ))}
        {found.length > MOST_KEYS && (
          <tr><td colSpan={3}>{t("compare.more_keys", { n: found.length - MOST_KEYS })}</td></tr>
        )}
      </tbody>
    </table>
  );
}

function settingKey(state: State, pin: Pin): string {
  return keyOf([state.session?.experiment ?? null, state.session?.table ?? null, pin.experiment]);
}

function Contest({ pin, number }: { pin: Pin; number: number }) {
  const act = useActions();
  const store = useStore();
  const job = useLab((state) => state.jobs.compare);
  const figures = useLab((state) => state.opened?.figures ?? NO_FIGURES);
  const [pairs, setPairs] = useState<Pairs>("64");
  const [figure, setFigure] = useState("");
  const key = useLab((state) => settingKey(state, pin));
  const go = () => {
    const asked = settingKey(store.state, pin);
    const message = { type: "compare", pin: number, pairs: Number(pairs), figure: figure || null } as const;
    act.request(message).then(
      (answer) => {
        rememberKey(answer, asked);
        act.say(verdictWords(answer.header.document as unknown as Comparison));
      },
      () => undefined, // the job says what went wrong
    );
  };
  const options = [{ value: "", text: t("compare.figure_auto") },
    ...figures.map((value) => ({ value, text: figureWords(value) }))];
  return (
    <section class="sh-contest">
      <Field label={t("compare.figure")}>
        {({ id, describedBy }) => (
          <Select id={id} value={figure} options={options} onChange={setFigure} describedBy={describedBy} />
        )}
      </Field>
      <div class="sh-row sh-spread">
        <span class="sh-label"><Term name="pairs">{t("compare.pairs")}</Term></span>
        <Segments label={t("compare.pairs")} value={pairs} onChange={setPairs}
          options={PAIRS.map((value) => ({ value, text: value }))} />
      </div>
      {isRunning(job)
        ? <JobBar text={t("compare.running", { done: Math.floor(100 * (job.share ?? 0)) })}
            share={job.share} stop={t("compare.stop")} onStop={() => act.drop("compare")} />
        : <Button kind="main" onClick={go}>{t("compare.go")}</Button>}
      {job?.failed && <p class="sh-problem" role="alert"><ProblemText sentence={job.failed} code={job.code} /></p>}
      {job?.done && <VerdictTold answer={job.done} old={(rememberedKey(job.done) ?? key) !== key} />}
    </section>
  );
}

const NO_FIGURES: readonly string[] = [];

function VerdictTold({ answer, old }: { answer: Answer<DoneTold>; old: boolean }) {
  const [own, look] = useOwnLook<HTMLDivElement>();
  const found = answer.header.document as unknown as Comparison;
  const { verdict } = found;
  const dots = answer.arrays.differences as NDArray<Float32Array> | undefined;
  const data: Differences | null = dots === undefined ? null : {
    values: dots.data, low: verdict.low, high: verdict.high, middle: verdict.difference,
    times: timesOf(found), aBetter: t("compare.a_better"), bBetter: t("compare.b_better"),
  };
  const { wins, losses, ties } = verdict;
  const difference = verdict.difference === null ? "–" : inUnits(found, verdict.difference);
  return (
    <div class={old ? "sh-verdict sh-old" : "sh-verdict"} ref={own}>
      {old && <p class="sh-note">{t("compare.old")}</p>}
      <p class={`sh-answer sh-answer-${verdict.outcome.replace(" ", "-")}`}>{verdictWords(found)}</p>
      {data !== null && (
        <div class="sh-dots">
          <Canvas draw={drawDifferences} data={data} look={look}
            label={t("compare.dots_label", { n: found.n_pairs, wins, losses, ties, difference })} />
        </div>
      )}
      <ul class="sh-details-list">{detailWords(found).map((each) => <li key={each}>{each}</li>)}</ul>
      {verdict.p !== null && <p class="sh-quiet"><Term name="p_value">{t("compare.p_means")}</Term></p>}
      <Details title={t("compare.in_python")}>
        <div lang="en">
          <p>{found.sentence}</p>
          <p>{found.about}</p>
          {found.notes.map((each) => <p key={each}>{each}</p>)}
        </div>
      </Details>
    </div>
  );
}

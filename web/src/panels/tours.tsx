// Guided tours: the list of stories, and the story that is told, step by step.
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { KEYS } from "../parts/keys";
import { useActions, useLab, useStore } from "../state/store";
import { number, percent, t, type Key } from "../strings";
import { goTo, outcomeOf, placeOf, predict, type Place } from "../tours/guide";
import { stands, STORIES, type Ask, type Choice, type Guess, type Story, type Unit } from "../tours/story";
import { useOwnId } from "../parts/id";
import "./more.css";

export function ToursPanel() {
  const tour = useLab((state) => state.ui.tour);
  const place = placeOf(tour);
  return (
    <div class="sh-panel sh-tours">
      <h2 class="sh-panel-title">{t("tour.title")}</h2>
      {place === null ? <Stories /> : <Told key={`${place.story.name} ${place.number}`} place={place} />}
    </div>
  );
}

/** A text of a tour; its keys follow from the story's name and the step's number. */
function words(name: string): string {
  return t(`tour.${name}` as Key);
}

function Stories() {
  const act = useActions();
  const store = useStore();
  return (
    <>
      <p class="sh-quiet">{t("tour.intro")}</p>
      <ol class="sh-stories">
        {STORIES.map((story) => (
          <li key={story.name}>
            <button type="button" class="sh-story" onClick={() => goTo(act, store.state, story, 0)} {...KEYS}>
              <strong>{words(`${story.name}_title`)}</strong>
              <span>{words(`${story.name}_line`)}</span>
              <span class="sh-quiet">{t("tour.steps", { n: story.steps.length })}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

function Told({ place }: { place: Place }) {
  const act = useActions();
  const { story, number: at, step, answers } = place;
  const name = `${story.name}_${at + 1}`;
  const answer = answers[at] ?? null;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: false }), []);
  return (
    <article class="sh-tour">
      <Progress story={story} at={at} />
      <h3 ref={heading} tabIndex={-1}>{words(`${story.name}_title`)}</h3>
      <p class="sh-tour-text">{words(name)}</p>
      <Changed place={place} />
      {step.ask !== undefined && answer === null && (
        <Question ask={step.ask} name={name} place={place} />
      )}
      {step.ask !== undefined && answer !== null && <Revealed ask={step.ask} name={name} place={place} />}
      {at === story.steps.length - 1 && <Score place={place} />}
      <Ways place={place} />
      <Button kind="quiet" onClick={() => act.setUi({ tour: null })}>{t("tour.leave")}</Button>
    </article>
  );
}

function Progress({ story, at }: { story: Story; at: number }) {
  const text = t("tour.progress", { n: at + 1, of: story.steps.length });
  return (
    <div class="sh-tour-progress">
      <progress class="sh-progress" max={story.steps.length} value={at + 1} aria-label={text} />
      <span class="sh-quiet">{text}</span>
    </div>
  );
}

/** Says that somebody changed the settings in the middle of a step, with a way back. */
function Changed({ place }: { place: Place }) {
  const act = useActions();
  const store = useStore();
  const changed = useLab((state) => state.session !== null && !stands(place.step, state.session.experiment));
  if (!changed) return null;
  const again = () => goTo(act, store.state, place.story, place.number, place.answers);
  return (
    <p class="sh-note">
      {t("tour.lost")} <Button onClick={again}>{t("tour.restore")}</Button>
    </p>
  );
}

function Ways({ place }: { place: Place }) {
  const act = useActions();
  const store = useStore();
  const { story, number: at, answers } = place;
  const go = (to: number) => goTo(act, store.state, story, to, answers);
  const last = at === story.steps.length - 1;
  const open = place.step.ask !== undefined && (answers[at] ?? null) === null;
  return (
    <div class="sh-row sh-spread">
      <Button disabled={at === 0} onClick={() => go(at - 1)}>{t("tour.back")}</Button>
      {last
        ? <Button onClick={() => goTo(act, store.state, story, 0)}>{t("tour.again")}</Button>
        : <Button kind={open ? "plain" : "main"} disabled={open} onClick={() => go(at + 1)}>{t("tour.next")}</Button>}
    </div>
  );
}

function Question({ ask, name, place }: { ask: Ask; name: string; place: Place }) {
  const act = useActions();
  const store = useStore();
  const give = (answer: number) => predict(act, store.state, place, answer);
  return (
    <section class="sh-question">
      <p class="sh-question-text">{words(`${name}_q`)}</p>
      {ask.kind === "choice"
        ? <Choices ask={ask} name={name} onGive={give} />
        : <GuessField ask={ask} onGive={give} label={words(`${name}_q`)} />}
    </section>
  );
}

function Choices({ ask, name, onGive }: { ask: Choice; name: string; onGive: (answer: number) => void }) {
  return (
    <div class="sh-answers" role="group" aria-label={t("tour.predict")}>
      {answersOf(ask, name).map((text, k) => (
        <Button key={text} onClick={() => onGive(k)}>{text}</Button>
      ))}
    </div>
  );
}

function GuessField({ ask, onGive, label }: { ask: Guess; onGive: (answer: number) => void; label: string }) {
  const id = useOwnId();
  const [value, setValue] = useState(ask.start);
  return (
    <form class="sh-guess" onSubmit={(event) => { event.preventDefault(); onGive(value); }}>
      <input type="range" class="sh-range" id={id} min={ask.least} max={ask.most} step={ask.step} value={value}
        aria-label={label} aria-valuetext={read(value, ask.unit)}
        onInput={(event) => setValue(event.currentTarget.valueAsNumber)} {...KEYS} />
      <output for={id}>{read(value, ask.unit)}</output>
      <button type="submit" class="sh-button sh-button-main" {...KEYS}>{t("tour.commit")}</button>
    </form>
  );
}

/** The number that came out, and what to look for. */
function Revealed({ ask, name, place }: { ask: Ask; name: string; place: Place }) {
  const act = useActions();
  const given = place.answers[place.number] ?? 0;
  const found = useLab((state) => outcomeOf(state, place));
  const guess = ask.kind === "choice" ? (answersOf(ask, name)[given] ?? "") : read(given, ask.unit);
  const value = found === null ? null : read(found.value, ask.unit);
  const sentence = found === null || value === null ? ""
    : ask.kind === "choice" ? t(found.right ? "tour.yes" : "tour.no_choice", { value })
      : t(guess === value ? "tour.yes" : found.right ? "tour.close" : "tour.no", { guess, value });
  useEffect(() => {
    if (sentence === "" || found === null) return;
    came.set(outcomeKey(place, place.number), found.right);
    act.say(sentence);
  }, [sentence]);
  return (
    <section class="sh-revealed">
      <p class="sh-quiet">{t("tour.guess", { guess })}</p>
      {found === null
        ? <p role="status">{t("tour.waiting")}</p>
        : <p class={found.right ? "sh-came-true" : "sh-otherwise"}>
            <span aria-hidden="true">{found.right ? "✓" : "≠"}</span> <strong>{sentence}</strong>
          </p>}
      {found !== null && <p class="sh-tour-text">{words(`${name}_told`)}</p>}
    </section>
  );
}

/** How many predictions of a story came true, as far as this page saw them come out. */
function Score({ place }: { place: Place }) {
  const asked = place.story.steps.filter((each) => each.ask !== undefined).length;
  const right = useRight(place);
  if (asked === 0 || right === null) return null;
  return <p class="sh-score">{t("tour.score", { right, of: asked })}</p>;
}

const came = new Map<string, boolean>();

/** Keep what came of each step, to be counted at the end. */
function useRight(place: Place): number | null {
  const all = place.story.steps.map((_, k) => came.get(outcomeKey(place, k)));
  return all.some((each) => each !== undefined) ? all.filter(Boolean).length : null;
}

function outcomeKey(place: Place, k: number): string {
  return `${place.story.name} ${k} ${place.answers[k]}`;
}

function answersOf(ask: Choice, name: string): string[] {
  return [...ask.upTo, Infinity].map((_, k) => words(`${name}_${"abcdef".charAt(k)}`));
}

/** A number as it is read in its unit. */
export function read(value: number, unit: Unit): string {
  if (unit === "percent") return percent(value, 1);
  if (unit === "points") return t("tour.points", { n: number(100 * value, 2) });
  return unit === "whole" ? number(Math.round(value)) : number(value, 3);
}

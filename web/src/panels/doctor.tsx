// The doctor: findings with their evidence, what came of trying the remedy, and the remedy itself.
import { Button } from "../parts/button";
import { Details } from "../parts/details";
import { ProblemText } from "../parts/problem";
import { documentOf } from "../state/session";
import type { State } from "../state/state";
import { useActions, useLab, useStore } from "../state/store";
import { number, spoken, t } from "../strings";
import { figureWords, said } from "../views/figures";
import {
  curveTold, factNameTold, factTold, remedyTold, sentenceTold, titleTold,
  type Finding, type Proof, type Sign, type Told,
} from "./finding";
import { isRunning, JobBar } from "./job_bar";
import { keyOf, rememberedKey, rememberKey } from "./stale";
import "./more.css";

interface Diagnosis {
  readonly healthy: boolean;
  readonly curve: string;
  readonly signs: readonly Sign[];
  readonly findings: readonly Finding[];
  readonly n_checks: number;
  readonly seconds: number;
}

/** What the examined setting was: the experiment's own document. */
function settingKey(state: State): string {
  return keyOf([state.session?.experiment ?? null, state.session?.table ?? null]);
}

export function DoctorPanel() {
  const act = useActions();
  const store = useStore();
  const job = useLab((state) => state.jobs.diagnose);
  const ready = useLab((state) => state.opened !== null);
  const examine = () => {
    const key = settingKey(store.state);
    act.request({ type: "diagnose" }).then(
      (answer) => {
        rememberKey(answer, key);
        const told = answer.header.document as unknown as Diagnosis;
        act.say(told.findings.length === 0 ? t("doctor.healthy")
          : told.findings.map((each) => titleTold(each).text).join(". "));
      },
      () => undefined, // the job says what went wrong
    );
  };
  const done = job?.done ?? null;
  return (
    <div class="sh-panel sh-doctor">
      <p class="sh-quiet">{t("doctor.intro")}</p>
      {isRunning(job)
        ? <JobBar text={t("doctor.running")} share={job.share} stop={t("doctor.stop")}
            onStop={() => act.drop("diagnose")} />
        : <Button kind="main" disabled={!ready} onClick={examine}>
            {t(done === null ? "doctor.go" : "doctor.again")}
          </Button>}
      {job?.failed && (
        <p class="sh-problem" role="alert">
          {t("doctor.failed")} <ProblemText sentence={job.failed} code={job.code} />
        </p>
      )}
      {done !== null && <Found told={done.header.document as unknown as Diagnosis} asked={rememberedKey(done)} />}
    </div>
  );
}

function Found({ told, asked }: { told: Diagnosis; asked: string | undefined }) {
  const key = useLab(settingKey);
  const old = asked !== undefined && asked !== key;
  const { findings, healthy } = told;
  return (
    <section class="sh-found">
      {old && <p class="sh-note">{t("doctor.old")}</p>}
      {healthy && (
        <p class="sh-healthy">
          <span class="sh-tick" aria-hidden="true">✓</span>
          {t(findings.length === 0 ? "doctor.healthy" : "doctor.healthy_notes")}
        </p>
      )}
      <p class="sh-quiet">{t("doctor.checks", { n: told.n_checks, seconds: number(told.seconds, 2) })}</p>
      <ul class="sh-findings">
        {findings.map((each) => <Item key={each.name} finding={each} />)}
      </ul>
      <Details title={t("doctor.curve")}><p><Text told={curveTold(told.curve, told.signs)} /></p></Details>
    </section>
  );
}

/** A text, marked where it is not in the language of the page. */
function Text({ told }: { told: Told }) {
  return <span lang={told.lang}>{told.text}</span>;
}

function Item({ finding }: { finding: Finding }) {
  const { kind, evidence, remedy, proof, untried } = finding;
  const facts = Object.entries(evidence);
  return (
    <li class={`sh-finding sh-finding-${kind}`}>
      <h2>
        <span class="sh-chip">{t(`doctor.${kind}`)}</span> <Text told={titleTold(finding)} />
      </h2>
      <p><Text told={sentenceTold(finding)} /></p>
      {facts.length > 0 && (
        <Details title={t("doctor.evidence")}>
          <dl class="sh-facts">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt><Text told={factNameTold(name)} /></dt>
                <dd><Text told={factTold(name, value)} /></dd>
              </div>
            ))}
          </dl>
        </Details>
      )}
      {finding.remedy_sentence !== "" && (
        <p><strong>{t("doctor.remedy")}:</strong> <Text told={remedyTold(finding)} /></p>
      )}
      {remedy.map((each) => <code class="sh-change" key={each}>{each}</code>)}
      {proof !== null && <ProofTold proof={proof} />}
      {proof === null && untried !== "" && (
        <p class="sh-quiet">{t("doctor.untried")}: <span lang="en">{untried}</span></p>
      )}
      <Apply finding={finding} />
    </li>
  );
}

function ProofTold({ proof }: { proof: Proof }) {
  const { wins, losses, n_pairs: n } = proof;
  const word = proof.helps ? "helps" : losses > wins ? "harms" : "no_gain";
  return (
    <div class="sh-proof">
      <span class="sh-proof-bar" aria-hidden="true">
        <i class="sh-win" style={{ flexGrow: wins }} />
        <i class="sh-tie" style={{ flexGrow: n - wins - losses }} />
        <i class="sh-loss" style={{ flexGrow: losses }} />
      </span>
      {spoken() === "en"
        ? <p class="sh-quiet">{proof.sentence.charAt(0).toUpperCase() + proof.sentence.slice(1)}</p>
        : (
          <>
            <p>{t(`doctor.${word}`, { wins, losses, n })}</p>
            <p class="sh-quiet">{moved(proof)}</p>
          </>
        )}
    </div>
  );
}

/** What the remedy did to the figure that it is judged by. */
function moved(proof: Proof): string {
  const { figure, before, after, n_pairs: n, n_diverged_before: one, n_diverged_after: other } = proof;
  if (figure === "diverged" || (one === n && other === n)) return t("doctor.rescued", { one, other, n });
  return t("doctor.moved", {
    figure: figureWords(figure), before: said(figure, before), after: said(figure, after),
  });
}

/** Apply a remedy, or take it back as long as nothing else was changed since. */
function Apply({ finding }: { finding: Finding }) {
  const act = useActions();
  const applied = useLab((state) => isApplied(state, finding.changes));
  if (Object.keys(finding.changes).length === 0) return null;
  if (applied)
    return (
      <p class="sh-applied">
        <span>
          <span class="sh-tick" aria-hidden="true">✓ </span>
          {t("doctor.applied", { what: finding.remedy.join(", ") })}
        </span>
        <Button icon="undo" onClick={act.undo}>{t("doctor.undo")}</Button>
      </p>
    );
  const apply = () => {
    // a remedy is for the whole run: it does not begin in its middle
    act.setUi({ run: -1, position: null });
    act.changeMany(finding.changes);
    act.say(t("doctor.applied", { what: finding.remedy.join(", ") }));
  };
  return <Button kind="main" onClick={apply}>{t("doctor.apply")}</Button>;
}

function isApplied(state: State, changes: Readonly<Record<string, unknown>>): boolean {
  if (state.session === null) return false;
  const document = documentOf(state.session, state.opened, -1);
  return Object.entries(changes).every(([path, value]) => keyOf(at(document, path)) === keyOf(value));
}

function at(document: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null
      ? (found as Record<string, unknown>)[key] : undefined), document);
}

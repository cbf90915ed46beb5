// The doctor: findings with their evidence, what came of trying the remedy, and the remedy itself.
import { Button } from "../parts/button";
import { Details } from "../parts/details";
import { documentOf } from "../state/session";
import type { State } from "../state/state";
import { useActions, useLab, useStore } from "../state/store";
import { number, spoken, t } from "../strings";
import { isRunning, JobBar } from "./job_bar";
import { keyOf, rememberedKey, rememberKey } from "./stale";
import "./more.css";

interface Proof {
  readonly wins: number;
  readonly losses: number;
  readonly n_pairs: number;
  readonly helps: boolean;
  readonly sentence: string;
}
interface Finding {
  readonly name: string;
  readonly title: string;
  readonly kind: "fault" | "question" | "note";
  readonly sentence: string;
  readonly evidence: Readonly<Record<string, number | string | null>>;
  readonly remedy: readonly string[];
  readonly remedy_sentence: string;
  readonly proof: Proof | null;
  readonly untried: string;
  readonly changes: Readonly<Record<string, unknown>>;
}
interface Diagnosis {
  readonly healthy: boolean;
  readonly curve: string;
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
          : told.findings.map((each) => each.title).join(". "));
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
      {job?.failed && <p class="sh-problem" role="alert">{t("doctor.failed", { why: job.failed })}</p>}
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
      <Details title={t("doctor.curve")}><p lang="en">{told.curve}</p></Details>
    </section>
  );
}

function Item({ finding }: { finding: Finding }) {
  const { kind, title, sentence, evidence, remedy, proof, untried } = finding;
  const facts = Object.entries(evidence);
  return (
    <li class={`sh-finding sh-finding-${kind}`}>
      <h2>
        <span class="sh-chip">{t(`doctor.${kind}`)}</span> <span lang="en">{title}</span>
      </h2>
      <p lang="en">{capital(sentence)}</p>
      {facts.length > 0 && (
        <Details title={t("doctor.evidence")}>
          <dl class="sh-facts" lang="en">
            {facts.map(([name, value]) => (
              <div key={name}><dt>{name.replace(/_/g, " ")}</dt><dd>{fact(value)}</dd></div>
            ))}
          </dl>
        </Details>
      )}
      {finding.remedy_sentence !== "" && (
        <p><strong>{t("doctor.remedy")}:</strong> <span lang="en">{finding.remedy_sentence}</span></p>
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
      {spoken() !== "en" && <p>{t(`doctor.${word}`, { wins, losses, n })}</p>}
      <p class="sh-quiet" lang="en">{capital(proof.sentence)}</p>
    </div>
  );
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

function fact(value: number | string | null): string {
  return value === null ? "—" : typeof value === "number" ? number(value) : value;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

// Files to take away: experiment, code, models, pictures, tables, report.
import { useRef, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { ProblemText } from "../parts/problem";
import { Segments } from "../parts/segments";
import { Select } from "../parts/select";
import { Switch } from "../parts/switch";
import { useActions, useLab } from "../state/store";
import { has, t } from "../strings";
import { networkNumber } from "../views/wants";
import type { FileToTake } from "../wire/messages";
import { isRunning, JobBar } from "./job_bar";
import { save, size } from "./saving";
import "./more.css";

const GROUPS = ["experiment", "code", "model", "picture", "data", "report"] as const;
type Who = "best" | "ensemble" | "chosen";
type Take = (file: FileToTake, chart?: string) => void;
const NO_FILES: readonly FileToTake[] = [];

export function TakePanel() {
  const act = useActions();
  const own = useRef<HTMLDivElement>(null);
  const files = useLab((state) => state.catalogue?.files ?? NO_FILES);
  const { run, network } = useLab(({ ui }) => ({ run: ui.run, network: ui.network }));
  const job = useLab((state) => state.jobs.take);
  const [who, setWho] = useState<Who>("best");
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [dark, setDark] = useState(false);
  const take: Take = (file, chart) => {
    setName(titleOf(file));
    setNote("");
    const chosen = who === "chosen" ? network : who;
    act.request({ type: "take", kind: file.kind, run, network: chosen, dark, chart: chart ?? null }).then(
      (answer) => {
        const told = answer.header.document as { name: string; mime: string; note: string };
        const bytes = answer.arrays.file?.data;
        const document = own.current?.ownerDocument;
        if (!(bytes instanceof Uint8Array) || document === undefined) return;
        save(document, bytes, told.name, told.mime);
        const done = t("take.done", { name: told.name, size: size(bytes.length) });
        setNote([done, told.note].filter(Boolean).join(" "));
        act.notify(done);
      },
      () => undefined, // the job says what went wrong
    );
  };
  return (
    <div class="sh-panel sh-take" ref={own}>
      <h2 class="sh-panel-title">{t("take.title")}</h2>
      {run >= 0 && <p class="sh-note">{t("take.run_branch", { n: run + 1 })}</p>}
      <Told job={job} name={name} note={note} onStop={() => act.drop("take")} />
      {GROUPS.map((group) => {
        const some = files.filter((each) => each.group === group);
        if (some.length === 0) return null;
        return (
          <section key={group} class="sh-take-group">
            <h3>{t(`take.group_${group}`)}</h3>
            {group === "model" && <Networks who={who} network={network} onChoose={setWho} />}
            {group === "picture"
              ? <Pictures files={some} take={take} dark={dark} onDark={setDark} />
              : <Files files={some} take={take} />}
          </section>
        );
      })}
    </div>
  );
}

function Told({ job, name, note, onStop }: {
  job: Parameters<typeof isRunning>[0]; name: string; note: string; onStop: () => void;
}) {
  if (isRunning(job))
    return <JobBar text={t("take.making", { name })} share={job.share} stop={t("doctor.stop")} onStop={onStop} />;
  if (job?.failed) {
    return (
      <p class="sh-problem" role="alert">
        {t("take.failed")} <ProblemText sentence={job.failed} code={job.code} />
      </p>
    );
  }
  return note === "" ? null : <p class="sh-note" role="status">{note}</p>;
}

function Networks({ who, network, onChoose }: {
  who: Who; network: number; onChoose: (who: Who) => void;
}) {
  return (
    <Segments label={t("take.network")} value={who} onChange={onChoose} options={[
      { value: "best", text: t("take.best") },
      { value: "ensemble", text: t("take.ensemble") },
      { value: "chosen", text: t("take.chosen", { n: networkNumber(network) }) },
    ]} />
  );
}

function Files({ files, take }: { files: readonly FileToTake[]; take: Take }) {
  return (
    <ul class="sh-files">
      {files.map((file) => (
        <li key={file.kind}>
          <Button kind="quiet" icon="take" label={file.title} class="sh-file" onClick={() => take(file)}>
            <span class="sh-file-title">{titleOf(file)}</span>
            <code class="sh-suffix">{file.suffix}</code>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Pictures({ files, take, dark, onDark }: {
  files: readonly FileToTake[]; take: Take; dark: boolean; onDark: (dark: boolean) => void;
}) {
  const charts = useLab((state) => state.catalogue?.charts ?? []);
  const [chart, setChart] = useState("curves");
  const chosen = charts.includes(chart) ? chart : (charts[0] ?? "");
  const options = charts.map((value) => ({ value, text: chartName(value) }));
  return (
    <>
      <Field label={t("take.dark")}>
        {({ id }) => <Switch id={id} on={dark} onChange={onDark} />}
      </Field>
      {charts.length > 0 && (
        <>
          <Field label={t("take.chart")}>
            {({ id, describedBy }) => (
              <Select id={id} value={chosen} options={options} onChange={setChart} describedBy={describedBy} />
            )}
          </Field>
          <div class="sh-row">
            {files.filter((each) => each.charts).map((file) => (
              <Button key={file.kind} icon="take" label={file.title} onClick={() => take(file, chosen)}>
                {titleOf(file)}
              </Button>
            ))}
          </div>
        </>
      )}
      <Files files={files.filter((each) => !each.charts)} take={take} />
    </>
  );
}

/** What a kind of file is called; one of a newer host by its own words. */
function titleOf(file: FileToTake): string {
  return has(`take.kind_${file.kind.replace(/[^a-z0-9]+/g, "_")}`) ?? file.title;
}

function chartName(kind: string): string {
  return has(`charts.${kind}`) ?? (kind.charAt(0).toUpperCase() + kind.slice(1)).replace(/_/g, " ");
}

// Where the rows come from: a task, a table of one's own, or points drawn with the mouse; and what
// is true of them.
import { useState } from "preact/hooks";
import { Details } from "../parts/details";
import { Field } from "../parts/field";
import { Segments } from "../parts/segments";
import { Select } from "../parts/select";
import { Switch } from "../parts/switch";
import { Term } from "../parts/term";
import { DRAWN_NAME, derivable, measuredFeatures, withFitting } from "../state/data";
import { isTable } from "../state/document";
import { fieldsOf, hasKey, type FormField } from "../state/forms";
import { shownDocument } from "../state/player";
import { useActions, useLab, useStore } from "../state/store";
import { has, number, percent, t } from "../strings";
import { DrawnPoints } from "./draw";
import { Setting, nameOf, useValue } from "./setting";
import { OwnTablePanel } from "./table";

type Source = "task" | "table" | "draw";

/** Settings that come first; the rest is folded away. */
const LATER = ["multiply", "add", "validation", "test"];

export function DataPanel() {
  const data = useValue("data");
  const drawn = useLab((state) => state.session?.table?.name === DRAWN_NAME);
  const own = isTable(data) && typeof data.file === "string";
  const now: Source = own ? (drawn ? "draw" : "table") : "task";
  const [chosen, choose] = useState<Source | null>(null);
  const source = chosen ?? now;
  const options = (["task", "table", "draw"] as const).map((value) => ({
    value, text: t(`data.source_${value}`),
  }));
  return (
    <div class="sh-panel">
      <Segments label={t("data.source")} value={source} options={options} onChange={choose} />
      {source === "task" && <Task />}
      {source === "table" && <OwnTablePanel />}
      {source === "draw" && <DrawnPoints />}
      {source === now && <Rows source={source} />}
      <Truth />
    </div>
  );
}

/** Change the data, and the outputs of the network where they must follow. */
export function useDataChange(): (changes: Readonly<Record<string, unknown>>) => void {
  const store = useStore();
  return (changes) =>
    store.act.changeMany(withFitting(shownDocument(store.state), changes));
}

function Task() {
  const act = useActions();
  const tasks = useLab((state) => state.catalogue?.tasks ?? []);
  const name = String(useValue("data.task") ?? "");
  const chosen = tasks.find((each) => each.name === name);
  const told = chosen === undefined ? undefined : has(`tasks.${chosen.name}`) ?? chosen.title;
  const options = [
    ...(chosen === undefined ? [{ value: "", text: t("data.choose_task") }] : []),
    ...tasks.map((each) => ({ value: each.name, text: nameOf(each) })),
  ];
  return (
    <>
      <Field label={t("data.task")} term="task" path="data.task">
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={name} options={options} describedBy={describedBy} invalid={invalid}
            onChange={(task) => task !== "" && act.beginTask(task)} />
        )}
      </Field>
      {told !== undefined && <p class="sh-note">{told}</p>}
    </>
  );
}

/** The settings of the rows, from the schema of the task or of files. */
function Rows({ source }: { source: Source }) {
  const name = String(useValue("data.task") ?? "");
  const schema = useLab((state) => {
    const { catalogue } = state;
    if (catalogue === null) return null;
    if (source !== "task") return catalogue.file_data.schema;
    return catalogue.tasks.find((each) => each.name === name)?.schema ?? null;
  });
  const change = useDataChange();
  if (schema === null) return null;
  const own = ["target", "features", "drop", "weights", "kind", "encoding", "separator", "decimal",
    "derived", "missing", "types"];
  const fields = fieldsOf(schema, source === "task" ? ["derived"] : own);
  const first = sorted(fields.filter((each) => !LATER.includes(each.key)));
  const later = fields.filter((each) => LATER.includes(each.key));
  const row = (field: FormField) => (
    <Setting key={field.key} path={`data.${field.key}`} field={field}
      onChange={(value) => change({ [`data.${field.key}`]: value })} />
  );
  return (
    <>
      {first.map(row)}
      {hasKey(schema, "derived") && <Derived />}
      {later.length > 0 && (
        <Details title={t("data.more")}>
          {later.map(row)}
        </Details>
      )}
    </>
  );
}

/** What belongs to the task comes first, then noise and dummies, which all have. */
function sorted(fields: readonly FormField[]): readonly FormField[] {
  const common = ["samples", "label_noise", "dummies"];
  const rank = (key: string): number => (common.includes(key) ? 1 + common.indexOf(key) : 0);
  return [...fields].sort((one, other) => rank(one.key) - rank(other.key));
}

/** How many features others are derived from at a time. */
const MOST_OF = 3;

/** Features computed from others, each with a switch; of many, a person says of which. */
function Derived() {
  const act = useActions();
  const value = useValue("data.derived");
  const derived = Array.isArray(value) ? value.map(String) : [];
  const data = useLab((state) => state.opened?.data ?? null);
  const [chosen, choose] = useState<readonly string[]>([]);
  const all = data === null ? [] : measuredFeatures(data);
  const base = all.slice(0, MOST_OF).map((usual, k) => {
    const wanted = chosen[k];
    return wanted !== undefined && all.includes(wanted) ? wanted : usual;
  });
  const offered = [...new Set([...derivable(base), ...derived])];
  if (offered.length === 0) return null;
  const set = (name: string, on: boolean): void =>
    act.change("data.derived", offered.filter((each) => (each === name ? on : derived.includes(each))));
  return (
    <fieldset class="sh-derived">
      <legend class="sh-label"><Term name="derived">{t("data.derived")}</Term></legend>
      {all.length > MOST_OF && (
        <div class="sh-row" role="group" aria-label={t("data.derived_of")}>
          {base.map((name, k) => (
            <Select key={k} label={t("data.derived_of_n", { n: k + 1 })} value={name}
              options={all.map((each) => ({ value: each, text: each }))}
              onChange={(to) => choose(base.with(k, to))} />
          ))}
        </div>
      )}
      <div class="sh-switches">
        {offered.map((name) => (
          <label key={name} class="sh-switch-row">
            <Switch label={pretty(name)} on={derived.includes(name)} onChange={(on) => set(name, on)} />
            <span aria-hidden="true">{pretty(name)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const pretty = (name: string): string => name.replace(/\^2$/, "²").replace("*", " · ");

/** The smallest difference that a percentage with one digit shows. */
const SEEN = 0.0005;

/** What is true of the rows: it is always shown. */
function Truth() {
  const data = useLab((state) => state.opened?.data ?? null);
  if (data === null) return null;
  const { attainable_accuracy: attainable, constant_guess_accuracy: guess, rows_accuracy: rule } = data;
  const rows = data.streaming ? t("data.streaming", { n: data.n_train })
    : t("data.rows", { train: data.n_train, validation: data.n_validation });
  return (
    <section class="sh-truth" aria-label={t("data.truth")}>
      <p class="sh-fact"><span>{t("data.rows_label")}</span><span class="sh-figure">{rows}</span></p>
      {attainable !== null && (
        <p class="sh-fact">
          <Term name="attainable">{t("data.attainable")}</Term>
          <strong class="sh-figure">{percent(attainable)}</strong>
        </p>
      )}
      {rule !== null && attainable !== null && Math.abs(rule - attainable) >= SEEN && (
        <p class="sh-fact">
          <Term name="rows_accuracy">{t("data.rows_accuracy")}</Term>
          <span class="sh-figure">{percent(rule)}</span>
        </p>
      )}
      {guess !== null && (
        <p class="sh-fact">
          <Term name="constant_guess">{t("data.constant_guess")}</Term>
          <span class="sh-figure">{percent(guess)}</span>
        </p>
      )}
      {data.notes.map((note) => <p key={note} class="sh-note">{note}</p>)}
      <p class="sh-sr">{t("data.features_said", { n: number(data.features.length) })}</p>
    </section>
  );
}

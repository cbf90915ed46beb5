// A table of one's own: dropped or chosen, looked at, target and features chosen, then used.
import { useRef, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { Select } from "../parts/select";
import { KEYS } from "../parts/keys";
import { withFitting } from "../state/data";
import { DroppedError } from "../state/jobs";
import type { Outputs } from "../state/network";
import { shownDocument } from "../state/player";
import {
  isType, readPreview, typeOf, TYPES, withoutType, withType,
  type Column, type Guess, type Preview, type Types,
} from "../state/preview";
import { isTable, type Document } from "../state/document";
import { beginning } from "../state/starts";
import { useLab, useStore } from "../state/store";
import { number, t } from "../strings";
import type { OwnTable } from "../wire/messages";
import { wordOf } from "./setting";

interface Brought {
  readonly table: OwnTable;
  readonly preview: Preview;
  /** Whether a person said what kind it is; else the host goes on guessing. */
  readonly kindIsSaid: boolean;
}

export function OwnTablePanel() {
  const store = useStore();
  const most = useLab((state) => state.catalogue?.most_table_bytes ?? 8 * 2 ** 20);
  const failed = useLab((state) => state.jobs.preview?.failed ?? null);
  const [brought, setBrought] = useState<Brought | null>(null);
  const [looking, setLooking] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  const look = async (table: Brought["table"], data: Readonly<Record<string, unknown>>) => {
    setLooking(true); // what is chosen now is not settled before the host has answered
    try {
      const answer = await store.act.request({ type: "preview", table, data });
      const preview = readPreview(answer.header.document);
      setBrought({ table, preview, kindIsSaid: data.kind != null });
      setLooking(false);
    } catch (error) {
      if (error instanceof DroppedError) return; // a newer look is under way
      setBrought(null);
      setLooking(false);
    }
  };
  const take = async (file: File) => {
    setWrong(null);
    if (file.size > most) {
      setWrong(t("table.too_large", { most: number(most / 2 ** 20) }));
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const table = await store.act.bringTable(file.name, bytes);
    // the file of this setting once more, as after a reload: what was chosen of it stands
    const { data } = shownDocument(store.state);
    const isUsed = store.state.session?.table?.digest === table.digest;
    await look(table, isUsed && isTable(data) ? settledOf(data) : {});
  };
  const used = useLab((state) => (state.ui.drawn === null ? state.session?.table : null) ?? null);
  const again = (): void => {
    const data = shownDocument(store.state).data;
    if (used !== null && isTable(data)) void look(used, settledOf(data));
  };
  const settle = (data: Settled): void => {
    if (brought === null) return;
    // what was chosen is shown at once, and what the host makes of it when it has answered
    const { preview } = brought;
    setBrought({ ...brought, preview: { ...preview, guess: { ...preview.guess, ...data } } });
    void look(brought.table, { ...data });
  };
  const said = wrong ?? (brought === null ? failed : null);
  return (
    <div class="sh-own">
      <Drop onFile={(file) => void take(file)} />
      {said !== null && said !== "" && <p class="sh-problem" role="alert">{said}</p>}
      {brought === null && used !== null && (
        <p class="sh-fact">
          <strong>{used.name}</strong>
          <Button onClick={again}>{t("table.look_again")}</Button>
        </p>
      )}
      {brought !== null && (
        <Chosen brought={brought} looking={looking} onSettle={settle} />
      )}
    </div>
  );
}

/** Return what of `[data]` was settled when the table was taken. */
function settledOf(data: Document): Document {
  const keys = ["target", "features", "types", "kind", "missing"];
  return Object.fromEntries(keys.filter((key) => data[key] != null).map((key) => [key, data[key]]));
}

function Drop({ onFile }: { onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const first = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file !== undefined) onFile(file);
  };
  return (
    <div class={over ? "sh-drop sh-over" : "sh-drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        first(event.dataTransfer?.files);
      }}>
      <p>{t("table.drop")}</p>
      <Button icon="upload" onClick={() => input.current?.click()}>{t("table.choose")}</Button>
      <input ref={input} type="file" accept=".csv,.tsv,.txt,text/csv" class="sh-sr" tabIndex={-1}
        aria-label={t("table.choose")} {...KEYS}
        onChange={(event) => {
          first(event.currentTarget.files);
          event.currentTarget.value = "";
        }} />
      <p class="sh-quiet">{t("table.stays")}</p>
    </div>
  );
}

/** What of `[data]` a person chose. */
type Settled = Partial<Guess>;

interface ChosenProps {
  readonly brought: Brought;
  /** Whether the host is asked about the newest choice. */
  readonly looking: boolean;
  /** Look again with more of `[data]` settled. */
  readonly onSettle: (data: Settled) => void;
}

function Chosen({ brought, looking, onSettle }: ChosenProps) {
  const store = useStore();
  const { preview, table } = brought;
  const { guess, columns } = preview;
  const settle = (more: Settled): void => {
    if (more.features?.length === 0) return; // there must be one
    onSettle({
      target: guess.target, features: guess.features, types: guess.types, missing: guess.missing,
      ...(brought.kindIsSaid ? { kind: guess.kind } : {}), ...more,
    });
  };
  const use = (): void => {
    const data = {
      file: `${table.digest}.csv`, target: guess.target, features: guess.features,
      ...(brought.kindIsSaid ? { kind: guess.kind } : {}), missing: guess.missing,
      ...(Object.keys(guess.types).length > 0 ? { types: guess.types } : {}),
    };
    const { catalogue, session } = store.state;
    const start = startOf(catalogue?.starts.file ?? {}, guess.kind);
    const first = session?.table?.digest !== table.digest;
    const changes = first ? beginning(store.state, { ...start, data }) : { data };
    store.act.use(table, withFitting(shownDocument(store.state), changes, outputsOf(preview)));
  };
  const target = typeof guess.target === "string" ? guess.target : guess.target.join(", ");
  return (
    <div class="sh-chosen-table">
      <p class="sh-fact">
        <strong>{preview.name}</strong>
        <span class="sh-figure">{t("table.size", { rows: preview.nRows, columns: preview.nColumns })}</span>
      </p>
      <FirstRows preview={preview} />
      <Field label={t("table.target")} term="target">
        {({ id, describedBy }) => (
          <Select id={id} value={target} describedBy={describedBy}
            options={columns.filter((each) => each.kind !== "empty")
              .map((each) => ({ value: each.name, text: each.name }))}
            onChange={(name) => settle({ target: name, kind: null,
              features: features(columns, [], name), types: withoutType(guess.types, name) })} />
        )}
      </Field>
      <Field label={t("table.kind")} term="kind">
        {({ id, describedBy }) => (
          <Select id={id} value={guess.kind ?? ""} describedBy={describedBy}
            options={["classification", "regression"].map((value) => ({ value, text: wordOf(value) }))}
            onChange={(kind) => settle({ kind: kind === "regression" ? kind : "classification" })} />
        )}
      </Field>
      <Field label={t("table.missing")} term="missing">
        {({ id, describedBy }) => (
          <Select id={id} value={guess.missing} describedBy={describedBy}
            options={["error", "drop", "mean"].map((value) => ({ value, text: wordOf(`missing_${value}`) }))}
            onChange={(missing) => settle({ missing })} />
        )}
      </Field>
      <Features columns={columns} target={target} chosen={guess.features} types={guess.types}
        onChange={(chosen) => settle({ features: chosen })}
        onType={(column, type) => settle({ types: withType(guess.types, column, type) })} />
      {preview.notes.map((note) => <p key={note} class="sh-note">{note}</p>)}
      {preview.problems.map((each) => (
        <p key={each.sentence} class="sh-problem" role="alert">{each.sentence}</p>
      ))}
      <Button kind="main" disabled={looking || preview.problems.length > 0 || guess.features.length === 0}
        onClick={use}>
        {t("table.use")}
      </Button>
    </div>
  );
}

function Features({ columns, target, chosen, types, onChange, onType }: {
  columns: readonly Column[]; target: string; chosen: readonly string[]; types: Types;
  onChange: (chosen: readonly string[]) => void;
  onType: (column: Column, type: string) => void;
}) {
  return (
    <fieldset class="sh-derived">
      <legend class="sh-label">{t("table.features")}</legend>
      <ul class="sh-columns">
        {columns.filter((each) => each.name !== target).map((each) => (
          <li key={each.name}>
            <div class="sh-column">
              <label class="sh-check">
                <input type="checkbox" checked={chosen.includes(each.name)}
                  disabled={each.problem !== "" && !chosen.includes(each.name)}
                  onChange={(event) =>
                    onChange(features(columns, event.currentTarget.checked
                      ? [...chosen, each.name] : chosen.filter((name) => name !== each.name)))} {...KEYS} />
                <span>{each.name}</span>
              </label>
              <Type column={each} type={typeOf(types, each)}
                onChange={(type) => onType(each, type)} />
            </div>
            {each.problem !== "" && <p class="sh-note">{each.problem}</p>}
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

/** What a column holds: guessed, and where the guess is wrong corrected. */
function Type({ column, type, onChange }: {
  column: Column; type: string; onChange: (type: string) => void;
}) {
  const gaps = column.nMissing > 0 ? t("table.gaps", { n: column.nMissing }) : "";
  if (!isType(column.guessed))
    return <span class="sh-quiet">{[wordOf(`kind_${column.kind}`), gaps].filter(Boolean).join(", ")}</span>;
  const guessed = type === column.guessed ? "" : t("table.guessed", { type: wordOf(`kind_${column.guessed}`) });
  return (
    <>
      <Select label={t("table.type_of", { name: column.name })} value={type} onChange={onChange}
        options={TYPES.map((value) => ({ value, text: wordOf(`kind_${value}`) }))} />
      <span class="sh-quiet">{[guessed, gaps].filter(Boolean).join(", ")}</span>
    </>
  );
}

/** Return chosen columns in the order of the table; with none, all that can be but the target. */
function features(columns: readonly Column[], chosen: readonly string[], target?: string): string[] {
  return columns.filter((each) =>
    each.name !== target && (target === undefined ? chosen.includes(each.name) : each.problem === ""),
  ).map((each) => each.name);
}

function FirstRows({ preview }: { preview: Preview }) {
  return (
    <div class="sh-scroll" tabIndex={0} role="region" aria-label={t("table.first_rows")} {...KEYS}>
      <table class="sh-first-rows">
        <thead>
          <tr>{preview.columns.map((each) => <th key={each.name} scope="col">{each.name}</th>)}</tr>
        </thead>
        <tbody>
          {preview.rows.map((row, k) => (
            <tr key={k}>{row.map((cell, n) => <td key={n}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Return what a table begins with: numbers to predict have a unit of their own. */
function startOf(start: Document, kind: Preview["guess"]["kind"]): Document {
  if (kind !== "regression" || !isTable(start.preprocess)) return start;
  return { ...start, preprocess: { ...start.preprocess, target_scaling: "standard" } };
}

/** Return what the outputs must be: as many as the target has classes. */
function outputsOf(preview: Preview): Outputs {
  const { target, kind } = preview.guess;
  const names = typeof target === "string" ? [target] : target;
  const column = preview.columns.find((each) => each.name === names[0]);
  const several = kind === "regression" || kind === "multilabel";
  return { kind: kind ?? "classification", n: several ? names.length : (column?.nDifferent ?? 2) };
}


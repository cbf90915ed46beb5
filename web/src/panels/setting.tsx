// One setting of the experiment as a row: its control follows from its schema, its words from the
// strings by its key.
import { Field } from "../parts/field";
import { NumberField } from "../parts/number_field";
import { Select, type Option } from "../parts/select";
import { Slider } from "../parts/slider";
import { Switch } from "../parts/switch";
import type { Scale } from "../parts/scale";
import { valueAt } from "../state/document";
import type { FormField } from "../state/forms";
import { shownDocument } from "../state/player";
import { useActions, useLab } from "../state/store";
import { has, t } from "../strings";
import type { Choice } from "../wire/messages";

/** What a setting is called; a new one by its key. */
export function labelOf(key: string): string {
  return has(`labels.${key}`) ?? sentence(key);
}

/** What a word among choices is called. */
export function wordOf(value: string): string {
  return has(`words.${value}`) ?? sentence(value);
}

/** What a member of a registry is called. */
export function nameOf(choice: Choice): string {
  return has(`names.${choice.name}`) ?? sentence(choice.name);
}

export function namesOf(choices: readonly Choice[]): Option[] {
  return choices.map((each) => ({ value: each.name, text: nameOf(each) }));
}

export const sentence = (key: string): string =>
  (key.charAt(0).toUpperCase() + key.slice(1)).replace(/_/g, " ");

/** Return the value at a path of the document that is shown. */
export function useValue(path: string): unknown {
  return useLab((state) => valueAt(shownDocument(state), path));
}

export interface SettingProps {
  readonly path: string;
  readonly field: FormField;
  readonly term?: string;
  readonly label?: string;
  /** What a change does, if not just this value. */
  readonly onChange?: (value: unknown) => void;
}

export function Setting({ path, field, term = field.key, label, onChange }: SettingProps) {
  const act = useActions();
  const found = useValue(path) ?? field.fallback;
  const set = onChange ?? ((value: unknown) => act.change(path, value));
  const name = label ?? labelOf(field.key);
  const { control } = field;
  return (
    <Field label={name} term={term} path={path} note={field.note}>
      {({ id, describedBy, invalid }) => {
        if (control.kind === "switch")
          return <Switch id={id} on={found === true} onChange={set} describedBy={describedBy} />;
        if (control.kind === "choice")
          return (
            <Select id={id} value={found == null ? "" : String(found)} describedBy={describedBy}
              invalid={invalid} options={choices(control.values, control.empty)}
              onChange={(value) => set(value === "" ? undefined : value)} />
          );
        if (typeof found !== "number")
          return (
            <NumberField id={id} label={name} value={null} placeholder={t("parts.none")}
              onChange={set} describedBy={describedBy} invalid={invalid}
              {...bounds(control.scale)} />
          );
        return (
          <Slider id={id} label={name} value={found} scale={control.scale} onInput={set}
            describedBy={describedBy} invalid={invalid}
            onEmpty={control.empty ? () => set(undefined) : undefined} />
        );
      }}
    </Field>
  );
}

function choices(values: readonly string[], empty: boolean): Option[] {
  const found = values.map((value) => ({ value, text: wordOf(value) }));
  return empty ? [{ value: "", text: t("parts.by_itself") }, ...found] : found;
}

function bounds(scale: Scale): { least?: number; most?: number; whole: boolean } {
  return {
    whole: scale.whole ?? false,
    ...(scale.hardLeast === undefined ? {} : { least: scale.hardLeast }),
    ...(scale.hardMost === undefined ? {} : { most: scale.hardMost }),
  };
}

/** All settings of a member of a registry. */
export function Form({ base, fields }: { base: string; fields: readonly FormField[] }) {
  return (
    <>
      {fields.map((field) => (
        <Setting key={field.key} path={`${base}.${field.key}`} field={field} />
      ))}
    </>
  );
}

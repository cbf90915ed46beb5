// The parts of training that are folded away: schedule, regularisation, when to stop, and what
// differs between the networks.
import { Details } from "../parts/details";
import { Field } from "../parts/field";
import { Select } from "../parts/select";
import { Switch } from "../parts/switch";
import { isTable } from "../state/document";
import { fieldsOf } from "../state/forms";
import { useActions, useLab } from "../state/store";
import { has, t } from "../strings";
import type { Choice } from "../wire/messages";
import { Form, labelOf, namesOf, useValue } from "./setting";

interface PickedProps {
  readonly path: string;
  readonly label: string;
  readonly term: string;
  readonly choices: readonly Choice[];
  /** What a member begins with beside its name. */
  readonly first?: (name: string) => Readonly<Record<string, unknown>>;
}

/** One of a registry, or none of it; where a file asks for several, the first is shown. */
export function PickedTable({ path, label, term, choices, first }: PickedProps) {
  const act = useActions();
  const value = useValue(path);
  const several = Array.isArray(value) ? value.length : 0;
  const found = Array.isArray(value) ? value[0] : value;
  const name = isTable(found) ? String(found.name) : String(found ?? "");
  const chosen = choices.find((each) => each.name === name);
  const fields = chosen === undefined ? [] : fieldsOf(chosen.schema);
  const base = Array.isArray(value) ? `${path}.0` : path;
  const options = [{ value: "", text: t("parts.none") }, ...namesOf(choices)];
  return (
    <>
      <Field label={label} term={term} path={path}>
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={name} options={options} describedBy={describedBy} invalid={invalid}
            onChange={(to) => act.change(path, to === "" ? [] : [{ name: to, ...first?.(to) }])} />
        )}
      </Field>
      {isTable(found) && <Form base={base} fields={fields} />}
      {several > 1 && <p class="sh-quiet">{t("training.several", { n: several })}</p>}
    </>
  );
}

export function Regularization() {
  const schema = useLab((state) => state.catalogue?.regularization.schema ?? null);
  if (schema === null) return null;
  return (
    <Details title={t("training.regularization")}>
      <Form base="training.regularization" fields={fieldsOf(schema)} />
    </Details>
  );
}

/** A figure and a level, so that a rule that needs them can be opened at once. */
const FIRST: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  target: { figure: "train_accuracy", above: 0.95 },
  divergence: { figure: "train_loss", above: 10 },
  steps: { limit: 1000 },
  seconds: { limit: 10 },
  evaluations: { limit: 10_000 },
};

export function Stop() {
  const rules = useLab((state) => state.catalogue?.stop_rules ?? []);
  return (
    <Details title={t("training.stop")}>
      <PickedTable path="training.stop" label={t("training.stop_rule")} term="stop_rule"
        choices={rules} first={(name) => FIRST[name] ?? {}} />
    </Details>
  );
}

const STREAMS = ["init", "order", "dropout", "search", "data", "noise", "split"];

/** Which random numbers every network draws for itself. */
export function Streams() {
  const act = useActions();
  const value = useValue("population.vary");
  const vary = Array.isArray(value) ? value.map(String) : [];
  const set = (name: string, on: boolean): void =>
    act.change("population.vary", STREAMS.filter((each) => (each === name ? on : vary.includes(each))));
  return (
    <Details title={t("training.streams")}>
      <p class="sh-quiet">{t("training.streams_note")}</p>
      {STREAMS.map((name) => (
        <Field key={name} label={has(`streams.${name}`) ?? labelOf(name)} term={`stream_${name}`}>
          {({ id, describedBy }) => (
            <Switch id={id} on={vary.includes(name)} describedBy={describedBy}
              onChange={(on) => set(name, on)} />
          )}
        </Field>
      ))}
    </Details>
  );
}

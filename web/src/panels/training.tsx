// How networks are trained: rule and rate first, then batches and how many networks, then the rest.
import { Button } from "../parts/button";
import { Details } from "../parts/details";
import { Field } from "../parts/field";
import { NumberField } from "../parts/number_field";
import { Select } from "../parts/select";
import { Slider } from "../parts/slider";
import { Switch } from "../parts/switch";
import type { Scale } from "../parts/scale";
import { isTable } from "../state/document";
import { fieldOf, fieldsOf } from "../state/forms";
import { useActions, useLab } from "../state/store";
import { number, t } from "../strings";
import { PickedTable, Regularization, Stop, Streams } from "./training_more";
import { Form, Setting, labelOf, nameOf, namesOf, useValue, wordOf } from "./setting";

const EPOCHS: Scale = { least: 1, most: 2000, log: true, whole: true, hardLeast: 1 };
const BATCH: Scale = { least: 1, most: 4096, log: true, whole: true, hardLeast: 1 };

export function TrainingPanel() {
  return (
    <div class="sh-panel">
      <Optimizer />
      <Batch />
      <NumberSetting path="training.epochs" scale={EPOCHS} name="epochs" />
      <Population />
      <Seed />
      <Loss />
      <Scaling />
      <PickedTable path="training.schedule" label={t("training.schedule")} term="schedule"
        choices={useLab((state) => state.catalogue?.schedules ?? [])} />
      <Regularization />
      <Stop />
      <Streams />
      <More />
    </div>
  );
}

function Optimizer() {
  const act = useActions();
  const optimizers = useLab((state) => state.catalogue?.optimizers ?? []);
  const value = useValue("training.optimizer");
  const name = isTable(value) ? String(value.name) : String(value ?? "");
  const rate = isTable(value) ? value.learning_rate : undefined;
  const chosen = optimizers.find((each) => each.name === name);
  const first = chosen === undefined ? null : fieldOf(chosen.schema, "learning_rate");
  const rest = chosen === undefined ? [] : fieldsOf(chosen.schema, ["learning_rate"]);
  // what a person chose as the rate stays where the rule has one of the same meaning
  const given = (to: string) =>
    SHARE_RATES.includes(to) && SHARE_RATES.includes(name) && typeof rate === "number"
      ? { name: to, learning_rate: rate } : { name: to };
  return (
    <>
      <Field label={t("training.optimizer")} term="optimizer" path="training.optimizer.name">
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={name} options={namesOf(optimizers)} describedBy={describedBy}
            invalid={invalid} onChange={(to) => act.change("training.optimizer", given(to))} />
        )}
      </Field>
      {chosen?.formula !== undefined && chosen.formula !== "" && (
        <p class="sh-formula">{chosen.formula}</p>
      )}
      {first !== null && <Setting path="training.optimizer.learning_rate" field={first} />}
      {rest.length > 0 && chosen !== undefined && (
        <Details title={t("training.of_optimizer", { name: nameOf(chosen) })}>
          <Form base="training.optimizer" fields={rest} />
        </Details>
      )}
    </>
  );
}

/** Rules with steps of their own size for every weight: a rate means the same to them. */
const SHARE_RATES = ["adam", "adamw", "nadam", "amsgrad", "rmsprop"];

function NumberSetting({ path, scale, name }: { path: string; scale: Scale; name: string }) {
  const act = useActions();
  const value = useValue(path);
  return (
    <Field label={labelOf(name)} term={name} path={path}>
      {({ id, describedBy, invalid }) => (
        <Slider id={id} label={labelOf(name)} value={Number(value ?? scale.least)} scale={scale}
          describedBy={describedBy} invalid={invalid} onInput={(to) => act.change(path, to)} />
      )}
    </Field>
  );
}

function Batch() {
  const act = useActions();
  const path = "training.batch_size";
  const value = useValue(path);
  const rows = useLab((state) => state.opened?.data.n_train ?? 32);
  const full = value === "full";
  return (
    <>
      <Field label={labelOf("batch_size")} term="batch_size" path={path}>
        {({ id, describedBy, invalid }) => (
          <Slider id={id} label={labelOf("batch_size")} scale={BATCH} describedBy={describedBy}
            invalid={invalid} value={full ? rows : Number(value ?? 32)}
            onInput={(to) => act.change(path, to)} />
        )}
      </Field>
      <Field label={t("training.all_rows")} term="full_batch">
        {({ id, describedBy }) => (
          <Switch id={id} on={full} describedBy={describedBy}
            onChange={(on) => act.change(path, on ? "full" : 32)} />
        )}
      </Field>
    </>
  );
}

function Population() {
  const most = useLab((state) => state.catalogue?.most_networks ?? 256);
  const scale: Scale = { least: 1, most, log: true, whole: true, hardLeast: 1, hardMost: most };
  return <NumberSetting path="population.size" scale={scale} name="population" />;
}

function Seed() {
  const act = useActions();
  const seed = useValue("seed");
  return (
    <Field label={labelOf("seed")} term="seed" path="seed">
      {({ id, describedBy, invalid }) => (
        <span class="sh-pair">
          <NumberField id={id} label={labelOf("seed")} value={Number(seed ?? 0)} whole least={0}
            describedBy={describedBy} invalid={invalid} onChange={(to) => act.change("seed", to)} />
          <Button icon="seeds" onClick={act.newSeeds}>{t("training.new_seeds")}</Button>
        </span>
      )}
    </Field>
  );
}

function Loss() {
  const act = useActions();
  const losses = useLab((state) => state.catalogue?.losses ?? []);
  const value = useValue("training.loss");
  const name = isTable(value) ? String(value.name) : String(value ?? "");
  const chosen = losses.find((each) => each.name === name);
  const fields = chosen === undefined ? [] : fieldsOf(chosen.schema);
  return (
    <>
      <Field label={t("training.loss")} term="loss" path="training.loss">
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={name} describedBy={describedBy} invalid={invalid}
            options={[{ value: "", text: t("training.fitting_loss") }, ...namesOf(losses)]}
            onChange={(to) => act.change("training.loss",
              to === "" ? undefined : to === "huber" ? { name: to } : to)} />
        )}
      </Field>
      {isTable(value) && <Form base="training.loss" fields={fields} />}
    </>
  );
}

function Scaling() {
  const schema = useLab((state) => state.catalogue?.preprocess.schema ?? null);
  const regression = useLab((state) => state.opened?.data.kind === "regression");
  if (schema === null) return null;
  const hidden = regression ? [] : ["target_scaling"];
  return <Form base="preprocess" fields={fieldsOf(schema, hidden)} />;
}

function More() {
  const act = useActions();
  const clip = useValue("training.clip_norm");
  const weight = useValue("training.class_weight");
  const type = String(useValue("training.dtype") ?? "float32");
  const best = String(useValue("training.restore_best") ?? "");
  const figures = useLab((state) => state.opened?.figures ?? []);
  const classes = useLab((state) => state.opened?.data.kind === "classification");
  const seconds = useLab((state) => state.shown[state.ui.run]?.header.seconds ?? null);
  return (
    <Details title={t("training.more")}>
      <Field label={labelOf("restore_best")} term="restore_best" path="training.restore_best">
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={best} describedBy={describedBy} invalid={invalid}
            options={[{ value: "", text: t("training.last_step") },
              ...figures.map((each) => ({ value: each, text: wordOf(each) }))]}
            onChange={(to) => act.change("training.restore_best", to === "" ? undefined : to)} />
        )}
      </Field>
      <Field label={labelOf("clip_norm")} term="clip_norm" path="training.clip_norm">
        {({ id, describedBy, invalid }) => (
          <NumberField id={id} label={labelOf("clip_norm")} placeholder={t("parts.none")}
            value={typeof clip === "number" ? clip : null} least={1e-12} describedBy={describedBy}
            invalid={invalid} onChange={(to) => act.change("training.clip_norm", to)}
            onEmpty={() => act.change("training.clip_norm", undefined)} />
        )}
      </Field>
      {classes && (
        <Field label={labelOf("class_weight")} term="class_weight" path="training.class_weight">
          {({ id, describedBy }) => (
            <Switch id={id} on={weight === "balanced"} describedBy={describedBy}
              onChange={(on) => act.change("training.class_weight", on ? "balanced" : undefined)} />
          )}
        </Field>
      )}
      <Field label={labelOf("dtype")} term="dtype" path="training.dtype">
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={type} describedBy={describedBy} invalid={invalid}
            options={["float32", "float64"].map((value) => ({ value, text: value }))}
            onChange={(to) => act.change("training.dtype", to)} />
        )}
      </Field>
      {seconds !== null && (
        <p class="sh-quiet">{t("training.took", { seconds: number(seconds, 2) })}</p>
      )}
    </Details>
  );
}

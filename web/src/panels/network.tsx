// The layers of the network: how many, how wide, what each unit does with its sum.
import { Button } from "../parts/button";
import { Details } from "../parts/details";
import { Field } from "../parts/field";
import { Select } from "../parts/select";
import { Stepper } from "../parts/stepper";
import { Switch } from "../parts/switch";
import { Term } from "../parts/term";
import { isTable } from "../state/document";
import { fieldsOf } from "../state/forms";
import {
  layersOf, withActivation, withLayer, withUnits, withoutLayer, type Layer,
} from "../state/network";
import { shownDocument } from "../state/player";
import { ProblemText } from "../parts/problem";
import { problemsAt } from "../state/problems";
import { useActions, useLab } from "../state/store";
import { number, t } from "../strings";
import { frozenWords } from "./naming";
import { Form, Setting, namesOf, useValue } from "./setting";

const MOST_LAYERS = 8;
const MOST_UNITS = 256;

export function NetworkPanel() {
  const act = useActions();
  const layers = layersOf(useLab(shownDocument));
  const set = (to: readonly Layer[]): void => act.change("network.layers", to);
  const nHidden = layers.length - 1;
  return (
    <div class="sh-panel">
      <div class="sh-row sh-spread">
        <span class="sh-label"><Term name="hidden_layer">{t("network.hidden_layers")}</Term></span>
        <Stepper label={t("network.hidden_layers")} value={nHidden} least={0} most={MOST_LAYERS}
          onChange={(n) => set(n > nHidden ? withLayer(layers) : withoutLayer(layers))} />
      </div>
      <ol class="sh-layer-list" aria-label={t("network.layers")}>
        {layers.map((layer, k) => (
          <LayerRow key={k} k={k} layer={layer} last={k === nHidden}
            onChange={(to) => set(layers.map((each, n) => (n === k ? to : each)))}
            onUnits={(units) => set(withUnits(layers, k, units))}
            onActivation={(name) => set(withActivation(layers, k, name))} />
        ))}
      </ol>
      <LayerProblems n={layers.length} />
      <Begin base="network.initializer" label={t("network.initializer")} term="initializer" />
      <Count />
      <Frozen />
      <Details title={t("network.more")}>
        <Begin base="network.bias_initializer" label={t("network.bias_initializer")}
          term="bias_initializer" />
      </Details>
    </div>
  );
}

interface LayerRowProps {
  readonly k: number;
  readonly layer: Layer;
  readonly last: boolean;
  readonly onChange: (layer: Layer) => void;
  readonly onUnits: (units: number) => void;
  readonly onActivation: (name: string) => void;
}

function LayerRow({ k, layer, last, onChange, onUnits, onActivation }: LayerRowProps) {
  const activations = useLab((state) => state.catalogue?.activations ?? []);
  const name = last ? t("network.outputs") : t("network.layer", { n: k + 1 });
  const activation = String(layer.activation ?? "identity");
  const chosen = activations.find((each) => each.name === activation);
  const fields = chosen === undefined ? [] : fieldsOf(chosen.schema);
  return (
    <li class="sh-layer" aria-label={name}>
      <div class="sh-layer-row">
        <span class="sh-layer-name">{name}</span>
        <Stepper label={t("network.units_of", { name })} value={layer.units} least={1}
          most={MOST_UNITS} onChange={onUnits} />
        <Select label={t("network.activation_of", { name })} value={activation}
          options={namesOf(activations)} onChange={onActivation} />
        <label class="sh-bias" title={t("terms.bias")}>
          <Switch label={t("network.bias_of", { name })} on={layer.bias !== false}
            onChange={(on) => onChange({ ...layer, bias: on })} />
          <span aria-hidden="true">b</span>
        </label>
      </div>
      {fields.map((field) => (
        <Setting key={field.key} path={`network.layers.${k}.${field.key}`} field={field} />
      ))}
    </li>
  );
}

function LayerProblems({ n }: { n: number }) {
  const problems = useLab((state) => [
    ...problemsAt(state, "network.layers"),
    ...Array.from({ length: n }, (_, k) => problemsAt(state, `network.layers.${k}`)).flat(),
  ]);
  const said = [...new Set(problems)];
  return said.length === 0 ? null : <p class="sh-problem" role="alert">
    {said.map((each) => <ProblemText key={each.where + each.sentence} {...each} />)}
  </p>;
}

function Begin({ base, label, term }: { base: string; label: string; term: string }) {
  const act = useActions();
  const initializers = useLab((state) => state.catalogue?.initializers ?? []);
  const value = useValue(base);
  const name = isTable(value) ? String(value.name) : String(value ?? "");
  const chosen = initializers.find((each) => each.name === name);
  // a constant has no usual value; networks begin at it
  const given = (to: string) => (to === "constant" ? { name: to, value: 0.1 } : { name: to });
  return (
    <>
      <Field label={label} term={term} path={base}>
        {({ id, describedBy, invalid }) => (
          <Select id={id} value={name} options={namesOf(initializers)} describedBy={describedBy}
            invalid={invalid} onChange={(to) => act.change(base, given(to))} />
        )}
      </Field>
      {chosen !== undefined && <Form base={base} fields={fieldsOf(chosen.schema)} />}
    </>
  );
}

function Count() {
  const n = useLab((state) => state.opened?.n_parameters ?? null);
  if (n === null) return null;
  return (
    <p class="sh-fact">
      <Term name="parameters">{t("network.parameters")}</Term>
      <strong class="sh-figure">{number(n)}</strong>
    </p>
  );
}

function Frozen() {
  const act = useActions();
  const value = useValue("training.frozen");
  const opened = useLab((state) => state.opened);
  const frozen = Array.isArray(value) ? value.map(String) : [];
  if (frozen.length === 0 || opened === null) return null;
  return (
    <div class="sh-frozen">
      <p class="sh-label"><Term name="frozen">{t("network.frozen")}</Term></p>
      <ul class="sh-chips">
        {frozen.map((path) => {
          const words = frozenWords(path, opened);
          return (
            <li key={path} class="sh-chip" title={path}>
              {words}
              <Button icon="close" kind="quiet" label={t("network.thaw", { path: words })}
                onClick={() => act.freeze(path)} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

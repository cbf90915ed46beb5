// The stops on the way of a data point: sums and activations, answer and loss, derivatives beside
// their finite differences, the update.
import type { ComponentChildren, JSX } from "preact";
import { t } from "../strings";
import {
  differsAtKink, worstCheck, type BackwardLayer, type BackwardUnit, type Equation, type Folded, type ForwardLayer,
  type ForwardUnit, type Slope, type Stage, type Term, type Updated, type Worked,
} from "./inside_data";
import type { Pointed } from "./inside_diagram";
import { answerTold, noteTold, parameterTold, unitTold, updateTold } from "./inside_words";
import { exact } from "./ticks";

/** Told of the unit that a person points at, null where that ends. */
type OnPoint = (unit: Pointed | null) => void;

export function StageShown(
  props: { readonly worked: Worked; readonly stage: Stage; readonly onPoint: OnPoint },
): JSX.Element | null {
  const { worked, stage, onPoint } = props;
  switch (stage.kind) {
    case "inputs": return <Inputs worked={worked} />;
    case "layer": {
      const layer = worked.layers[stage.at];
      return layer ? <Forward layer={layer} isLast={stage.at === worked.layers.length - 1} onPoint={onPoint} /> : null;
    }
    case "loss": return <Answer worked={worked} />;
    case "back": {
      const layer = worked.backward?.layers[stage.at];
      return layer ? <Backward layer={layer} worked={worked} onPoint={onPoint} /> : null;
    }
    case "update": return <Update worked={worked} />;
  }
}

function Inputs({ worked }: { readonly worked: Worked }): JSX.Element {
  const scaled = worked.scaling !== "none";
  return (
    <table class="sh-table sh-numbers">
      <thead>
        <tr>
          <th scope="col">{t("view.feature")}</th>
          <th scope="col">{t("view.value")}</th>
          {scaled && <th scope="col">{t("view.scaled")}</th>}
        </tr>
      </thead>
      <tbody>
        {worked.inputs.map((each) => (
          <tr key={each.index}>
            <th scope="row">{each.name}</th>
            <td>{exact(each.raw)}</td>
            {scaled && <td><code>{each.expression}</code> = <b>{exact(each.scaled)}</b></td>}
          </tr>
        ))}
        <FoldedRow folded={worked.inputs_folded} columns={scaled ? 3 : 2} />
      </tbody>
    </table>
  );
}

/** A card of a unit: pointing at it lights the unit in the diagram. */
function UnitCard(props: {
  readonly column: number; readonly unit: number; readonly name: string; readonly onPoint: OnPoint;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { column, unit, name, onPoint, children } = props;
  return (
    <section class="sh-card" onPointerEnter={() => onPoint({ column, unit })}
      onPointerLeave={() => onPoint(null)}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

function Forward(props: {
  readonly layer: ForwardLayer; readonly isLast: boolean; readonly onPoint: OnPoint;
}): JSX.Element {
  const { layer, isLast, onPoint } = props;
  return (
    <>
      <p class="sh-quiet">{t("view.forward_how", { formula: layer.formula })}</p>
      {layer.shared.map((each) => <Line key={each.name} equation={each} />)}
      {layer.units.map((unit) => (
        <UnitCard key={unit.unit} column={layer.index} unit={unit.unit} onPoint={onPoint}
          name={isLast ? unit.name : unitTold(unit.unit)}>
          <Unit unit={unit} isFirst={layer.index === 1} />
        </UnitCard>
      ))}
      <More folded={layer.folded} />
    </>
  );
}

function Unit(props: { readonly unit: ForwardUnit; readonly isFirst: boolean }): JSX.Element {
  const { unit, isFirst } = props;
  const terms = unit.sum.terms.map((each) => (
    isFirst ? each : { ...each, name: unitTold(each.index) }));
  return (
    <>
      <Terms terms={terms} bias={unit.sum.bias} folded={unit.sum.folded} total={unit.z} />
      <p class="sh-math">
        <code>a = {unit.expression}</code> = <b>{exact(unit.a)}</b>
      </p>
    </>
  );
}

interface TermsProps {
  readonly terms: readonly Term[];
  readonly bias: number | null;
  readonly folded: Folded | null;
  readonly total: number;
}

/** A weighted sum as it is done by hand: weight times value, one below the other, and the sum. */
function Terms({ terms, bias, folded, total }: TermsProps): JSX.Element {
  return (
    <table class="sh-sum">
      <thead class="sh-hidden-head">
        <tr>
          <th scope="col">{t("view.from")}</th><th scope="col">{t("view.weight")}</th>
          <th scope="col">{t("view.value")}</th><th scope="col">{t("view.product")}</th>
        </tr>
      </thead>
      <tbody>
        {bias !== null && (
          <tr><th scope="row">{t("view.bias")}</th><td /><td /><td>{exact(bias)}</td></tr>
        )}
        {terms.map((term) => (
          <tr key={term.index}>
            <th scope="row">{term.name}</th>
            <td>{exact(term.weight)}</td>
            <td>× {exact(term.value)}</td>
            <td>{exact(term.product)}</td>
          </tr>
        ))}
        {folded && (
          <tr>
            <th scope="row">{t("view.more", { n: folded.n })}</th><td /><td />
            <td>{exact(folded.together ?? 0)}</td>
          </tr>
        )}
        <tr class="sh-total"><th scope="row">z</th><td /><td /><td><b>{exact(total)}</b></td></tr>
      </tbody>
    </table>
  );
}

function Answer({ worked }: { readonly worked: Worked }): JSX.Element {
  const { output, loss } = worked;
  const answer = answerTold(worked);
  return (
    <>
      <section class="sh-card">
        <h2>{t("view.answer")}</h2>
        {output.equations.map((each, k) => <Line key={k} equation={each} />)}
        <p lang={answer.lang}>{answer.text}</p>
      </section>
      {loss && (
        <section class="sh-card">
          <h2>{t("view.loss")}</h2>
          <p class="sh-quiet" lang="en">{loss.sentence}</p>
          {loss.equations.map((each, k) => <Line key={k} equation={each} />)}
        </section>
      )}
    </>
  );
}

function Backward(props: {
  readonly layer: BackwardLayer; readonly worked: Worked; readonly onPoint: OnPoint;
}): JSX.Element {
  const { layer, worked, onPoint } = props;
  const isLast = layer.index === worked.layers.length;
  const worst = worstCheck(worked);
  const atKink = layer.units.some((unit) =>
    unit.weights.some(differsAtKink) || (unit.bias !== null && differsAtKink(unit.bias)));
  return (
    <>
      <p class="sh-quiet">{t("view.backward_how")}</p>
      {layer.shared.map((each) => <Line key={each.name} equation={each} />)}
      {layer.units.map((unit) => (
        <UnitCard key={unit.unit} column={layer.index} unit={unit.unit} onPoint={onPoint}
          name={isLast ? unit.name : unitTold(unit.unit)}>
          <BackUnit unit={unit} isFirst={layer.index === 1} />
        </UnitCard>
      ))}
      <More folded={layer.folded} />
      {atKink && <p class="sh-note">{t("view.at_kink")}</p>}
      {worst && <p class="sh-quiet">{t("view.worst_check", { n: worst.n, most: worst.most.toExponential(1) })}</p>}
    </>
  );
}

function BackUnit(props: { readonly unit: BackwardUnit; readonly isFirst: boolean }): JSX.Element {
  const { unit, isFirst } = props;
  const slopes = [...unit.weights, ...(unit.bias ? [unit.bias] : [])].map((each) => ({
    ...each, name: each.index === null ? t("view.bias") : isFirst ? each.name : unitTold(each.index),
  }));
  return (
    <>
      {unit.dL_da && <Line equation={unit.dL_da} />}
      <Line equation={unit.dL_dz} />
      <table class="sh-table sh-numbers">
        <thead>
          <tr>
            <th scope="col">{t("view.parameter")}</th>
            <th scope="col">{t("view.derivative")}</th>
            <th scope="col">{t("view.finite_difference")}</th>
          </tr>
        </thead>
        <tbody>
          {slopes.map((each) => <SlopeRow key={each.index ?? "bias"} slope={each} />)}
          <FoldedRow folded={unit.weights_folded} columns={3} />
        </tbody>
      </table>
    </>
  );
}

function SlopeRow({ slope }: { readonly slope: Slope }): JSX.Element {
  return (
    <tr>
      <th scope="row">{slope.name}</th>
      <td><code>{slope.expression}</code> = <b>{exact(slope.gradient)}</b></td>
      <td>{slope.check === null ? "–" : exact(slope.check)}{differsAtKink(slope) && " *"}</td>
    </tr>
  );
}

function Update({ worked }: { readonly worked: Worked }): JSX.Element | null {
  const { update } = worked;
  if (!update) return null;
  return (
    <>
      {update.sentences.map((each) => updateTold(each, update)).map(({ text, lang }) => (
        <p key={text} lang={lang}>{text}</p>
      ))}
      <section class="sh-card">
        <h2>{update.optimizer}</h2>
        {update.formulas.map((each) => <p key={each} class="sh-math"><code>{each}</code></p>)}
        {update.constants.map((each) => <Line key={each.name} equation={each} />)}
      </section>
      {update.parameters.map((each) => <Changed key={each.parameter} each={each} worked={worked} />)}
      <More folded={update.folded} />
    </>
  );
}

function Changed({ each, worked }: { readonly each: Updated; readonly worked: Worked }): JSX.Element {
  const name = parameterTold(each, worked);
  return (
    <details class="sh-card">
      <summary>
        <b lang={name.lang}>{name.text}</b>: {exact(each.before)} → <b>{exact(each.after)}</b>
        {each.run !== null && <span class="sh-quiet"> {t("view.in_run", { value: exact(each.run) })}</span>}
      </summary>
      {each.equations.map((one, k) => <Line key={k} equation={one} />)}
    </details>
  );
}

/** name = formula = numbers = value */
function Line({ equation }: { readonly equation: Equation }): JSX.Element {
  const { name, formula, value } = equation;
  const note = noteTold(equation);
  const told = exact(value);
  const expression = equation.expression === told ? null : equation.expression; // nothing to work out
  return (
    <p class="sh-math">
      <code>
        {name}
        {formula !== null && ` = ${formula}`}
        {expression !== null && ` = ${expression}`}
      </code>
      {" = "}<b>{told}</b>
      {note && <span class="sh-quiet" lang={note.lang}> {note.text}</span>}
    </p>
  );
}

function FoldedRow(props: { readonly folded: Folded | null; readonly columns: number }): JSX.Element | null {
  const { folded, columns } = props;
  return folded && (
    <tr><td colSpan={columns} class="sh-quiet">{t("view.more", { n: folded.n })}</td></tr>
  );
}

function More({ folded }: { readonly folded: Folded | null }): JSX.Element | null {
  return folded && <p class="sh-quiet">{t("view.more", { n: folded.n })}</p>;
}

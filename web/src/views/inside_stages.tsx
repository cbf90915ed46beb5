// The stops on the way of a data point: sums and activations, answer and loss, derivatives beside
// their finite differences, the update.
import type { JSX } from "preact";
import { t } from "../strings";
import {
  worstCheck, type BackwardLayer, type BackwardUnit, type Equation, type Folded, type ForwardLayer,
  type ForwardUnit, type Slope, type Stage, type Term, type Updated, type Worked,
} from "./inside_data";
import { exact } from "./ticks";

export function StageShown(props: { readonly worked: Worked; readonly stage: Stage }): JSX.Element | null {
  const { worked, stage } = props;
  switch (stage.kind) {
    case "inputs": return <Inputs worked={worked} />;
    case "layer": {
      const layer = worked.layers[stage.at];
      return layer ? <Forward layer={layer} /> : null;
    }
    case "loss": return <Answer worked={worked} />;
    case "back": {
      const layer = worked.backward?.layers[stage.at];
      return layer ? <Backward layer={layer} worked={worked} /> : null;
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

function Forward({ layer }: { readonly layer: ForwardLayer }): JSX.Element {
  return (
    <>
      <p class="sh-quiet">{t("view.forward_how", { formula: layer.formula })}</p>
      {layer.shared.map((each) => <Line key={each.name} equation={each} />)}
      {layer.units.map((unit) => <Unit key={unit.unit} unit={unit} />)}
      <More folded={layer.folded} />
    </>
  );
}

function Unit({ unit }: { readonly unit: ForwardUnit }): JSX.Element {
  const { sum } = unit;
  return (
    <section class="sh-card">
      <h2>{unit.name}</h2>
      <Terms terms={sum.terms} bias={sum.bias} folded={sum.folded} total={unit.z} />
      <p class="sh-math">
        <code>a = {unit.expression}</code> = <b>{exact(unit.a)}</b>
      </p>
    </section>
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
  return (
    <>
      <section class="sh-card">
        <h2>{t("view.answer")}</h2>
        {output.equations.map((each, k) => <Line key={k} equation={each} />)}
        <p lang="en">{output.sentence}</p>
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

function Backward(props: { readonly layer: BackwardLayer; readonly worked: Worked }): JSX.Element {
  const { layer, worked } = props;
  const worst = worstCheck(worked);
  return (
    <>
      <p class="sh-quiet">{t("view.backward_how")}</p>
      {layer.shared.map((each) => <Line key={each.name} equation={each} />)}
      {layer.units.map((unit) => <BackUnit key={unit.unit} unit={unit} />)}
      <More folded={layer.folded} />
      {worst && <p class="sh-quiet">{t("view.worst_check", { n: worst.n, most: worst.most.toExponential(1) })}</p>}
    </>
  );
}

function BackUnit({ unit }: { readonly unit: BackwardUnit }): JSX.Element {
  const slopes = unit.bias ? [...unit.weights, unit.bias] : unit.weights;
  return (
    <section class="sh-card">
      <h2>{unit.name}</h2>
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
    </section>
  );
}

function SlopeRow({ slope }: { readonly slope: Slope }): JSX.Element {
  return (
    <tr>
      <th scope="row">{slope.name}</th>
      <td><code>{slope.expression}</code> = <b>{exact(slope.gradient)}</b></td>
      <td>{slope.check === null ? "–" : exact(slope.check)}</td>
    </tr>
  );
}

function Update({ worked }: { readonly worked: Worked }): JSX.Element | null {
  const { update } = worked;
  if (!update) return null;
  return (
    <>
      {update.sentences.map((each) => <p key={each} lang="en">{each}</p>)}
      <section class="sh-card">
        <h2>{update.optimizer}</h2>
        {update.formulas.map((each) => <p key={each} class="sh-math"><code>{each}</code></p>)}
        {update.constants.map((each) => <Line key={each.name} equation={each} />)}
      </section>
      {update.parameters.map((each) => <Changed key={each.parameter} each={each} />)}
      <More folded={update.folded} />
    </>
  );
}

function Changed({ each }: { readonly each: Updated }): JSX.Element {
  return (
    <details class="sh-card">
      <summary>
        <b>{each.name}</b>: {exact(each.before)} → <b>{exact(each.after)}</b>
        {each.run !== null && <span class="sh-quiet"> {t("view.in_run", { value: exact(each.run) })}</span>}
      </summary>
      {each.equations.map((one, k) => <Line key={k} equation={one} />)}
    </details>
  );
}

/** name = formula = numbers = value */
function Line({ equation }: { readonly equation: Equation }): JSX.Element {
  const { name, formula, value, note } = equation;
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
      {note && <span class="sh-quiet" lang="en"> {note}</span>}
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

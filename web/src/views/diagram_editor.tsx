// The weights and the bias of one unit: each can be set by hand and held fixed.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { NumberField as Field } from "../parts/number_field";
import { shownDocument } from "../state/player";
import { useActions, useLab } from "../state/store";
import { t } from "../strings";
import { Press, Switch } from "./bits";
import { frozenPaths, parametersOf, unitName, type Parameter } from "./diagram_data";
import { frozenBy, pathOf } from "./diagram_layout";
import { floats, type Seen } from "./shown";
import { signed } from "./ticks";
import type { UnitKey } from "./diagram";
import { networkNumber } from "./wants";

interface Props {
  readonly seen: Seen;
  readonly unit: UnitKey;
  readonly network: number;
  readonly onClose: () => void;
}

const MOST = 64;

export function DiagramEditor({ seen, unit, network, onClose }: Props): JSX.Element {
  const own = useRef<HTMLElement>(null);
  const language = useLab((state) => state.language);
  const list = useMemo(
    () => parametersOf(seen, unit.column, unit.unit), [seen.opened, unit.column, unit.unit, language]);
  const name = unitName(seen, unit.column, unit.unit);
  useEffect(() => own.current?.querySelector("input")?.focus(), []);
  return (
    <section class="sh-editor" ref={own} aria-label={name}
      onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header>
        <h2>{name}</h2>
        <Press label={t("view.close")} onClick={onClose}>×</Press>
      </header>
      <p class="sh-quiet">{t("view.editor_hint", { n: networkNumber(network) })}</p>
      <div class="sh-editor-rows">
        {list.slice(0, MOST).map((each) => (
          <Row key={each.place} seen={seen} unit={unit} network={network} parameter={each} />
        ))}
        {list.length > MOST && <p class="sh-quiet">{t("view.more", { n: list.length - MOST })}</p>}
      </div>
    </section>
  );
}

interface RowProps {
  readonly seen: Seen;
  readonly unit: UnitKey;
  readonly network: number;
  readonly parameter: Parameter;
}

function Row({ seen, unit, network, parameter }: RowProps): JSX.Element {
  const act = useActions();
  const { name, place, from } = parameter;
  const held = useLab((state) =>
    frozenBy(frozenPaths(shownDocument(state)), unit.column - 1, from, unit.unit));
  const value = floats(seen.arrays, "weights")?.data[place] ?? 0;
  const slope = floats(seen.arrays, "gradients")?.data[place];
  return (
    <div class="sh-editor-row">
      <span class="sh-editor-name" title={name}>{name}</span>
      <Field label={name} value={Number(value.toPrecision(4))}
        onChange={(to) => act.edit(place, to, network)} />
      <Switch label={t("view.freeze")} value={held !== null}
        onChange={() => act.freeze(held ?? pathOf(unit.column - 1, from, unit.unit))} />
      {slope !== undefined && (
        <span class="sh-quiet sh-editor-slope">{t("view.slope", { value: signed(slope, 4) })}</span>
      )}
    </div>
  );
}

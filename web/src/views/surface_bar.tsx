// Controls above the decision surface: whose answer, over which features, what else is drawn.
import type { JSX } from "preact";
import { useActions, useCan, useLab } from "../state/store";
import { number, t } from "../strings";
import { Choices, KEYS, List, Switch } from "./bits";
import { NetworkChooser } from "./network_chooser";
import type { Seen } from "./shown";
import { axisFeatures, type Show } from "./surface_data";

const TERMS = { median: "median", disagreement: "disagreement", network: "one_network" } as const;

interface Props {
  readonly seen: Seen;
  readonly withDots: boolean;
  readonly onDots: (value: boolean) => void;
}

export function SurfaceBar({ seen, withDots, onDots }: Props): JSX.Element {
  const act = useActions();
  const { train } = useCan(); // a recording has one plane and the median alone
  const { show, truth } = useLab(({ ui }) => ({ show: ui.show, truth: ui.truth }));
  const { data, n_networks: n } = seen.opened;
  const options: [Show, string][] = [
    ["median", t("view.median")], ["disagreement", t("view.disagreement")],
    ["network", t("view.one_network")],
  ];
  return (
    <div class="sh-bar">
      {n > 1 && train && (
        <Choices label={t("view.whose")} value={show} options={options} terms={TERMS}
          onChange={(value) => act.setUi({ show: value })} />
      )}
      {n > 1 && show === "network" && <NetworkChooser />}
      {axisFeatures(data).length > 2 && train && <AxisLists seen={seen} />}
      {outputsOf(seen).length > 2 && train && <OutputList seen={seen} />}
      <span class="sh-push" />
      <span class="sh-beside sh-together">
        {data.true_boundary && (
          <Switch label={t("view.true_boundary")} value={truth}
            onChange={(value) => act.setUi({ truth: value })} />
        )}
        <Switch label={t("view.rows")} value={withDots} onChange={onDots} />
      </span>
      {axisFeatures(data).length > 2 && train && <Held seen={seen} />}
    </div>
  );
}

function AxisLists({ seen }: { readonly seen: Seen }): JSX.Element {
  const act = useActions();
  const names = axisFeatures(seen.opened.data);
  const wished = useLab((state) => state.ui.features);
  const pair = wished ?? seen.header.plane?.features; // the wish may be newer than the picture
  const now = [String(pair?.[0] ?? ""), String(pair?.[1] ?? "")] as const;
  const choose = (axis: 0 | 1, name: string) => {
    const other = now[1 - axis] === name ? now[axis] : (now[1 - axis] ?? "");
    act.setUi({ features: axis === 0 ? [name, other ?? ""] : [other ?? "", name] });
  };
  const options = names.map((name) => [name, name] as const);
  return (
    <>
      <List label={t("view.across")} value={now[0]} options={options}
        onChange={(name) => choose(0, name)} />
      <List label={t("view.up")} value={now[1]} options={options}
        onChange={(name) => choose(1, name)} />
    </>
  );
}

/** What a surface can speak of: one of several classes, labels or targets. */
function outputsOf(seen: Seen): readonly string[] {
  const { data } = seen.opened;
  const names = data.classes.length ? data.classes : data.targets;
  const all = data.kind === "classification" ? ["", ...names] : [...names];
  return names.length > (data.kind === "classification" ? 2 : 1) ? all : [];
}

function OutputList({ seen }: { readonly seen: Seen }): JSX.Element {
  const act = useActions();
  const output = useLab((state) => state.ui.output);
  const options = outputsOf(seen).map((name) => [name, name || t("view.all_classes")] as const);
  return (
    <List label={t("view.output")} value={output ?? ""} options={options}
      onChange={(name) => act.setUi({ output: name || null })} />
  );
}

/** The values at which the other features are held, each on a slider. */
function Held({ seen }: { readonly seen: Seen }): JSX.Element {
  const { data } = seen.opened;
  const shown = new Set<unknown>(seen.header.plane?.features ?? []);
  const others = axisFeatures(data).filter((name) => !shown.has(name));
  return (
    <details class="sh-held">
      <summary {...KEYS}>{t("view.held", { n: others.length })}</summary>
      <div class="sh-held-list">
        {others.map((name) => <HeldSlider key={name} seen={seen} name={name} />)}
      </div>
    </details>
  );
}

function HeldSlider({ seen, name }: { readonly seen: Seen; readonly name: string }): JSX.Element {
  const act = useActions();
  const hold = useLab((state) => state.ui.hold);
  const { data } = seen.opened;
  const [low = 0, middle = 0, high = 1] = (data.ranges[data.features.indexOf(name)] ?? []) as number[];
  const value = hold[name] ?? seen.header.plane?.held[name] ?? middle;
  return (
    <label class="sh-held-slider">
      <span>{name}</span>
      <input type="range" min={low} max={high} step={(high - low) / 200 || 1} value={value} {...KEYS}
        onInput={(event) =>
          act.setUi({ hold: { ...hold, [name]: event.currentTarget.valueAsNumber } })} />
      <output>{number(value, 3)}</output>
    </label>
  );
}

// Which network of the population is looked at: its number, one before, one after.
import type { JSX } from "preact";
import { useActions, useCan, useLab } from "../state/store";
import { t } from "../strings";
import { NumberField, Press } from "./bits";
import { networkOf } from "./wants";

export function NetworkChooser(): JSX.Element | null {
  const act = useActions();
  const { train } = useCan();
  const { network, n } = useLab((state) => ({
    network: networkOf(state), n: state.opened?.n_networks ?? 1,
  }));
  if (n < 2 || !train) return null; // a recording has one network
  const choose = (number: number) => act.setUi({ network: (number + n) % n });
  return (
    <span class="sh-chooser">
      <NumberField label={t("view.network")} value={network + 1} min={1} max={n} whole
        onChange={(number) => choose(Math.round(number) - 1)} />
      <Press label={t("view.network_before")} onClick={() => choose(network - 1)}>‹</Press>
      <Press label={t("view.network_after")} onClick={() => choose(network + 1)}>›</Press>
      <span class="sh-quiet">{t("view.of_n", { n })}</span>
    </span>
  );
}

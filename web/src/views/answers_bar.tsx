// Above answers: whether they are those of all networks together or of one.
import type { ComponentChildren, JSX } from "preact";
import { useActions, useCan, useLab } from "../state/store";
import { t } from "../strings";
import { Choices } from "./bits";
import { NetworkChooser } from "./network_chooser";

export function AnswersBar(props: { readonly children?: ComponentChildren }): JSX.Element {
  const act = useActions();
  const { train } = useCan();
  const { one, n } = useLab((state) => ({
    one: state.ui.show === "network", n: state.opened?.n_networks ?? 1,
  }));
  const options = [["all", t("view.all_networks")], ["one", t("view.one_network")]] as const;
  return (
    <div class="sh-bar">
      {n > 1 && train && (
        <Choices label={t("view.whose")} value={one ? "one" : "all"} options={options}
          onChange={(value) => act.setUi({ show: value === "one" ? "network" : "median" })} />
      )}
      {n > 1 && one && <NetworkChooser />}
      {props.children}
    </div>
  );
}

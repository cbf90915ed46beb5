// The page as a whole: where its parts stand. On a projector one view stands alone, or beside a tour.
import { Tabs } from "../parts/tabs";
import { Guarded } from "../parts/guarded";
import { Toast } from "../parts/toast";
import type { PanelName } from "../state/state";
import { useActions, useLab } from "../state/store";
import { t } from "../strings";
import { Banner } from "./banner";
import { ComparePanel } from "./compare";
import { DataPanel } from "./data";
import { DoctorPanel } from "./doctor";
import { Live } from "./live";
import { MainView } from "./main_view";
import { NetworkPanel } from "./network";
import { Result } from "./result";
import { TakePanel } from "./take";
import { Timeline } from "./timeline";
import { Topbar } from "./topbar";
import { ToursPanel } from "./tours";
import { TrainingPanel } from "./training";

export function Shell() {
  const { projector, touring } = useLab(({ ui }) => ({
    projector: ui.projector, touring: ui.projector && ui.panel === "tours",
  }));
  const ready = useLab((state) => state.catalogue !== null && state.session !== null);
  return (
    <div class={`sh-frame${projector ? " sh-projector" : ""}${touring ? " sh-touring" : ""}`}>
      <Topbar />
      <Banner />
      {(!projector || touring) && (
        <aside class="sh-left-column" aria-label={t("app.settings")}>
          {ready ? <Left alone={touring} /> : <p class="sh-waiting">{t("app.connecting")}</p>}
        </aside>
      )}
      <main class="sh-main"><Guarded><MainView /></Guarded></main>
      {!projector && <aside class="sh-right-column" aria-label={t("app.result")}><Guarded><Result /></Guarded></aside>}
      <Timeline />
      <Live />
      <Toast />
    </div>
  );
}

const PANELS = {
  data: DataPanel, network: NetworkPanel, training: TrainingPanel, compare: ComparePanel,
  doctor: DoctorPanel, take: TakePanel, tours: ToursPanel,
} as const;
const TABS = ["data", "network", "training", "compare", "doctor"] as const;

/** The panels; on a projector the tour alone. */
function Left({ alone }: { readonly alone: boolean }) {
  const act = useActions();
  const panel = useLab((state) => state.ui.panel);
  const tabs = TABS.map((value) => ({ value: value as PanelName, text: t(`app.${value}`) }));
  const Panel = PANELS[panel];
  if (alone) return <div class="sh-alone"><Guarded><Panel /></Guarded></div>;
  return (
    <Tabs label={t("app.settings")} value={panel} tabs={tabs} class="sh-left-tabs"
      onChange={(to) => act.setUi({ panel: to })}>
      <Guarded key={panel}><Panel /></Guarded>
    </Tabs>
  );
}

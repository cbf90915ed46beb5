// The middle of the page: tabs, and the view that is chosen. On a projector it stands alone.
import type { FunctionComponent, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Guarded } from "../parts/guarded";
import { Segments } from "../parts/segments";
import { Tabs } from "../parts/tabs";
import type { ViewName } from "../state/state";
import { useActions, useLab } from "../state/store";
import { has, t } from "../strings";
import { ChartsView } from "../views/charts";
import { ConfusionView } from "../views/confusion";
import { CurvesView } from "../views/curves";
import { NetworkView } from "../views/diagram";
import { FinalsView } from "../views/finals";
import { HistogramView } from "../views/histogram";
import { InsideView } from "../views/inside";
import { MultiplesView } from "../views/multiples";
import { PointsView } from "../views/points";
import { SurfaceView } from "../views/surface";
import { tabOf, tabsOf, viewsOf } from "../views/tabs";
import { TracesView } from "../views/traces";
import { LookProvider, useLookOf } from "../views/use_look";
import "../views/views.css";

const VIEWS: Readonly<Record<ViewName, FunctionComponent>> = {
  surface: SurfaceView, multiples: MultiplesView, curves: CurvesView, finals: FinalsView,
  confusion: ConfusionView, histogram: HistogramView, points: PointsView, network: NetworkView,
  traces: TracesView, inside: InsideView, charts: ChartsView,
};

export function MainView(): JSX.Element {
  const own = useRef<HTMLDivElement>(null);
  const { view, projector, theme } = useLab(({ ui, theme: chosen }) => ({
    view: ui.view, projector: ui.projector, theme: chosen,
  }));
  const opened = useLab((state) => state.opened);
  const act = useActions();
  const look = useLookOf(own, theme, projector);
  const tab = tabOf(view);
  const tabs = tabsOf(opened).map((value) => ({ value, text: t(`view.tab_${value}`) }));
  const View = VIEWS[view];
  return (
    <div class="sh-main-view" ref={own}>
      <LookProvider value={look}>
        <Tabs label={t("view.views")} value={tab} tabs={tabs} class="sh-view-tabs"
          onChange={(to) => act.setUi({ view: viewsOf(to, opened)[0] ?? "surface" })}>
          <SubViews />
          <Guarded key={view}><View /></Guarded>
        </Tabs>
      </LookProvider>
    </div>
  );
}

/** The views behind one tab, where there are several. */
function SubViews(): JSX.Element | null {
  const act = useActions();
  const { view, opened } = useLab((state) => ({ view: state.ui.view, opened: state.opened }));
  const views = viewsOf(tabOf(view), opened);
  if (views.length < 2) return null;
  const options = views.map((value) => ({ value, text: has(`view.view_${value}`) ?? value }));
  return (
    <div class="sh-bar sh-sub-views">
      <Segments label={t("view.views")} value={view} options={options}
        onChange={(to) => act.setUi({ view: to })} />
    </div>
  );
}

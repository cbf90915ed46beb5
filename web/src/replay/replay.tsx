// The replay of a recorded run: the views of the lab that a recording can fill, the result beside
// them, and the moments on a deck below.
import type { FunctionComponent, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Live } from "../panels/live";
import { Result } from "../panels/result";
import { Guarded } from "../parts/guarded";
import { Tabs } from "../parts/tabs";
import { StoreProvider, useActions, useLab, type Store } from "../state/store";
import type { Theme } from "../state/state";
import { t, type Key } from "../strings";
import { ConfusionView } from "../views/confusion";
import { CurvesView } from "../views/curves";
import { NetworkView } from "../views/diagram";
import { FinalsView } from "../views/finals";
import { MultiplesView } from "../views/multiples";
import { SurfaceView } from "../views/surface";
import { LookProvider, useLookOf } from "../views/use_look";
import { networkNumber } from "../views/wants";
import type { Recording } from "../wire/recording";
import { Deck } from "./deck";
import { recordedViews, type Recorded } from "./views";

const VIEWS: Readonly<Record<Recorded, readonly [FunctionComponent, Key]>> = {
  surface: [SurfaceView, "view.tab_surface"],
  multiples: [MultiplesView, "view.tab_multiples"],
  finals: [FinalsView, "view.view_finals"],
  network: [NetworkView, "view.tab_network"],
  confusion: [ConfusionView, "view.view_confusion"],
  curves: [CurvesView, "view.tab_time"],
};

interface Props {
  readonly store: Store;
  readonly recording: Recording;
}

export function Replay({ store, recording }: Props): JSX.Element {
  return (
    <StoreProvider value={store}>
      <Frame recording={recording} />
    </StoreProvider>
  );
}

function Frame({ recording }: Pick<Props, "recording">): JSX.Element {
  const theme = useTheme(useLab((state) => state.theme));
  return (
    <div class="sh-lab sh-replay" data-theme={theme} lang="en">
      <div class="sh-replay-frame">
        <Views recording={recording} theme={theme} />
        <div class="sh-replay-result"><Guarded key={theme}><Result /></Guarded></div>
        <Deck recording={recording} />
      </div>
      <Live />
    </div>
  );
}

function Views({ recording, theme }: Pick<Props, "recording"> & { readonly theme: string }): JSX.Element {
  const own = useRef<HTMLDivElement>(null);
  const act = useActions();
  const look = useLookOf(own, theme);
  const view = useLab((state) => state.ui.view) as Recorded;
  const names = recordedViews(recording);
  const [View] = VIEWS[view];
  const tabs = names.map((value) => ({ value, text: t(VIEWS[value][1]) }));
  const network = recording.look.want?.weights?.network ?? 0;
  const choose = (to: Recorded): void =>
    act.setUi(to === "network" ? { view: to, network } : { view: to }); // of the others nothing is there
  return (
    <div class="sh-replay-main" ref={own}>
      <LookProvider value={look}>
        <Tabs label={t("replay.views")} value={view} tabs={tabs} class="sh-view-tabs" onChange={choose}>
          <Whose view={view} n={recording.opened.n_networks} network={network} />
          <Guarded key={view}><View /></Guarded>
        </Tabs>
      </LookProvider>
    </div>
  );
}

/** Whose answers a view shows, where it has no switch for it. */
function Whose(props: { readonly view: Recorded; readonly n: number; readonly network: number }): JSX.Element | null {
  const { view, n, network } = props;
  if (n < 2) return null;
  const words: Partial<Record<Recorded, string>> = {
    surface: t("view.median_of", { n }),
    network: t("replay.best", { n: networkNumber(network) }),
    confusion: t("replay.all"),
  };
  return words[view] === undefined ? null : <p class={`sh-quiet sh-whose sh-whose-${view}`}>{words[view]}</p>;
}

/** Light or dark: what is settled, else what the reader's system prefers. */
function useTheme(theme: Theme): "light" | "dark" {
  const asked = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(() => asked().matches);
  useEffect(() => {
    const query = asked();
    const look = (): void => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return theme === "auto" ? (dark ? "dark" : "light") : theme;
}

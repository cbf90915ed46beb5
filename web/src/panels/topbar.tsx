// The bar on top: what this is, tours, share, take away, language, theme, projector.
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Select } from "../parts/select";
import { ShareDialog } from "./share";
import type { IconName } from "../parts/icon";
import type { Language, PanelName, Theme } from "../state/state";
import { useActions, useLab } from "../state/store";
import { LANGUAGES, t } from "../strings";

const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const PICTURES: Readonly<Record<Theme, IconName>> = { auto: "auto", light: "sun", dark: "moon" };

export function Topbar() {
  const act = useActions();
  const { theme, language, panel, projector } = useLab(({ theme, language, ui }) => ({
    theme, language, panel: ui.panel, projector: ui.projector,
  }));
  const [sharing, share] = useState(false);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const open = (name: PanelName): void =>
    act.setUi({ panel: panel === name ? "data" : name, projector: projector && name === "tours" });
  return (
    <header class="sh-topbar">
      <h1 class="sh-name">{t("app.name")}</h1>
      <Status />
      <nav class="sh-tools" aria-label={t("topbar.tools")}>
        <Button icon="tour" pressed={panel === "tours"} onClick={() => open("tours")}>
          {t("topbar.tours")}
        </Button>
        <Button icon="share" onClick={() => share(true)}>{t("topbar.share")}</Button>
        <Button icon="take" pressed={panel === "take"} onClick={() => open("take")}>
          {t("topbar.take")}
        </Button>
        <span class="sh-divider" />
        <Button icon="undo" kind="quiet" label={t("topbar.undo")} onClick={act.undo} />
        <Button icon="projector" kind="quiet" label={t("topbar.projector")} pressed={projector}
          onClick={() => act.setUi({ projector: !projector })} />
        <Button icon={PICTURES[theme]} kind="quiet" label={t(`topbar.theme_${theme}`)}
          onClick={() => act.setTheme(next)} />
        <Select label={t("topbar.language")} value={language}
          options={Object.entries(LANGUAGES).map(([value, text]) => ({ value, text }))}
          onChange={(value) => act.setLanguage(value as Language)} />
      </nav>
      <ShareDialog open={sharing} onClose={() => share(false)} />
    </header>
  );
}

/** Whether something is under way, as a small sign that does not move the page. */
function Status() {
  const busy = useLab((state) => state.busy || state.status === "connecting");
  return <span class={busy ? "sh-busy sh-on" : "sh-busy"} aria-hidden="true" />;
}

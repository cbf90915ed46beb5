// The component at the root: theme, language, and what a host that can keep remembers.
import { useEffect, useState } from "preact/hooks";
import { followGround, hasDarkGround } from "../state/ground";
import { StoreProvider, useLab, type Store } from "../state/store";
import { speak } from "../strings";
import { Shell } from "./shell";

interface Props {
  readonly store: Store;
  /** An element whose text tells the theme around. */
  readonly ground?: HTMLElement | undefined;
}

export function App({ store, ground }: Props) {
  return (
    <StoreProvider value={store}>
      <Root ground={ground} />
    </StoreProvider>
  );
}

function Root({ ground }: Pick<Props, "ground">) {
  const language = useLab((state) => state.language);
  const theme = useLab((state) => state.theme);
  const dark = useDark(ground);
  const shown = theme === "auto" ? (dark ? "dark" : "light") : theme;
  speak(language);
  // a new language draws everything anew, so that no text stays behind
  return (
    <div class="sh-lab" data-theme={shown} lang={language} key={language}>
      <Shell />
    </div>
  );
}

/** Whether the page around is dark or, where that says nothing, the browser asks for dark ones. */
function useDark(ground: HTMLElement | undefined): boolean {
  const read = (): boolean => (ground && hasDarkGround(ground)) ?? query()?.matches ?? false;
  const [dark, setDark] = useState(read);
  useEffect(() => {
    const asked = query();
    const look = (): void => setDark(read());
    const leave = ground && followGround(ground, look);
    look();
    asked?.addEventListener("change", look);
    return () => {
      asked?.removeEventListener("change", look);
      leave?.();
    };
  }, [ground]);
  return dark;
}

function query(): MediaQueryList | null {
  return typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
}

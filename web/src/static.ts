// The replay in a report: one classic script, in the page beside the recording. It shows itself
// where it can be shown; else the report stands as if it were not there.
import { render, h } from "preact";
import styles from "virtual:styles";
import { Replay } from "./replay/replay";
import { createStore } from "./state/store";
import type { Theme } from "./state/state";
import { readRecording, recordingHost, type Recording } from "./wire/recording";

const THEMES: Readonly<Record<string, Theme>> = { light: "light", dark: "dark" };

/** Put a replay into an element, in a shadow tree: the report has rules of its own. */
export function mount(recording: Recording, place: HTMLElement): void {
  const root = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [sheet];
  const store = createStore(recordingHost(recording), {
    session: { experiment: {} },
    ui: { mode: "watch", network: recording.look.want?.weights?.network ?? 0 },
    theme: THEMES[place.dataset.theme ?? ""] ?? "auto",
  });
  render(h(Replay, { store, recording }), root);
}

async function begin(): Promise<void> {
  const place = document.getElementById("replay-place");
  const text = document.getElementById("replay-data")?.textContent;
  if (place === null || text == null) return;
  mount(await readRecording(text), place);
  for (const hidden of document.querySelectorAll("[data-replay]")) hidden.removeAttribute("hidden");
}

begin().catch((error: unknown) => console.warn("The replay of this report cannot be shown.", error));

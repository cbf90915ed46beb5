// What outlives the page: the session in the address, language and theme in the browser.
import { decodeLink, encodeLink, checked } from "../wire/fragment";
import { LANGUAGES, preferred, type Language } from "../strings";
import type { State, Theme, Ui } from "./state";
import type { Options, Store } from "./store";

/** Return what an address says, nothing if it says nothing. */
export async function readAddress(hash: string): Promise<Options> {
  const link = hash.length > 1 ? await decodeLink(hash) : null;
  return link === null ? {} : { session: link.session, ui: link.ui };
}

/** Return what a notebook kept, checked as a link is. */
export function remembered(kept: unknown): Options {
  const link = checked(kept);
  return link === null ? {} : { session: link.session, ui: link.ui };
}

/** Changes of the address in a row become one after this time. */
export const SETTLED_MS = 400;

/** Keep the session and the view of it in the address; follow an address that a person pastes. */
export function keepInAddress(store: Store, page: Window = window): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  let written = page.location.hash;
  let last: Pick<State, "session" | "ui"> = store.state;
  const write = async (): Promise<void> => {
    later = undefined;
    const { session, ui, problems } = store.state;
    if (session === null || problems.length > 0) return; // what was refused is not worth keeping
    const hash = `#${await encodeLink({ session, ui })}`;
    if (hash === written) return;
    written = hash;
    page.history.replaceState(null, "", hash);
  };
  const look = (): void => {
    const { session, ui } = store.state;
    const before = last;
    last = { session, ui };
    // a playing tape changes its position all the time; where it stops is enough
    if (session === before.session && sameView(ui, before.ui)) return;
    clearTimeout(later);
    later = setTimeout(() => void write(), SETTLED_MS);
  };
  const pasted = (): void => {
    if (page.location.hash === written) return;
    written = page.location.hash;
    void decodeLink(written).then((link) => link && store.act.restore(link.session, link.ui));
  };
  const stop = store.subscribe(look);
  // a link from elsewhere comes through an address with a question mark, which says nothing more
  if (page.location.href.includes("?"))
    page.history.replaceState(null, "", page.location.pathname + written);
  page.addEventListener("hashchange", pasted);
  return () => {
    stop();
    clearTimeout(later);
    page.removeEventListener("hashchange", pasted);
  };
}

/** Whether two views are the same but for the place of a tape that plays. */
export function sameView(one: Ui, other: Ui): boolean {
  if (one === other) return true;
  const keys = Object.keys(one) as (keyof Ui)[];
  return keys.every((key) => one[key] === other[key] || (key === "position" && one.playing));
}

const NAME = "shoal.lab";

/** Language and theme, in the browser's storage, where there is one and it may be used. */
export const preferences = {
  read(): { language: Language; theme: Theme } {
    let found: { language?: unknown; theme?: unknown } = {};
    try {
      found = JSON.parse(localStorage.getItem(NAME) ?? "{}") as typeof found;
    } catch {
      // none, or not allowed
    }
    const { language, theme } = found ?? {};
    return {
      language: typeof language === "string" && language in LANGUAGES
        ? (language as Language) : preferred(navigator.languages ?? []),
      theme: theme === "light" || theme === "dark" ? theme : "auto",
    };
  },
  follow(store: Store): () => void {
    let last = "";
    return store.subscribe(() => {
      const { language, theme } = store.state;
      const now = JSON.stringify({ language, theme });
      if (now === last) return;
      last = now;
      try {
        localStorage.setItem(NAME, now);
      } catch {
        // not allowed: the choice lasts as long as the page
      }
    });
  },
};

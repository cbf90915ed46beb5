// What a notebook keeps of the lab in the widget's model: the session and the view of it. Python
// reads it there, and what Python sets moves the lab.
import type { Model } from "../wire/comm";
import { SETTLED_MS, remembered, sameView } from "./remember";
import type { State } from "./state";
import type { Options, Store } from "./store";

/** Return what a model keeps. */
export function keptIn(model: Model): Options {
  return remembered({ session: model.get?.("session"), ui: model.get?.("_ui") });
}

/** Keep session and view in a model, and follow what is set there. */
export function keepInModel(store: Store, model: Model): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  let last: Pick<State, "session" | "ui"> = store.state;
  const write = (): void => {
    later = undefined;
    const { session, ui, problems } = store.state;
    if (session === null || problems.length > 0) return; // what was refused is not worth keeping
    if (ordered(session) !== ordered(model.get?.("session"))) model.set?.("session", session);
    model.set?.("_ui", { ...ui, playing: false });
    model.save_changes?.();
  };
  const look = (): void => {
    const { session, ui } = store.state;
    const before = last;
    last = { session, ui };
    if (session === before.session && sameView(ui, before.ui)) return;
    clearTimeout(later);
    later = setTimeout(write, SETTLED_MS);
  };
  const told = (): void => {
    const { session } = keptIn(model);
    if (session == null || ordered(session) === ordered(store.state.session)) return;
    store.act.restore(session, { position: null, run: -1 });
  };
  const stop = store.subscribe(look);
  model.on("change:session", told);
  return () => {
    stop();
    clearTimeout(later);
    if (later !== undefined) write();
    model.off("change:session", told);
  };
}

/** JSON with the keys in order, since Python and notebooks do not keep it. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each) ?? "";
}

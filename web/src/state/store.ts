// One store for all the page knows, and the component's way to it. What happens is in the files
// beside: opener (settings to the host), looker (pictures from it), player, jobs, actions.
import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import type { Host } from "../wire/host";
import type { Answer } from "../wire/frames";
import type { FrameTold, Session } from "../wire/messages";
import { bringDrawn, createActions, type Actions, type Asks } from "./actions";
import { createJobs } from "./jobs";
import { createLooker, type Frames } from "./looker";
import { createOpener } from "./opener";
import { createPlayer } from "./player";
import { FIRST_STATE, FIRST_UI, type Language, type State, type Theme, type Ui } from "./state";

export interface Options {
  /** What a link or a host remembers; without it the host's own start. */
  readonly session?: Session | null;
  readonly ui?: Partial<Ui>;
  readonly language?: Language;
  readonly theme?: Theme;
  /** How often pictures are painted; for tests. */
  readonly frames?: Frames;
  /** Whether something asks for a prediction first, so that no result may be shown. */
  readonly asks?: Asks;
}

export interface Store {
  readonly state: State;
  readonly host: Host;
  readonly act: Actions;
  set(change: Partial<State>): void;
  subscribe(listen: () => void): () => void;
  close(): void;
}

/** Make a store over a host, which answers from now on. */
export function createStore(host: Host, options: Options = {}): Store {
  const { language = "en", theme = "auto", session = null } = options;
  const ui = { ...FIRST_UI, ...options.ui };
  let state: State = { ...FIRST_STATE, session, ui, language, theme };
  const listeners = new Set<() => void>();
  const base = {
    host,
    get state() {
      return state;
    },
    set(change: Partial<State>) {
      state = { ...state, ...change };
      for (const listen of [...listeners]) listen();
    },
    subscribe(listen: () => void) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
  };
  const frames = options.frames ?? FRAMES;
  const numbers = counter();
  const looker = createLooker(base, numbers, frames);
  const opener = createOpener(base, numbers, looker);
  const jobs = createJobs(base, numbers);
  const player = createPlayer(base, looker, frames);
  const act = createActions({ base, opener, looker, jobs, player, asks: options.asks ?? (() => false) });
  if (ui.drawn !== null) void bringDrawn(act, ui.drawn);
  host.onAnswer((answer) => {
    if (answer.header.type === "frame") {
      looker.took(answer as Answer<FrameTold>);
      opener.painted(answer.header.opened);
    } else if (!opener.took(answer)) {
      if (answer.header.type === "failed") looker.failed(answer.header.id);
      jobs.took(answer);
    }
  });
  host.onStatus((status) => {
    base.set({ status });
    if (status === "open") opener.greet();
    else jobs.lost();
  });
  return Object.defineProperties({} as Store, {
    ...Object.getOwnPropertyDescriptors(base),
    act: { value: act },
    close: {
      value: () => {
        player.close();
        looker.close();
        host.close();
      },
    },
  });
}

/** What parts of the store stand on. */
export type Base = Pick<Store, "state" | "host" | "set" | "subscribe">;
/** Gives every message a number of its own. */
export type Numbers = () => number;

function counter(): Numbers {
  let last = 0;
  return () => ++last;
}

const FRAMES: Frames = {
  // timers have numbers below 0, frames above
  request: (paint, afterMs = 0) => (afterMs > 0 ? -window.setTimeout(paint, afterMs) : requestAnimationFrame(paint)),
  cancel: (number) => (number < 0 ? clearTimeout(-number) : cancelAnimationFrame(number)),
  now: () => performance.now(),
};

const Context = createContext<Store | null>(null);
export const StoreProvider = Context.Provider;

export function useStore(): Store {
  const store = useContext(Context);
  if (store === null) throw new Error("no store around this component");
  return store;
}

/** What the host can do; what it cannot is not shown. */
export function useCan(): Host["can"] {
  return useStore().host.can;
}

/** What a person can do; the same object always. */
export function useActions(): Actions {
  return useStore().act;
}

/** Return a part of the state and draw again when it changes (looked at one level deep). */
export function useLab<T>(select: (state: State) => T): T {
  const store = useStore();
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const selected = select(store.state);
  const last = useRef({ select, selected });
  last.current = { select, selected };
  useLayoutEffect(() => {
    const look = () => {
      const { select: now, selected: before } = last.current;
      if (!alike(now(store.state), before)) draw(0);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return selected;
}

function alike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return false;
  const a = one as Record<string, unknown>, b = other as Record<string, unknown>;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length
    && Object.getPrototypeOf(a) === Object.getPrototypeOf(b)
    && keys.every((key) => key in b && Object.is(a[key], b[key]));
}

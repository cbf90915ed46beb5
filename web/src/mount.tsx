// Puts the lab into an element and takes it out again: the same for page and notebook.
import { render } from "preact";
import { App } from "./panels/app";
import { createStore, type Options, type Store } from "./state/store";
import { asks } from "./tours/guide";
import type { Host } from "./wire/host";

export interface Mounted {
  readonly store: Store;
  unmount(): void;
}

export interface MountOptions extends Options {
  /** An element whose inherited colour of text tells the theme around: in a notebook. */
  readonly ground?: HTMLElement;
}

export function mount(host: Host, element: HTMLElement, options: MountOptions = {}): Mounted {
  const store = createStore(host, { asks, ...options });
  render(<App store={store} ground={options.ground} />, element);
  return {
    store,
    unmount: () => {
      render(null, element);
      store.close();
    },
  };
}

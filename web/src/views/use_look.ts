// The look that holds where a view stands, read again when theme, type size or system change.
import { createContext } from "preact";
import { useContext, useLayoutEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { LIGHT, readLook, sameLook, type Look } from "./look";

const LookContext = createContext<Look>(LIGHT);
export const LookProvider = LookContext.Provider;

/** The look of the part of the page around. */
export function useLook(): Look {
  return useContext(LookContext);
}

/** Read the look that holds for an element; `keys` are what may change it. */
export function useLookOf(element: RefObject<Element | null>, ...keys: readonly unknown[]): Look {
  const [look, setLook] = useState<Look>(LIGHT);
  useLayoutEffect(() => {
    const view = element.current?.ownerDocument.defaultView;
    if (!view) return undefined;
    const read = () => {
      if (!element.current) return;
      const found = readLook(element.current);
      setLook((old) => (sameLook(old, found) ? old : found));
    };
    read(); // before anything is drawn
    // and once the theme of the page stands, if it changes in the same turn
    const frame = view.requestAnimationFrame(read);
    const dark = view.matchMedia?.("(prefers-color-scheme: dark)");
    dark?.addEventListener("change", read);
    return () => {
      view.cancelAnimationFrame(frame);
      dark?.removeEventListener("change", read);
    };
  }, [element, ...keys]);
  return look;
}

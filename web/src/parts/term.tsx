// A word with its explanation where it stands: on hover, on focus of the word or of its control,
// gone with Escape. It is shown in the top layer, so that no column cuts it off.
import type { ComponentChildren, RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { has, type Strings } from "../strings";
import { useOwnId } from "./id";
import { KEYS } from "./keys";

export type TermName = keyof Strings["terms"];

/** Return the explanation of a term, undefined where there is none. */
export function explained(name: string): string | undefined {
  return has(`terms.${name}`);
}

const DELAY_MS = 250;

interface Shown {
  readonly id: string;
  readonly open: boolean;
  readonly anchor: RefObject<HTMLElement | null>;
  /** Handlers for the word, and for the explanation: the pointer may go from one to the other. */
  readonly pointed: { onPointerEnter: () => void; onPointerLeave: () => void };
  /** Handlers for what the keyboard meets: the word, or its control. */
  readonly focused: {
    onPointerDown: () => void;
    onFocusIn: (event: FocusEvent) => void;
    onFocusOut: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** Keep whether an explanation is open. */
export function useExplanation(): Shown {
  const id = useOwnId();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLElement>(null);
  const later = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const byPointer = useRef(false);
  const set = useCallback((now: boolean, wait: number) => {
    clearTimeout(later.current);
    later.current = setTimeout(() => setOpen(now), wait);
  }, []);
  useEffect(() => () => clearTimeout(later.current), []);
  const pointed = {
    onPointerEnter: () => set(true, DELAY_MS),
    onPointerLeave: () => set(false, 150),
  };
  const focused = {
    // whoever takes a control with the pointer wants to use it: nothing stands in the way
    onPointerDown: () => {
      byPointer.current = true;
      set(false, 0);
    },
    onFocusIn: (event: FocusEvent) => {
      const target = event.target;
      if (!byPointer.current && target instanceof Element && seenFocus(target)) set(true, DELAY_MS);
    },
    onFocusOut: () => {
      byPointer.current = false;
      set(false, 0);
    },
    onKeyDown: (event: KeyboardEvent) => {
      // a value that was entered is looked for in the picture, which the explanation may hide
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) return set(false, 0);
      if (event.key !== "Escape" || !open) return;
      event.stopPropagation();
      set(false, 0);
    },
  };
  return { id, open, anchor, pointed, focused };
}

function seenFocus(target: Element): boolean {
  try {
    return target.matches(":focus-visible");
  } catch {
    return false; // a browser, or jsdom, that does not know it
  }
}

/** The explanation itself. It stays in the document, for screen readers. */
export function Explanation({ shown, children }: { shown: Shown; children: ComponentChildren }) {
  const own = useRef<HTMLSpanElement>(null);
  const { open, anchor } = shown;
  useEffect(() => {
    const element = own.current;
    if (element === null || typeof element.showPopover !== "function") return;
    if (open) {
      element.showPopover();
      if (anchor.current !== null) place(element, anchor.current);
    } else if (element.matches(":popover-open")) element.hidePopover();
  }, [open]);
  return (
    <span ref={own} id={shown.id} role="tooltip" popover="manual" {...shown.pointed}
      class={open ? "sh-explanation sh-open" : "sh-explanation"}>
      {children}
    </span>
  );
}

/** Beside the row of a form, where it hides no control; else below the word, or above it. */
function place(element: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect(), own = element.getBoundingClientRect();
  const row = anchor.closest(".sh-field")?.getBoundingClientRect();
  const view = anchor.ownerDocument.documentElement;
  const put = (left: number, top: number): void => {
    element.style.left = `${Math.max(8, Math.min(left, view.clientWidth - own.width - 8))}px`;
    element.style.top = `${Math.max(8, Math.min(top, view.clientHeight - own.height - 8))}px`;
  };
  if (row !== undefined && row.right + own.width + 24 < view.clientWidth)
    return put(row.right + 16, row.top - 4);
  const below = at.bottom + 6 + own.height < view.clientHeight;
  put(at.left, below ? at.bottom + 6 : at.top - own.height - 6);
}

/** A word that explains itself, for where there is no control to explain. */
export function Term({ name, children }: { name: TermName; children: ComponentChildren }) {
  const shown = useExplanation();
  return (
    <span class="sh-term" {...shown.focused}>
      <button {...shown.pointed} type="button" class="sh-term-word" aria-describedby={shown.id}
        ref={shown.anchor as RefObject<HTMLButtonElement | null>} {...KEYS}>
        {children}
      </button>
      <Explanation shown={shown}>{explained(name)}</Explanation>
    </span>
  );
}

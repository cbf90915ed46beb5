// Tabs: one stop for the Tab key, arrows go from one to the next.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useOwnId } from "./id";
import { KEYS } from "./keys";

export interface Tab<T extends string> {
  readonly value: T;
  readonly text: string;
}
export interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly tabs: readonly Tab<T>[];
  readonly onChange: (value: T) => void;
  /** What the chosen tab shows. */
  readonly children: ComponentChildren;
  readonly class?: string;
}

export function Tabs<T extends string>({ label, value, tabs, onChange, children, ...rest }: TabsProps<T>) {
  const id = useOwnId();
  const list = useRef<HTMLDivElement>(null);
  const go = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((each) => each.value === value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onChange(next.value);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[tabs.indexOf(next)]?.focus();
  };
  return (
    <div class={`sh-tabs ${rest.class ?? ""}`}>
      <div class="sh-tablist" role="tablist" aria-label={label} ref={list} onKeyDown={go}>
        {tabs.map((each) => (
          <button key={each.value} type="button" role="tab" class="sh-tab" id={`${id}-${each.value}`}
            aria-selected={each.value === value} aria-controls={`${id}-panel`}
            tabIndex={each.value === value || !tabs.some((tab) => tab.value === value) ? 0 : -1}
            onClick={() => onChange(each.value)} {...KEYS}>
            {each.text}
          </button>
        ))}
      </div>
      <div class="sh-tabpanel" role="tabpanel" id={`${id}-panel`} {...(tabs.some((each) => each.value === value)
        ? { "aria-labelledby": `${id}-${value}` } : { "aria-label": label })}>
        {children}
      </div>
    </div>
  );
}

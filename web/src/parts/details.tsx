// Settings that are seldom changed, folded away.
import type { ComponentChildren } from "preact";
import { Icon } from "./icon";
import { KEYS } from "./keys";

export function Details({ title, open = false, children }: {
  title: string; open?: boolean; children: ComponentChildren;
}) {
  return (
    <details class="sh-details" open={open}>
      <summary class="sh-summary" {...KEYS}><Icon name="more" />{title}</summary>
      <div class="sh-details-body">{children}</div>
    </details>
  );
}

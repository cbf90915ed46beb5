// A window above the page: the browser's own, so that focus, Escape and the rest are right.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../strings";
import { Button } from "./button";
import { useOwnId } from "./id";

export interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, open, onClose, children }: DialogProps) {
  const id = useOwnId();
  const own = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = own.current;
    if (element === null) return;
    if (open && !element.open) {
      if (typeof element.showModal === "function") element.showModal();
      else element.setAttribute("open", ""); // jsdom
    } else if (!open && element.open) {
      if (typeof element.close === "function") element.close();
      else element.removeAttribute("open");
    }
  }, [open]);
  return (
    <dialog ref={own} class="sh-dialog" aria-labelledby={id} onClose={onClose}
      onClick={(event) => event.target === own.current && onClose()}>
      {open && (
        <div class="sh-dialog-body">
          <div class="sh-dialog-head">
            <h2 id={id}>{title}</h2>
            <Button icon="close" label={t("parts.close")} kind="quiet" onClick={onClose} />
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}

// Buttons: with words, with a picture, or both.
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon";
import { KEYS } from "./keys";

export interface ButtonProps {
  readonly onClick: () => void;
  readonly icon?: IconName;
  /** Said to screen readers and on hover where there are no words. */
  readonly label?: string;
  readonly children?: ComponentChildren;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly kind?: "plain" | "main" | "quiet";
  readonly expanded?: boolean;
  readonly class?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const { onClick, icon, label, children, pressed, disabled = false, kind = "plain" } = props;
  const classes = ["sh-button", `sh-button-${kind}`, children === undefined ? "sh-button-icon" : "",
    props.class ?? ""];
  return (
    <button type="button" class={classes.filter(Boolean).join(" ")} onClick={onClick}
      aria-label={children === undefined ? label : undefined} title={label}
      aria-pressed={pressed} aria-expanded={props.expanded} disabled={disabled} {...KEYS}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

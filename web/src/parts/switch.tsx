// On or off.
import { KEYS } from "./keys";

export interface SwitchProps {
  readonly id?: string;
  readonly label?: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly describedBy?: string | undefined;
  readonly disabled?: boolean;
}

export function Switch({ id, label, on, onChange, describedBy, disabled = false }: SwitchProps) {
  return (
    <input type="checkbox" role="switch" class="sh-switch" id={id} checked={on} disabled={disabled}
      aria-label={id === undefined ? label : undefined} aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.checked)} {...KEYS} />
  );
}

// A choice of one among several.
import { KEYS } from "./keys";

export interface Option {
  readonly value: string;
  readonly text: string;
}
export interface SelectProps {
  readonly id?: string;
  readonly label?: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly describedBy?: string | undefined;
  readonly invalid?: boolean;
}

export function Select({ id, label, value, options, onChange, describedBy, invalid }: SelectProps) {
  return (
    <select class="sh-select" id={id} aria-label={id === undefined ? label : undefined}
      aria-describedby={describedBy} aria-invalid={invalid} value={value}
      onChange={(event) => onChange(event.currentTarget.value)} {...KEYS}>
      {options.map((each) => (
        <option key={each.value} value={each.value} selected={each.value === value}>{each.text}</option>
      ))}
    </select>
  );
}

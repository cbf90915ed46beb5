// A choice of one among a few, side by side: radio buttons that look like one button.
import { useOwnId } from "./id";
import { KEYS } from "./keys";
import type { Option } from "./select";

export interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (Option & { readonly value: T })[];
  readonly onChange: (value: T) => void;
}

export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const name = useOwnId();
  return (
    <div class="sh-segments" role="radiogroup" aria-label={label}>
      {options.map((each) => (
        <label key={each.value} class={each.value === value ? "sh-segment sh-chosen" : "sh-segment"}>
          <input type="radio" name={name} value={each.value} checked={each.value === value}
            onChange={() => onChange(each.value)} {...KEYS} />
          <span>{each.text}</span>
        </label>
      ))}
    </div>
  );
}

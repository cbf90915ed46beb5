// A choice of one among a few, side by side: radio buttons that look like one button.
import { useOwnId } from "./id";
import { KEYS } from "./keys";
import type { Option } from "./select";
import { Explanation, explained, useExplanation, type TermName } from "./term";
import type { RefObject } from "preact";

export interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (Option & { readonly value: T; readonly term?: TermName | undefined })[];
  readonly onChange: (value: T) => void;
}

export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const name = useOwnId();
  return (
    <div class="sh-segments" role="radiogroup" aria-label={label}>
      {options.map((each) => {
        const Part = each.term === undefined ? Segment : ExplainedSegment;
        return (
          <Part key={each.value} name={name} option={each} chosen={each.value === value}
            onChoose={() => onChange(each.value)} />
        );
      })}
    </div>
  );
}

interface SegmentProps {
  readonly name: string;
  readonly option: Option & { readonly term?: TermName | undefined };
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Segment({ name, option, chosen, onChoose, describedBy }: SegmentProps & { describedBy?: string }) {
  return (
    <label class={chosen ? "sh-segment sh-chosen" : "sh-segment"}>
      <input type="radio" name={name} value={option.value} checked={chosen} aria-describedby={describedBy}
        onChange={onChoose} {...KEYS} />
      <span>{option.text}</span>
    </label>
  );
}

/** A choice whose word is explained where it stands. */
function ExplainedSegment(props: SegmentProps) {
  const shown = useExplanation();
  return (
    <span class="sh-segment-place" {...shown.focused} {...shown.pointed}
      ref={shown.anchor as RefObject<HTMLSpanElement | null>}>
      <Segment {...props} describedBy={shown.id} />
      <Explanation shown={shown}>{explained(props.option.term ?? "")}</Explanation>
    </span>
  );
}

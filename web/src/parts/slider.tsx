// A slider with a number beside it, even or logarithmic; both change the same value.
import type { JSX } from "preact";
import { number } from "../strings";
import { KEYS } from "./keys";
import { NumberField } from "./number_field";
import { ordered, placeOf, valueOf, type Scale } from "./scale";

export interface SliderProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly scale: Scale;
  readonly onInput: (value: number) => void;
  readonly describedBy?: string | undefined;
  readonly invalid?: boolean;
  /** How the value is said; the number itself if not given. */
  readonly said?: (value: number) => string;
  readonly withNumber?: boolean;
  /** The number may be taken out. */
  readonly onEmpty?: (() => void) | undefined;
}

export function Slider(props: SliderProps): JSX.Element {
  const { id, value, scale, onInput, describedBy, invalid = false } = props;
  const { steps } = ordered(scale);
  const said = props.said ?? ((each: number) => number(each));
  const place = placeOf(value, scale);
  return (
    <span class="sh-slider">
      <input type="range" id={id} class="sh-range" min={0} max={steps} step={1} value={place}
        aria-describedby={describedBy} aria-invalid={invalid} aria-valuetext={said(value)}
        onInput={(event) => {
          const to = Number(event.currentTarget.value);
          if (to !== place) onInput(valueOf(to, scale));
        }} {...KEYS} />
      {props.withNumber !== false && (
        <NumberField label={props.label} value={value} onChange={onInput} whole={scale.whole ?? false}
          least={scale.hardLeast ?? -Infinity} most={scale.hardMost ?? Infinity} invalid={invalid}
          {...(props.onEmpty === undefined ? {} : { onEmpty: props.onEmpty })}
          step={(each, by) => valueOf(clamp(Math.round(placeOf(each, scale)) + by, steps), scale)} />
      )}
    </span>
  );
}

const clamp = (place: number, steps: number): number => Math.max(0, Math.min(steps, place));

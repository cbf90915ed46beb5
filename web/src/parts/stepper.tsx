// A count with a button for one less and one for one more.
import { t } from "../strings";
import { Button } from "./button";

export interface StepperProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

export function Stepper({ label, value, least, most, onChange }: StepperProps) {
  return (
    <span class="sh-stepper" role="group" aria-label={label}>
      <Button icon="minus" label={t("parts.fewer", { label })} disabled={value <= least}
        onClick={() => onChange(value - 1)} />
      <output class="sh-stepper-value" aria-live="off">{value}</output>
      <Button icon="plus" label={t("parts.more", { label })} disabled={value >= most}
        onClick={() => onChange(value + 1)} />
    </span>
  );
}

// The page's small controls with their labels beside them, as the bars of the views need them.
import type { ComponentChildren, JSX } from "preact";
import { Button } from "../parts/button";
import { t } from "../strings";
import { useOwnId } from "../parts/id";
import { NumberField as Field } from "../parts/number_field";
import { Segments } from "../parts/segments";
import { Select } from "../parts/select";
import { Switch as OnOff } from "../parts/switch";
import type { TermName } from "../parts/term";

export { KEYS } from "../parts/keys";

interface ChoicesProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  /** Which words are explained where they stand. */
  readonly terms?: Readonly<Partial<Record<T, TermName>>>;
  readonly onChange: (value: T) => void;
}

/** One of few, all of them seen. */
export function Choices<T extends string>(props: ChoicesProps<T>): JSX.Element {
  const options = props.options.map(([value, text]) => ({ value, text, term: props.terms?.[value] }));
  return <Segments {...props} options={options} />;
}

interface SwitchProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

export function Switch({ label, value, onChange }: SwitchProps): JSX.Element {
  const id = useOwnId();
  return (
    <span class="sh-beside">
      <OnOff id={id} on={value} onChange={onChange} />
      <label for={id}>{label}</label>
    </span>
  );
}

interface ListProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

export function List({ label, value, options, onChange }: ListProps): JSX.Element {
  const id = useOwnId();
  return (
    <span class="sh-beside">
      <label for={id}>{label}</label>
      <Select id={id} value={value} onChange={onChange}
        options={options.map(([each, text]) => ({ value: each, text }))} />
    </span>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number that is taken when it is finished, by Enter or by leaving the field. */
export function NumberField(props: NumberProps): JSX.Element {
  const { label, value, min = -Infinity, max = Infinity, whole = false, onChange } = props;
  const id = useOwnId();
  return (
    <span class="sh-beside">
      <label for={id}>{label}</label>
      <Field id={id} label={label} value={value} least={min} most={max} whole={whole}
        onChange={onChange} />
    </span>
  );
}

interface PressProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly class?: string;
}

export function Press(props: PressProps): JSX.Element {
  const { pressed, label } = props;
  return (
    <Button onClick={props.onClick} disabled={props.disabled ?? false} class={props.class ?? ""}
      {...(label === undefined ? {} : { label })} {...(pressed === undefined ? {} : { pressed })}>
      {props.children}
    </Button>
  );
}

/** What makes a picture one that the arrow keys read: a reader of the screen hands them to it. */
export function played() {
  return { role: "application", tabIndex: 0, "aria-roledescription": t("view.played") } as const;
}

/** What there is to say in place of a picture. */
export function Nothing({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <div class="sh-nothing"><p>{children}</p></div>;
}

/** A swatch of the colour of a class, filled or a ring. */
export function Swatch(props: { readonly colour: string; readonly ring?: boolean }): JSX.Element {
  const style = {
    borderColor: props.colour, background: props.ring ? "transparent" : props.colour,
  };
  return <span class="sh-swatch" style={style} aria-hidden="true" />;
}

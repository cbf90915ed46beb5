// A row of a form: a label that explains itself, a control, and what is wrong with its value.
import type { ComponentChildren, RefObject } from "preact";
import { useLab } from "../state/store";
import { problemsAt } from "../state/problems";
import { useOwnId } from "./id";
import { ProblemText } from "./problem";
import { Explanation, explained, useExplanation } from "./term";

export interface FieldIds {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}
export interface FieldProps {
  readonly label: string;
  /** Whose explanation is shown; a key of the section "terms". */
  readonly term?: string;
  /** The key path that the control changes: problems there are shown here. */
  readonly path?: string;
  /** Told on hover and focus if there is no term of that name: a host's own sentence. */
  readonly note?: string;
  readonly stacked?: boolean;
  readonly children: (ids: FieldIds) => ComponentChildren;
}

export function Field({ label, term, path, note, stacked = false, children }: FieldProps) {
  const id = useOwnId();
  const wrong = useOwnId();
  const shown = useExplanation();
  const text = (term === undefined ? undefined : explained(term)) ?? note;
  const problems = useLab((state) => problemsAt(state, path));
  const invalid = problems.length > 0;
  const about = [text === undefined ? "" : shown.id, invalid ? wrong : ""].filter(Boolean).join(" ");
  return (
    <div class={stacked ? "sh-field sh-field-stacked" : "sh-field"} {...(text === undefined ? {} : shown.focused)}>
      <label for={id} ref={shown.anchor as RefObject<HTMLLabelElement | null>}
        {...(text === undefined ? {} : shown.pointed)}
        class={text === undefined ? "sh-label" : "sh-label sh-explained"}>
        {label}
      </label>
      <div class="sh-control">
        {children({ id, describedBy: about === "" ? undefined : about, invalid })}
      </div>
      {text !== undefined && <Explanation shown={shown}>{text}</Explanation>}
      {invalid && (
        <p class="sh-problem" id={wrong} role="alert">
          {problems.map((each) => <ProblemText key={each.sentence} {...each} />)}
        </p>
      )}
    </div>
  );
}

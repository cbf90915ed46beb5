// A number that is typed, or stepped with the arrow keys. What is no number is not sent.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useActions } from "../state/store";
import { t, type Key } from "../strings";
import { KEYS } from "./keys";

export interface NumberFieldProps {
  readonly id?: string;
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (value: number) => void;
  readonly whole?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
  /** The next value up (1) or down (-1). */
  readonly step?: (value: number, by: number) => number;
  readonly onEmpty?: () => void;
  readonly placeholder?: string;
}

export function NumberField(props: NumberFieldProps): JSX.Element {
  const { value, onChange, whole = false, least = -Infinity, most = Infinity } = props;
  const act = useActions();
  const shown = value === null ? "" : text(value);
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => setTyped(null), [value]);
  const take = (words: string): void => {
    setTyped(null);
    if (words.trim() === "") return props.onEmpty?.();
    const found = read(words, whole, least, most);
    const refused = refusal(words, least, most);
    if (refused !== null) {
      const kept = shown === "" ? t("parts.none") : shown;
      act.notify(t(refused, { typed: words.trim().slice(0, 40), kept, taken: text(found ?? 0) }), "warn");
    }
    if (found !== null && found !== value && refused !== "parts.not_above") onChange(found);
  };
  const move = (by: number): void => {
    const base = value ?? 0;
    const next = props.step?.(base, by) ?? base + by * (whole ? 1 : 0.1);
    onChange(Math.max(least, Math.min(most, next)));
  };
  return (
    <input type="text" inputMode={whole ? "numeric" : "decimal"} class="sh-number" id={props.id}
      aria-label={props.id === undefined ? t("parts.number_of", { label: props.label }) : undefined}
      value={typed ?? shown} aria-describedby={props.describedBy} aria-invalid={props.invalid}
      placeholder={props.placeholder} autocomplete="off" spellcheck={false}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onChange={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") take(event.currentTarget.value);
        if (event.key === "ArrowUp" || event.key === "ArrowDown") {
          event.preventDefault();
          move(event.key === "ArrowUp" ? 1 : -1);
        }
        if (event.key === "Escape" && typed !== null) setTyped(null);
      }} {...KEYS} />
  );
}

/** A bound this small stands for "greater than 0": it is no value that anybody wants. */
const ABOVE_ZERO = 1e-9;

/** Return what is to be said of words that cannot be taken as they are, null of all others. */
function refusal(words: string, least: number, most: number): Key | null {
  const found = read(words, false, -Infinity, Infinity);
  if (found === null) return "parts.not_number";
  if (found < least) return least > 0 && least <= ABOVE_ZERO ? "parts.not_above" : "parts.outside";
  return found > most ? "parts.outside" : null;
}

/** Return what was typed as a number within bounds, null if it is none. Commas may be decimal. */
export function read(words: string, whole: boolean, least: number, most: number): number | null {
  const trimmed = words.trim().replace(/[\s_]/g, "").replace(",", ".");
  if (trimmed === "") return null;
  const found = Number(trimmed);
  if (!Number.isFinite(found)) return null;
  return Math.max(least, Math.min(most, whole ? Math.round(found) : found));
}

function text(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(6)));
}

// Every text of the page, in the language of the person: t("section.key", {values}).
import { en } from "./en";
import { ja } from "./ja";
import { ko } from "./ko";

/** What each language must have: the sections and keys of the English one. */
export type Strings = {
  readonly [S in keyof typeof en]: { readonly [K in keyof (typeof en)[S]]: string };
};
export type Key = {
  [S in keyof Strings]: `${S & string}.${keyof Strings[S] & string}`;
}[keyof Strings];
export type Values = Readonly<Record<string, string | number>>;

export const LANGUAGES = { en: "English", ja: "日本語", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;
const ALL: Readonly<Record<Language, Strings>> = { en, ja, ko };

let current: Language = "en";

/** Speak this language from now on; whoever calls it draws everything again. */
export function speak(language: Language): void {
  current = language;
}

export function spoken(): Language {
  return current;
}

/** Return the language of a browser, of those there are. */
export function preferred(languages: readonly string[]): Language {
  for (const each of languages) {
    const short = each.toLowerCase().split("-")[0] ?? "";
    if (short in ALL) return short as Language;
  }
  return "en";
}

/** Return a text with the values put where {name} stands. */
export function t(key: Key, values: Values = {}): string {
  return filled(has(key) ?? key, values);
}

/** Return the text of a key that is made up at run time, undefined where there is none. */
export function has(key: string): string | undefined {
  const [section = "", name = ""] = key.split(".");
  const found = (ALL[current] as Readonly<Record<string, Readonly<Record<string, string>>>>)[section];
  return found !== undefined && Object.hasOwn(found, name) ? found[name] : undefined;
}

/** Return a text with the values put where {name} stands. */
export function filled(text: string, values: Values): string {
  if (!text.includes("{")) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** Return a number as it is read: at most `digits` significant ones, with marks between thousands. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(Math.min(digits - 1, 2));
  const options = Number.isInteger(value) ? {} : { maximumSignificantDigits: digits };
  return formatOf(`${current} ${Number.isInteger(value) ? "" : digits}`, options).format(value);
}

/**
 * Return a share as a percentage: 0.985 is "98.5 %". Six digits of it count: a half that single
 * precision holds as 0.613499999 is rounded up all the same: 61.35 is "61.4 %".
 */
export function percent(value: number, digits = 1): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${formatOf(`${current} % ${digits}`, options).format(Number((100 * value).toPrecision(6)))} %`;
}

const formats = new Map<string, Intl.NumberFormat>();

/** Return a format by its name. To make one takes as long as to write fifty numbers with it, and
 * a picture of many networks writes sixty-four. */
function formatOf(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const known = formats.get(name) ?? new Intl.NumberFormat(current, options);
  formats.set(name, known);
  return known;
}

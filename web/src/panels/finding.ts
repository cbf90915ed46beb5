// What the doctor found, in the language of the page, from the names and figures of the host.
// English is the host's own, and so is what a newer host finds that this page has no words for.
import { number, percent, spoken, filled } from "../strings";
import { doctor as ja } from "../strings/doctor_ja";
import { doctor as ko } from "../strings/doctor_ko";

type Texts = Readonly<Record<string, string>>;
type Fact = number | string | null;
interface Words {
  readonly titles: Texts;
  readonly sentences: Texts;
  readonly remedies: Texts;
  readonly facts: Texts;
  readonly causes: Texts;
  readonly curve: Texts;
}
/** A text and the language that it is in, where that is not the page's. */
export interface Told {
  readonly text: string;
  readonly lang?: "en";
}
export interface Sign {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}
export interface Proof {
  readonly figure: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly wins: number;
  readonly losses: number;
  readonly n_pairs: number;
  readonly n_diverged_before: number;
  readonly n_diverged_after: number;
  readonly helps: boolean;
  readonly sentence: string;
}
export interface Finding {
  readonly name: string;
  readonly title: string;
  readonly kind: "fault" | "question" | "note";
  readonly sentence: string;
  readonly evidence: Readonly<Record<string, Fact>>;
  readonly remedy: readonly string[];
  readonly remedy_sentence: string;
  readonly proof: Proof | null;
  readonly untried: string;
  readonly changes: Readonly<Record<string, unknown>>;
  /** Names of the sentence and of the remedy, empty where there is none. */
  readonly said: { readonly sentence: string; readonly remedy: string };
}

const WORDS: Readonly<Record<string, Words | undefined>> = { ja, ko };
const SHARES = /share|accuracy|recall|^explained_alone$|^worse_when_shuffled$|^label_noise$/;

export function titleTold(finding: Finding): Told {
  return told("titles", finding.name, finding.title, {});
}

export function sentenceTold(finding: Finding): Told {
  return told("sentences", finding.said.sentence, finding.sentence, factsOf(finding));
}

export function remedyTold(finding: Finding): Told {
  const value = finding.remedy[0]?.split("=", 2)[1] ?? "";
  const plain = Number(value);
  const values = { ...factsOf(finding), value: value !== "" && Number.isFinite(plain) ? number(plain) : value };
  return told("remedies", finding.said.remedy, finding.remedy_sentence, values);
}

/** The name of a figure behind a finding. */
export function factNameTold(name: string): Told {
  return told("facts", name, name.replace(/_/g, " "), {});
}

/** What it is: shares as percentages, causes in words, names as they are. */
export function factTold(name: string, value: Fact): Told {
  if (value === null) return { text: "—" };
  if (typeof value === "number") return { text: SHARES.test(name) ? percent(value) : number(value) };
  if (name !== "cause") return { text: value };
  const cause = ["gradient", "weights", "loss"].find((each) => value.includes(each)) ?? "limit";
  return told("causes", cause, value, {});
}

/** What the learning curve shows. */
export function curveTold(curve: string, signs: readonly Sign[]): Told {
  const each = signs.map((sign) => {
    const values = Object.entries(sign.values).map(([name, value]): [string, string] =>
      [name, name === "share" ? percent(value, 0) : number(value)]);
    return told("curve", sign.name, "", Object.fromEntries(values));
  });
  const own = each.length > 0 && each.every(({ lang }) => lang === undefined);
  return own ? { text: each.map(({ text }) => text).join(spoken() === "ja" ? "" : " ") } : { text: curve, lang: "en" };
}

function factsOf(finding: Finding): Record<string, string> {
  return Object.fromEntries(Object.entries(finding.evidence).map(([name, value]) =>
    [name, factTold(name, value).text]));
}

/** Return a text of the page's language with its values; the English one where there is none. */
function told(kind: keyof Words, name: string, english: string, values: Readonly<Record<string, string>>): Told {
  const texts = WORDS[spoken()]?.[kind];
  if (texts === undefined || !Object.hasOwn(texts, name)) return { text: capital(english), lang: "en" };
  const text = filled(texts[name] ?? "", values);
  // a figure that the host left out is not shown as a gap
  return /\{\w+\}/.test(text) ? { text: capital(english), lang: "en" } : { text };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

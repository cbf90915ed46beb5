// What is said of a row beside its numbers: title, notes, answer and names, composed in the language
// of the page from what the host knows. Where it sends less, its own English sentence stands.
import { filled, has, number, t, type Key } from "../strings";
import type { Equation, Updated, Worked } from "./inside_data";
import { networkNumber } from "./wants";

/** A text and the language that it is in, where that is not the page's. */
export interface Told {
  readonly text: string;
  readonly lang?: "en";
}

/** Which row of which network at which step, all counted from 1. */
export function titleTold({ title, part, said }: Worked): Told {
  const kind = part === null ? "" : ` · ${has(`inside.${part}`) ?? part}`;
  if (!said) return english(title + kind);
  const network = networkNumber(said.network);
  const text = t("inside.title", { what: whichRow(said), network, step: said.step, total: said.total_steps });
  return { text: text + kind };
}

function whichRow(said: NonNullable<Worked["said"]>): string {
  const { row, line, place } = said;
  const data = has(`names.${said.data}`) ?? said.data;
  if (row !== null)
    return line === null ? t("inside.row", { n: row + 1, data }) : t("inside.row_line", { n: row + 1, data, line });
  return place === null ? t("inside.point", { data })
    : t("inside.batch_row", { n: place + 1, of: said.n_batch, step: said.step + 1 });
}

/** What there is to know of the row and the network. */
export function notesTold({ notes, said }: Worked): Told[] {
  return notes.map((note, k) => {
    const fact = said?.notes[k];
    const text = fact && NOTES[fact.name]?.(fact.values);
    return text === undefined ? english(note) : { text };
  });
}

/** What the step is made from: of the row's place in its batch there are words. */
export function updateTold(sentence: string, update: NonNullable<Worked["update"]>): Told {
  const words = BATCH.find(([begins]) => begins.test(sentence));
  if (words === undefined) return english(sentence);
  const key = words[1];
  const how = key === "inside.batch" ? `${key}${/the loss of/.test(sentence) ? "_loss" : ""}_${update.reduction}` : key;
  const text = has(how);
  return text === undefined ? english(sentence) : { text: filled(text, { n: update.n_rows }) };
}

const BATCH: readonly (readonly [RegExp, string])[] = [
  [/^The batch of this step is this row alone/, "inside.batch_alone"],
  [/^This row is one of /, "inside.batch"],
  [/^This row is not in the batch.* drawn anew/, "inside.batch_fresh"],
  [/^This row is not in the batch/, "inside.batch_other"],
];

type Values = Readonly<Record<string, number>>;

const NOTES: Readonly<Record<string, ((values: Values) => string) | undefined>> = {
  stream: () => t("inside.note_stream"),
  validation: () => t("inside.note_validation"),
  test: () => t("inside.note_test"),
  ended: (values) => t("inside.note_ended", values),
  last: () => t("inside.note_last"),
};

/** What the network says. */
export function answerTold({ output }: Worked): Told {
  const { kind, answers, answer, sentence } = output;
  if (kind === "regression" && answers.length > 0)
    return { text: t("inside.says", { answer: answers.map((each) => equals(each.name, figure(each.value))).join(t("inside.between")) }) };
  if (kind !== "classification" || answer === null) return english(sentence);
  const [p, no] = [output.equations[0], answers[0]];
  const yes = answers[1];
  if (p?.name === "p" && no && yes)
    return { text: t(yes.value > 0.5 ? "inside.above" : "inside.not_above", { yes: yes.name, p: figure(yes.value), answer }) };
  const found = answers.find((each) => each.name === answer);
  return found ? { text: t("inside.most", { answer, p: figure(found.value) }) } : english(sentence);
}

const equals = (name: string, value: string): string => t("inside.equals", { name, value });

/** Six digits, as the host writes them. */
const figure = (value: number): string => number(value, 6);

/** What stands beside an equation: the host's words, which are few, are looked up. */
export function noteTold({ note }: Equation): Told | null {
  if (!note) return null;
  const key = NOTED[note];
  if (key !== undefined) return { text: t(key) };
  for (const [words, keyOfName] of NAMED) {
    const name = words.exec(note)?.[1];
    if (name !== undefined) return { text: t(keyOfName, { name }) };
  }
  return english(note);
}

const NOTED: Readonly<Record<string, Key | undefined>> = {
  "as books write it; from z it is more exact": "inside.textbook",
  "the largest sum, taken away so that nothing overflows": "inside.largest",
  "the row counts so much in the gradient": "inside.counts",
  "all outputs": "inside.all_outputs",
  "what all are lowered by so that those above 0 sum to 1": "inside.lowered",
  "with the penalties": "inside.penalised",
  "clipped by value": "inside.cut",
  "the whole gradient is longer than that": "inside.shortened",
  "weight decay": "inside.shrunk",
  "all weights into the unit are longer than that": "inside.held",
  "the perceptron's error, in place of a derivative": "inside.error",
  "dL/da times da/dz, where what would be divided by cancels": "inside.cancels",
  "every output depends on every sum": "inside.every_sum",
  "the sum of dL/da times a": "inside.sum_of",
};
/** Those with a name in them, of a class or a target. */
const NAMED: readonly (readonly [RegExp, Key])[] = [
  [/^the probability of ([^]+)$/, "inside.probability_of"],
  [/^([^]+), in its own units$/, "inside.own_units"],
];

/** Units are counted from 1 where people read them; those of the last layer have names. */
export const unitTold = (unit: number): string => t("view.unit_number", { n: unit + 1 });

/** What a parameter is called: its layer, its unit, and where it comes from. */
export function parameterTold({ layer, unit, input, name }: Updated, worked: Worked): Told {
  const last = worked.layers.at(-1);
  const own = last?.index === layer ? last.units.find((each) => each.unit === unit)?.name : unitTold(unit);
  const from = input === null ? undefined
    : layer > 1 ? unitTold(input) : worked.inputs.find((each) => each.index === input)?.name;
  if (own === undefined || (input !== null && from === undefined)) return english(name);
  const what = from === undefined ? t("view.bias") : t("inside.weight_from", { name: from });
  return { text: t("inside.parameter", { layer, unit: own, what }) };
}

const english = (text: string): Told => ({ text, lang: "en" });

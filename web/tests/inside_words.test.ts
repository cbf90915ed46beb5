// What is said of a worked row, from the facts of the host, in three languages.
import { afterEach, expect, test } from "vitest";
import { speak, t } from "../src/strings";
import type { Said, Updated, Worked } from "../src/views/inside_data";
import { answerTold, noteTold, notesTold, parameterTold, titleTold, updateTold } from "../src/views/inside_words";

afterEach(() => speak("en"));

const SAID: Said = {
  data: "mine.csv", row: 2, line: 5, place: null, n_batch: 30, network: 0, step: 1200, total_steps: 5000,
  notes: [{ name: "ended", values: { taken: 1100 } }],
};
const line = (name: string, note = "") => ({ name, formula: null, expression: null, value: 0.75, note });
const WORKED = {
  title: "3rd row of mine.csv (line 5), network 0 at step 1,200 of 5,000", part: "validation", said: SAID,
  notes: ["The network ended at step 1,100; these are its last weights."],
  inputs: [{ index: 0, name: "age" }], layers: [{ index: 1, units: [] }, { index: 2, units: [{ unit: 0, name: "sold" }] }],
  output: {
    kind: "classification", answer: "yes", sentence: "In English.", equations: [line("p")],
    answers: [{ name: "no", value: 0.25 }, { name: "yes", value: 0.75 }],
  },
} as unknown as Worked;
const of = (said: Partial<Said>): Worked => ({ ...WORKED, part: null, said: { ...SAID, ...said } });

test("the title counts rows, networks and places from 1, and steps as they are", () => {
  expect(titleTold(WORKED).text).toBe("row 3 of mine.csv (line 5), network 1 at step 1,200 of 5,000 · validation");
  expect(titleTold(of({ data: "or", row: 0, line: null })).text).toBe("row 1 of or, network 1 at step 1,200 of 5,000");
  expect(titleTold(of({ row: null, line: null, place: 2 })).text)
    .toBe("row 3 of 30 in the batch of step 1,201, network 1 at step 1,200 of 5,000");
  expect(titleTold(of({ row: null, line: null })).text).toContain("a point of mine.csv");
});
test.each([
  ["ja", "mine.csvの 3 行目（ファイルの 5 行目）、ネットワーク 1、ステップ 1,200（全 5,000） · 検証用", "yes の確率は 0.75 で、0.5 より大きいので、ネットワークの答えは yes です。"],
  ["ko", "mine.csv의 3번째 행(파일의 5번째 줄), 네트워크 1, 스텝 1,200 / 5,000 · 검증용", "yes의 확률은 0.75(으)로 0.5보다 크므로, 네트워크의 답은 yes입니다."],
] as const)("title, notes, answer and names are in %s", (language, title, answer) => {
  speak(language);
  expect(titleTold(WORKED)).toEqual({ text: title });
  expect(answerTold(WORKED)).toEqual({ text: answer });
  const update = (layer: number, unit: number, input: number | null) =>
    parameterTold({ layer, unit, input, name: "in English" } as Updated, WORKED);
  for (const told of [
    ...notesTold(WORKED), noteTold(line("p", "the probability of no")), noteTold(line("m", "all outputs")),
    update(1, 1, 0), update(2, 0, null), update(2, 0, 3),
  ]) {
    expect(told?.lang).toBeUndefined();
    expect(told?.text).not.toMatch(/\{|undefined|of|the /);
  }
  for (const [sentence, text] of [
    ["This row is one of 30 in the batch of this step; the loss of the batch is the mean of theirs.", t("inside.batch_loss_mean", { n: 30 })],
    ["This row is not in the batch of this step, whose 30 rows are drawn anew for this epoch.", t("inside.batch_fresh", { n: 30 })],
    ["This row is not in the batch of this step, whose 30 rows are others.", t("inside.batch_other", { n: 30 })],
  ] as const)
    expect(updateTold(sentence, { n_rows: 30, reduction: "mean" } as never)).toEqual({ text });
  expect(update(1, 1, 0).text).toContain("age");
  expect(update(2, 0, 3).text).toContain("sold");
});
test("a class of several is told with its probability, a number with its target", () => {
  const output = { ...WORKED.output, equations: [] };
  expect(answerTold({ ...WORKED, output }).text).toBe("The most probable class is yes, with probability 0.75.");
  const numbers = { ...output, kind: "regression", answer: null, answers: [{ name: "price", value: 12.5 }] };
  expect(answerTold({ ...WORKED, output: numbers }).text).toBe("The network says price = 12.5.");
});
test("what the page has no words for stands in English, and says so", () => {
  speak("ja");
  const { said: _, ...bare } = WORKED;
  expect(titleTold(bare)).toEqual({ text: `${WORKED.title} · 検証用`, lang: "en" });
  expect(noteTold(line("x", "something new"))).toEqual({ text: "something new", lang: "en" });
  const unknown = of({ notes: [{ name: "new", values: {} }] });
  expect(notesTold(unknown)).toEqual([{ text: WORKED.notes[0], lang: "en" }]);
});

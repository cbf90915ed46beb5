// Texts in three languages: the same keys, the same values within, none empty.
import { afterEach, expect, test } from "vitest";
import { has, number, percent, preferred, speak, t } from "../src/strings";
import { doctor as japanese } from "../src/strings/doctor_ja";
import { doctor as korean } from "../src/strings/doctor_ko";
import { en } from "../src/strings/en";
import { ja } from "../src/strings/ja";
import { ko } from "../src/strings/ko";

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>;
const ALL: Readonly<Record<string, Sections>> = { en, ja, ko };
const keys = (strings: Sections): string[] =>
  Object.entries(strings).flatMap(([section, texts]) =>
    Object.keys(texts).map((key) => `${section}.${key}`)).sort();
const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((each) => each[1] ?? "").sort();

afterEach(() => speak("en"));

test.each(["ja", "ko"])("%s has every key of English and no other", (language) => {
  expect(keys(ALL[language] as Sections)).toEqual(keys(en));
});

test.each(["ja", "ko"])("%s puts the same values into its texts", (language) => {
  const wrong = Object.entries(en as Sections).flatMap(([section, texts]) =>
    Object.entries(texts).filter(([key, text]) => {
      const other = ALL[language]?.[section]?.[key] ?? "";
      return other.trim() === "" || holes(other).join() !== holes(text).join();
    }).map(([key]) => `${section}.${key}`));
  expect(wrong).toEqual([]);
});

test("what the doctor finds has the same values in Japanese and Korean", () => {
  const both = [japanese, korean] as readonly Sections[];
  const [one, other] = both.map((strings) => Object.entries(strings).flatMap(([section, texts]) =>
    Object.entries(texts).map(([key, text]) => `${section}.${key}: ${holes(text).join()} ${text.trim() !== ""}`)).sort());
  expect(other).toEqual(one);
});

test("explanations are translated", () => {
  for (const language of ["ja", "ko"]) {
    const terms = (ALL[language] as Sections).terms ?? {};
    for (const [key, text] of Object.entries(terms)) expect(text, key).not.toBe((en.terms as Record<string, string>)[key]);
  }
});

test("values are put in, numbers as the language writes them", () => {
  expect(t("timeline.step_of", { step: 1200, total: 25000 })).toBe("step 1,200 of 25,000");
  speak("ko");
  expect(t("timeline.step_of", { step: 1, total: 2 })).toBe("스텝 1 / 2");
  expect(has("names.nothing_such")).toBeUndefined();
});

test("numbers are short to read and never wrong", () => {
  expect([0.03, 12345, 1e-7, 3.14159, 0].map((each) => number(each)))
    .toEqual(["0.03", "12,345", "1.00e-7", "3.142", "0"]);
  expect(percent(0.985)).toBe("98.5 %");
  // the same half in double and in single precision, where it is a little less
  expect([percent(0.6135), percent(Math.fround(0.6135))]).toEqual(["61.4 %", "61.4 %"]);
  expect(number(Number.NaN)).toBe("NaN");
});

test("the browser's language is taken where it is there", () => {
  expect(preferred(["fr-FR", "ja-JP", "en"])).toBe("ja");
  expect(preferred(["ko"])).toBe("ko");
  expect(preferred(["fr"])).toBe("en");
});

// Something that went wrong: in a few words of the page's language, the host's own sentence, and
// the code under which documentation and command line tell of it.
import { has, spoken } from "../strings";

export interface Wrong {
  readonly sentence: string;
  readonly code?: string;
}

export function ProblemText({ sentence, code = "" }: Wrong) {
  const brief = briefly(code);
  if (sentence === "") return null;
  return (
    <span class="sh-wrong">
      {spoken() !== "en" && brief !== undefined && <strong>{brief}</strong>}
      <span lang="en">{sentence}</span>
      {code !== "" && <code class="sh-code" title={brief}>{code}</code>}
    </span>
  );
}

/** What a code stands for, or the letter that it begins with; undefined where there are no words. */
export function briefly(code: string): string | undefined {
  return code === "" ? undefined : has(`problems.${code}`) ?? has(`problems.${code.charAt(0)}`);
}

/** The same as plain text, for a screen reader. */
export function problemWords({ sentence, code = "" }: Wrong): string {
  const brief = spoken() === "en" ? undefined : briefly(code);
  return [brief === undefined ? "" : `${brief}:`, sentence].filter(Boolean).join(" ");
}

// The run and its branches as lines over one axis of steps; one of them is the run that is shown.
import { Button } from "../parts/button";
import { KEYS } from "../parts/keys";
import { useOwnId } from "../parts/id";
import { useActions, useLab } from "../state/store";
import type { State } from "../state/state";
import { number, t } from "../strings";
import type { Branch, OpenedTold, RunTold } from "../wire/messages";
import { labelOfPath, valueWords } from "./naming";

export function Branches() {
  const act = useActions();
  const name = useOwnId();
  const { opened, branches, shown } = useLab((state: State) => ({
    opened: state.opened, branches: state.session?.branches ?? NONE, shown: state.ui.run,
  }));
  if (opened === null) return null;
  const runs = opened.runs.filter((each) => each.run >= -1);
  const most = Math.max(1, ...runs.map((each) => each.total_steps));
  return (
    <div class="sh-branches" role="radiogroup" aria-label={t("timeline.branches")}>
      {runs.map((run) => (
        <div key={run.run} class={run.run === shown ? "sh-branch sh-chosen" : "sh-branch"}>
          <label>
            <input type="radio" name={name} checked={run.run === shown}
              onChange={() => act.choose(run.run)} {...KEYS} />
            <span class="sh-branch-name">{titleOf(run, branches, opened)}</span>
            <span class="sh-branch-line" aria-hidden="true">
              <span style={{
                left: `${(100 * run.at) / most}%`,
                width: `${(100 * (run.total_steps - run.at)) / most}%`,
              }} />
            </span>
          </label>
          {run.run >= 0 && (
            <Button icon="close" kind="quiet" label={t("timeline.remove", { n: run.run + 1 })}
              onClick={() => act.removeBranch(run.run)} />
          )}
        </div>
      ))}
    </div>
  );
}

const NONE: readonly Branch[] = [];

/** Say what a branch does otherwise, and from where. */
export function titleOf(run: RunTold, branches: readonly Branch[], opened: OpenedTold): string {
  if (run.run < 0) return t("timeline.trunk");
  const branch = branches[run.run];
  const changes = Object.entries(branch?.changes ?? {}).map(([path, value]) => {
    const told = typeof value === "number" ? number(value) : short(valueWords(path, value, opened));
    return `${labelOfPath(path)} ${told}`;
  });
  const edits = branch?.edits?.length ?? 0;
  const told = [...changes, ...(edits > 0 ? [t("timeline.edits", { n: edits })] : [])].join(", ");
  const per = opened.runs[0]?.steps_per_epoch ?? 1;
  return t("timeline.branch", { n: run.run + 1, epoch: number(run.at / per, 3), told });
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

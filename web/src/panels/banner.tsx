// What concerns the whole page: a host that has gone, or settings that cannot be.
import { ProblemText } from "../parts/problem";
import { useLab, useStore } from "../state/store";
import { t } from "../strings";

export function Banner() {
  const { host } = useStore();
  const status = useLab((state) => state.status);
  const problems = useLab((state) => state.problems);
  const opened = useLab((state) => state.opened !== null);
  if (status === "lost") {
    const told = t(host.file === undefined ? "app.lost" : "app.lost_notebook");
    return <p class="sh-banner" role="status">{told}</p>;
  }
  if (status === "refused") return <p class="sh-banner sh-warn" role="alert">{t("app.refused")}</p>;
  if (problems.length === 0) return null;
  return (
    <div class="sh-banner sh-warn" role="alert">
      <ul>{problems.map((each) => <li key={each.where + each.sentence}><ProblemText {...each} /></li>)}</ul>
      {opened && <p class="sh-quiet">{t("app.stays")}</p>}
    </div>
  );
}

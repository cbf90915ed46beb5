// Predictions at chosen points: a row for each, its features to be changed, its answers beside.
import type { JSX } from "preact";
import { useActions, useLab } from "../state/store";
import { number, percent, t } from "../strings";
import { NumberField as Field } from "../parts/number_field";
import { AnswersBar } from "./answers_bar";
import { Nothing, Press } from "./bits";
import { baseFeatures, floats, type Seen } from "./shown";
import { useSeen } from "./use_seen";
import { useLook } from "./use_look";
import { classColours } from "./colour";
import { tinted } from "./confusion";

const MOST = 64;

export function PointsView(): JSX.Element {
  const act = useActions();
  const seen = useSeen();
  const points = useLab((state) => state.ui.points);
  if (!seen) return <Nothing>{t("view.waiting")}</Nothing>;
  const { data } = seen.opened;
  const fitting = points.filter((point) => point.length === baseFeatures(data).length);
  const add = () => {
    const last = fitting.at(-1);
    const middle = baseFeatures(data).map(
      (name) => Number(data.ranges[data.features.indexOf(name)]?.[1] ?? 0));
    act.setUi({ points: [...fitting, last ? [...last] : middle] });
  };
  return (
    <div class="sh-view sh-scrolls">
      <AnswersBar />
      {fitting.length ? <Table seen={seen} points={fitting} /> : <p class="sh-hint">{t("view.no_points")}</p>}
      <div class="sh-bar">
        <Press onClick={add} disabled={fitting.length >= MOST}>{t("view.add_point")}</Press>
        {fitting.length > 0 && (
          <Press onClick={() => act.setUi({ points: [] })}>{t("view.remove_all")}</Press>
        )}
      </div>
    </div>
  );
}

type Points = readonly (readonly number[])[];

function Table({ seen, points }: { readonly seen: Seen; readonly points: Points }): JSX.Element {
  const { data } = seen.opened;
  const answers = data.classes.length ? data.classes : data.targets;
  return (
    <table class="sh-table sh-points">
      <caption class="sh-hidden">{t("view.points_title")}</caption>
      <thead>
        <tr>
          <th scope="col">#</th>
          {baseFeatures(data).map((name) => <th key={name} scope="col">{name}</th>)}
          {answers.map((name) => (
            <th key={name} scope="col" class="sh-said">
              {data.classes.length ? t("view.probability_short", { name }) : name}
            </th>
          ))}
          <th scope="col"><span class="sh-hidden">{t("view.actions")}</span></th>
        </tr>
      </thead>
      <tbody>{points.map((_, k) => <Row key={k} seen={seen} points={points} k={k} />)}</tbody>
    </table>
  );
}

interface RowProps {
  readonly seen: Seen;
  readonly points: Points;
  readonly k: number;
}

function Row({ seen, points, k }: RowProps): JSX.Element {
  const act = useActions();
  const { data } = seen.opened;
  const point = points[k] ?? [];
  const put = (made: Points) => act.setUi({ points: made });
  const change = (feature: number, value: number) =>
    put(points.map((each, i) => (i === k ? each.with(feature, value) : each)));
  return (
    <tr>
      <th scope="row">{k + 1}</th>
      {baseFeatures(data).map((name, feature) => (
        <td key={name}>
          <Field label={t("view.feature_of_point", { name, n: k + 1 })} value={point[feature] ?? 0}
            onChange={(value) => change(feature, value)} />
        </td>
      ))}
      <Answers seen={seen} k={k} />
      <td class="sh-actions">
        <Press label={t("view.look_inside_point", { n: k + 1 })}
          onClick={() => act.setUi({ view: "inside", inside: { point: [...point] } })}>
          {t("view.look_inside")}
        </Press>
        <Press label={t("view.remove_point", { n: k + 1 })}
          onClick={() => put(points.filter((_, i) => i !== k))}>×</Press>
      </td>
    </tr>
  );
}

/** What is answered to a point: the largest probability marked. */
function Answers({ seen, k }: { readonly seen: Seen; readonly k: number }): JSX.Element {
  const look = useLook();
  const { data } = seen.opened;
  const found = floats(seen.arrays, "points");
  const n = (data.classes.length ? data.classes : data.targets).length;
  const values = Array.from({ length: n }, (_, c) => found?.data[k * n + c] ?? Number.NaN);
  const best = data.classes.length ? values.indexOf(Math.max(...values)) : -1;
  const colours = classColours(look.classes, n, look.dark);
  return (
    <>
      {values.map((value, c) => {
        const share = data.classes.length && Number.isFinite(value) ? 0.4 * value : 0;
        const style = { background: tinted(look.surface, colours[c] ?? look.text, share) };
        const text = !Number.isFinite(value) ? "–" : data.classes.length ? percent(value) : number(value);
        return <td key={c} class="sh-said" style={style}>{c === best ? <b>{text}</b> : text}</td>;
      })}
    </>
  );
}

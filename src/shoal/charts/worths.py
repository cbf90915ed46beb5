"""Whether a network is worth it, as a picture: every learner on every fold, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import rows_of
from shoal.charts.marks import Spec, layer, level_bar, name, number, points, tooltips
from shoal.charts.wording import UNITS, figure_words
from shoal.data.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.sklearn.worth_record import Judged, Worth


def worth(found: Worth) -> Chart:
    """Draw every learner's figure in every fold, with the mean and its interval.

    A constant guess that is far from all others is told in words: on one axis with it, the
    others could not be told apart.

    Args:
        found: what came of asking.
    """
    shown = [each for each in found.learners if not _is_far(found, each)]
    labels = [each.label.removeprefix("the ") for each in shown]
    scale = 100 if found.figure == "accuracy" else 1
    unit = "% of rows that are right" if scale == 100 else UNITS[found.figure]
    title = f"{figure_words(found.figure)} ({unit})"
    folds = np.arange(len(found.network.scores))
    intervals = [found.own_interval(each) for each in shown]
    dots = {**_scores(shown, scale), "shift": _shifts(len(shown) * len(folds))}
    means: dict[str, Any] = {
        "learner": labels,
        "mean": np.array([scale * each.mean for each in shown]),
        "low": np.array([scale * each.low for each in intervals]),
        "high": np.array([scale * each.high for each in intervals]),
    }

    def draw(look: Look) -> Spec:
        return _drawn(look, labels, title)

    told = f"each dot a fold of {found.repeats} x {found.folds}; bar: mean; line: its 95 % interval"
    for each in found.learners:
        if each not in shown:
            mean = found.own_text(each)[0] + (" %" if scale == 100 else "")
            told += f"; {each.label}, {mean}, lies far outside"
    target = plain(found.target, 40)
    rows = f"{plain(found.source_name, 40)}: {target} from "
    data = _scores(found.learners, 1)
    return Chart(
        kind="worth",
        title="Is a network worth it here?",
        subtitle=(plain(found.sentence.rstrip("."), 240), told,
                  f"{rows}{count(found.n_features, 'feature')}, {found.n_rows:,} rows"),
        data={"learner": data["learner"], "fold": data["fold"], found.figure: data["x"]},
        marks={"dots": rows_of(dots), "means": rows_of(means)},
        draw=draw,
        height=200 + 62 * len(labels),
    )  # fmt: skip


def _is_far(found: Worth, learner: Judged) -> bool:
    """Return whether a learner is the constant guess, and further off than all others reach."""
    if learner.name != "constant":
        return False
    others = np.concatenate([each.scores for each in found.learners if each is not learner])
    low, high = float(others.min()), float(others.max())
    return not 2 * low - high <= learner.mean <= 2 * high - low


def _scores(learners: Sequence[Judged], scale: float) -> dict[str, Any]:
    """Return a row for each learner and fold."""
    n = len(learners[0].scores)
    return {
        "learner": [each.label.removeprefix("the ") for each in learners for _ in range(n)],
        "fold": np.tile(np.arange(n), len(learners)),
        "x": scale * np.concatenate([each.scores for each in learners]),
    }


def _shifts(n: int) -> np.ndarray:
    """Return by how much dots leave their line, so that equal ones can be seen."""
    return np.random.default_rng(6).uniform(-0.28, 0.28, n)


def _drawn(look: Look, labels: list[str], title: str) -> Spec:
    colours = look.colours
    x = number("x", title, axis={"grid": True, "tickCount": 6})
    low = {**x, "field": "low"}
    y = name("learner", None, axis={"labelLimit": 260, "grid": False}, scale={"domain": labels})
    side = {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}
    dot = points(colours, size=40, opacity=0.6, color=colours.classes[0])
    bar = {**level_bar(colours, length=34), "angle": 90}
    span = {"type": "rule", "color": colours.text, "strokeWidth": 2}
    return {"layer": [
        layer("dots", dot, x=x, y=y, yOffset=side, tooltip=tooltips({"fold": "fold", "x": title})),
        layer("means", span, x=low, x2={"field": "high"}, y=y),
        layer("means", bar, x={**x, "field": "mean"}, y=y, tooltip=tooltips({"mean": "mean"})),
    ]}  # fmt: skip


__all__ = ["worth"]

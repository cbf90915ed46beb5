"""What a report tells of the question whether a network is worth it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from shoal.charts.choice import plain
from shoal.charts.registry import make
from shoal.charts.report_parts import Story, Table
from shoal.charts.wording import figure_words
from shoal.data.wording import count
from shoal.experiments.comparison.wording import number
from shoal.metrics.paired_signs import Interval

if TYPE_CHECKING:
    from shoal.sklearn.worth_record import Worth


def worth_story(record: Worth) -> Story:
    """Return what a report tells of whether a network is worth it."""
    source = plain(record.source_name, 60)
    return Story(
        kind="question of worth",
        question=f"Is a network worth it for '{plain(record.target, 60)}' in {source}?",
        answer=record.sentence,
        beside=(
            *filter(None, (record.caution,)),
            "Every learner was fitted on the same folds with its own defaults; differences are "
            "taken fold by fold. Their intervals allow for folds that share training rows "
            "(Nadeau and Bengio 2003).",
            *record.notes,
        ),
        cards=_cards(record),
        tables=(_learners(record), _differences(record)),
        charts=(partial(make, "worth", record),),
        commands=(record.command,) if record.command else (),
        facts=_facts(record),
    )


def _cards(record: Worth) -> tuple[tuple[str, str], ...]:
    unit = " %" if record.figure == "accuracy" else ""
    figures = [(each.label.removeprefix("the "), record.own_text(each)[0] + unit)
               for each in record.learners]  # fmt: skip
    return ("rows", f"{record.n_rows:,}"), *figures


def _learners(record: Worth) -> Table:
    rows = []
    for each in record.learners:
        mean, low, high = record.own_text(each)
        cells = (mean, f"{low} to {high}")
        other = f"{each.others.mean():.3f}"
        rows.append((each.label.removeprefix("the "), each.what, *cells, other,
                     f"{each.seconds:.2g}"))  # fmt: skip
    unit = " (%)" if record.figure == "accuracy" else ""
    return Table(
        caption="Every learner, cross-validated",
        head=("learner", "what it is", figure_words(record.figure) + unit, "95 % interval",
              figure_words(record.other), "seconds of a fit"),
        rows=tuple(rows),
        n_words=2,
        notes=("Means over all folds; seconds are medians.",),
    )  # fmt: skip


def _differences(record: Worth) -> Table:
    rows = []
    for each in record.rivals:
        found = record.interval(each)
        mean = (found.low + found.high) / 2
        by = record.differences(each)
        rows.append((each.label.removeprefix("the "), _by(record, mean, found),
                     f"{_by(record, found.low, found)} to {_by(record, found.high, found)}",
                     f"{int((by > 0).sum())} of {len(by)}"))  # fmt: skip
    unit = "points" if record.figure == "accuracy" else "units of the target"
    region = _by(record, record.region, Interval(low=0, high=record.region, confidence=0))
    return Table(
        caption=f"By how much the network is better ({unit})",
        head=("against", "mean", "95 % interval", "better in folds"),
        rows=tuple(rows),
        notes=(f"A difference within {region} counts as none.",),
    )


def _by(record: Worth, value: float, found: Interval) -> str:
    scale = 100 if record.figure == "accuracy" else 1
    return number(scale * value, scale * (found.high - found.low) / 2)


def _facts(record: Worth) -> tuple[tuple[str, str], ...]:
    folds = f"{record.folds}, drawn {count(record.repeats, 'time')}"
    return (
        *record.versions.items(),
        ("folds", folds),
        ("seed", str(record.seed)),
        ("threads", str(record.threads)),
        ("seconds", f"{record.seconds:.3g}"),
    )


__all__ = ["worth_story"]

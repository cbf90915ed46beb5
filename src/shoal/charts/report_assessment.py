"""What a report tells of an assessment: how good a model is, where it fails, what to trust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

import shoal
from shoal.charts.registry import CHARTS, make
from shoal.charts.report_parts import Story, Table
from shoal.models.assessment.assessing import Assessment
from shoal.models.assessment.figures import FIGURES
from shoal.models.assessment.records import (
    Estimate,
    PartFigures,
    SliceFigures,
    Slices,
    WorstRow,
)
from shoal.models.assessment.words import (
    advice_sentence,
    calibration_sentence,
    cost_sentences,
    coverage_sentence,
    difference,
    headline,
    interval_note,
    number,
    percent,
    slice_sentences,
    trained_sentence,
)

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

SHOWN: Final = ("confusion", "calibration", "coverage", "roc", "costs")
HEAD: Final = ("figure", "what it is", "value", "95 % interval")
MOST_TARGETS: Final = 6
"""Numbers whose errors are drawn."""
RULES: Final = {
    "half": "above 0.5", "theory": "above what costs call for", "best": "where it costs least here",
    "always_no": "never", "always_yes": "always",
}  # fmt: skip


def assessment_story(found: Assessment) -> Story:
    """Return what a report tells of an assessment."""
    beside = (
        trained_sentence(found), calibration_sentence(found), coverage_sentence(found),
        *slice_sentences(found),
    )  # fmt: skip
    costs = cost_sentences(found.costs, found.calibration) if found.costs is not None else []
    return Story(
        kind="model",
        question=f"How good is {found.name or 'the model'} on {found.source}?",
        answer=headline(found) or "Nothing can be said.",
        beside=(*filter(None, beside), *costs),
        cards=_cards(found),
        tables=tuple(_tables(found)),
        charts=_charts(found),
        commands=(found.command,) if found.command else (),
        facts=_facts(found),
    )


def _cards(found: Assessment) -> tuple[tuple[str, str], ...]:
    name, figure = found.headline
    told = number if found.targets else percent
    cells = [(FIGURES[name].title, "–" if figure.value is None else told(figure.value))]
    if figure.low is not None and figure.high is not None:
        low, high = (told(end).removesuffix(" %") for end in (figure.low, figure.high))
        cells.append(("95 % interval", f"{low} to {high}"))
    if found.constant_guess is not None:
        cells.append(("constant guess", told(found.constant_guess)))
    cells += [("rows", f"{found.rows.n_rows:,}"), ("networks", f"{found.evaluation.n_networks:,}")]
    return tuple(cells)


def _tables(found: Assessment) -> list[Table]:
    tables = [_whole(found)] if found.figures else []
    if len(found.targets) <= MOST_TARGETS:
        tables += [_target(part) for part in found.targets]
    else:
        tables.append(_parts("target", found.targets))
    names = (("class", found.classes), ("label", found.labels))
    tables += [_parts(what, parts) for what, parts in names if parts]
    tables += _networks(found)
    tables += [_slices(each) for each in found.slices]
    tables += _costs(found) + _bins(found) + _coverage(found) + _worst(found)
    return tables


def _whole(found: Assessment) -> Table:
    rows = [_figure_row(name, figure) for name, figure in found.figures.items()]
    n = len(rows)
    if found.constant_guess is not None:
        guess = _value(Estimate(value=found.constant_guess))
        rows.append(("constant guess", "accuracy without looking at the row", guess, ""))
    return Table(
        caption="Figures of the ensemble, with the interval that holds 95 of 100 samples of rows",
        head=HEAD,
        rows=tuple(rows),
        quiet=frozenset(range(n, len(rows))),
        notes=(f"Of several classes the mean over them. {_capital(interval_note(found))}.",),
        n_words=2,
    )


def _target(part: PartFigures) -> Table:
    rows = [_figure_row(name, figure) for name, figure in part.figures.items()]
    n = len(rows)
    for title, told, value in (
        ("largest error", "of these rows; others may be further off", part.largest_error),
        ("constant guess", "mean |error| of always saying the median", part.constant_guess),
    ):
        rows.append((title, told, _value(Estimate(value=value)), ""))
    return Table(
        caption=f"{part.name}, in its own units", head=HEAD, rows=tuple(rows),
        quiet=frozenset({n + 1}), n_words=2,
    )  # fmt: skip


def _figure_row(name: str, figure: Estimate) -> tuple[str, str, str, str]:
    return FIGURES[name].title, FIGURES[name].told, _value(figure), _ends(figure)


def _parts(what: str, parts: Sequence[PartFigures]) -> Table:
    names = list(parts[0].figures)
    more = [
        (title, [getattr(part, key) for part in parts])
        for key, title in (
            ("largest_error", "largest error"), ("constant_guess", "constant guess"),
            ("calibration_error", "calibration error"),
        )
        if any(getattr(part, key) is not None for part in parts)
    ]  # fmt: skip
    rows = tuple(
        (
            part.name, f"{part.n_rows:,}",
            *(_with_ends(part.figures[name]) for name in names),
            *(_value(Estimate(value=values[k])) for _, values in more),
        )
        for k, part in enumerate(parts)
    )  # fmt: skip
    plural = {"class": "classes", "label": "labels", "target": "targets"}[what]
    return Table(
        caption=f"The {plural} one by one" if len(parts) > 1 else f"The {what}",
        head=(what, "rows", *(FIGURES[name].title for name in names), *(t for t, _ in more)),
        rows=rows,
    )


def _networks(found: Assessment) -> list[Table]:
    each = found.evaluation
    if each.n_networks < 2:
        return []
    kinds: list[tuple[str, Sequence[float], bool]] = []
    if each.network_accuracies is not None:
        kinds.append(("accuracy", each.network_accuracies, True))
    kinds.append((each.loss_name.replace("_", " "), each.network_losses, False))
    rows = tuple(
        (name, *(f"{value:.4g}" for value in (
            float(np.median(values)), (min if up else max)(values), (max if up else min)(values),
        )))
        for name, values, up in kinds
    )  # fmt: skip
    head = ("figure", "median", "worst", "best")
    return [Table(caption="Each network alone", head=head, rows=rows)]


def _slices(each: Slices) -> Table:
    figure = {"accuracy": "accuracy", "mean_absolute_error": "mean |error|",
              "scaled_error": "error / scale"}[each.figure]  # fmt: skip
    return Table(
        caption=f"By {each.column}",
        head=(each.column, "rows", figure, "95 % interval",
              "to the rest, points" if each.figure == "accuracy" else "to the rest",
              "falls below"),
        rows=tuple(
            (
                one.name, f"{one.n_rows:,}", _value(Estimate(value=one.value)),
                _ends(Estimate(value=one.value, low=one.low, high=one.high)),
                "" if one.difference is None else difference(each, one.difference), _mark(one),
            )
            for one in each.slices
        ),
        notes=("p-values are adjusted for all slices that were looked at (Holm).",),
    )  # fmt: skip


def _mark(one: SliceFigures) -> str:
    if one.p_adjusted is None:
        return "" if one.difference is None else "too few rows"
    p = "p < 0.001" if one.p_adjusted < 0.001 else f"p = {one.p_adjusted:.3f}"
    return f"yes, {p}" if one.falls_below else f"no, {p}"


def _costs(found: Assessment) -> list[Table]:
    if found.costs is None:
        return []
    name = found.costs.positive
    rows = tuple(
        (
            RULES[each.rule], "" if each.rule.startswith("always") else f"{each.threshold:.4g}",
            f"{each.n_false_positives:,.6g}", f"{each.n_false_negatives:,.6g}",
            _value(Estimate(value=each.cost)),
            _ends(Estimate(value=each.cost, low=each.low, high=each.high)),
        )
        for each in found.costs.decisions
    )  # fmt: skip
    head = (f"say {name}", "threshold", "false", "missed", "cost of a row", "95 % interval")
    notes = tuple(filter(None, [advice_sentence(found)]))
    return [Table(caption="What the errors cost", head=head, rows=rows, notes=notes)]


def _bins(found: Assessment) -> list[Table]:
    told = found.calibration
    if told is None:
        return []
    what = f"probability of {told.of}" if told.of else "probability of the class that was called"
    rows = tuple(
        (
            f"{each.start:.1f} to {each.stop:.1f}", f"{each.n_rows:,}",
            f"{each.mean_probability:.3f}", f"{each.share:.3f}",
            f"{each.low:.3f} to {each.high:.3f}",
        )
        for each in told.bins
    )  # fmt: skip
    notes = (
        f"Off by {told.error:.4f} on average, {told.by_chance:.4f} by chance alone were every "
        f"probability true; root mean square without what chance adds: {told.debiased:.4f}.",
    )
    head = (what, "rows", "said", "came true", "95 % interval")
    return [Table(caption="Calibration", head=head, rows=rows, notes=notes,
                  folded="Calibration, bin by bin")]  # fmt: skip


def _coverage(found: Assessment) -> list[Table]:
    told = found.coverage
    if told is None:
        return []
    by_doubt = told.by == "disagreement"
    figure = "mean absolute error" if by_doubt else "accuracy"
    rows: list[tuple[str, ...]] = []
    for point in told.points:
        if point.threshold is None:
            rows.append(("none", "", "", "", f"accuracy {point.wanted:g} is not reached"))
            continue
        why = "" if point.asked == "coverage" else f"for accuracy {point.wanted:g}"
        each = Estimate(value=point.figure, low=point.low, high=point.high)
        threshold = f"{point.threshold:.4g}"
        rows.append((f"{point.coverage:.1%}", threshold, _value(each), _ends(each), why))
    if by_doubt:  # no accuracy can be asked for, and an error has no interval here
        rows = [row[:3] for row in rows]
    return [
        Table(
            caption="Leaving doubtful rows undecided",
            head=("rows answered", "disagreement up to", figure) if by_doubt else
                 ("rows answered", "probability from", figure, "95 % interval", ""),
            rows=tuple(rows),
            notes=(f"The mean over all shares from 0 to 1: {told.area:.4g}.",),
        )
    ]  # fmt: skip


def _worst(found: Assessment) -> list[Table]:
    if not found.worst:
        return []
    first = found.worst[0]
    names = list(first.columns)
    several = len(found.rows.schema.targets) > 1
    far = "error" if found.targets else "p of the truth"
    head = ["line" if first.line is not None else "row", *(["of"] if several else []), "truth",
            "said", far, "disagreement", *names]  # fmt: skip
    rows = tuple(_worst_row(row, several, names) for row in found.worst)
    return [
        Table(caption="The rows it is most wrong about", head=tuple(head), rows=rows,
              n_words=4 if several else 3)
    ]  # fmt: skip


def _worst_row(row: WorstRow, several: bool, names: Sequence[str]) -> tuple[str, ...]:
    far = row.probability if row.error is None else row.error
    return (
        f"{row.line if row.line is not None else row.row:,}", *([row.of] if several else []),
        row.truth, row.prediction, "" if far is None else f"{far:.4g}", f"{row.disagreement:.3g}",
        *(row.columns.get(name, "") for name in names),
    )  # fmt: skip


def _charts(found: Assessment) -> tuple[Callable[[], Chart], ...]:
    made = [partial(make, name, found) for name in SHOWN if name in CHARTS]
    if found.targets:
        n = min(len(found.targets), MOST_TARGETS)
        made = [partial(make, "residuals", found, of=k) for k in range(n)]
    return tuple(made)


def _facts(found: Assessment) -> tuple[tuple[str, str], ...]:
    return (
        ("model", found.model),
        ("rows", found.source),
        *([("rows trained the model", "yes")] if found.trained_on else []),
        ("shoal", shoal.__version__),
        ("resamples", f"{found.n_resamples:,}"),
        ("seed of the resamples", str(found.seed)),
    )


def _value(figure: Estimate) -> str:
    if figure.value is None:
        return "–"
    return f"{figure.value:.4f}" if abs(figure.value) <= 1 else number(figure.value)


def _ends(figure: Estimate) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (_value(Estimate(value=end)) for end in (figure.low, figure.high))
    return f"{low} to {high}"


def _with_ends(figure: Estimate) -> str:
    ends = _ends(figure)
    return f"{_value(figure)} ({ends})" if ends else _value(figure)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = ["assessment_story"]

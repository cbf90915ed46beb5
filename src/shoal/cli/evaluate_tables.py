"""An assessment on the terminal: the answer in a sentence, then tables that say something."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from shoal.cli.result import cells_of
from shoal.cli.tables import GAP, Column, label, new_console, new_table, print_blocks
from shoal.data.wording import count
from shoal.models.assessment.assessing import Assessment
from shoal.models.assessment.evaluation import Confusion
from shoal.models.assessment.figures import FIGURES
from shoal.models.assessment.records import (
    Costs,
    CoveragePoint,
    Estimate,
    Figures,
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
    slice_sentences,
    trained_sentence,
)

OF_ALL: Final = (
    "accuracy", "balanced_accuracy", "precision", "f1", "mcc", "roc_auc", "average_precision",
    "labels_wrong", "cross_entropy", "brier", "calibration_error",
)  # fmt: skip
OF_A_PART: Final = {
    "classes": ("precision", "recall", "f1"),
    "labels": ("accuracy", "precision", "recall", "f1", "roc_auc"),
}
OF_A_TARGET: Final = (
    "mean_absolute_error", "root_mean_squared_error", "r2", "median_absolute_error", "bias",
)  # fmt: skip
MEANS: Final = {"precision": "precision, mean of classes", "f1": "F1, mean of classes"}
MOST_CLASSES: Final = 12
"""Classes of a table; beyond them those that do worst, and pairs that are mixed up."""
MOST_PAIRS: Final = 10
NONE: Final = "–"
RULES: Final = {
    "half": "0.5", "theory": "theory", "best": "best here", "always_no": "always no",
    "always_yes": "always yes",
}  # fmt: skip


def print_assessment(found: Assessment, *, full: bool = False) -> None:
    """Print what is known of a model; with `full` every table."""
    console = new_console()
    rows = count(found.rows.n_rows, "row")
    networks = count(found.evaluation.n_networks, "network")
    weights = found.rows.schema.weights
    counted = f", weighted by '{weights}'" if found.evaluation.weighted else ""
    console.print(f"{label(found.source)}: {rows}{label(counted)}, {networks}", style="bold")
    _say(console, headline(found))
    if found.trained_on:
        _say(console, f"note: {trained_sentence(found)}")
    console.print()
    _print_figures(console, found)
    _print_networks(console, found)
    _print_parts(console, found)
    _print_confusions(console, found)
    _print_calibration(console, found, full=full)
    _print_coverage(console, found, full=full)
    for slices in found.slices:
        _print_slices(console, slices)
    for sentence in slice_sentences(found):
        _say(console, sentence)
    if found.slices:
        console.print()
    if found.costs is not None:
        _print_costs(console, found, found.costs)
    _print_worst(console, found)
    _say(console, interval_note(found), style="dim")


def _say(console: Console, sentence: str, style: str | None = None) -> None:
    """Print a sentence, broken between words where the terminal ends."""
    wide = max(40, min(console.width, 100))
    whole = label(sentence).replace(" %", "\u00a0%")  # a number keeps its unit
    whole = whole.replace("p < ", "p\u00a0<\u00a0").replace("p = ", "p\u00a0=\u00a0")
    for line in textwrap.wrap(whole, wide, break_long_words=False):
        console.print(line.replace("\u00a0", " "), style=style)


def _print_figures(console: Console, found: Assessment) -> None:
    table = new_table("", "", "95 % interval" if found.n_resamples else "")
    table.show_header = bool(found.n_resamples)
    guess = found.evaluation.constant_guess_accuracy
    for name in OF_ALL:
        if name in found.figures:
            title = "every label right" if found.labels and name == "accuracy" else None
            title = title or MEANS.get(name) or FIGURES[name].title
            table.add_row(title, *_cells(found.figures[name]))
            if name == "accuracy" and guess is not None:
                table.add_row("constant guess", *cells_of([guess]), "")
    if len(found.targets) == 1:
        _add_target(table, found.targets[0])
    if table.row_count:
        console.print(table)
        console.print()


def _add_target(table: Table, target: PartFigures) -> None:
    for name in OF_A_TARGET:
        table.add_row(FIGURES[name].title, *_cells(target.figures[name]))
    for title, value in (
        ("largest error", target.largest_error),
        ("constant guess (the median)", target.constant_guess),
    ):
        table.add_row(title, *(cells_of([value]) if value is not None else [NONE]), "")


def _cells(figure: Estimate) -> tuple[str, str]:
    """Return a figure and its interval with as many decimals."""
    if figure.value is None:
        return NONE, ""
    if figure.low is None or figure.high is None:
        return cells_of([figure.value])[0], NONE
    value, low, high = cells_of([figure.value, figure.low, figure.high])
    return value, f"{low} to {high}"


def _print_networks(console: Console, found: Assessment) -> None:
    """Print how the networks spread, each alone."""
    each = found.evaluation
    if each.n_networks < 2:
        return
    table = new_table("each network alone", "median", "worst", "best")
    right, wrong = each.network_accuracies, each.network_losses
    if right is not None:
        name = "every label right" if found.labels else "accuracy"
        table.add_row(name, *cells_of([float(np.median(right)), min(right), max(right)]))
    loss = "squared error" if found.targets else FIGURES["cross_entropy"].title
    table.add_row(loss, *cells_of([float(np.median(wrong)), max(wrong), min(wrong)]))
    console.print(table)
    console.print()


def _print_parts(console: Console, found: Assessment) -> None:
    """Print the figures of every class or label, or of each of several targets."""
    if len(found.targets) > 1:
        for target in found.targets:
            table = new_table(target.name, "", "95 % interval")
            _add_target(table, target)
            console.print(table)
            console.print()
        return
    for what, parts in (("class", found.classes), ("label", found.labels)):
        if not parts:
            continue
        names = OF_A_PART["classes" if what == "class" else "labels"]
        shown = _worst_parts(parts)
        columns = [Column(head="rows", cells=[f"{part.n_rows:,}" for part in shown])]
        columns += [
            Column(head=FIGURES[name].title, cells=[_short(part.figures, name) for part in shown])
            for name in names
            if name in shown[0].figures
        ]
        print_blocks(console, Column(head=what, cells=[part.name for part in shown]), columns)
        if len(shown) < len(parts):
            console.print(f"{len(parts) - len(shown):,} more, with a higher F1: --json")
            console.print()


def _worst_parts(parts: Sequence[PartFigures]) -> list[PartFigures]:
    if len(parts) <= MOST_CLASSES:
        return list(parts)
    return sorted(parts, key=lambda part: part.figures["f1"].value or 0.0)[:MOST_CLASSES]


def _short(figures: Figures, name: str) -> str:
    """Return a figure with its interval in brackets: ``0.94 (0.87–0.98)``."""
    found = figures.get(name, Estimate())
    if found.value is None:
        return NONE
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.2f}–{found.high:.2f})"


def _print_confusions(console: Console, found: Assessment) -> None:
    each = found.evaluation
    if each.confusion is not None and each.classes is not None:
        if len(each.classes) > MOST_CLASSES:
            _print_pairs(console, each.classes, each.confusion)
            return
        console.print("confusion: true class down, predicted class across")
        console.print()
        _print_confusion(console, each.classes, each.confusion)
    if each.labels:
        console.print("confusion of each label: true class down, predicted class across")
        console.print()
        for one in each.labels:
            _print_confusion(console, one.classes, one.confusion, head=one.name)


def _print_confusion(
    console: Console, classes: Sequence[str], confusion: Confusion, head: str = ""
) -> None:
    across = zip(*confusion, strict=True)
    print_blocks(
        console,
        Column(head=head, cells=classes),
        [
            Column(head=name, cells=[_amount(each) for each in counts])
            for name, counts in zip(classes, across, strict=True)
        ],
    )


def _print_pairs(console: Console, classes: Sequence[str], confusion: Confusion) -> None:
    """Print which classes are most often taken for which."""
    pairs = sorted(
        ((each, t, p) for t, row in enumerate(confusion) for p, each in enumerate(row)
         if t != p and each), key=lambda pair: -pair[0],
    )  # fmt: skip
    if not pairs:
        return
    table = new_table("most often mixed up: true class", "taken for", "rows", "of the class")
    for each, t, p in pairs[:MOST_PAIRS]:
        share = each / sum(confusion[t])
        table.add_row(label(classes[t]), label(classes[p]), _amount(each), f"{share:.1%}")
    console.print(table)
    console.print()


def _amount(rows: float) -> str:
    """Return rows, or a sum of their weights."""
    return f"{rows:,}" if isinstance(rows, int) else f"{rows:,.6g}"


def _print_calibration(console: Console, found: Assessment, *, full: bool) -> None:
    told = found.calibration
    if told is None:
        return
    _say(console, calibration_sentence(found))
    console.print()
    if not full and told.is_within_chance:
        return
    what = f"probability of {told.of}" if told.of else "probability of the class called"
    table = new_table(what, "rows", "said", "came true", "95 % interval")
    for each in told.bins:
        table.add_row(
            f"{each.start:.1f} to {each.stop:.1f}", f"{each.n_rows:,}",
            f"{each.mean_probability:.3f}", f"{each.share:.3f}",
            f"{each.low:.3f} to {each.high:.3f}",
        )  # fmt: skip
    console.print(table)
    console.print()


def _print_coverage(console: Console, found: Assessment, *, full: bool) -> None:
    told = found.coverage
    if told is None:
        return
    asked = [point for point in told.points if point.asked == "accuracy"]
    usual = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
    asked += [p for p in told.points if p.asked == "coverage" and p.wanted not in usual]
    sentence = coverage_sentence(found)
    if sentence:
        _say(console, sentence)
        console.print()
    if not full and not asked:
        return
    by_doubt = told.by == "disagreement"
    head = "disagreement up to" if by_doubt else "probability from"
    figure = "mean absolute error" if by_doubt else "accuracy"
    shown = told.points if full else asked
    wanted = [point.asked == "accuracy" for point in shown]
    ends = [] if by_doubt else ["95 % interval"]
    table = new_table("rows answered", head, figure, *ends,
                      *(["for accuracy"] if any(wanted) else []))  # fmt: skip
    for point, is_wanted in zip(shown, wanted, strict=True):
        cells = _point_cells(point)[: 3 + len(ends)]
        table.add_row(*cells, *([f"{point.wanted:g}"] if is_wanted else []))
    console.print(table)
    console.print()


def _point_cells(point: CoveragePoint) -> list[str]:
    if point.threshold is None or point.figure is None:
        return ["not reached", NONE, NONE, ""]
    ends = "" if point.low is None or point.high is None else f"{point.low:.4f} to {point.high:.4f}"
    figure = number(point.figure) if point.low is None else f"{point.figure:.4f}"
    return [f"{point.coverage:.1%}", f"{point.threshold:.4g}", figure, ends]


def _print_slices(console: Console, slices: Slices) -> None:
    figure = {"accuracy": "accuracy", "mean_absolute_error": "mean |error|",
              "scaled_error": "error / scale"}[slices.figure]  # fmt: skip
    shown = slices.slices
    pairs = [_cells(Estimate(value=one.value, low=one.low, high=one.high)) for one in shown]
    columns = [
        Column(head="rows", cells=[f"{one.n_rows:,}" for one in shown]),
        Column(head=figure, cells=[value for value, _ in pairs]),
        Column(head="95 % interval", cells=[ends for _, ends in pairs]),
        Column(head="to the rest", cells=[_difference(one, slices) for one in shown]),
    ]
    names = Column(head=slices.column, cells=[one.name for one in shown])
    print_blocks(console, names, columns)


def _difference(one: SliceFigures, slices: Slices) -> str:
    """Return the difference to the rest, marked where it is clearly worse."""
    if one.difference is None:
        return NONE
    mark = "  few rows" if one.p_adjusted is None else "  ▼" if one.falls_below else "   "
    unit = " pt" if slices.figure == "accuracy" else ""  # points, as the sentences say
    return f"{difference(slices, one.difference)}{unit}{mark}"


def _print_costs(console: Console, found: Assessment, costs: Costs) -> None:
    for sentence in cost_sentences(costs, found.calibration):
        _say(console, sentence)
    console.print()
    shown = costs.decisions
    pairs = [_cells(Estimate(value=each.cost, low=each.low, high=each.high)) for each in shown]
    thresholds = [
        NONE if each.rule.startswith("always") else f"{each.threshold:.4g}" for each in shown
    ]
    columns = [
        Column(head="threshold", cells=thresholds),
        Column(head="false +", cells=[f"{each.n_false_positives:,.6g}" for each in shown]),
        Column(head="missed", cells=[f"{each.n_false_negatives:,.6g}" for each in shown]),
        Column(head="cost a row", cells=[value for value, _ in pairs]),
        Column(head="95 % interval", cells=["" if ends == NONE else ends for _, ends in pairs]),
    ]
    names = Column(head="rule", cells=[RULES[each.rule] for each in shown])
    print_blocks(console, names, columns)
    told = advice_sentence(found)
    if told:
        console.print(label(told))  # a command is not broken
        console.print()


def _print_worst(console: Console, found: Assessment) -> None:
    if not found.worst:
        return
    several = len(found.rows.schema.targets) > 1
    at = "line" if found.worst[0].line is not None else "row"
    columns = [Column(head=at, cells=[_place(row) for row in found.worst])]
    if several:
        columns.append(Column(head="of", cells=[row.of for row in found.worst]))
    columns += [
        Column(head="truth", cells=[row.truth for row in found.worst]),
        Column(head="said", cells=[row.prediction for row in found.worst]),
    ]
    if found.targets:
        errors = [f"{row.error:+.4g}" if row.error is not None else NONE for row in found.worst]
        columns.append(Column(head="error", cells=errors))
    else:
        each = [f"{row.probability:.3g}" if row.probability is not None else NONE
                for row in found.worst]  # fmt: skip
        columns.append(Column(head="p of truth", cells=each))
    if found.evaluation.n_networks > 1:
        apart = [f"{row.disagreement:.3g}" for row in found.worst]
        columns.append(Column(head="disagreement", cells=apart))
    console.print("the rows it is most wrong about")
    console.print()
    cells, n_more = _that_fit(console, columns, found.worst)
    table = new_table(*(column.head for column in [*columns, *cells]))
    for line in zip(*(column.cells for column in [*columns, *cells]), strict=True):
        table.add_row(*(label(_cut(cell)) for cell in line))
    console.print(table)
    if n_more:
        console.print(f"{count(n_more, 'more column')}: -o report.html", style="dim")
    console.print()


def _place(row: WorstRow) -> str:
    return f"{row.line:,}" if row.line is not None else f"{row.row:,}"


def _that_fit(
    console: Console, columns: Sequence[Column], rows: Sequence[WorstRow]
) -> tuple[list[Column], int]:
    """Return as many of the rows' own columns as fit beside the others, and how many do not."""
    names = list(rows[0].columns)
    room = console.width - sum(_width(column) + GAP for column in columns)
    kept: list[Column] = []
    for name in names:
        column = Column(head=name, cells=[row.columns.get(name, "") for row in rows])
        room -= _width(column) + GAP
        if room < 0:
            break
        kept.append(column)
    return kept, len(names) - len(kept)


def _width(column: Column) -> int:
    return max(cell_len(label(_cut(cell))) for cell in (column.head, *column.cells))


def _cut(cell: str, most: int = 24) -> str:
    return cell if len(cell) <= most else cell[: most - 1] + "…"


__all__ = ["print_assessment"]

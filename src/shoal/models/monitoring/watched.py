"""What one look at a model in use found: figures, drift, strange rows, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from shoal.data.wording import count, show
from shoal.models.monitoring.changes import Change
from shoal.models.monitoring.drifting import CHANCE, ColumnDrift
from shoal.models.monitoring.judging import Figure
from shoal.views import Viewed

MOST_NAMED: Final = 1_000
"""Rows unlike the training rows that are kept by line and reason; the others are counted."""
WORDS: Final[Mapping[str, str]] = {
    "accuracy": "accuracy",
    "mean_absolute_error": "mean absolute error",
    "r2": "R²",
    "drift": "drift",
    "unlike": "unlike",
}
AT_LEAST: Final = ("accuracy", "r2")
"""Figures whose bar is the least that is allowed; that of others is the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What a model in use must keep to; None: nothing is asked of that figure.

    Attributes:
        min_accuracy: the least accuracy, 0 to 1.
        max_error: the largest mean absolute error, in the target's units.
        min_r2: the least R2.
        max_drift: the largest population stability index of a column.
        max_unlike: the largest share of rows unlike the training rows.
        sure: whether it falls short only where the whole interval does.
    """

    min_accuracy: float | None = None
    max_error: float | None = None
    min_r2: float | None = None
    max_drift: float | None = None
    max_unlike: float | None = None
    sure: bool = False

    def of(self, figure: str) -> float | None:
        """Return the bar of a figure by its name."""
        return {
            "accuracy": self.min_accuracy,
            "mean_absolute_error": self.max_error,
            "r2": self.min_r2,
            "drift": self.max_drift,
            "unlike": self.max_unlike,
        }[figure]

    @property
    def any(self) -> bool:
        """Whether anything is asked."""
        return any(self.of(name) is not None for name in WORDS)

    @property
    def needs_labels(self) -> bool:
        """Whether a figure is asked that needs known targets."""
        return any(self.of(name) is not None for name in ("accuracy", "mean_absolute_error", "r2"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangeRow:
    """A row unlike the training rows.

    Attributes:
        row: its number, counted from 0 over all rows.
        line: its line in the file, or None.
        reason: why it is unlike them.
    """

    row: int
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure held against its bar.

    Attributes:
        name: of the figure.
        value, low, high: the figure and its interval.
        bar: None where nothing is asked.
        falls_short: whether it misses the bar.
        told: the sentence about it.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    bar: float | None
    falls_short: bool
    told: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched(Viewed):
    """What one look at a model in use found.

    Attributes:
        time: when, ISO 8601 in UTC.
        model: the beginning of the digest of the model's weights.
        data: the name of the rows' file, "" where they came otherwise.
        bars: what was asked.
        n_rows: all rows.
        n_labelled: those with known targets, which the figures are of.
        n_unknown: those with a category that training never saw, which no network can read:
            they count as unlike the training rows, and are in no figure.
        weighted: whether labelled rows counted by weights.
        figures: of the labelled rows; empty without.
        drift: of every column, None where the model has no summary of its training rows.
        n_unlike: rows unlike the training rows, None likewise.
        unlike: their share, None likewise.
        strange: the first of them.
        rows: the beginning of a digest of the labelled rows, "" without: the same rows have the
            same one.
        changes: of figures since earlier looks, where there were any; see `changes.compared`.
    """

    time: str
    model: str
    data: str = ""
    bars: Bars
    n_rows: int
    n_labelled: int
    n_unknown: int = 0
    weighted: bool = False
    figures: tuple[Figure, ...] = ()
    drift: tuple[ColumnDrift, ...] | None = None
    n_unlike: int | None = None
    unlike: Figure | None = None
    strange: tuple[StrangeRow, ...] = ()
    rows: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def worst(self) -> ColumnDrift | None:
        """The column that drifted furthest; where all are within chance, that of them."""
        found = self.drift or ()
        beyond = [each for each in found if not each.is_chance]
        return max(beyond or found, key=lambda each: each.psi, default=None)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every figure that there is, held against its bar."""
        found = [self._check(figure) for figure in self.figures]
        if self.worst is not None:
            found.append(self._drift(self.worst))
        if self.unlike is not None:
            found.append(self._check(self.unlike))
        return tuple(found)

    @property
    def falls_short(self) -> bool:
        """Whether any figure misses its bar."""
        return any(check.falls_short for check in self.checks)

    @property
    def verdict(self) -> str:
        """Return "ok", "fell short", or "watched" where nothing was asked."""
        if not self.bars.any:
            return "watched"
        return "fell short" if self.falls_short else "ok"

    @property
    def sentence(self) -> str:
        """The verdict and every figure, on one line."""
        return f"{self.verdict}: {'; '.join(self._told())}"

    def document(self) -> dict[str, Any]:
        """Return it all as plain data for JSON."""
        return {
            "time": self.time, "model": self.model, "data": self.data,
            "verdict": self.verdict, "sentence": self.sentence,
            "n_rows": self.n_rows, "n_labelled": self.n_labelled, "n_unknown": self.n_unknown,
            "n_unlike": self.n_unlike, "weighted": self.weighted, "sure": self.bars.sure,
            "checks": [_plain(check) for check in self.checks],
            "drift": None if self.drift is None else [_column(each) for each in self.drift],
            "changes": [{**_plain(each), "within_chance": each.is_chance} for each in self.changes],
            "unlike": [_plain(each) for each in self.strange],
        }  # fmt: skip

    def _told(self) -> Iterator[str]:
        checks = sorted(self.checks, key=lambda check: not check.falls_short)
        for check in checks:
            yield check.told
        if not self.figures:
            none = "no label that counts" if self.n_labelled else "no labels"
            yield f"{count(self.n_rows, 'row')}, {none}"
        elif self.n_labelled + self.n_unknown < self.n_rows:
            yield f"{self.n_rows - self.n_labelled - self.n_unknown:,} of the rows without a label"
        if self.n_unknown:
            yield f"{count(self.n_unknown, 'row')} with unknown categories, not judged"

    def _check(self, figure: Figure) -> Check:
        bar = self.bars.of(figure.name)
        short = bar is not None and self._is_short(figure, bar)
        if figure.name == "unlike":
            told = f"{self.n_unlike:,} of {count(self.n_rows, 'row')} unlike the training rows"
            percent = None if bar is None else f"{100 * bar:.4g} %"
        else:
            told = f"{WORDS[figure.name]} {_digits(figure.value, bar)}"
            told += f" ({_range(figure)}{count(figure.n_rows, 'row')})"
            percent = None if bar is None else f"{bar:.6g}"
        misses = bar is not None and _misses(figure.name, figure.value, bar)
        told += _against(figure.name, percent, misses, short) + self._since(figure.name)
        return Check(
            name=figure.name, value=figure.value, low=figure.low, high=figure.high, bar=bar,
            falls_short=short, told=told,
        )  # fmt: skip

    def _since(self, figure: str) -> str:
        """Return how much a figure changed, if it did for sure."""
        change = next((each for each in self.changes if each.name == figure), None)
        if change is None or change.is_chance:
            return ""
        ends = sorted((abs(change.low), abs(change.high)))
        told = f", {abs(change.value):.3g} {'worse' if change.is_worse else 'better'}"
        return f"{told} than before (by {ends[0]:.3g} to {ends[1]:.3g})"

    def _is_short(self, figure: Figure, bar: float) -> bool:
        if not self.bars.sure:
            return _misses(figure.name, figure.value, bar)
        end = figure.high if figure.name in AT_LEAST else figure.low
        return end is not None and _misses(figure.name, end, bar)

    def _drift(self, worst: ColumnDrift) -> Check:
        bar = self.bars.max_drift
        misses = bar is not None and _misses("drift", worst.psi, bar)
        short = misses and not worst.is_chance
        told = f"drift {_digits(worst.psi, bar)} in {show(worst.name)}"
        if worst.is_chance:
            told += ", within chance"
        elif bar is not None:
            told += _against("drift", f"{bar:.6g}", misses, short)
        return Check(
            name="drift", value=worst.psi, low=None, high=None, bar=bar,
            falls_short=short, told=told,
        )  # fmt: skip


def _misses(name: str, value: float | None, bar: float) -> bool:
    """Return whether a figure misses its bar, by more than the last bits of a sum."""
    if value is None:
        return name == "mean_absolute_error"  # beyond all numbers
    least = 1e-12 * max(1.0, abs(bar))
    return value < bar - least if name in AT_LEAST else value > bar + least


def _against(name: str, bar: str | None, misses: bool, short: bool) -> str:
    if bar is None:
        return ""
    beyond = "below" if name in AT_LEAST else "above"
    within = "at least" if name in AT_LEAST else "at most"
    if misses and not short:
        return f", not surely {beyond} {bar}"
    return f", {beyond if short else within} {bar}"


def _range(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.4g} to {figure.high:.4g}, "


def _digits(value: float | None, bar: float | None) -> str:
    """Return a figure with so many digits that it shows on which side of its bar it is.

    Example:
        >>> _digits(0.94999, 0.95), _digits(0.966666, 0.95)
        ('0.94999', '0.9667')
    """
    if value is None:
        return "unknown"
    for digits in range(4, 17):
        text = f"{value:.{digits}g}"
        if bar is None or (float(text) > bar, float(text) < bar) == (value > bar, value < bar):
            return text
    return repr(value)


def _plain(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _column(drift: ColumnDrift) -> dict[str, Any]:
    new = [{"category": category, "n_rows": n} for category, n in drift.new]
    return {**_plain(drift), "within_chance": drift.is_chance, "new": new}


__all__ = ["CHANCE", "Bars", "Check", "StrangeRow", "Watched"]

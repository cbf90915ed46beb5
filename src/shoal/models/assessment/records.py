"""The records that an assessment is made of; each is plain data that JSON holds as it stands."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shoal.records import Record

Method = Literal["bootstrap", "wilson", "combined", "inverted", "none"]
"""How an interval was found: resamples of the rows (BCa), Wilson's of a share (of F1 by the
share behind it), those of the classes together, or, of a calibration error, by what gaps would
show as much."""


class Estimate(Record):
    """A figure with the interval that holds what is true in 95 of 100 samples of rows.

    Attributes:
        value: the figure; None where it has no meaning.
        low, high: ends of the interval; None where there is none, as where every resample of
            the rows gave the same.
        method: how it was found.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: Method = "none"


Figures = dict[str, Estimate]
"""Figures by name; see `assessment_figures.FIGURES`."""


class PartFigures(Record):
    """Figures of one class, label or target.

    Attributes:
        name: the class, or the column.
        n_rows: rows of the class, or with the label's second value; of a target all.
        figures: by name.
        largest_error: of a target, by size; it has no interval, since no sample of rows says
            how far off others may be.
        constant_guess: of a target the mean absolute error of always saying its median; of a
            label the accuracy of always saying the more frequent value.
        calibration_error: of a class against the rest, where there are more than two.
    """

    name: str
    n_rows: int
    figures: Figures
    largest_error: float | None = None
    constant_guess: float | None = None
    calibration_error: float | None = None


class Bin(Record):
    """Rows that were called about equally probable.

    Attributes:
        start, stop: from which probability to which.
        n_rows: how many.
        mean_probability: what was said of them.
        share: what came true.
        low, high: of the share, Wilson's interval.
    """

    start: float
    stop: float
    n_rows: int
    mean_probability: float
    share: float
    low: float
    high: float


class Calibration(Record):
    """Whether probabilities mean what they say.

    Attributes:
        of: the class whose probability it is; "" for that of the class that was called.
        error: mean over the rows of |said - came true| of their bin.
        by_chance: what it would be on average, were every probability true.
        chance_limit: what it would exceed once in 20 times then.
        debiased: root mean square of the gaps, less what chance adds to it.
        gap: mean of what was said less what came true: above 0 too sure.
        bins: those that have rows.
    """

    of: str
    error: float
    by_chance: float
    chance_limit: float
    debiased: float
    gap: float
    bins: tuple[Bin, ...]

    @property
    def is_within_chance(self) -> bool:
        """Whether true probabilities would show such an error in more than 1 of 20 cases."""
        return self.error <= self.chance_limit


class CoveragePoint(Record):
    """What is had if rows that the model is not sure of are left undecided.

    Attributes:
        asked: "coverage" or "accuracy".
        wanted: which coverage or accuracy was asked for.
        threshold: rows of at least this probability (at most this disagreement, for numbers)
            are answered; None where no threshold gives what was asked for.
        coverage: the share of rows that is answered.
        figure: the accuracy on them, or their mean absolute error.
        low, high: Wilson's interval of an accuracy.
        n_rows: how many rows are answered.
    """

    asked: Literal["coverage", "accuracy"] = "coverage"
    wanted: float
    threshold: float | None = None
    coverage: float = 0.0
    figure: float | None = None
    low: float | None = None
    high: float | None = None
    n_rows: int = 0


class Coverage(Record):
    """Accuracy, or error, against the share of rows that is answered.

    Attributes:
        by: "probability" or "disagreement".
        area: the mean of the figure over all shares from 0 to 1.
        points: for some shares, and for what was asked.
    """

    by: Literal["probability", "disagreement"]
    area: float
    points: tuple[CoveragePoint, ...]


class Decision(Record):
    """What a rule to say yes or no costs.

    Attributes:
        rule: "half", "theory", "best", "always_no" or "always_yes".
        threshold: yes is said above it.
        cost: mean of a row.
        low, high: its interval.
        n_false_positives, n_false_negatives: rows, or their weights.
    """

    rule: Literal["half", "theory", "best", "always_no", "always_yes"]
    threshold: float
    cost: float
    low: float | None = None
    high: float | None = None
    n_false_positives: float
    n_false_negatives: float


class Costs(Record):
    """What the two errors cost, and which threshold they call for.

    Attributes:
        positive: the class that yes stands for.
        false_positive, false_negative: the cost of one.
        decisions: rules and what they cost on these rows.
        best_low, best_high: interval of the best threshold.
    """

    positive: str
    false_positive: float
    false_negative: float
    decisions: tuple[Decision, ...]
    best_low: float | None = None
    best_high: float | None = None


class SliceFigures(Record):
    """Rows that have something in common.

    Attributes:
        name: the value, or the range.
        n_rows: how many.
        value, low, high: the figure and its interval.
        difference: to the figure of all other rows; None where there are none.
        p_value: that rows drawn at random do as badly; None where it was not asked.
        p_adjusted: the same as it is worth among all slices that were looked at.
        falls_below: whether it does clearly worse than the rest.
    """

    name: str
    n_rows: int
    value: float | None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    falls_below: bool = False


class Slices(Record):
    """The slices of one column.

    Attributes:
        column: its name.
        figure: what they are judged by.
        slices: its values or ranges.
    """

    column: str
    figure: Literal["accuracy", "mean_absolute_error", "scaled_error"]
    slices: tuple[SliceFigures, ...]


class WorstRow(Record):
    """A row that the model is far off about.

    Attributes:
        row: its number among the rows, from 0.
        line: its line in the file, None where there is none.
        truth, prediction: names of classes, or numbers as text.
        probability: that was given to the truth; None for numbers.
        error: prediction less truth, for numbers: the one that is largest for its scale.
        of: which label or target that is, where there are several.
        disagreement: of the networks.
        columns: the row's cells by column.
    """

    row: int
    line: int | None = None
    truth: str
    prediction: str
    probability: float | None = None
    error: float | None = None
    of: str = ""
    disagreement: float
    columns: dict[str, str] = Field(default_factory=dict)

"""Every kind of chart by name: what makes it, of which records, and its line of help.

The table names functions and does not load them, so that a list of kinds costs nothing.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from shoal.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

RUN, SWEPT, COMPARISON, NOTHING = "Run", "Swept", "Comparison", "nothing"
WORTH: Final = "Worth"
ASSESSMENT: Final = "Assessment"
WATCHED, HISTORY = "Watched", "History"
IMPORTANCE, ATTRIBUTION = "Importance", "Attribution"
WORDS: Final[Mapping[str, str]] = {
    RUN: "a run", SWEPT: "a sweep", COMPARISON: "a comparison", NOTHING: "no record",
    WORTH: "an answer of worth",
    ASSESSMENT: "an assessment",
    WATCHED: "a look at a model in use",
    HISTORY: "the history of a model in use",
    IMPORTANCE: "the importance of columns",
    ATTRIBUTION: "the attributions of a row",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartKind:
    """A kind of chart.

    Attributes:
        name: what it is asked for by.
        module: of `shoal.charts`, where the function of that name is.
        takes: the kinds of record it is made of.
        help: what it shows, in a line.
    """

    name: str
    module: str
    takes: tuple[str, ...]
    help: str

    @property
    def makes(self) -> Callable[..., Chart]:
        """The function from a record (and options by name) to a chart."""
        module = importlib.import_module(f"shoal.charts.{self.module}")
        made: Callable[..., Chart] = getattr(module, self.name)
        return made

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its options."""
        parameters = inspect.signature(self.makes).parameters.values()
        return tuple(each.name for each in parameters if each.kind is each.KEYWORD_ONLY)

    def fits(self, record: Any) -> bool:
        """Return whether it can be made of a record (None: of nothing)."""
        return NOTHING in self.takes if record is None else kind_of(record) in self.takes

    @property
    def taken(self) -> str:
        """What it is made of, in words: ``a run or a comparison``."""
        return " or ".join(WORDS[kind] for kind in self.takes)


def _table(*rows: tuple[str, str, tuple[str, ...], str]) -> Mapping[str, ChartKind]:
    found = {
        name: ChartKind(name=name, module=module, takes=takes, help=told)
        for name, module, takes, told in rows
    }
    return MappingProxyType(found)


CHARTS: Final = _table(
    ("curves", "curves", (RUN,), "Learning curves: median and band, training and validation."),
    ("surface", "surfaces", (RUN,), "Decision surface over two features, with the rows."),
    ("disagreement", "surfaces", (RUN,), "How far networks are apart over two features."),
    ("surface_difference", "contrasts", (RUN, COMPARISON), "One decision surface minus another."),
    ("multiples", "panels", (RUN,), "Decision surfaces of many networks side by side."),
    ("slice", "slices", (RUN,), "What networks say along a line, by default the diagonal."),
    (
        "predictions",
        "predicted",
        (RUN, SWEPT),
        "What every network says of a few points, one dot each.",
    ),
    ("data", "scatter", (RUN,), "The rows over two features: classes, training, validation."),
    ("confusion", "matrix", (RUN, ASSESSMENT), "Which class is taken for which."),
    (
        "roc",
        "judged",
        (RUN, ASSESSMENT),
        "Hits against false alarms, with the area under the curve.",
    ),
    (
        "calibration",
        "judged",
        (RUN, ASSESSMENT),
        "How often a class comes true against what was said.",
    ),
    ("coverage", "judged", (RUN, ASSESSMENT), "Accuracy on the rows that networks are surest of."),
    ("ceiling", "finals", (RUN,), "Where every network ended, and what is attainable."),
    ("network", "network", (RUN,), "A network as a diagram: weights as lines, biases as discs."),
    ("weights", "matrix", (RUN,), "Weights and biases of a network as heat maps."),
    ("sweep", "sweeps", (SWEPT,), "A figure over a swept key, with intervals."),
    ("heatmap", "sweeps", (SWEPT,), "A figure over two swept keys, as colours."),
    (
        "differences",
        "comparisons",
        (COMPARISON,),
        "The difference in every pair, with the verdict.",
    ),
    ("time_to_target", "races", (COMPARISON,), "The share that reached the target by then."),
    ("race", "races", (COMPARISON,), "The arms' curves against steps or another clock."),
    ("functions", "functions_sheet", (NOTHING,), "All functions: what follows, on one page."),
    ("activations", "functions", (NOTHING, RUN), "Activation functions and their slopes."),
    ("losses", "functions_losses", (NOTHING,), "Losses against the last sum, with their slopes."),
    ("initializers", "functions_initializers", (NOTHING,), "How weights begin."),
    ("schedules", "functions_schedules", (NOTHING,), "Factors of the learning rate over a run."),
    (
        "optimizer_paths",
        "functions_paths",
        (NOTHING,),
        "Every optimizer's way over the loss of two weights.",
    ),
    ("drift", "monitored", (WATCHED,), "How far columns are from the training rows."),
    ("history", "monitored", (HISTORY,), "Figures and drift of a model in use, look by look."),
    ("residuals", "assessed", (ASSESSMENT,), "What was said against what is true, of numbers."),
    ("costs", "assessed", (ASSESSMENT,), "What errors cost at every threshold, of two classes."),
    ("worth", "worths", (WORTH,), "A network beside simpler learners, on every fold."),
    ("importance", "important", (IMPORTANCE,), "How much answers rest on every column."),
    ("dependence", "important", (IMPORTANCE,), "What a model says as one column changes."),
    ("attribution", "attributed", (ATTRIBUTION,), "What each column adds to one row's answer."),
)
"""Every kind of chart, by name."""


def kind_of(record: Any) -> str:
    """Return what kind of record something is: "Run", "Swept", "Comparison" or its class."""
    for each in type(record).__mro__:
        if each.__name__ in WORDS:
            return each.__name__
    return type(record).__name__


def chart_kind(name: str) -> ChartKind:
    """Return a kind of chart by its name.

    Raises:
        InputError: there is none such.
    """
    if name in CHARTS:
        return CHARTS[name]
    near = did_you_mean(name, CHARTS) or f"There are {', '.join(CHARTS)}."
    raise InputError(f"there is no chart '{name}'. {near}", code="G101")


def make(name: str, record: Any, **options: Any) -> Chart:
    """Make a chart of a record.

    Raises:
        InputError: no such kind, one that does not fit the record, or no such option.
    """
    kind = chart_kind(name)
    if not kind.fits(record):
        have = WORDS.get(kind_of(record), f"a {kind_of(record).lower()}") if record else "nothing"
        others = ", ".join(each.name for each in CHARTS.values() if each.fits(record))
        cure = f" It can be shown as {others}." if others else ""
        raise InputError(f"chart '{name}': is made of {kind.taken}; got {have}.{cure}", code="G102")
    unknown = [option for option in options if option not in kind.options]
    if unknown:
        have = ", ".join(kind.options) or "none"
        raise InputError(
            f"chart '{name}': has no option '{unknown[0]}'; it has {have}.", code="G103"
        )
    given = () if record is None and NOTHING in kind.takes else (record,)
    return kind.makes(*given, **options)


__all__ = ["CHARTS", "ChartKind", "chart_kind", "kind_of", "make"]

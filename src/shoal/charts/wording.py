"""What a chart says of the experiment behind it: one short line, and the words of figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shoal.charts.choice import plain
from shoal.data.wording import count
from shoal.experiments.document import Experiment
from shoal.experiments.run import Run

PARTS: Final[Mapping[str, str]] = {
    "train": "training", "validation": "validation", "test": "test",
}  # fmt: skip
UNITS: Final[Mapping[str, str]] = {
    "accuracy": "share of rows that are right",
    "clean_accuracy": "share of rows that are right, before labels were flipped",
    "subset_accuracy": "share of rows with all labels right",
    "hamming_loss": "share of labels that are wrong",
    "mean_absolute_error": "in the target's units",
    "mae": "in the target's units",
    "r2": "share of the variance explained",
    "steps": "updates",
    "evaluations": "of the loss",
    "seconds": "s",
}
"""What a figure is counted in; losses depend on the experiment."""


def data_name(experiment: Experiment) -> str:
    """Return what the data is called."""
    data = experiment.data
    for key in ("task", "images", "file", "given"):
        value = getattr(data, key, None)
        if value is not None:
            return plain(str(value).replace("\\", "/").rpartition("/")[2], 40)
    return "data"


def told_of(run: Run) -> str:
    """Return which experiment a run was, in one line, with what names it."""
    sizes = "-".join(str(n) for n in [run.network.n_inputs, *(x.units for x in run.network.layers)])
    said = f"{data_name(run.experiment)}: {count(len(run), 'network')} {sizes}"
    training = run.experiment.training
    how = f"{trained_how(run.experiment)}, {count(training.epochs, 'epoch')}"
    return f"{said}, {how} · run {record_id(run)}"


def trained_how(experiment: Experiment) -> str:
    """Return the learning rule with its rate: ``adam 0.03``."""
    rule = experiment.training.optimizer
    rate = getattr(rule, "learning_rate", None)
    if isinstance(rate, tuple | list):
        return f"{rule.name} {min(rate):g} to {max(rate):g}"
    return rule.name + (f" {rate:g}" if isinstance(rate, int | float) else "")


def record_id(record: Any) -> str:
    """Return what names a record: its id in the store, or else the first letters of its digest."""
    return str(record.stored_as or record.digest[:12])


def of_networks(n: int, of: int | None = None, n_left_out: int = 0) -> str:
    """Return how many networks are shown: ``16 networks``, ``400 of 10,000 networks``."""
    said = count(n, "network") if of is None or of == n else f"{n:,} of {of:,} networks"
    return said + (f" ({n_left_out:,} diverged)" if n_left_out else "")


def figure_words(figure: str) -> str:
    """Return a figure in words.

    Example:
        >>> figure_words("train_loss"), figure_words("validation_r2"), figure_words("steps")
        ('training loss', 'validation R²', 'steps')
    """
    part, _, measure = figure.partition("_")
    if part in PARTS and measure:
        return f"{PARTS[part]} {measure.replace('r2', 'R²').replace('_', ' ')}"
    if figure == "clean_accuracy":
        return "accuracy against clean labels"
    return figure.replace("_to_target", " to the target").replace("_", " ").replace("r2", "R²")


def figure_title(figure: str, experiment: Experiment | None = None) -> str:
    """Return a figure with its unit: ``validation accuracy (share of rows that are right)``."""
    unit = figure_unit(figure, experiment)
    return figure_words(figure) + (f" ({unit})" if unit else "")


def figure_unit(figure: str, experiment: Experiment | None = None) -> str:
    """Return what a figure is counted in, or nothing where it is not known."""
    part, _, measure = figure.partition("_")
    measure = measure if part in PARTS and measure else figure
    if measure == "loss":
        return loss_unit(experiment)
    return UNITS.get(measure, "")


def loss_unit(experiment: Experiment | None) -> str:
    """Return what the loss is: ``cross-entropy, nats``."""
    if experiment is None:
        return "mean over rows"
    loss: Any = experiment.training.loss_for(experiment.network)
    word = str(loss).replace("_", " ")
    if "crossentropy" in word:
        return "cross-entropy, nats"
    return f"{word}, mean over rows"

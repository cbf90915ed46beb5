"""The figures of a report by name: which there are, for which target, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from shoal.fields import NameIn

TargetKind = Literal["classification", "multilabel", "regression"]
MEASURES: Mapping[str, tuple[TargetKind | None, bool]] = MappingProxyType(
    {
        "loss": (None, False),
        "accuracy": ("classification", True),
        "mean_absolute_error": ("regression", False),
        "r2": ("regression", True),
    }
)
"""What is measured: the kind of target that has it (None: every one), and whether up is better."""

FIGURE_NAMES: Mapping[str, str] = MappingProxyType(
    {f"{part}_{measure}": measure for measure in MEASURES for part in ("train", "validation")}
)
"""Every figure by name, with what it measures."""

HEADLINES = ("validation_accuracy", "validation_loss", "train_accuracy", "train_loss")
"""What is told of networks where no figure is named: the first of these that they have."""

FigureName = Annotated[str, NameIn("figure", FIGURE_NAMES)]
"""The type of a document field that names a figure."""


def goes_up(figure: str) -> bool:
    """Return whether a larger figure is a better one.

    Example:
        >>> goes_up("validation_accuracy"), goes_up("test_loss"), goes_up("train_r2")
        (True, False, True)
    """
    return MEASURES[figure.partition("_")[2]][1]


def kind_of_figure(figure: str) -> TargetKind | None:
    """Return the kind of target that a figure is for, None if for every one."""
    return MEASURES[FIGURE_NAMES[figure]][0]


def figures_of(kind: TargetKind) -> tuple[str, ...]:
    """Return the figures that are kept for a kind of target, training and validation.

    Example:
        >>> figures_of("classification")
        ('train_loss', 'train_accuracy', 'validation_loss', 'validation_accuracy')
    """
    fitting = (None, "regression" if kind == "regression" else "classification")
    measures = [name for name, (fits, _) in MEASURES.items() if fits in fitting]
    return tuple(f"{part}_{name}" for part in ("train", "validation") for name in measures)


def usual_figure(*, has_validation: bool) -> str:
    """Return the figure that rules look at if none is named: the loss, of unseen rows if any."""
    return "validation_loss" if has_validation else "train_loss"

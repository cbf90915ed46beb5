"""Checks of the rows as they reach the network: scales, balance, copies, and what can be known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.data.file_recipe import FileData
from shoal.data.formulas import parsed
from shoal.data.image_recipe import ImageData
from shoal.data.scaling import UnscaledColumn, unscaled_columns
from shoal.data.tasks import TaskRecipe, attainable_accuracy
from shoal.experiments.doctor.examined import Examined, median
from shoal.experiments.doctor.proof import recalls
from shoal.experiments.doctor.records import Hint, Remedy

NAMED: Final = 3
"""Columns that a sentence names."""
RARE: Final = 0.6
"""A class is rare if it has less than this of its even share of the rows."""
FOUND: Final = 0.2
"""A class of which less than this is found is hardly ever predicted."""
CERTAIN: Final = 0.98
"""Tasks whose best accuracy is above this can be learned."""
COPIES: Final = 0.05
LEAST_COPIES: Final = 3
MIXER: Final = np.uint64(0x9E3779B97F4A7C15)
CHANCE: Final = 0.25
"""Copies are natural if chance alone makes this share of them."""


def unscaled_inputs(seen: Examined) -> Hint | None:
    """Find features that reach the network in units it cannot work with."""
    preprocess = seen.run.experiment.preprocess
    if preprocess.scaling != "none" or isinstance(seen.run.experiment.data, ImageData):
        return None
    x = seen.dataset.x[seen.training_rows]
    columns = unscaled_columns(np.asarray(x), seen.dataset.schema.feature_names)
    if not columns:
        return None
    n_features = seen.dataset.x.shape[1]
    return Hint(
        sentence=f"{len(columns)} of {n_features} inputs reach the network unscaled: "
        f"{_named(columns)}. Numbers that large, that far from 0 or that alike drown the weights.",
        evidence={"columns": len(columns), **_evidence(columns)},
        remedies=(
            Remedy(
                changes=("preprocess.scaling=standard",),
                sentence="Scale every input to mean 0 and standard deviation 1.",
            ),
        ),
        is_cause=True,
    )


def unscaled_target(seen: Examined) -> Hint | None:
    """Find numeric targets that a network has to reach in steps that are too small for them."""
    experiment, schema = seen.run.experiment, seen.dataset.schema
    counts = experiment.training.loss_for(experiment.network) == "poisson"
    if not schema.is_regression or experiment.preprocess.target_scaling != "none" or counts:
        return None
    columns = unscaled_columns(seen.dataset.y[seen.training_rows], schema.targets)
    if not columns:
        return None
    return Hint(
        sentence=f"the target is unscaled: {_named(columns)}. The weights are made for numbers "
        "near 0, and have a long way to go.",
        evidence=_evidence(columns),
        remedies=(
            Remedy(
                changes=("preprocess.target_scaling=standard",),
                sentence="Scale the target to mean 0 and standard deviation 1; predictions and "
                "figures stay in its own units.",
            ),
        ),
        is_cause=True,
    )


def class_imbalance(seen: Examined) -> Hint | None:
    """Find rare classes that networks never predict."""
    if not seen.has_classes or seen.settings.class_weight is not None or not len(seen.members):
        return None
    shares = np.bincount(seen.labels[seen.training_rows], minlength=seen.n_classes)
    shares = shares / shares.sum()
    rare = [c for c in range(seen.n_classes) if 0 < shares[c] < RARE / seen.n_classes]
    found = {c: median([each[c] for each in recalls(seen.run) if c in each]) for c in rare}
    missed = [c for c in rare if found[c] < FOUND]
    if not missed:
        return None
    worst = min(missed, key=lambda c: shares[c])
    name = _class_name(seen, worst)
    return Hint(
        sentence=f"class {name} has {shares[worst]:.0%} of the rows and is hardly ever predicted: "
        f"the networks find {found[worst]:.0%} of it. An accuracy of {seen.accuracy:.0%} hides "
        f"that: always saying the most frequent class gives {shares.max():.0%}.",
        evidence={
            "class": name,
            "share_of_rows": float(shares[worst]),
            "recall": found[worst],
            "accuracy": seen.accuracy,
            "constant_guess_accuracy": float(shares.max()),
        },
        remedies=(
            Remedy(
                changes=("training.class_weight=balanced",),
                sentence="Let rows of rare classes count more, so that each class counts alike.",
            ),
        ),
        judge="recall",
        is_certain=False,
    )


def unlearnable(seen: Examined) -> Hint | None:
    """Find a ceiling below 100 %: a task that states one, or equal rows with other labels."""
    recipe = seen.run.experiment.data
    if seen.dataset.schema.is_regression:
        return _one_value(seen)
    if not isinstance(recipe, TaskRecipe):
        return _contradictions(seen)
    best = attainable_accuracy(recipe)
    if best > CERTAIN:
        return None
    remedy = Remedy(
        changes=("data.label_noise=0",) if recipe.label_noise else (),
        sentence="Nothing in the network or its training can pass that; cleaner labels can."
        if recipe.label_noise
        else "Nothing in the network or its training can pass that.",
    )
    return Hint(
        sentence=f"no network can be right more often than {best:.1%} on new rows: the classes "
        "overlap or labels are flipped. What is missing beyond that is luck.",
        evidence={
            "attainable_accuracy": best,
            "accuracy": seen.accuracy,
            "label_noise": recipe.label_noise,
        },
        remedies=(remedy,),
        kind="note",
        judge="accuracy",
    )


def _one_value(seen: Examined) -> Hint | None:
    """Find a numeric target that is the same in every training row."""
    if not seen.nothing_to_learn:
        return None
    y = seen.dataset.y[seen.training_rows]
    return Hint(
        sentence=f"the target is {y[0, 0]:g} in every training row: there is nothing to learn.",
        evidence={"target": float(y[0, 0]), "training_rows": len(y)},
        remedies=(Remedy(changes=(), sentence="Look for another target, or for other rows."),),
    )


def _contradictions(seen: Examined) -> Hint | None:
    """Find rows with the same features and different labels."""
    if not seen.has_classes:
        return None
    group = _same_rows(seen.dataset.x)
    counts = np.zeros((int(group.max()) + 1, seen.n_classes), np.int64)
    np.add.at(counts, (group, seen.labels), 1)
    best = float(counts.max(axis=1).sum() / counts.sum())
    n_rows = int(counts[(counts > 0).sum(axis=1) > 1].sum())
    if best > CERTAIN:
        return None
    return Hint(
        sentence=f"{n_rows:,} rows have the same inputs as another row and a different class, so "
        f"no network can be right on more than {best:.1%} of all rows.",
        evidence={
            "contradictory_rows": n_rows,
            "attainable_accuracy": best,
            "accuracy": seen.accuracy,
        },
        remedies=(Remedy(changes=(), sentence="Look for a missing column, or for wrong labels."),),
        kind="note",
    )


def duplicate_rows(seen: Examined) -> Hint | None:
    """Find rows that validate and have copies among those that train."""
    rows = seen.part.split.validation
    if seen.is_task or seen.is_streaming or not len(rows):
        return None
    x, y = seen.dataset.x, seen.dataset.y
    group = _same_rows(x, y)
    train = seen.part.split.train
    copied = np.isin(group[rows], group[train])
    n_copies = int(copied.sum())
    if n_copies < max(LEAST_COPIES, COPIES * len(rows)):
        return None
    columns = [column for table in (x, y) for column in table.T]
    by_chance = _copies_by_chance([(column[train], column[rows]) for column in columns])
    if by_chance > CHANCE * n_copies:
        return None
    return Hint(
        sentence=f"{n_copies:,} of {len(rows):,} validation rows are copies of training rows: "
        "what is known by heart looks like skill, and the validation figures are too good.",
        evidence={
            "copies": n_copies,
            "validation_rows": len(rows),
            "copies_expected_by_chance": by_chance,
            **_with_and_without(seen, rows, copied),
        },
        remedies=(
            Remedy(
                changes=(),
                sentence="Keep each row once, or keep copies on one side of the split.",
            ),
        ),
    )


def _with_and_without(seen: Examined, rows: np.ndarray, copied: np.ndarray) -> dict[str, float]:
    """Return the accuracy on the validation rows with copies, and on the others."""
    validation = seen.part.validation
    if validation is None or not seen.has_classes or not len(seen.members):
        return {}
    said = seen.answers(validation.x)
    right = (said == seen.labels[rows]).mean(axis=0)
    found = {"accuracy_on_copies": float(right[copied].mean())}
    if not copied.all():
        found["accuracy_on_other_rows"] = float(right[~copied].mean())
    return found


def _same_rows(*tables: np.ndarray) -> np.ndarray:
    """Return a number for each row, equal for rows that are equal in all tables, (N, D) -> (N,).

    By a 64-bit hash, column by column: two of a million other rows meet once in 10^7 tables.
    """
    number = np.zeros(len(tables[0]), np.uint64)
    for table in tables:
        for column in table.T:
            number ^= (np.ascontiguousarray(column, np.float64) + 0.0).view(np.uint64)
            number *= MIXER
            number ^= number >> np.uint64(29)
    _, found = np.unique(number, return_inverse=True)
    return np.asarray(found)


def _copies_by_chance(columns: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return how many rows would have a copy if the columns had nothing to do with each other.

    Args:
        columns: of each the training values (N,) and those of the rows in question (M,).
    """
    same = 1.0
    for column, other in columns:
        values, counts = np.unique(column, return_counts=True)
        at = np.minimum(np.searchsorted(values, other), len(values) - 1)
        same *= float(np.where(values[at] == other, counts[at] / len(column), 0.0).mean())
    n_train, n_rows = (len(each) for each in columns[0])
    return n_rows * -math.expm1(-n_train * same)


def _named(columns: tuple[UnscaledColumn, ...]) -> str:
    told = [f"'{c.name}' (mean {c.mean:.4g}, deviation {c.std:.3g})" for c in columns[:NAMED]]
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    return ", ".join(told) + more


def _evidence(columns: tuple[UnscaledColumn, ...]) -> dict[str, float | str]:
    worst = max(columns, key=lambda c: max(abs(c.mean), c.std))
    return {"column": worst.name, "mean": worst.mean, "deviation": worst.std}


def _class_name(seen: Examined, index: int) -> str:
    classes = seen.dataset.schema.classes
    return f"'{classes[index]}'" if index < len(classes) else str(index)


def dropping(seen: Examined, column: str, sentence: str) -> Remedy:
    """Return the remedy of leaving a column out, as far as the experiment allows it."""
    data = seen.run.experiment.data
    still = [text for text in data.derived if column not in parsed(text).of]
    changes = () if len(still) == len(data.derived) else (f"data.derived={_toml(still)}",)
    if not isinstance(data, FileData):
        without = () if seen.is_task else (column,)
        return Remedy(changes=changes if without else (), sentence=sentence, without=without)
    if data.features is not None:
        kept = [name for name in data.features if name != column]
        changes = (f"data.features={_toml(kept)}", *changes)
    else:
        changes = (f"data.drop={_toml([*data.drop, column])}", *changes)
    return Remedy(changes=changes, sentence=sentence)


def _toml(names: list[str]) -> str:
    quoted = ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names]
    return "[" + ", ".join(quoted) + "]"

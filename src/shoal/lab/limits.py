"""How much a page may ask for: looked at before a row is drawn or a weight made.

The lab answers while someone waits; what takes minutes belongs to `shoal run`, and a page that
is hostile or careless must not take the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from shoal.data.file_recipe import FileData
from shoal.data.recipe import DataRecipe
from shoal.data.tasks import LogicTask, TaskRecipe
from shoal.errors import Problem
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Prepared
from shoal.lab.session import OwnTable
from shoal.lab.tables import file_of
from shoal.training import OPTIMIZERS, Evolution, FiniteDifference

MAX_NETWORKS: Final = 256
MAX_ROWS: Final = 200_000
MAX_NUMBERS: Final = 5_000_000
"""Rows times features, of all data sets of a population together."""
MAX_PARAMETERS: Final = 200_000
"""Of one network."""
MAX_STATE: Final = 16_000_000
"""Numbers of all networks with the arrays of the optimizer."""
MAX_FIGURES: Final = 4_000_000
"""Reports of all networks."""
MAX_STEP: Final = 2e9
"""Operations of one step of one network: about as long as a drop may take."""
MAX_WORK: Final = 4e13
"""Operations of a whole run: about an hour of two cores."""
MAX_STEPS: Final = 2**31 - 1
"""Of a run: frames name steps as int32."""
ELSEWHERE: Final = "Larger ones are for: shoal run"
"""Where to go with what is too much for a page."""


def source_problems(experiment: Experiment, table: OwnTable | None) -> Iterator[Problem]:
    """Yield what a page cannot bring: files, code, rows handed over in Python."""
    data = experiment.data
    if isinstance(data, FileData):
        if table is None or data.file != file_of(table):
            yield Problem(
                path="data.file",
                message="a page reads no file but a table that was brought to it. "
                "Drop the file on the page.",
                code="L101",
            )
    elif not isinstance(data, TaskRecipe):
        yield Problem(
            path="data",
            message="must be a task or a table that was brought to the page.",
            code="L101",
        )
    yield from code_problems(experiment)


def code_problems(experiment: Experiment) -> Iterator[Problem]:
    """Yield the Python functions that an experiment names: a page brings no code."""
    for where, _ in experiment.training.functions:
        message = "a page runs no Python of its own. Run it with: shoal run --allow-python"
        yield Problem(path=where, message=message, code="L101")


def size_problems(experiment: Experiment, n_features: int = 1) -> Iterator[Problem]:
    """Yield what is too much of an experiment.

    Args:
        experiment: the document.
        n_features: of a table, once it was read.
    """
    if experiment.population.size > MAX_NETWORKS:
        yield Problem(
            path="population.size",
            message=f"must be at most {MAX_NETWORKS} in the lab; "
            f"got {experiment.population.size:,}. {ELSEWHERE}",
            code="L101",
        )
    recipe = experiment.data
    if isinstance(recipe, TaskRecipe):
        yield from _task_problems(experiment, recipe)
        yield from _units_problems(experiment, _n_features(recipe))
    else:
        yield from _units_problems(experiment, n_features)


def work_problems(prepared: Prepared) -> Iterator[Problem]:
    """Yield what is too much of an experiment once its data are known."""
    experiment, settings = prepared.experiment, prepared.settings
    n_networks, n_parameters = len(prepared.members), prepared.network.layout().n_parameters
    if n_networks * settings.n_reports > MAX_FIGURES:
        yield Problem(
            path="training.report_every",
            message=f"{settings.n_reports:,} reports of each network are too many for the lab. "
            "Give a larger number of steps, or fewer epochs.",
            code="L101",
        )
    if settings.total_steps > MAX_STEPS:
        yield Problem(
            path="training.epochs",
            message=f"{settings.total_steps:,} steps are too many for the lab. "
            f"Give fewer epochs, or a larger batch. {ELSEWHERE}",
            code="L101",
        )
        return
    step = 6.0 * n_parameters * settings.batch * evaluations(experiment, n_parameters)
    if step > MAX_STEP:
        yield Problem(
            path="training.batch_size",
            message="a step takes too long for the lab. "
            "Give a smaller batch, or a smaller network.",
            code="L101",
        )
    if step * n_networks * settings.total_steps > MAX_WORK:
        yield Problem(
            path="training.epochs",
            message="the run takes too long for the lab. "
            f"Give fewer epochs, networks, rows or units. {ELSEWHERE}",
            code="L101",
        )


def data_problems(experiment: Experiment, n_rows: int, n_features: int) -> Iterator[Problem]:
    """Yield what is too much of rows that were read."""
    n_sets = _n_sets(experiment)
    where = "data.samples" if "samples" in type(experiment.data).model_fields else "data"
    if n_rows > MAX_ROWS:
        message = f"must be at most {MAX_ROWS:,} rows in the lab; got {n_rows:,}. {ELSEWHERE}"
        yield Problem(path=where, message=message, code="L101")
    elif n_rows * n_features * n_sets > MAX_NUMBERS:
        sets = f" in {n_sets} data sets" if n_sets > 1 else ""
        yield Problem(
            path=where,
            message=f"{n_rows:,} rows of {n_features:,} features{sets} are more than "
            f"{MAX_NUMBERS:,} numbers. Ask for fewer.",
            code="L101",
        )


def evaluations(experiment: Experiment, n_parameters: int) -> int:
    """Return about how many losses a step asks for."""
    rule: Any = experiment.training.optimizer
    if isinstance(rule, FiniteDifference):
        return n_parameters + 1
    return 2 * int(rule.pairs) if isinstance(rule, Evolution) else 1


def _n_sets(experiment: Experiment) -> int:
    varied = {"data", "noise", "split"}.intersection(experiment.population.vary)
    return experiment.population.size if varied else 1


def _n_features(recipe: TaskRecipe) -> int:
    return len(recipe.column_names) + recipe.dummies + n_derived(recipe)


def n_derived(recipe: DataRecipe) -> int:
    """Return how many features a recipe derives from others, at most."""
    return len(getattr(recipe, "derived", ()))


def _task_problems(experiment: Experiment, recipe: TaskRecipe) -> Iterator[Problem]:
    n_rows, batch = recipe.n_rows, experiment.training.batch_size
    if isinstance(recipe, LogicTask) and recipe.is_streaming:
        n_rows = recipe.batches * (1 if batch == "full" else batch)
        if n_rows > MAX_ROWS:
            yield Problem(
                path="data.batches",
                message=f"an epoch must have at most {MAX_ROWS:,} rows in the lab; "
                f"got {n_rows:,}. Give fewer batches, or smaller ones.",
                code="L101",
            )
            return
    yield from data_problems(experiment, n_rows, _n_features(recipe))


def _units_problems(experiment: Experiment, n_inputs: int) -> Iterator[Problem]:
    n_parameters = 0
    for dense in experiment.network.layers:
        n_parameters += (n_inputs + 1) * dense.units
        n_inputs = dense.units
    training = experiment.training
    n_slots = OPTIMIZERS[training.optimizer.name].slots_of(training.optimizer)
    copies = 1 + n_slots + (training.restore_best is not None)
    if n_parameters > MAX_PARAMETERS:
        yield Problem(
            path="network.layers",
            message=f"must have at most {MAX_PARAMETERS:,} parameters in the lab; "
            f"got {n_parameters:,}. Take fewer units. {ELSEWHERE}",
            code="L101",
        )
    elif n_parameters * copies * min(experiment.population.size, MAX_NETWORKS) > MAX_STATE:
        yield Problem(
            path="population.size",
            message=f"{experiment.population.size:,} networks of {n_parameters:,} parameters are "
            "too many for the lab. Take fewer networks or units.",
            code="L101",
        )


__all__ = [
    "MAX_NETWORKS",
    "code_problems",
    "data_problems",
    "size_problems",
    "source_problems",
    "work_problems",
]

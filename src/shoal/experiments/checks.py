"""Whether network, training and data fit together, said with the key to change."""

from __future__ import annotations

from collections.abc import Iterator

from shoal.data.dataset import Dataset
from shoal.data.split import Split
from shoal.data.tasks import LogicTask, TaskRecipe
from shoal.data.wording import count
from shoal.errors import ArgumentError, ExperimentError, Problem
from shoal.experiments.document import Experiment
from shoal.experiments.training_checks import (
    MAX_STEPS,
    figure_problems,
    freezing_problems,
    loss_problems,
    regularization_problems,
    rule_problems,
    schedule_problems,
)
from shoal.network import Network
from shoal.training import OPTIMIZERS

MAX_REPORTS = 2**27
"""Reports of all networks together, four figures of float64 each: 4 GiB."""
MAX_NUMBERS = 2**30
"""Parameters of all networks together, with the arrays of the optimizer: 4 GiB of float32."""


def check_experiment(
    experiment: Experiment, dataset: Dataset, split: Split, n_networks: int | None = None
) -> Network:
    """Return the network with its inputs settled, if everything fits.

    Args:
        experiment: the document.
        dataset: its rows.
        split: which of them train and validate.
        n_networks: that are trained at once; the population if not given.

    Raises:
        ExperimentError: every problem at once, with the key to change.
    """
    n_rows = _n_train(experiment, split)
    problems = [
        *loss_problems(experiment, dataset),
        *_output_problems(experiment.network, dataset),
        *rule_problems(experiment, n_rows),
        *schedule_problems(experiment, experiment.training.steps(n_rows)),
        *regularization_problems(experiment, dataset),
        *figure_problems(experiment, dataset, split),
        *_stream_problems(experiment),
        *_input_problems(experiment.network, dataset),
    ]
    if problems:
        raise ExperimentError(experiment.source, problems)
    try:
        network = experiment.network.with_inputs(dataset.x.shape[1])
    except ArgumentError as error:
        problem = Problem(
            path="network", message=f"{error.requirement}; got {error.got}.", code="X108"
        )
        raise ExperimentError(experiment.source, [problem]) from None
    size = experiment.population.size if n_networks is None else n_networks
    late = [
        *_size_problems(experiment, network, n_rows, size),
        *freezing_problems(experiment, network),
    ]
    if late:
        raise ExperimentError(experiment.source, late)
    return network


def _n_train(experiment: Experiment, split: Split) -> int:
    """Return the training rows of an epoch."""
    data, batch = experiment.data, experiment.training.batch_size
    if isinstance(data, LogicTask) and data.is_streaming:
        # all rows at once of a stream are refused for what they are
        return data.batches * (1 if batch == "full" else batch)
    return len(split.train)


def _size_problems(
    experiment: Experiment, network: Network, n_rows: int, size: int
) -> Iterator[Problem]:
    """Yield what would not fit into memory, before memory is taken."""
    training = experiment.training
    steps = training.steps(n_rows)
    if steps.total_steps > MAX_STEPS:
        yield Problem(
            path="training.epochs", message="more than 2^53 steps. Ask for fewer.", code="X109"
        )
        return
    n_reports = -(-steps.total_steps // steps.report_every)
    if size * n_reports > MAX_REPORTS:
        yield Problem(
            path="training.report_every",
            message=f"{n_reports:,} reports of {count(size, 'network')} are more than "
            f'{MAX_REPORTS:,}. Give a larger number of steps, or "end".',
            code="X109",
        )
    n_slots = OPTIMIZERS[training.optimizer.name].slots_of(training.optimizer)
    copies = 1 + n_slots + (training.restore_best is not None)
    n_parameters = network.layout().n_parameters
    if size * copies * n_parameters > MAX_NUMBERS:
        yield Problem(
            path="population.size",
            message=f"{count(size, 'network')} of {count(n_parameters, 'parameter')}, "
            f"{copies} numbers each, are more than {MAX_NUMBERS:,} numbers. Ask for fewer.",
            code="X109",
        )


def _input_problems(network: Network, dataset: Dataset) -> Iterator[Problem]:
    n_features = dataset.x.shape[1]
    if network.n_inputs is not None and network.n_inputs != n_features:
        names = ", ".join(dataset.schema.feature_names[:6])
        more = ", ..." if n_features > 6 else ""
        yield Problem(
            path="network.inputs",
            message=f"must give {n_features} features, as the data has ({names}{more}); "
            f"got {network.n_inputs}.",
            code="X108",
        )
        return
    if isinstance(network.inputs, tuple) and all(each.width == 1 for each in network.inputs):
        given = [each.name for each in network.inputs]
        known = dataset.schema.feature_names
        if set(given) == set(known) and list(given) != list(known):
            yield Problem(
                path="network.inputs",
                message=f"must name the features in the order of the data "
                f"({', '.join(known)}); got {', '.join(given)}.",
                code="X108",
            )


def _output_problems(network: Network, dataset: Dataset) -> Iterator[Problem]:
    schema, units = dataset.schema, network.n_outputs
    n_classes = len(schema.classes)
    if units == schema.n_outputs or (n_classes == 2 and units == 2):
        return
    wanted = "1 (or 2 with softmax)" if n_classes == 2 else str(schema.n_outputs)
    if schema.kind == "classification":
        what = f"the {n_classes} classes of '{schema.target}'"
    elif schema.kind == "multilabel":
        what = f"{count(schema.n_outputs, 'label')}"
    else:
        what = "one numeric target" if wanted == "1" else f"{wanted} numeric targets"
    yield Problem(
        path=f"network.layers[{len(network.layers) - 1}].units",
        message=f"must be {wanted} for {what}; got {units}.",
        code="X108",
    )


def _stream_problems(experiment: Experiment) -> Iterator[Problem]:
    data = experiment.data
    if not isinstance(data, TaskRecipe) or not data.is_streaming:
        return
    if experiment.training.batch_size == "full":
        yield Problem(
            path="training.batch_size",
            message='"full" needs a fixed set of rows, but the task streams fresh ones. Give a '
            "number, or set data.stream = false.",
            code="X108",
        )

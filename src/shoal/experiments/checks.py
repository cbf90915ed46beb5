"""Whether network, loss, optimizer and data fit together, said with the key to change."""

from __future__ import annotations

from collections.abc import Iterator

from shoal.data.dataset import Dataset
from shoal.data.split import Split
from shoal.data.tasks import LogicTask, TaskRecipe
from shoal.data.wording import count
from shoal.errors import ArgumentError, ExperimentError, Problem
from shoal.experiments.document import Experiment
from shoal.network import Network, check_fit, check_perceptron
from shoal.training import OPTIMIZERS

MAX_STEPS = 2**53
MAX_REPORTS = 2**27
"""Reports of all networks together, four figures of float64 each: 4 GiB."""
MAX_NUMBERS = 2**30
"""Parameters of all networks together, with the arrays of the optimizer: 4 GiB of float32."""


def check_experiment(experiment: Experiment, dataset: Dataset, split: Split) -> Network:
    """Return the network with its inputs settled, if everything fits.

    Raises:
        ExperimentError: every problem at once, with the key to change.
    """
    problems = [
        *_loss_problems(experiment, dataset),
        *_output_problems(experiment.network, dataset),
        *_rule_problems(experiment),
        *_best_problems(experiment, dataset, split),
        *_stream_problems(experiment),
        *_input_problems(experiment.network, dataset),
    ]
    if problems:
        raise ExperimentError(experiment.source, problems)
    try:
        network = experiment.network.with_inputs(dataset.x.shape[1])
    except ArgumentError as error:
        problem = Problem(path="network", message=f"{error.requirement}; got {error.got}.")
        raise ExperimentError(experiment.source, [problem]) from None
    too_large = list(_size_problems(experiment, network, _n_train(experiment, split)))
    if too_large:
        raise ExperimentError(experiment.source, too_large)
    return network


def _n_train(experiment: Experiment, split: Split) -> int:
    """Return the training rows of an epoch."""
    data, batch = experiment.data, experiment.training.batch_size
    if isinstance(data, LogicTask) and data.is_streaming:
        return data.batches * int(batch)
    return len(split.train)


def _size_problems(experiment: Experiment, network: Network, n_rows: int) -> Iterator[Problem]:
    """Yield what would not fit into memory, before memory is taken."""
    training, size = experiment.training, experiment.population.size
    schedule = training.schedule(n_rows)
    if schedule.total_steps > MAX_STEPS:
        yield Problem(path="training.epochs", message="more than 2^53 steps. Ask for fewer.")
        return
    n_reports = -(-schedule.total_steps // schedule.report_every)
    if size * n_reports > MAX_REPORTS:
        yield Problem(
            path="training.report_every",
            message=f"{n_reports:,} reports of {count(size, 'network')} are more than "
            f'{MAX_REPORTS:,}. Give a larger number of steps, or "end".',
        )
    copies = 1 + OPTIMIZERS[training.optimizer.name].n_slots + (training.restore_best is not None)
    n_parameters = network.layout().n_parameters
    if size * copies * n_parameters > MAX_NUMBERS:
        yield Problem(
            path="population.size",
            message=f"{count(size, 'network')} of {count(n_parameters, 'parameter')}, "
            f"{copies} numbers each, are more than {MAX_NUMBERS:,} numbers. Ask for fewer.",
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
            )


def _loss_problems(experiment: Experiment, dataset: Dataset) -> Iterator[Problem]:
    loss = experiment.training.loss_for(experiment.network)
    misfit = check_fit(experiment.network, loss)
    if misfit is not None:
        yield Problem(path="training.loss", message=f"{misfit}.")
    elif dataset.schema.kind == "regression" and loss != "squared_error":
        yield Problem(
            path="training.loss",
            message=f"{loss} is for classes, but the target '{dataset.schema.target}' is a "
            'number. Use "squared_error" with a last activation such as "identity", or '
            'data.kind = "classification".',
        )


def _output_problems(network: Network, dataset: Dataset) -> Iterator[Problem]:
    schema, units = dataset.schema, network.n_outputs
    path = f"network.layers[{len(network.layers) - 1}].units"
    if schema.kind == "regression":
        if units != 1:
            yield Problem(path=path, message=f"must be 1 for one numeric target; got {units}.")
        return
    n_classes = len(schema.classes)
    if units == schema.n_outputs or (n_classes == 2 and units == 2):
        return
    wanted = "1 (or 2 with softmax)" if n_classes == 2 else str(n_classes)
    yield Problem(
        path=path,
        message=f"must be {wanted} for the {n_classes} classes of '{schema.target}'; got {units}.",
    )


def _rule_problems(experiment: Experiment) -> Iterator[Problem]:
    optimizer = experiment.training.optimizer
    if not OPTIMIZERS[optimizer.name].needs_gradient:
        misfit = check_perceptron(experiment.network)
        if misfit is not None:
            yield Problem(path="training.optimizer", message=f"{misfit}.")
        return
    for number, layer in enumerate(experiment.network.layers):
        if layer.activation == "step":
            yield Problem(
                path=f"network.layers[{number}].activation",
                message=f'"step" has no slope, so {optimizer.name} cannot train it. Use '
                '"sigmoid", or the optimizer "perceptron" with this as the only layer.',
            )


def _best_problems(experiment: Experiment, dataset: Dataset, split: Split) -> Iterator[Problem]:
    figure = experiment.training.restore_best
    if figure is None:
        return
    if figure.startswith("validation") and len(split.validation) == 0:
        message = f"{figure} needs validation rows. Set data.validation."
        yield Problem(path="training.restore_best", message=message)
    if figure.endswith("accuracy") and dataset.schema.kind == "regression":
        message = f"{figure} is for classes; the target is a number. Use a loss."
        yield Problem(path="training.restore_best", message=message)


def _stream_problems(experiment: Experiment) -> Iterator[Problem]:
    data = experiment.data
    if not isinstance(data, TaskRecipe) or not data.is_streaming:
        return
    if experiment.training.batch_size == "full":
        yield Problem(
            path="training.batch_size",
            message='"full" needs a fixed set of rows, but the task streams fresh ones. Give a '
            "number, or set data.stream = false.",
        )

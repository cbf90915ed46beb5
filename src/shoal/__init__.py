"""shoal: a laboratory for small neural networks.

Populations of them are trained so fast that one sees the finished result of many. Names are
loaded on first use, so that ``import shoal`` stays light.

Example:
    >>> import shoal
    >>> run = shoal.Experiment(population=2, training=shoal.Training(epochs=1)).run()
    >>> run.history["validation_accuracy"].shape
    (2, 1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Adam": "shoal.training",
    "Dense": "shoal.network",
    "Experiment": "shoal.experiments",
    "FileData": "shoal.data.file_recipe",
    "Input": "shoal.network",
    "Model": "shoal.models",
    "Momentum": "shoal.training",
    "Network": "shoal.network",
    "Parameters": "shoal.network",
    "Perceptron": "shoal.training",
    "Population": "shoal.experiments",
    "Preprocess": "shoal.experiments",
    "Run": "shoal.experiments",
    "SGD": "shoal.training",
    "ShoalError": "shoal.errors",
    "ShoalWarning": "shoal.errors",
    "Streams": "shoal.experiments",
    "Training": "shoal.training",
    "load": "shoal.models:load_model",
    "resume": "shoal.experiments",
}
_MODULES = (
    "data",
    "errors",
    "experiments",
    "kernels",
    "metrics",
    "models",
    "network",
    "streams",
    "tasks",
    "training",
)

__all__ = [
    "SGD",
    "Adam",
    "Dense",
    "Experiment",
    "FileData",
    "Input",
    "Model",
    "Momentum",
    "Network",
    "Parameters",
    "Perceptron",
    "Population",
    "Preprocess",
    "Run",
    "ShoalError",
    "ShoalWarning",
    "Streams",
    "Training",
    "__version__",
    "data",
    "errors",
    "experiments",
    "kernels",
    "load",
    "metrics",
    "models",
    "network",
    "resume",
    "streams",
    "tasks",
    "training",
]

if TYPE_CHECKING:
    from shoal import (
        data,
        errors,
        experiments,
        kernels,
        metrics,
        models,
        network,
        streams,
        tasks,
        training,
    )
    from shoal.data.file_recipe import FileData
    from shoal.errors import ShoalError, ShoalWarning
    from shoal.experiments import Experiment, Population, Preprocess, Run, Streams, resume
    from shoal.models import Model
    from shoal.models import load_model as load
    from shoal.network import Dense, Input, Network, Parameters
    from shoal.training import SGD, Adam, Momentum, Perceptron, Training

    __version__: str


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home, _, own_name = _HOMES[name].partition(":")
        value = getattr(import_module(home), own_name or name)
    elif name in _MODULES:
        value = import_module(f"shoal.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("shoal")
    else:
        raise AttributeError(f"module 'shoal' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)

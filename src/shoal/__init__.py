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

_NAMES = {
    "shoal.charts.animate": ("animate",),
    "shoal.charts.report": ("report",),
    "shoal.data.file_recipe": ("FileData",),
    "shoal.errors": ("ShoalError", "ShoalWarning"),
    "shoal.experiments": ("Experiment", "Population", "Preprocess", "Run", "Streams", "resume"),
    "shoal.experiments.comparison": ("Comparison", "compare"),
    "shoal.experiments.doctor": ("Diagnosis", "diagnose"),
    "shoal.experiments.programs": ("code",),
    "shoal.experiments.search": ("halve", "optimise"),
    "shoal.experiments.sweep": ("Sweep",),
    "shoal.exports": ("export",),
    "shoal.exports.importing": ("import_model",),
    "shoal.lab.widget": ("Lab",),
    "shoal.models": ("Model", "assess"),
    "shoal.network": ("Dense", "Huber", "Input", "Network", "Parameters"),
    "shoal.training": (
        "LBFGS", "SGD", "AMSGrad", "AdaGrad", "Adam", "AdamW", "Annealing", "ConstantRate",
        "CosineDecay", "Divergence", "EvaluationLimit", "Evolution", "ExponentialDecay",
        "FiniteDifference", "InverseScaling", "LinearWarmup", "Lion", "Momentum", "NAdam",
        "Nesterov", "Perceptron", "Plateau", "Predicate", "PythonRule", "RMSprop",
        "RandomPerturbation", "ReduceOnPlateau", "Regularization", "Rprop", "SecondLimit",
        "StepDecay", "StepLimit", "Target", "Training", "UserFunction",
    ),
}  # fmt: skip
_HOMES = {name: home for home, names in _NAMES.items() for name in names}
_HOMES["load"] = "shoal.models:load_model"
_HOMES["keep"] = "shoal.experiments.archive:keep"
_MODULES = (
    "charts",
    "data",
    "errors",
    "experiments",
    "kernels",
    "metrics",
    "models",
    "network",
    "store",
    "streams",
    "tasks",
    "training",
)

__all__ = [
    "LBFGS",
    "SGD",
    "AMSGrad",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Annealing",
    "Comparison",
    "ConstantRate",
    "CosineDecay",
    "Dense",
    "Diagnosis",
    "Divergence",
    "EvaluationLimit",
    "Evolution",
    "Experiment",
    "ExponentialDecay",
    "FileData",
    "FiniteDifference",
    "Huber",
    "Input",
    "InverseScaling",
    "Lab",
    "LinearWarmup",
    "Lion",
    "Model",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Network",
    "Parameters",
    "Perceptron",
    "Plateau",
    "Population",
    "Predicate",
    "Preprocess",
    "PythonRule",
    "RMSprop",
    "RandomPerturbation",
    "ReduceOnPlateau",
    "Regularization",
    "Rprop",
    "Run",
    "SecondLimit",
    "ShoalError",
    "ShoalWarning",
    "StepDecay",
    "StepLimit",
    "Streams",
    "Sweep",
    "Target",
    "Training",
    "UserFunction",
    "__version__",
    "animate",
    "assess",
    "charts",
    "code",
    "compare",
    "data",
    "diagnose",
    "errors",
    "experiments",
    "export",
    "halve",
    "import_model",
    "keep",
    "kernels",
    "load",
    "metrics",
    "models",
    "network",
    "optimise",
    "report",
    "resume",
    "store",
    "streams",
    "tasks",
    "training",
]

if TYPE_CHECKING:
    from shoal import (
        charts,
        data,
        errors,
        experiments,
        kernels,
        metrics,
        models,
        network,
        store,
        streams,
        tasks,
        training,
    )
    from shoal.charts.animate import animate
    from shoal.charts.report import report
    from shoal.data.file_recipe import FileData
    from shoal.errors import ShoalError, ShoalWarning
    from shoal.experiments import Experiment, Population, Preprocess, Run, Streams, resume
    from shoal.experiments.archive import keep
    from shoal.experiments.comparison import Comparison, compare
    from shoal.experiments.doctor import Diagnosis, diagnose
    from shoal.experiments.programs import code
    from shoal.experiments.search import halve, optimise
    from shoal.experiments.sweep import Sweep
    from shoal.exports import export
    from shoal.exports.importing import import_model
    from shoal.lab.widget import Lab
    from shoal.models import Model, assess
    from shoal.models import load_model as load
    from shoal.network import Dense, Huber, Input, Network, Parameters
    from shoal.training import (
        LBFGS,
        SGD,
        AdaGrad,
        Adam,
        AdamW,
        AMSGrad,
        Annealing,
        ConstantRate,
        CosineDecay,
        Divergence,
        EvaluationLimit,
        Evolution,
        ExponentialDecay,
        FiniteDifference,
        InverseScaling,
        LinearWarmup,
        Lion,
        Momentum,
        NAdam,
        Nesterov,
        Perceptron,
        Plateau,
        Predicate,
        PythonRule,
        RandomPerturbation,
        ReduceOnPlateau,
        Regularization,
        RMSprop,
        Rprop,
        SecondLimit,
        StepDecay,
        StepLimit,
        Target,
        Training,
        UserFunction,
    )

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

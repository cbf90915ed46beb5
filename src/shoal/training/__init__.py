"""Training: optimizers, their NumPy reference, and the settings of a run."""

from shoal.training.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    Momentum,
    Optimizer,
    Perceptron,
    first_slots,
    update,
)
from shoal.training.settings import Schedule, Training, rule_settings

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "Momentum",
    "Optimizer",
    "Perceptron",
    "Schedule",
    "Training",
    "first_slots",
    "rule_settings",
    "update",
]

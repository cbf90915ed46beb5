"""Built-in tasks, to be used in an experiment: ``data=shoal.tasks.greater(label_noise=0.2)``."""

from shoal.data.tasks import (
    TASKS,
    And,
    Circle,
    Digits,
    Gaussians,
    Greater,
    Majority,
    Moons,
    Nand,
    Or,
    Points,
    Spiral,
    Xor,
    attainable_accuracy,
    greater_width,
)

or_, and_, nand, xor, majority = Or, And, Nand, Xor, Majority
greater, points, circle, gaussians = Greater, Points, Circle, Gaussians
moons, spiral, digits = Moons, Spiral, Digits

__all__ = [
    "TASKS",
    "and_",
    "attainable_accuracy",
    "circle",
    "digits",
    "gaussians",
    "greater",
    "greater_width",
    "majority",
    "moons",
    "nand",
    "or_",
    "points",
    "spiral",
    "xor",
]

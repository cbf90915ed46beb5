"""A setting for every task that learns it: what the page proposes when one is chosen.

Networks are small and runs short, so that sixteen of them are there at once.
"""

from __future__ import annotations

from typing import Any, Final


def _start(
    task: str,
    hidden: tuple[int, ...],
    activation: str,
    *,
    outputs: int = 1,
    rate: float = 0.03,
    batch_size: int | str = 30,
    epochs: int = 100,
    report_every: int | None = None,
    **tables: dict[str, Any],
) -> dict[str, Any]:
    """Return an experiment's document: hidden layers of one kind, trained by Adam."""
    last = {"units": outputs, "activation": "sigmoid" if outputs == 1 else "softmax"}
    layers = [{"units": units, "activation": activation} for units in hidden]
    return {
        **tables,
        "data": {"task": task, **tables.get("data", {})},
        "network": {"layers": [*layers, last]},
        "training": {
            "optimizer": {"name": "adam", "learning_rate": rate},
            "batch_size": batch_size,
            "epochs": epochs,
            **({} if report_every is None else {"report_every": report_every}),
        },
    }


_FRESH: Final = {"batches": 100}
"""Rows that are always fresh come in fewer batches here."""
_OFTEN: Final = 10
"""Steps from one report to the next: such a task is learned within its first epoch."""

STARTS: Final[dict[str, dict[str, Any]]] = {
    "or": _start("or", (8,), "relu", epochs=5, report_every=_OFTEN, data=_FRESH),
    "and": _start("and", (8,), "relu", epochs=5, report_every=_OFTEN, data=_FRESH),
    "nand": _start("nand", (8,), "relu", epochs=5, report_every=_OFTEN, data=_FRESH),
    "xor": _start("xor", (8,), "tanh", epochs=10, report_every=_OFTEN, data=_FRESH),
    "majority": _start("majority", (3,), "tanh", rate=0.1, batch_size="full"),
    "greater": _start("greater", (3, 3, 3), "tanh"),
    "points": _start("points", (6,), "tanh", rate=0.1, batch_size="full", epochs=200),
    "circle": _start("circle", (8,), "tanh"),
    "gaussians": _start("gaussians", (8,), "tanh", epochs=50),
    "moons": _start("moons", (8, 8), "relu"),
    "spiral": _start("spiral", (16, 16), "relu", rate=0.01, batch_size=20, epochs=150),
    "digits": _start(
        "digits", (32,), "relu", outputs=10, rate=0.01, batch_size=32, epochs=8,
        preprocess={"scaling": "standard"},
    ),
    "file": {
        "preprocess": {"scaling": "standard"},
        "network": {"layers": [{"units": 16, "activation": "relu"}, {"units": 1}]},
        "training": {
            "optimizer": {"name": "adam", "learning_rate": 0.01},
            "batch_size": 32,
            "epochs": 100,
        },
    },
}  # fmt: skip
"""By task, and for a table of one's own, whose outputs the page adds; that of `greater` is the
published experiment (examples/greater.toml)."""

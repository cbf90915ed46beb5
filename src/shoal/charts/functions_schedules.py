"""Schedules: what the learning rate is multiplied by in the course of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined
from shoal.charts.functions_bowl import factors
from shoal.charts.functions_panels import Panel, chosen, line_panel, lines_rows, panels, size
from shoal.charts.marks import Spec
from shoal.fields import NamedRecord
from shoal.training.schedules import SCHEDULES, factor

EPOCHS: Final = 30
STEPS_PER_EPOCH: Final = 10
LENGTH: Final = 10.0
"""Epochs of those that have a length of their own."""
PATIENCE: Final = 3


def schedules(*, names: str | Sequence[str] | None = None) -> Chart:
    """Draw what schedules make of the learning rate in a run of 30 epochs of 10 steps.

    Those with a length of their own have 10 epochs. What follows a figure is drawn as the core
    has it in a run of a network of two weights whose loss soon stops falling.

    Args:
        names: which schedules, as a list or parted by commas; all by default.

    Raises:
        ArgumentError: there is no such schedule.
    """
    listed = chosen("schedules", list(SCHEDULES), names)
    found = {name: course(name) for name in listed}
    across = min(4, len(listed))
    line = "factor"

    def draw(look: Look) -> Spec:
        sides = size(look, len(listed), across)
        drawn = [
            Panel(
                title=name, rows=f"schedule_{name}", y_domain=(0.0, 1.08), lines=(line,),
                x_domain=(0, EPOCHS), x_title="epoch", y_title="factor of the rate", grid=False,
                stays=True,
            )
            for name in listed
        ]  # fmt: skip
        return panels([line_panel(look, each, *sides, (line,)) for each in drawn], across=across)

    epochs = np.arange(EPOCHS * STEPS_PER_EPOCH) / STEPS_PER_EPOCH
    return Chart(
        kind="schedules",
        title="Schedules of the learning rate",
        subtitle=(
            f"{EPOCHS} epochs of {STEPS_PER_EPOCH} steps; the setting epochs is {LENGTH:g} where "
            "it has a number, all others are the defaults",
            f"{len(listed)} of shoal's schedules"
            + "".join(f", {name} follows a loss that soon stops falling, with patience {PATIENCE}"
                      for name in listed if SCHEDULES[name].function is None),
        ),
        data=joined([
            {"schedule": [name] * len(each), "step": np.arange(len(each)), "epoch": epochs,
             "factor": each}
            for name, each in found.items()
        ]),
        marks={
            f"schedule_{name}": lines_rows(epochs, {line: each}) for name, each in found.items()
        },
        draw=draw,
        width=940,
        height=520 if len(listed) > 4 else 360,
        is_fixed=False,
    )  # fmt: skip


def example(name: str) -> NamedRecord:
    """Return a schedule as it is drawn: of 10 epochs where it has some, otherwise the defaults."""
    record = SCHEDULES[name].record
    fields = record.model_fields
    given: dict[str, Any] = {"name": name}
    if "epochs" in fields and fields["epochs"].default is not None:
        given["epochs"] = LENGTH
    if "patience" in fields:
        given["patience"] = PATIENCE
    return record.model_validate(given)


def course(name: str) -> np.ndarray:
    """Return the factor at every step of the run, (EPOCHS * STEPS_PER_EPOCH,)."""
    record, n = example(name), EPOCHS * STEPS_PER_EPOCH
    if SCHEDULES[name].function is None:
        return np.repeat(factors(record, EPOCHS), STEPS_PER_EPOCH)
    return np.array([factor([record], step, STEPS_PER_EPOCH, n) for step in range(n)])


__all__ = ["course", "example", "schedules"]

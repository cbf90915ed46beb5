"""Losses against the last weighted sum, with the slopes that training begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined
from shoal.charts.functions_panels import (
    TALL,
    Panel,
    chosen,
    line_panel,
    panels,
    room_for,
    size,
    upright,
)
from shoal.charts.marks import Spec
from shoal.network.layers import Dense
from shoal.network.losses import LOSSES, Loss

FAR: Final = 5.0
LOSS, SLOPE, OTHER = "loss, target 1", "its slope", "loss, target 0"


def places() -> np.ndarray:
    """Return -3 to 4 in steps of 0.05, with 0 and 1 among them."""
    return np.arange(-60, 81) / 20


def losses(*, names: str | Sequence[str] | None = None) -> Chart:
    """Draw losses against the weighted sum of the last layer, with their slopes.

    The target is 1. The last layer has the activation that the loss needs, or none. Of two
    outputs the first one's sum moves, the other's is 0.

    Args:
        names: which losses, as a list or parted by commas; all by default.

    Raises:
        ArgumentError: there is no such loss.
    """
    listed = chosen("losses", list(LOSSES), names)
    z = places()
    found = {name: loss_lines(LOSSES[name], z) for name in listed}
    across = min(4, len(listed))
    drawn = [_panel(name, lines) for name, lines in found.items()]

    def draw(look: Look) -> Spec:
        sides = size(look, len(drawn), across, TALL)
        every = (LOSS, SLOPE, OTHER)
        each = [line_panel(look, panel, *sides, every) for panel in drawn]
        return panels(each, across=across, below=TALL)

    said = "slope: what comes back to the last weighted sum when the target is 1"
    with_settings = [
        f"{key} = {value:g} ({each})"
        for each in listed for key, value in LOSSES[each].settings.items()
    ]  # fmt: skip
    return Chart(
        kind="losses",
        title="Losses and their slopes",
        subtitle=(said, ", ".join([f"{len(listed)} of shoal's losses", *with_settings])),
        data=joined([
            {"loss": [name] * len(z), "z": z, "line": [line] * len(z), "value": y}
            for name, lines in found.items() for line, y in lines.items()
        ]),
        marks={f"loss_{name}": upright(partial(loss_lines, LOSSES[name]), z) for name in found},
        draw=draw,
        width=940,
        height=640 if len(listed) > 4 else 410,
        is_fixed=False,
    )  # fmt: skip


def loss_lines(loss: Loss, z: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the loss for the targets 1 and 0, and its slope by z for the target 1.

    Shapes:
        z (N,) -> each (N,)
    """
    first, slope = loss_at(loss, z, 1.0)
    return {LOSS: first, SLOPE: slope, OTHER: loss_at(loss, z, 0.0)[0]}


def loss_at(loss: Loss, z: np.ndarray, target: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a loss and its derivative by the first weighted sum; the other sums are 0.

    Shapes:
        z (N,) -> (N,), (N,)
    """
    layer = Dense(loss.min_outputs, loss.activation or "identity")
    sums = np.zeros((len(z), loss.min_outputs))
    sums[:, 0] = z
    y = np.zeros_like(sums)
    y[:, 0], y[:, 1:] = target, 1 - target
    a = np.asarray(layer.function.function(sums, **layer.settings), np.float64)
    rows = loss.rows(sums, a, y, **loss.settings)
    delta = loss.delta(layer, sums, a, y, **loss.settings)
    return np.asarray(rows, np.float64), np.asarray(delta, np.float64)[:, 0]


def _panel(name: str, lines: Mapping[str, np.ndarray]) -> Panel:
    needs = LOSSES[name].activation
    return Panel(
        title=name,
        below=f"last layer: {needs or 'any, here identity'}",
        rows=f"loss_{name}",
        y_domain=room_for(lines, FAR),
        x_domain=(-3.0, 4.0),
        x_title="last weighted sum z",
        y_title="loss, slope",
        lines=tuple(lines),
    )


__all__ = ["loss_at", "loss_lines", "losses", "places"]

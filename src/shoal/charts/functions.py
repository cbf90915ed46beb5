"""Activation functions and their slopes, as the table of activations has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined
from shoal.charts.functions_panels import (
    Panel,
    chosen,
    line_panel,
    lines_rows,
    panels,
    room_for,
    size,
    upright,
)
from shoal.charts.marks import Spec
from shoal.experiments.run import Run
from shoal.network.activations import ACTIVATIONS, Activation

REACH: Final = 5.0
FAR: Final = 5.0
"""What lies beyond is not shown: exp would flatten its slope and its beginning."""
VALUE, SLOPE = "value", "slope"
HELD: Final = (0.0, 1.0)
"""The weighted sums beside the one that moves, of functions that look at a whole row."""


def places() -> np.ndarray:
    """Return -5 to 5 in steps of 0.1, both ends and 0 among them.

    Example:
        >>> len(places()), float(places()[50])
        (101, 0.0)
    """
    return np.arange(-50, 51) / 10


def activations(run: Run | None = None, *, names: str | Sequence[str] | None = None) -> Chart:
    """Draw activation functions and their slopes on -5 to 5.

    Of those that look at a whole row of weighted sums, such as softmax, the outputs are drawn as
    the first of three sums moves.

    Args:
        run: a run, for the functions of its layers.
        names: which functions, as a list or parted by commas; those of the run, or all, by
            default.

    Raises:
        ArgumentError: there is no such function.
    """
    if names is None and run is not None:
        names = tuple(dict.fromkeys(layer.activation for layer in run.network.layers))
    listed = chosen("activations", list(ACTIVATIONS), names)
    z = places()
    found = {name: values_of(ACTIVATIONS[name], z) for name in listed}
    every = tuple(dict.fromkeys(line for lines in found.values() for line in lines))
    across = 3 if len(listed) in (5, 6) else min(4, len(listed))
    drawn = [_panel(name, lines) for name, lines in found.items()]

    def draw(look: Look) -> Spec:
        sides = size(look, len(drawn), across)
        return panels([line_panel(look, each, *sides, every) for each in drawn], across=across)

    said = "value: what a layer makes of a weighted sum; slope: what back-propagation goes by"
    told = f"{len(listed)} of shoal's functions"
    return Chart(
        kind="activations",
        title="Activation functions and their slopes",
        subtitle=(said, ", ".join([told, *_settings(listed), *_rows_told(listed)])),
        data=joined([
            {"activation": [name] * len(z), "z": z, "line": [line] * len(z), "value": y}
            for name, lines in found.items() for line, y in lines.items()
        ]),
        marks={
            f"activation_{name}": upright(partial(values_of, ACTIVATIONS[name]), z)
            for name in found
        },
        draw=draw,
        width=940,
        height=830 if len(listed) > 8 else 620 if len(listed) > 4 else 400,
        is_fixed=False,
    )  # fmt: skip


def charted(
    x: np.ndarray,
    lines: Mapping[str, np.ndarray],
    *,
    title: str,
    x_title: str = "z",
    y_title: str = "value",
    subtitle: Sequence[str] = (),
    y_domain: tuple[float, float] | None = None,
) -> Chart:
    """Draw functions of one's own: lines over the same x, told apart by colour and dashes.

    Args:
        x: the places.
        lines: the values at each, by what the line is called.
        title: what is shown.
        x_title, y_title: of the axes.
        subtitle: sentences below the title.
        y_domain: of the upright axis, where not all is to be seen.

    Shapes:
        x (N,), each line (N,)

    Example:
        >>> z = np.linspace(-5, 5, 101)
        >>> charted(z, {"sine": np.sin(z)}, title="A wave").title
        'A wave'
    """
    x = np.asarray(x, np.float64)
    every = {name: np.asarray(line, np.float64) for name, line in lines.items()}
    panel = Panel(
        title="", rows="lines", y_domain=y_domain or _extent(list(every.values())),
        x_domain=(float(x.min()), float(x.max())), x_title=x_title, y_title=y_title,
        lines=tuple(every),
    )  # fmt: skip

    def draw(look: Look) -> Spec:
        shown = line_panel(look, panel, look.width - 130, look.height - 150, tuple(every))
        return {key: part for key, part in shown.items() if key != "title"}

    return Chart(
        kind="activations",
        title=title,
        subtitle=tuple(subtitle) or (f"{y_title} ({x_title})",),
        data=joined([
            {"x": x, "line": [name] * len(x), "value": line} for name, line in every.items()
        ]),
        marks={"lines": lines_rows(x, every)},
        draw=draw,
        is_fixed=False,
    )  # fmt: skip


def _extent(lines: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return from where to where lines go, and a little more."""
    y = np.concatenate(lines)
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    room = 0.06 * ((high - low) or 1.0)
    return low - room, high + room


def values_of(activation: Activation, z: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return what is drawn of a function, by line: value and slope, or the outputs of a row.

    Shapes:
        z (N,) -> each (N,)
    """
    if activation.slope is not None:
        a = np.asarray(activation.function(z), np.float64)
        return {VALUE: a, SLOPE: np.asarray(activation.slope(z, a), np.float64)}
    row = np.stack([z, *(np.full_like(z, held) for held in HELD)], axis=1)
    shares = np.asarray(activation.function(row), np.float64)
    called = ("z", *(f"{held:g}" for held in HELD))
    return {f"output for the sum {name}": shares[:, k] for k, name in enumerate(called)}


def _panel(name: str, lines: Mapping[str, np.ndarray]) -> Panel:
    is_row = ACTIVATIONS[name].slope is None
    return Panel(
        title=f"{name} of ({', '.join(['z', *(f'{held:g}' for held in HELD)])})"
        if is_row
        else name,
        rows=f"activation_{name}",
        y_domain=room_for(lines, FAR),
        x_domain=(-REACH, REACH),
        x_title="weighted sum z",
        y_title="outputs" if is_row else "value, slope",
        lines=tuple(lines),
    )


def _settings(listed: Sequence[str]) -> list[str]:
    return sorted(
        {
            f"{key} = {value:g} ({each})"
            for each in listed
            for key, value in ACTIVATIONS[each].settings.items()
        }
    )


def _rows_told(listed: Sequence[str]) -> list[str]:
    rows = [each for each in listed if ACTIVATIONS[each].slope is None]
    return [f"{' and '.join(rows)} of a whole row, as its first sum moves"] if rows else []

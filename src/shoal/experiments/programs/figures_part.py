"""The part of a program that judges a network, in NumPy and in JAX."""

from __future__ import annotations

from shoal.experiments.programs.arrays_part import columns
from shoal.experiments.programs.data_part import is_scaled_target
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, number


def figure_pieces(outline: Outline, xp: str) -> tuple[str, str]:
    """Return the functions ``measure`` and ``report``.

    Args:
        outline: the experiment.
        xp: the module of arrays, np or jnp.
    """
    flags = {
        "weights": outline.has_weights,
        "validation": outline.has_validation,
        "unit": is_scaled_target(outline),
    }
    held = [name for name, holds in flags.items() if holds]
    unit = ", unit" if flags["unit"] else ""
    found = pieces("numpy")
    measure = filled(found["measure"], held, UNIT=unit, FIGURES=measure_lines(outline, xp))
    return measure, filled(found["report"], held, COLUMNS=str(columns(outline)))


def measure_lines(outline: Outline, xp: str) -> str:
    """Return the body of the function that makes figures of z, a and y."""
    mean = "{}.mean()"
    weights = ""
    if outline.has_weights:
        mean, weights = f"{xp}.average({{}}, weights=weights)", "weights"
    unit = ", unit" if is_scaled_target(outline) else ""
    lines = []
    if outline.schema.is_regression:
        scale = " * unit" if unit else ""
        lines.append(f"e = (a - y){scale}" if unit else "e = a - y")
        centre = f"{xp}.average(y, axis=0, weights=weights)" if weights else "y.mean(axis=0)"
        square = f"((y - {centre}){scale}) ** 2" if unit else f"(y - {centre}) ** 2"
        per_column = (
            f"1 - {xp}.average(e**2, axis=0, weights=weights)"
            f" / {xp}.average({square}, axis=0, weights=weights)"
            if weights
            else f"1 - (e**2).mean(axis=0) / ({square}).mean(axis=0)"
        )
        lines.append(f"r2 = {per_column}") if len(per_column) < 78 else lines.extend(
            [
                f"square = {square}",
                f"r2 = 1 - {xp}.average(e**2, axis=0, weights=weights)"
                f" / {xp}.average(square, axis=0, weights=weights)",
            ]
        )
        figures = {
            "loss": mean.format(f"losses(z, a, y{unit})"),
            "mean_absolute_error": mean.format(
                f"{xp}.abs(e).mean(axis=1)" if weights else f"{xp}.abs(e)"
            ),
            "r2": "r2.mean()",
        }
    else:
        lines.append(right_line(outline, xp))
        figures = {"loss": mean.format("losses(z, a, y)"), "accuracy": mean.format("right")}
    pairs = [f'"{name}": {value}' for name, value in figures.items()]
    lines.append(f"return {{{', '.join(pairs)}}}")
    return "\n".join(lines)


def right_line(outline: Outline, xp: str) -> str:
    """Return the line that says which rows are answered rightly."""
    if outline.is_argmax:
        return "right = a.argmax(axis=1) == y.argmax(axis=1)"
    threshold = (
        "z > 0" if outline.loss == "binary_crossentropy" else f"a > {number(outline.threshold)}"
    )
    each = f"({threshold}) == (y > 0.5)"
    if outline.sizes[-1] > 1:
        return f"right = ({each}).all(axis=1)"
    return f"right = ({each})[:, 0]" if outline.has_weights else f"right = {each}"

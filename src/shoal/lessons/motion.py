"""Training in motion: what every network says along a line, from its first weights to its last.

A drawing that moves by itself (SVG), so that it needs no script and follows the reader's colours;
who prefers less motion sees where it ends.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.charts.theme import DARK, FONT, LIGHT, SIZE, Theme

WIDTH, HEIGHT = 680, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 34, 52
"""Pixels around the plot."""
PLACES: Final = 41
FRAMES: Final = 26
SECONDS: Final = 7.0
REST: Final = 6
"""Frames for which the last picture stays before it begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Curves that move.

    Attributes:
        steps: at which they were taken.
        curves: what each network says (T, P, N).
        start, end: the ends of the line, in words.
        title: of the upright axis.
        rows: places of rows along the line and what is true there.
    """

    steps: Sequence[int]
    curves: np.ndarray
    start: str
    end: str
    title: str
    rows: Sequence[tuple[float, float]] = ()


def moving(run: Any, *, start: Any = None, end: Any = None, frames: int = FRAMES) -> Moving:
    """Return what the networks of a run say along a line, step by step.

    Args:
        run: what was trained.
        start, end: of the line; the diagonal through all rows if not given.
        frames: how many steps are shown, at growing distances.
    """
    from shoal.charts.animate_slides import chosen_steps
    from shoal.charts.asking import said
    from shoal.charts.choice import chosen_output
    from shoal.charts.slices import line_ends, place

    output = chosen_output("slice", run, None)
    a, b = line_ends(run, start, end)
    along = a + np.linspace(0.0, 1.0, PLACES)[:, np.newaxis] * (b - a)
    steps = chosen_steps(int(run.steps.max()), frames, "log")
    tape, members = run.tape(), np.arange(len(run))
    curves = [
        said(run.prepared, tape.at(step).weights, along, members=members, output=output.number)
        for step in steps
    ]
    return Moving(
        steps=steps, curves=np.stack(curves), start=place(run, a), end=place(run, b),
        title=output.title, rows=_rows_on(run, a, b),
    )  # fmt: skip


def _rows_on(run: Any, a: np.ndarray, b: np.ndarray) -> list[tuple[float, float]]:
    """Return rows that lie on the line itself: their share of the way, and their label."""
    dataset = run.prepared.parts[0].dataset
    way = b - a
    share = (dataset.x - a) @ way / (way @ way)
    off = np.abs(dataset.x - (a + share[:, np.newaxis] * way)).max(axis=1)
    found = {
        (round(float(s), 3), float(y)) for s, y in zip(share, dataset.y[:, 0], strict=True)
    }  # fmt: skip
    on = {round(float(s), 3) for s in share[off < 1e-9]}
    return sorted(pair for pair in found if pair[0] in on and off.min() < 1e-9)[:50]


def drawing(shown: Moving, *, say: Callable[[str], str] = str) -> bytes:
    """Return curves that move as SVG.

    Args:
        shown: the curves.
        say: tells the words on it in another language.
    """
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    low, high = _extent(shown.curves)

    def at(x: np.ndarray, y: np.ndarray) -> str:
        px = LEFT + x * width
        py = TOP + (high - np.clip(y, low, high)) / (high - low) * height
        return " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(px, py, strict=True))

    share = np.linspace(0.0, 1.0, shown.curves.shape[2])
    lines = []
    for curve in shown.curves.transpose(1, 0, 2):
        places = [at(share, each) for each in curve]
        whole = ";".join([*places, *[places[-1]] * REST])
        lines.append(f'<polyline points="{places[-1]}"><animate attributeName="points" '
                     f'values="{whole}" dur="{SECONDS}s" repeatCount="indefinite"/>'
                     "</polyline>")  # fmt: skip
    still = [f'<polyline points="{at(share, curve)}"/>' for curve in shown.curves[-1]]
    dots = "".join(
        f'<circle cx="{LEFT + s * width:.0f}" cy="{TOP + (high - y) / (high - low) * height:.1f}" '
        'r="5"/>'
        for s, y in shown.rows
    )
    body = (
        f'<g class="lines moving">{"".join(lines)}</g><g class="lines still">{"".join(still)}</g>'
        f'<g class="dots">{dots}</g>{_counter(shown.steps, say)}'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="{FONT}" font-size="{SIZE}">'
        f"<style>{_style()}</style>{_axes(shown, low, high, say)}{body}</svg>"
    ).encode()


def _extent(curves: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(curves)), float(np.nanmax(curves))
    if low >= 0.0 and high <= 1.0:  # a probability
        return -0.02, 1.02
    room = 0.05 * ((high - low) or 1.0)
    return low - room, high + room


def _axes(shown: Moving, low: float, high: float, say: Callable[[str], str]) -> str:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    found = []
    for value in _ticks(low, high):
        y = TOP + (high - value) / (high - low) * height
        found.append(f'<line class="grid" x1="{LEFT}" x2="{LEFT + width}" y1="{y:.1f}" '
                     f'y2="{y:.1f}"/><text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" '
                     f'text-anchor="end">{value:g}</text>')  # fmt: skip
    bottom = HEIGHT - BOTTOM + 22
    found.append(f'<text class="quiet" x="{LEFT}" y="{bottom}">{html.escape(shown.start)}</text>')
    found.append(f'<text class="quiet" x="{LEFT + width}" y="{bottom}" text-anchor="end">'
                 f"{html.escape(shown.end)}</text>")  # fmt: skip
    turned = f"translate(18,{TOP + height / 2:.0f}) rotate(-90)"
    title = html.escape(say(shown.title))
    found.append(f'<text class="name" text-anchor="middle" transform="{turned}">{title}</text>')
    return "".join(found)


def _ticks(low: float, high: float) -> list[float]:
    if (low, high) == (-0.02, 1.02):
        return [0.0, 0.25, 0.5, 0.75, 1.0]
    return [float(f"{value:.2g}") for value in np.linspace(low, high, 5)]


def _counter(steps: Sequence[int], say: Callable[[str], str]) -> str:
    """Return the number of the step above the plot, each for its own time."""
    n = len(steps) + REST
    times = ";".join(f"{k / n:.4f}" for k in range(n))
    found = []
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        seen = ["visible" if k == number or (last and k >= number) else "hidden" for k in range(n)]
        first = "" if last else ' visibility="hidden"'
        found.append(
            f'<text class="name" x="{WIDTH - RIGHT}" y="20" text-anchor="end"{first}>'
            f"{html.escape(say(f'step {step:,}'))}"
            f'<animate class="moving" attributeName="visibility" values="{";".join(seen)}" '
            f'keyTimes="{times}" calcMode="discrete" dur="{SECONDS}s" repeatCount="indefinite"/>'
            "</text>"
        )
    return "".join(found)


def _style() -> str:
    return (
        f"svg{{{_colours(LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{svg{{{_colours(DARK)}}}}}"
        ".lines polyline{fill:none;stroke:var(--line);stroke-width:1.6;stroke-opacity:.55}"
        ".dots circle{fill:var(--dot);stroke:var(--back);stroke-width:1.5}"
        ".grid{stroke:var(--grid)}.quiet{fill:var(--quiet)}"
        ".name{fill:var(--text);font-weight:600}.still{display:none}"
        "@media (prefers-reduced-motion:reduce){.moving{display:none}.still{display:inline}}"
    )


def _colours(colours: Theme) -> str:
    return (
        f"--line:{colours.classes[0]};--dot:{colours.classes[1]};--back:{colours.background};"
        f"--grid:{colours.grid};--quiet:{colours.quiet};--text:{colours.text};"
    )

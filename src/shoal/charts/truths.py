"""Where the true rule of a task changes its mind, as lines over a plane that can be dashed.

Triangles whose corners are of two classes are crossed by a piece of the line, whose ends are
found by halving; pieces that share an end are joined, since dashes need long lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from shoal.charts.chart import Look
from shoal.charts.columns import Columns
from shoal.charts.marks import Spec, layer
from shoal.charts.planes import plane
from shoal.charts.surface import Surface
from shoal.data.recipe import true_classes
from shoal.errors import ArgumentError
from shoal.experiments.run import Run

NODES: Final = 81
"""Places to each side where the rule is asked first..."""
HALVINGS: Final = 14
"""...and how often the way between two that differ is halved: finer than any screen."""

End = tuple[int, int]
"""An end of a piece: the two nodes that it lies between; for the middle of a triangle -1 and
its number."""
Rule = Callable[[np.ndarray], np.ndarray]
"""From places in the plane (N, 2) to classes (N,)."""


def true_boundary(where: str, run: Run, found: Surface) -> Columns:
    """Return the lines at which a task's true rule changes from one class to another.

    Other features are held where the surface holds them.

    Args:
        where: the chart, for messages.
        run: whose task.
        found: the plane.

    Shapes:
        columns x, y, line and place (M,): the places of a line in their order; nothing where
        the rule gives the whole plane one class

    Raises:
        ArgumentError: no true rule is known.
    """
    rule = _rule_on_plane(where, run, found)
    x = np.linspace(*_ends(found.x_edges), NODES)
    y = np.linspace(*_ends(found.y_edges), NODES)
    nodes = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
    classes = rule(nodes)
    triangles = _triangles(NODES)
    pieces = _pieces(triangles, classes[triangles])
    places = _places(pieces, nodes, triangles, classes, rule)
    lines = _joined(pieces)
    if not lines:
        return {}
    return {
        "x": np.array([places[end][0] for line in lines for end in line]),
        "y": np.array([places[end][1] for line in lines for end in line]),
        "line": np.repeat(np.arange(len(lines)), [len(line) for line in lines]),
        "place": np.concatenate([np.arange(len(line)) for line in lines]),
    }


def truth_layer(look: Look, found: Surface, lines: Columns) -> list[Spec]:
    """Return the layer of the true boundary, dashed, if there is one.

    A spline rounds off the steps of rules that are tabulated.
    """
    if not lines:
        return []
    mark = {
        "type": "line", "clip": True, "color": look.colours.text, "strokeWidth": 1.8,
        "strokeDash": [7, 5], "interpolate": "basis",
    }  # fmt: skip
    x, y = plane(found)
    detail = {"field": "line", "type": "nominal"}
    return [layer("truth", mark, x=x, y=y, detail=detail, order={"field": "place"})]


def _rule_on_plane(where: str, run: Run, found: Surface) -> Rule:
    def rule(places: np.ndarray) -> np.ndarray:
        rows = np.repeat(found.held[np.newaxis], len(places), axis=0)
        rows[:, found.features] = places
        classes = true_classes(run.experiment.data, rows)
        if classes is None:
            source = run.prepared.parts[0].dataset.source
            wanted = "needs a task whose true rule is known"
            raise ArgumentError(where, "truth", wanted, got=f"the data of '{source}'", code="A103")
        return classes

    return rule


def _ends(edges: np.ndarray) -> tuple[float, float]:
    return float(edges[0]), float(edges[-1])


def _triangles(n: int) -> np.ndarray:
    """Return the corners (T, 3) of the triangles that a grid of n x n nodes is cut into."""
    corner = (np.arange(n - 1)[:, np.newaxis] * n + np.arange(n - 1)).ravel()
    below, above = [corner, corner + 1, corner + n + 1], [corner, corner + n + 1, corner + n]
    return np.concatenate([np.stack(below, axis=1), np.stack(above, axis=1)])


def _pieces(triangles: np.ndarray, classes: np.ndarray) -> list[tuple[End, End]]:
    """Return the pieces in which the line crosses triangles whose corners (T, 3) differ.

    With two classes one piece goes across; with three, one goes from each side to the middle.
    """
    found: list[tuple[End, End]] = []
    differ = (classes != classes[:, :1]).any(axis=1)
    for number in np.flatnonzero(differ).tolist():
        corners, kinds = triangles[number].tolist(), classes[number].tolist()
        crossed = [
            (min(corners[i], corners[j]), max(corners[i], corners[j]))
            for i, j in ((0, 1), (1, 2), (0, 2))
            if kinds[i] != kinds[j]
        ]
        if len(crossed) == 2:
            found.append((crossed[0], crossed[1]))
        else:
            found += [(side, (-1, number)) for side in crossed]
    return found


def _places(
    pieces: list[tuple[End, End]],
    nodes: np.ndarray,
    triangles: np.ndarray,
    classes: np.ndarray,
    rule: Rule,
) -> dict[End, list[float]]:
    """Return where the ends of pieces lie: where the class of the first node ends."""
    ends = list(dict.fromkeys(end for piece in pieces for end in piece))
    sides = [end for end in ends if end[0] >= 0]
    places = {end: nodes[triangles[end[1]]].mean(axis=0).tolist() for end in ends if end[0] < 0}
    if not sides:
        return places
    first, second = np.array(sides).T
    near, far = nodes[first].copy(), nodes[second].copy()
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        same = (rule(middle) == classes[first])[:, np.newaxis]
        near, far = np.where(same, middle, near), np.where(same, far, middle)
    places |= dict(zip(sides, ((near + far) / 2).tolist(), strict=True))
    return places


def _joined(pieces: list[tuple[End, End]]) -> list[list[End]]:
    """Return pieces that share an end as lines, each from a loose end or round to its start."""
    beside: dict[End, list[End]] = {}
    for one, other in pieces:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    loose = [end for end, others in beside.items() if len(others) != 2]
    lines = []
    for start in (*loose, *beside):
        while beside[start]:
            line = [start]
            while beside[line[-1]]:
                following = beside[line[-1]].pop()
                beside[following].remove(line[-1])
                line.append(following)
                if len(beside[following]) > 1:  # others meet here
                    break
            lines.append(line)
    return lines


__all__ = ["true_boundary", "truth_layer"]

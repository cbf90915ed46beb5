"""Where a surface crosses a level, as pieces of straight lines: marching squares."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from shoal.charts.columns import Columns


class Plane(Protocol):
    """The middles of the cells of a plane, ascending: x (n_x,), y (n_y,)."""

    @property
    def x(self) -> np.ndarray:
        """Of the lower axis."""
        ...

    @property
    def y(self) -> np.ndarray:
        """Of the upright axis."""
        ...


def contour(found: Plane, values: np.ndarray, level: float) -> Columns:
    """Return the line where values cross a level; nothing if they do not.

    Every square of four neighbouring middles is cut into two triangles, and a level crosses a
    triangle in one straight piece, so no case is ambiguous.

    Shapes:
        values (n_y, n_x) -> columns x, y, x2, y2 of the pieces
    """
    pieces = [piece for corners in _triangles(found, values) for piece in _cut(*corners, level)]
    if not pieces:
        return {}
    ends = np.concatenate(pieces)
    return {"x": ends[:, 0], "y": ends[:, 1], "x2": ends[:, 2], "y2": ends[:, 3]}


def chained(pieces: Columns) -> list[np.ndarray]:
    """Return the pieces of a contour as lines that go from end to end, each (n, 2).

    Example:
        >>> pieces = {"x": [0, 1], "y": [0, 0], "x2": [1, 2], "y2": [0, 1]}
        >>> [line.tolist() for line in chained(pieces)]
        [[[0.0, 0.0], [1.0, 0.0], [2.0, 1.0]]]
    """
    ends = np.stack([np.asarray(pieces[key], np.float64) for key in ("x", "y", "x2", "y2")], axis=1)
    # the two triangles of an edge compute its point in another order: the last digits differ
    keys = [((a, b), (c, d)) for a, b, c, d in (ends.round(9) + 0.0).tolist()]
    at: dict[tuple[float, float], list[int]] = {}
    for number, piece in enumerate(keys):
        for end in piece:
            at.setdefault(end, []).append(number)
    open_ends = [number for number, piece in enumerate(keys) if any(len(at[e]) == 1 for e in piece)]
    used: set[int] = set()
    lines = []
    for number in [*open_ends, *range(len(keys))]:  # lines that end first, then closed ones
        if number in used:
            continue
        a, b = keys[number]
        line = [a, b] if len(at[a]) == 1 or len(at[b]) > 1 else [b, a]
        used.add(number)
        while following := [k for k in at[line[-1]] if k not in used]:
            used.add(following[0])
            one, other = keys[following[0]]
            line.append(other if one == line[-1] else one)
        lines.append(np.array(line))
    return lines


def _triangles(found: Plane, values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return places (T, 3, 2) and values (T, 3) of the corners of all triangles, in two sets."""
    x, y = np.meshgrid(found.x, found.y)
    corners = []
    for rows, columns in ((0, 0), (0, 1), (1, 1), (1, 0)):
        at = (slice(rows, len(found.y) - 1 + rows), slice(columns, len(found.x) - 1 + columns))
        corners.append((x[at].ravel(), y[at].ravel(), values[at].ravel()))
    sets = []
    for chosen in ((0, 1, 2), (0, 2, 3)):
        place = np.stack([np.stack(corners[k][:2], axis=1) for k in chosen], axis=1)
        sets.append((place, np.stack([corners[k][2] for k in chosen], axis=1)))
    return sets


def _cut(place: np.ndarray, values: np.ndarray, level: float) -> list[np.ndarray]:
    """Return the pieces (M, 4) in which a level crosses triangles."""
    is_above = values > level
    found = []
    for odd in range(3):  # the corner that is alone on its side of the level
        i, j = (odd + 1) % 3, (odd + 2) % 3
        crossed = (is_above[:, odd] != is_above[:, i]) & (is_above[:, odd] != is_above[:, j])
        crossed &= np.isfinite(values).all(axis=1)
        if crossed.any():
            some = place[crossed], values[crossed]
            found.append(np.hstack([_between(*some, odd, other, level) for other in (i, j)]))
    return found


def _between(place: np.ndarray, values: np.ndarray, a: int, b: int, level: float) -> np.ndarray:
    share = (level - values[:, a]) / (values[:, b] - values[:, a])
    return np.asarray(place[:, a] + share[:, np.newaxis] * (place[:, b] - place[:, a]))

"""What networks say over the plane: of all together, of many one by one, and what is true."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.charts.asking import said, spread_members
from shoal.data.recipe import true_classes
from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import MultiplesWish, SurfaceWish

NO_CLASS: Final = 255
"""The class of a cell of which no network says anything."""
MOST_ASKED: Final = 64
"""Networks that a median over the plane is taken of while they train; at the end of all."""


def surface(scene: Scene, wish: SurfaceWish) -> Arrays:
    """Return the median of the networks, how far they disagree, or what one of them says."""
    n, output = scene.plane.side(wish.n), scene.plane.output
    if wish.show == "network":
        members = np.array([scene.member(wish.network)])
    else:
        most = scene.n_networks if scene.is_end else MOST_ASKED
        members = spread_members(scene.n_networks, most)
    sound = _sound(_said(scene, n, members))
    if len(sound) == 0:
        found = {"surface": np.full((n, n), _middle(scene), np.float32)}
        return found if output else {**found, "surface_class": np.full((n, n), NO_CLASS, np.uint8)}
    is_spread = wish.show == "disagreement"
    if output is not None:
        values = sound.std(axis=0) if is_spread else median_in_place(sound)
        return {"surface": sane(values, _middle(scene)).reshape(n, n)}
    middle = median_in_place(sound.copy() if is_spread else sound)
    best = middle.argmax(axis=-1)
    cells = np.arange(len(best))
    values = sound[:, cells, best].std(axis=0) if is_spread else middle[cells, best]
    return {
        "surface": sane(values, 0.0).reshape(n, n),
        "surface_class": best.astype(np.uint8).reshape(n, n),
    }


def multiples(scene: Scene, wish: MultiplesWish) -> Arrays:
    """Return small surfaces of many networks."""
    first = range(min(scene.n_networks, 64))
    chosen = first if wish.members is None else [scene.member(i) for i in wish.members]
    members, n = np.array(chosen, np.int64), scene.plane.side(wish.n)
    each = _said(scene, n, members)
    found: Arrays = {"multiples_member": members.astype(np.int32)}
    values = each
    if scene.plane.output is None:
        known = np.isfinite(each).all(axis=-1)
        best = np.where(known, np.nan_to_num(each).argmax(axis=-1), NO_CLASS)
        found["multiples_class"] = best.astype(np.uint8).reshape(-1, n, n)
        values = each.max(axis=-1)
    found["multiples"] = _bytes(scene, values).reshape(-1, n, n)
    return found


def truth(scene: Scene, wanted: bool) -> Arrays:
    """Return the class that the task's true rule gives every cell, if it knows one."""
    wish = scene.look.want.surface
    recipe, plane = scene.prepared.experiment.data, scene.plane
    n = plane.side(SurfaceWish().n if wish is None else wish.n)
    name = "truth", plane.numbers, plane.bounds, plane.held.tobytes(), n

    def make() -> Arrays:
        classes = true_classes(recipe, plane.cells(n))
        return {} if classes is None else {"truth": classes.astype(np.uint8).reshape(n, n)}

    found: Arrays = scene.kept.recall(name, scene.part, make)
    return found


def median_in_place(values: np.ndarray) -> np.ndarray:
    """Return the median over the first axis, which is sorted on the way.

    A sort of many short columns is the fastest way; a copy of them would take as long, since the
    system makes its memory anew each time.
    """
    if len(values) == 1:
        return np.asarray(values[0])
    values.sort(axis=0)
    half = len(values) // 2
    return np.asarray((values[half] + values[half - (len(values) + 1) % 2]) / 2)


def _said(scene: Scene, n: int, members: np.ndarray) -> np.ndarray:
    """Return what networks say of the cells, (M, n * n), or (M, n * n, C) of several classes."""
    output = scene.plane.output
    return said(
        scene.prepared,
        scene.weights,
        scene.plane.cells(n),
        members=members,
        output=None if output is None else output.number,
        threads=scene.threads,
    )


def _sound(each: np.ndarray) -> np.ndarray:
    """Return what those networks say that say something of every cell."""
    known = np.isfinite(each).reshape(len(each), -1).all(axis=1)
    return each if known.all() else each[known]


def _middle(scene: Scene) -> float:
    low, high = scene.plane.told.value_range or (0.0, 1.0)
    return (low + high) / 2


def _bytes(scene: Scene, values: np.ndarray) -> np.ndarray:
    """Return probabilities or values over their range as 0 to 255; 128 where there is none."""
    low, high = scene.plane.told.value_range or (0.0, 1.0)
    with np.errstate(over="ignore"):
        shares = (values - low) * (255.0 / (high - low))
    return np.asarray(np.clip(np.nan_to_num(np.rint(shares), nan=128.0), 0, 255), np.uint8)

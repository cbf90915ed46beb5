"""Networks of different cells side by side: populations that train alike become one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from shoal.experiments.memory import rule_of
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.shelf import Shelf
from shoal.kernels import RowSet
from shoal.training.stopping import limit_of, predicates


def likeness(prepared: Prepared) -> Hashable | None:
    """Return what populations must have in common to be trained as one, None if never.

    All but rows, starts, seeds and the learning rule's numbers, which each network has for
    itself. What the clock or Python ends is trained alone.
    """
    stop = prepared.experiment.training.stop
    if predicates(stop) or limit_of(stop, "seconds") is not None or rule_of(prepared) is not None:
        return None
    return (
        prepared.network,
        prepared.settings,
        prepared.schedule,
        prepared.start.dtype.str,
        prepared.fresh is None,
    )


def merged(populations: Sequence[Prepared], shelf: Shelf) -> Prepared:
    """Return one population of those that are alike, in their order.

    A network has the same bits in it as in its own.

    Args:
        populations: one or more.
        shelf: of rows that several may want.
    """
    first = populations[0]
    parts, part_of, owners = _parts(populations)
    return replace(
        first,
        parts=parts,
        part_of=part_of,
        start=_joined(populations, "start"),
        hyper=_joined(populations, "hyper"),
        order_keys=_joined(populations, "order_keys"),
        dropout_keys=_joined(populations, "dropout_keys"),
        search_keys=_joined(populations, "search_keys"),
        members=range(sum(len(each.members) for each in populations)),
        seeds=tuple(seed for each in populations for seed in each.seeds),
        fresh=None if first.fresh is None else _fresh(populations, owners, shelf),
        warnings=tuple(dict.fromkeys(w for each in populations for w in each.warnings)),
        notes=tuple(dict.fromkeys(n for each in populations for n in each.notes)),
    )


def _joined(populations: Sequence[Prepared], name: str) -> np.ndarray:
    return np.concatenate([getattr(each, name) for each in populations])


Owner = tuple[int, int]
"""A population, and which of its parts."""


def _parts(
    populations: Sequence[Prepared],
) -> tuple[tuple[Part, ...], np.ndarray, list[Owner]]:
    """Return the parts, each once; which network has which, (P,); and whose they are."""
    numbers: dict[int, int] = {}
    parts: list[Part] = []
    owners: list[Owner] = []
    chosen = []
    for k, population in enumerate(populations):
        own = []
        for j, part in enumerate(population.parts):
            if id(part) not in numbers:
                numbers[id(part)] = len(parts)
                parts.append(part)
                owners.append((k, j))
            own.append(numbers[id(part)])
        chosen.append(np.array(own, np.int32)[population.part_of])
    return tuple(parts), np.concatenate(chosen), owners


def _fresh(
    populations: Sequence[Prepared], owners: Sequence[Owner], shelf: Shelf
) -> Callable[[int], list[RowSet]]:
    """Return the function that gives the rows of an epoch, drawn once for each part."""

    def drawn(k: int, epoch: int) -> tuple[list[RowSet], tuple[Part, ...]]:
        population = populations[k]
        assert population.fresh is not None
        # the parts stay there too, so that no others get their ids
        return population.fresh(epoch), population.parts

    def rows(epoch: int) -> list[RowSet]:
        found: dict[int, list[RowSet]] = {}
        for k in dict(owners):
            name = ("fresh", epoch, *map(id, populations[k].parts))
            found[k], _ = shelf.recall(name, partial(drawn, k, epoch))
        return [found[k][j] for k, j in owners]

    return rows

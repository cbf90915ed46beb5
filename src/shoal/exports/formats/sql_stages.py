"""The sub-selects of a model in SQL: what each computes from the one before it.

Networks go side by side in one sub-select, as many as its columns allow; every sub-select
has the key of the row, so that several chains of them can be joined in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from shoal.errors import InputError
from shoal.exports.formats.deriving import SQL, expressions
from shoal.exports.formats.plain import no_activation
from shoal.exports.formats.sql_text import (
    FUNCTIONS,
    MOST_SHARING,
    SHARING,
    Stage,
    added,
    nearest,
    number,
    within,
)
from shoal.exports.portable import Portable

COLUMNS: Final = 1_500
"""Columns of a sub-select: SQLite allows 2000, PostgreSQL 1664."""
CHAINS: Final = 40
"""Chains of sub-selects that are joined: SQLite joins 64 tables at most."""
SPLIT: Final = float(2**29 + 1)
"""``c - (c - x)`` with ``c = 536870913 x`` is x rounded to the 24 bits of single precision."""
SINGLE: Final = 3.4028234663852886e38
"""The largest number of single precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Sub-selects of some networks.

    Attributes:
        stages: what each computes.
        limits: the columns of the first stage that must be within single precision.
        figures: for every network, the names of its figures in the last stage.
    """

    stages: tuple[Stage, ...]
    limits: tuple[str, ...]
    figures: tuple[tuple[str, ...], ...]


def chains(portable: Portable) -> list[Chain]:
    """Return the networks as chains of sub-selects.

    Raises:
        InputError: a layer has more units than SQL has columns, there are too many networks,
            or an activation is unknown here.
    """
    _check(portable)
    widest = max(_width(portable), 1)
    at_once = max(1, COLUMNS // widest)
    n_chains = -(-portable.n_networks // at_once)
    if n_chains > CHAINS:
        raise InputError(
            f"export: {portable.n_networks} networks are too many for one SELECT in SQL, where "
            f"at most {CHAINS * at_once} of this size fit. Give --network best.",
            code="T102",
        )
    starts = range(0, portable.n_networks, at_once)
    return [
        _chain(portable, range(start, min(start + at_once, portable.n_networks)))
        for start in starts
    ]


def _check(portable: Portable) -> None:
    if portable.n_seen > COLUMNS or len(portable.columns) > COLUMNS:
        raise _too_wide(f"{portable.n_seen:,} features")
    for place, layer in enumerate(portable.layers, 1):
        if layer.activation not in FUNCTIONS:
            raise no_activation("SQL", layer.activation)
        if layer.activation in SHARING and layer.n_units > MOST_SHARING:
            told = f"the {layer.n_units:,} units of layer {place} with {layer.activation}"
            raise _too_wide(told, MOST_SHARING)
    if portable.decision == "nearest" and portable.n_figures > MOST_SHARING:
        raise _too_wide(f"{portable.n_figures:,} classes of such outputs", MOST_SHARING)
    if (portable.n_networks + 1) * portable.n_figures > COLUMNS:
        told = f"{portable.n_networks} networks with {portable.n_figures:,} figures each"
        raise _too_wide(told)
    n_shown = len(portable.columns) + 2 * portable.n_figures
    if n_shown > COLUMNS:
        told = f"{len(portable.columns):,} columns beside {portable.n_figures:,} figures"
        raise _too_wide(told)
    if _width(portable) > COLUMNS:
        widest = max(layer.n_units for layer in portable.layers)
        raise _too_wide(f"a layer of {widest:,} units")


def _too_wide(what: str, most: int = COLUMNS) -> InputError:
    cure = "Take .py, .js or .c."
    return InputError(
        f"export: SQL cannot hold {what}; databases allow about {most:,}. {cure}", code="T102"
    )


def _width(portable: Portable) -> int:
    """Return how many columns one network needs in its widest stage."""
    widths = [2 * n + 1 if sharing else n for n, sharing in _units(portable)]
    return max(widths) if _shared_scaling(portable) else max(*widths, portable.n_seen)


def _units(portable: Portable) -> Iterator[tuple[int, bool]]:
    for layer in portable.layers:
        yield layer.n_units, layer.activation in SHARING
    yield portable.n_figures, portable.decision in ("nearest", "shares")


def _shared_scaling(portable: Portable) -> bool:
    model = portable.model
    return all(scaler == model.scalers[0] for scaler in model.scalers)


def _chain(portable: Portable, networks: Sequence[int]) -> Chain:
    shared = _shared_scaling(portable)
    scaled: Stage = []
    inputs: dict[int, list[str]] = {}
    for i in networks[:1] if shared else networks:
        inputs[i] = [f"s{i}_{d}" for d in range(portable.n_seen)]
        scaled += list(zip(inputs[i], _scaled(portable, i), strict=True))
    rounded: Stage = [(column, _rounded(portable, column)) for column, _ in scaled]
    each = [_network(portable, i, inputs[networks[0]] if shared else inputs[i]) for i in networks]
    merged = [
        [column for stage in stages for column in stage]
        for stages in zip_longest(*(stages for stages, _ in each), fillvalue=[])
    ]
    return Chain(
        stages=(scaled, rounded, *merged),
        limits=tuple(column for column, _ in scaled),
        figures=tuple(tuple(names) for _, names in each),
    )


def _scaled(portable: Portable, i: int) -> Iterator[str]:
    """Yield every feature as network i sees it, in double precision."""
    centers, scales = portable.centers[i].tolist(), portable.scales[i].tolist()
    for x, center, scale in zip(seen(portable), centers, scales, strict=True):
        yield f"({x} - {number(center)}) / {number(scale)}"


def seen(portable: Portable) -> list[str]:
    """Return what scalers see of a row, ``x0`` ... its features: with the derived ones."""

    def moved(d: int) -> str:
        if (portable.multiply, portable.add) == (1.0, 0.0):
            return f"x{d}"
        return f"(x{d} * {number(portable.multiply)} + {number(portable.add)})"

    made = expressions(portable.derived, SQL, moved)
    return [*map(moved, range(portable.n_features)), *made]


def _rounded(portable: Portable, column: str) -> str:
    """Return a scaled feature in the precision of the networks."""
    if portable.dtype == "float64":
        return column
    return f"{SPLIT!r} * {column} - ({SPLIT!r} * {column} - {column})"


def _network(portable: Portable, i: int, inputs: list[str]) -> tuple[list[Stage], list[str]]:
    """Return the stages of network i after scaling, and the names of its figures."""
    stages: list[Stage] = []
    values = inputs
    for place, layer in enumerate(portable.layers):
        biases = None if layer.biases is None else layer.biases[i].tolist()
        sums: Stage = []
        for unit, weights in enumerate(layer.weights[i].T.tolist()):
            terms = [] if biases is None else [number(biases[unit])]
            terms += [f"{x} * {number(w)}" for x, w in zip(values, weights, strict=True)]
            sums.append((f"z{i}_{place}_{unit}", added(terms)))
        stages.append(sums)
        after = FUNCTIONS[layer.activation](
            f"a{i}_{place}", [column for column, _ in sums], layer.settings
        )
        stages += after
        values = [column for column, _ in stages[-1]]
    decided = _decided(portable, i, values)
    return [*stages, *decided], [column for column, _ in decided[-1]]


def _decided(portable: Portable, i: int, outputs: list[str]) -> list[Stage]:
    """Return the stages from outputs to figures."""
    tag = f"f{i}"
    names = [f"{tag}_{k}" for k in range(portable.n_figures)]
    seen = [f"(1.0 + {a}) / 2.0" if portable.hinge else a for a in outputs]
    if portable.decision == "values":
        scales, centers = portable.target_scales[i].tolist(), portable.target_centers[i].tolist()
        values = [
            f"{a} * {number(scale)} + {number(center)}"
            for a, scale, center in zip(outputs, scales, centers, strict=True)
        ]
        return [list(zip(names, values, strict=True))]
    if portable.decision == "labels":
        return [[(f, within(f"({a})", 0.0, 1.0)) for f, a in zip(names, seen, strict=True)]]
    if portable.decision == "one":
        p = f"{tag}_p"
        return [[(p, within(f"({seen[0]})", 0.0, 1.0))], [(names[0], f"1.0 - {p}"), (names[1], p)]]
    if portable.decision == "softmax":
        return [list(zip(names, outputs, strict=True))]
    if portable.decision == "shares":
        return _shares(tag, names, outputs)
    halves: Stage = [(f"{tag}_o{k}", a) for k, a in enumerate(seen)]
    return [halves, *nearest(tag, [column for column, _ in halves])]


def _shares(tag: str, names: list[str], outputs: list[str]) -> list[Stage]:
    total, alike = f"{tag}_t", repr(1.0 / len(outputs))
    return [
        [*((a, a) for a in outputs), (total, added(outputs))],
        [
            (f, f"CASE WHEN {total} > 0 THEN {a} / {total} ELSE {alike} END")
            for f, a in zip(names, outputs, strict=True)
        ],
    ]

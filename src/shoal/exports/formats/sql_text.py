"""Expressions of standard SQL for what networks compute: nothing overflows, nothing is numeric
where it must be double precision.

Every function takes and gives text; columns are named before they are used twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from shoal.network import ACTIVATIONS
from shoal.network.worked.formula import Formula
from shoal.network.worked.spelling import plain_output, spelled

Stage = list[tuple[str, str]]
"""Columns of one sub-select: name and expression of the columns before."""
Function = Callable[[str, Sequence[str], Mapping[str, float]], list[Stage]]
"""``function(tag, names, settings)``: stages from weighted sums to outputs, one name for each."""

AT_MOST: Final = 700
"""Where exponents are cut off: exp beyond that is infinite, or 0, and some databases fail."""
TERMS: Final = 64
"""Terms that are added in a row: SQLite's expressions may be 1000 levels deep."""
MOST_SHARING: Final = 400
"""Units that depend on each other in a softmax: SQLite joins 500 selects at most."""

NORMAL_TAIL: Final = (
    0.11968268313010859, 0.11968296995872214, 0.1088974684006426, 0.08763037857946612,
    0.05537138146925871, 0.041669478598792255, -0.05562187965977257, 0.1204755709015343,
    -0.22055978506491034, 0.18505045034607892, -0.07409805422274476, 0.01181933763943658,
)  # fmt: skip
"""Phi(-z) is ``exp(-z^2 / 2) (c0 t + c1 t^2 + ...)`` with ``t = 1 / (1 + 0.3 z)``, z from 0.

Our own fit at 12 Chebyshev nodes of t in 0 to 1, from erfc in 40 digits; z Phi(-z) is within
7e-11. SQL has no erf.
"""


def number(value: float) -> str:
    """Return a number; a negative one in parentheses, since two hyphens begin a comment."""
    return f"({value!r})" if value < 0 or math.copysign(1.0, value) < 0 else repr(value)


def text(value: str) -> str:
    """Return a string literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """Return a quoted name."""
    return '"' + value.replace('"', '""') + '"'


def double(value: str) -> str:
    """Return a value in double precision: a literal alone is a decimal in PostgreSQL."""
    return f"CAST({value} AS DOUBLE PRECISION)"


def all_of(conditions: Sequence[str]) -> str:
    """Return conditions joined by AND, in groups, so that it is no deep expression."""
    if len(conditions) <= TERMS:
        return " AND\n    ".join(conditions)
    groups = [conditions[i : i + TERMS] for i in range(0, len(conditions), TERMS)]
    return all_of([f"({' AND '.join(group)})" for group in groups])


def added(terms: Sequence[str]) -> str:
    """Return a sum; a long one in parentheses, so that it is no deep expression."""
    if len(terms) <= TERMS:
        return " + ".join(terms)
    groups = [terms[i : i + TERMS] for i in range(0, len(terms), TERMS)]
    return added([f"({' + '.join(group)})" for group in groups])


def largest(names: Sequence[str]) -> str:
    """Return the largest of some columns."""
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        a, b = names
        return f"CASE WHEN {a} >= {b} THEN {a} ELSE {b} END"
    rows = " UNION ALL ".join(f"SELECT {each} AS v" for each in names)
    return f"(SELECT max(v) FROM ({rows}) AS t)"


def within(value: str, low: float, high: float) -> str:
    """Return a value, cut off below and above."""
    return (
        f"CASE WHEN {value} < {number(low)} THEN {number(low)} "
        f"WHEN {value} > {number(high)} THEN {number(high)} ELSE {value} END"
    )


def decay(magnitude: str) -> str:
    """Return exp(-magnitude) of what is not negative."""
    limit = f"{AT_MOST}.0"
    return f"exp(-(CASE WHEN {magnitude} < {limit} THEN {magnitude} ELSE {limit} END))"


def _each(form: Callable[[str, Mapping[str, float]], str]) -> Function:
    """Return a function that treats every unit by itself."""

    def stages(tag: str, names: Sequence[str], settings: Mapping[str, float]) -> list[Stage]:
        return [[(f"{tag}_{i}", form(each, settings)) for i, each in enumerate(names)]]

    return stages


def _step(z: str, settings: Mapping[str, float]) -> str:
    return double(
        f"CASE WHEN {z} > 0 THEN 1.0 WHEN {z} < 0 THEN 0.0 ELSE {settings['at_zero']!r} END"
    )


def _sigmoid(z: str, settings: Mapping[str, float]) -> str:
    e = decay(f"abs({z})")
    return f"(CASE WHEN {z} >= 0 THEN 1.0 ELSE {e} END) / (1.0 + {e})"


def _tanh(z: str, settings: Mapping[str, float]) -> str:
    e = decay(f"abs(2.0 * {z})")
    return f"(CASE WHEN {z} >= 0 THEN 1.0 ELSE -1.0 END) * (1.0 - {e}) / (1.0 + {e})"


def _relu(z: str, settings: Mapping[str, float]) -> str:
    return f"CASE WHEN {z} > 0 THEN {z} ELSE 0.0 END"


def _leaky_relu(z: str, settings: Mapping[str, float]) -> str:
    return f"CASE WHEN {z} > 0 THEN {z} ELSE {settings['alpha']!r} * {z} END"


def _elu(z: str, settings: Mapping[str, float]) -> str:
    below = f"{settings['alpha']!r} * ({decay(f'abs({z})')} - 1.0)"
    return f"CASE WHEN {z} > 0 THEN {z} ELSE {below} END"


def _gelu(z: str, settings: Mapping[str, float]) -> str:
    t = f"(1.0 / (1.0 + 0.3 * abs({z})))"
    *rest, last = NORMAL_TAIL
    inner = number(last)
    for coefficient in reversed(rest):
        inner = f"({number(coefficient)} + {t} * {inner})"
    tail = f"{decay(f'{z} * {z} * 0.5')} * {t} * {inner}"
    return f"{z} * (CASE WHEN {z} >= 0 THEN 1.0 - {tail} ELSE {tail} END)"


def _silu(z: str, settings: Mapping[str, float]) -> str:
    return f"{z} * ({_sigmoid(z, settings)})"


def _softplus(z: str, settings: Mapping[str, float]) -> str:
    return f"(CASE WHEN {z} > 0 THEN {z} ELSE 0.0 END) + ln(1.0 + {decay(f'abs({z})')})"


def _exponential(z: str, settings: Mapping[str, float]) -> str:
    return f"exp({within(z, -AT_MOST, AT_MOST)})"


def softmax(tag: str, names: Sequence[str], settings: Mapping[str, float]) -> list[Stage]:
    """Return the stages of ``exp(z) / sum(exp(z))``, the largest z subtracted first."""
    m, t = f"{tag}_m", f"{tag}_t"
    powers = [f"{tag}_e{i}" for i in range(len(names))]
    kept: Stage = [(each, each) for each in names]
    return [
        [*kept, (m, largest(names))],
        [(power, decay(f"({m} - {z})")) for power, z in zip(powers, names, strict=True)],
        [*((power, power) for power in powers), (t, added(powers))],
        [(f"{tag}_{i}", f"{power} / {t}") for i, power in enumerate(powers)],
    ]


def nearest(tag: str, names: Sequence[str]) -> list[Stage]:
    """Return the stages of the nearest probabilities: ``max(v - theta, 0)``.

    theta is the largest of ``(sum of the v that are no less than v_k, less 1) / their count``.
    """
    m, theta = f"{tag}_m", f"{tag}_t"
    n = len(names)
    v, thetas = [f"{tag}_v{i}" for i in range(n)], [f"{tag}_h{i}" for i in range(n)]
    kept: Stage = [(each, each) for each in v]
    return [
        [*((each, each) for each in names), (m, largest(names))],
        [(a, within(f"({z} - {m})", -1.0, 0.0)) for a, z in zip(v, names, strict=True)],
        [*kept, *((h, _threshold(v, a)) for h, a in zip(thetas, v, strict=True))],
        [*kept, (theta, largest(thetas))],
        [
            (f"{tag}_{i}", f"CASE WHEN {a} > {theta} THEN {a} - {theta} ELSE 0.0 END")
            for i, a in enumerate(v)
        ],
    ]


def _threshold(v: Sequence[str], least: str) -> str:
    total = added([f"(CASE WHEN {a} >= {least} THEN {a} ELSE 0.0 END)" for a in v])
    count = added([f"(CASE WHEN {a} >= {least} THEN 1.0 ELSE 0.0 END)" for a in v])
    return f"({total} - 1.0) / ({count})"


def _plain() -> dict[str, Function]:
    """Return the activations that have a plain formula, as SQL spells it."""

    def form(formula: Formula | None) -> Callable[[str, Mapping[str, float]], str]:
        return lambda z, settings: spelled(formula, "sql", z=z) or ""

    found = {each: plain_output(each) for each in ACTIVATIONS}
    return {each: _each(form(of)) for each, of in found.items() if spelled(of, "sql")}


FUNCTIONS: Final[Mapping[str, Function]] = _plain() | {
    "identity": lambda tag, names, settings: [],
    "step": _each(_step),
    "sigmoid": _each(_sigmoid),
    "tanh": _each(_tanh),
    "relu": _each(_relu),
    "leaky_relu": _each(_leaky_relu),
    "elu": _each(_elu),
    "gelu": _each(_gelu),
    "silu": _each(_silu),
    "softplus": _each(_softplus),
    "exponential": _each(_exponential),
    "softmax": softmax,
}
"""Every activation; identity needs no stage."""
SHARING: Final = frozenset({"softmax"})
"""Activations in which every output depends on every unit."""

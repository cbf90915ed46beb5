"""Every function of the registries in words and numbers: what tables, pages and help say of them.

Formulas come from the worked arithmetic or the functions' own docstrings, ranges, slopes and
spreads from the functions themselves, settings from their records; so a new member tells of itself.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shoal.charts.functions import values_of
from shoal.charts.functions_initializers import N_INPUTS, N_OUTPUTS, settings_of, weights_of
from shoal.charts.functions_losses import loss_at
from shoal.charts.functions_ranges import range_of
from shoal.charts.functions_schedules import EPOCHS, STEPS_PER_EPOCH, course, example
from shoal.errors import InputError, did_you_mean
from shoal.fields import NamedRecord
from shoal.network.activations import ACTIVATIONS
from shoal.network.initializers import INITIALIZERS
from shoal.network.losses import LOSSES
from shoal.network.worked.activations import SLOPE_WORDS
from shoal.network.worked.activations import WORDS as ACTIVATION_WORDS
from shoal.network.worked.formula import Name, name_text, text
from shoal.network.worked.losses import WORDS as LOSS_WORDS
from shoal.training.optimizers import OPTIMIZERS
from shoal.training.schedules import SCHEDULES
from shoal.training.worked_rules import LINES, constants_of

SLOPES_AT: Final = (-2.0, 0.0, 2.0)
"""Where the tables give a slope."""
GRID: Final = tuple(float(z) for z in range(-5, 6))
"""Where what is told of one function gives its values."""
SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far a run is where the tables give a schedule's factor."""

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of a function.

    Attributes:
        family: a key of `FAMILIES`.
        name: in documents.
        formula: on a line; of those without one what it does in a sentence.
        about: what stands in its docstring, without arguments and examples.
        facts: what else there is to say of its kind, by name: a range, a slope, a spread.
        settings: with their defaults.
        required: settings without one.
        columns: what `values` are.
        values: a small table of numbers, NaN where it has none.
    """

    family: str
    name: str
    formula: str
    about: str
    facts: Mapping[str, str]
    settings: Mapping[str, Any]
    required: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: Rows = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain data; null stands for a number that there is not."""
        return {
            "family": self.family,
            "name": self.name,
            "formula": self.formula,
            "about": self.about,
            "facts": dict(self.facts),
            "settings": dict(self.settings),
            "required": list(self.required),
            "columns": list(self.columns),
            "values": [[x if np.isfinite(x) else None for x in row] for row in self.values],
        }


def told_of(family: str) -> Iterator[Told]:
    """Yield what is told of every function of a family, in the order of its registry."""
    table, tell = FAMILIES[family]
    for name in table:
        yield tell(name)


def find(name: str) -> list[Told]:
    """Return what is told of a name: of a function, wherever there is one, or of a whole family.

    Raises:
        InputError: there is none such.

    Example:
        >>> [each.family for each in find("step")]
        ['activations', 'schedules']
    """
    if name in FAMILIES:
        return list(told_of(name))
    found = [tell(name) for table, tell in FAMILIES.values() if name in table]
    if not found:
        known = [each for table, _ in FAMILIES.values() for each in table]
        cure = did_you_mean(name, [*FAMILIES, *known]) or "See: shoal functions."
        raise InputError(f"there is no function '{name}'. {cure}", code="A103")
    return found


def _activation(name: str) -> Told:
    entry = ACTIVATIONS[name]
    z = np.array(GRID)
    lines = values_of(entry, z)
    facts = {"range": range_of(entry)}
    if entry.slope is not None:
        facts["slope"] = SLOPE_WORDS.get(name, "")
        at = np.array(SLOPES_AT)
        slopes = np.asarray(entry.slope(at, np.asarray(entry.function(at), np.float64)))
        facts |= {f"slope at {z:g}": _short(slope) for z, slope in zip(at, slopes, strict=True)}
    else:
        facts["slope"] = SLOPE_WORDS.get(name, "")
    return Told(
        family="activations",
        name=name,
        formula=ACTIVATION_WORDS.get(name) or _sentence(entry.function),
        about=_about(entry.function),
        facts={key: fact for key, fact in facts.items() if fact},
        settings=dict(entry.settings),
        columns=("z", *lines),
        values=_rows(z, *lines.values()),
    )


def _loss(name: str) -> Told:
    entry = LOSSES[name]
    z = np.array(GRID)
    loss, slope = loss_at(entry, z, 1.0)
    needs = entry.activation or "any"
    least = f", {entry.min_outputs}+" if entry.min_outputs > 1 else ""
    ends = {
        f"slope at {at:g}": _short(loss_at(entry, np.array([at]), 1.0)[1][0]) for at in SLOPES_AT
    }
    return Told(
        family="losses",
        name=name,
        formula=LOSS_WORDS.get(name, "").partition(", computed")[0] or _sentence(entry.rows),
        about=_about(entry.rows),
        facts={"last layer": needs + least, "targets": entry.kind or "any", **ends},
        settings=dict(entry.settings),
        columns=("z", "loss, target 1", "slope by z", "loss, target 0"),
        values=_rows(z, loss, slope, loss_at(entry, z, 0.0)[0]),
    )


def _initializer(name: str) -> Told:
    record = INITIALIZERS[name].record
    drawn = weights_of(name)
    facts = {
        "spread": _short(drawn.std()),
        "mean": f"{round(float(drawn.mean()), 2) + 0.0:g}",
        "measured": f"{len(drawn):,} weights, {N_INPUTS} inputs to {N_OUTPUTS} outputs",
    }
    given = [f"{key} = {settings_of(name)[key]:g}" for key in _required(record)]
    if given:
        facts["shown with"] = ", ".join(given)
    return Told(
        family="initializers", name=name, formula=_spread(record, name), about=_about(record),
        facts=facts, settings=_settings(record), required=_required(record),
    )  # fmt: skip


def _schedule(name: str) -> Told:
    record, factors = SCHEDULES[name].record, course(name)
    places = [min(len(factors) - 1, round(share * len(factors))) for share in SHARES]
    found = [(share, float(factors[at])) for share, at in zip(SHARES, places, strict=True)]
    return Told(
        family="schedules",
        name=name,
        formula=_literal(record, "step") or _sentence(record),
        about=_about(record),
        facts={**{f"at {share:.0%}": _short(factor) for share, factor in found}, **_other(name)},
        settings=_settings(record),
        required=_required(record),
        columns=("epoch", "factor"),
        values=tuple((float(k), float(factors[k * STEPS_PER_EPOCH])) for k in range(0, EPOCHS, 3)),
    )


def _other(name: str) -> dict[str, str]:
    """Return the settings that are shown, where they are not the defaults."""
    usual, shown = _settings(SCHEDULES[name].record), example(name)
    other = [f"{key} = {getattr(shown, key):g}" for key, value in usual.items()
             if getattr(shown, key) != value]  # fmt: skip
    follows = "" if SCHEDULES[name].function else ", where the loss soon stops falling"
    return {"shown with": ", ".join(other) + follows} if other else {}


def _optimizer(name: str) -> Told:
    entry = OPTIMIZERS[name]
    asks = {
        "gradient": "the gradient",
        "perceptron": "its mistakes",
        "oracle": "losses and gradients" if entry.needs_gradient else "losses alone",
        "python": "its own code",
    }
    return Told(
        family="optimizers",
        name=name,
        formula=_sentence(entry.record),
        about=_about(entry.record),
        facts={"goes by": asks[entry.kind], "precision": entry.default_dtype, **_lines(name)},
        settings=_settings(entry.record),
        required=_required(entry.record),
    )


FAMILIES: Final[Mapping[str, tuple[Mapping[str, Any], Callable[[str], Told]]]] = MappingProxyType(
    {
        "activations": (ACTIVATIONS, _activation),
        "losses": (LOSSES, _loss),
        "initializers": (INITIALIZERS, _initializer),
        "schedules": (SCHEDULES, _schedule),
        "optimizers": (OPTIMIZERS, _optimizer),
    }
)
"""The registries of functions, with what tells of a member."""


def _rows(*columns: np.ndarray) -> Rows:
    return tuple(tuple(float(x) for x in row) for row in np.stack(columns, axis=1))


def _short(number: float) -> str:
    """Return a number with three digits, and none after the fourth decimal.

    Example:
        >>> _short(0.10499358), _short(7.389), _short(2.7e-5), _short(-0.0)
        ('0.105', '7.39', '0', '0')
    """
    return f"{round(float(number), 4) + 0.0:.3g}"


def _settings(record: type[NamedRecord]) -> dict[str, Any]:
    """Return the settings of a record that have a default."""
    return {
        key: field.default
        for key, field in record.model_fields.items()
        if key != "name" and not field.is_required()
    }


def _required(record: type[NamedRecord]) -> tuple[str, ...]:
    return tuple(key for key, field in record.model_fields.items() if field.is_required())


def _lines(name: str) -> dict[str, str]:
    """Return a rule line by line as worked arithmetic has it, if that holds for every number."""
    if name not in LINES:
        return {}
    rule = OPTIMIZERS[name].record.model_validate({"name": name})
    try:
        lines = list(LINES[name](rule, Name("w"), Name("g"), {}))
    except KeyError:  # its lines depend on a sign
        return {}
    alike = [(of, formula) for of, formula, _ in constants_of(rule, t=1)]
    return {"rule": "; ".join(f"{name_text(of)} = {text(x)}" for of, x in [*alike, *lines])}


def _about(documented: object) -> str:
    """Return a docstring up to its examples, without what it says of arguments and errors."""
    text = _said(inspect.getdoc(documented) or "")
    parts = re.split(r"\n\n(?=(?:Args|Returns|Shapes|Raises|Example|Units|Source):\n)", text)
    kept = [
        part for part in parts if not re.match(r"(?:Args|Returns|Shapes|Raises|Example):", part)
    ]
    told = "\n\n".join(kept).replace("`", "")
    return told.replace("\n\n::\n\n", "\n\n").replace("::\n", ":\n")


def _said(docstring: str) -> str:
    """Return a docstring that says what a function is rather than what it returns.

    Example:
        >>> _said("Return the mean of a."), _said("Return max(z, 0).")
        ('The mean of a.', 'max(z, 0).')
    """
    text = docstring.removeprefix("Return ")
    begins_with_a_word = text != docstring and re.match(r"[a-z]{2,} ", text)
    return text[0].upper() + text[1:] if begins_with_a_word else text


def _sentence(documented: object) -> str:
    """Return the first sentence of a docstring without its mark-up.

    Example:
        >>> _sentence(OPTIMIZERS["sgd"].record)
        'Gradient descent: w - learning_rate * g, on the rows of a batch'
    """
    first = _said(inspect.getdoc(documented) or "").partition("\n\n")[0]
    return " ".join(first.replace("`", "").split()).rstrip(".")


def _literal(documented: object, word: str) -> str:
    """Return the first formula of a docstring that has a word in it, else nothing."""
    text = inspect.getdoc(documented) or ""
    found = (" ".join(each.split()) for each in re.findall(r"``(.+?)``", text, re.DOTALL))
    return next((each for each in found if re.search(rf"\b{word}\b", each)), "")


def _spread(record: type[NamedRecord], name: str) -> str:
    """Return how an initializer spreads: of those by size from the list in their docstring."""
    family, _, form = name.rpartition("_")
    found = (
        re.search(rf"``{family}_\*``: (.+?)[,;]", inspect.getdoc(record) or "") if form else None
    )
    return f"{form}, spread {found[1]}" if found else _sentence(record)


__all__ = ["FAMILIES", "GRID", "SHARES", "SLOPES_AT", "Told", "find", "told_of"]

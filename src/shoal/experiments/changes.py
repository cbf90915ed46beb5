"""Changes to a document from the command line: ``training.epochs=20``.

Values are as in TOML, and plain words need no quotes. What stands for a table (a bare name, a
size) may be written and changed either way.
"""

from __future__ import annotations

import copy
import csv
import datetime
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from shoal.data.file_recipe import FileData
from shoal.data.tasks import TASKS
from shoal.errors import InputError
from shoal.experiments.depth import MAX_DEPTH, is_deep
from shoal.fields import HasRecord
from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES
from shoal.training import OPTIMIZERS
from shoal.training.schedules import SCHEDULES

TOP = {"data": "task", "population": "size"}
"""Tables that a bare value can stand for, and the key that it then is; those of `NAMED` too,
wherever they are, and the key is `name`."""
DEFAULTS = {
    ("data",): {"task": "greater"},
    ("training", "optimizer"): {"name": "adam"},
    ("network", "initializer"): {"name": "glorot_uniform"},
    ("network", "bias_initializer"): {"name": "zeros"},
}
"""What such a table is where the document says nothing."""
NAMED: Mapping[str, Mapping[str, HasRecord]] = {
    "optimizer": OPTIMIZERS,
    "initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "loss": LOSSES,
    "schedule": SCHEDULES,
}
SOURCES = ("task", "file", "given")
OWN_KEYS = (("data", "types"), ("training", "class_weight"))
"""Tables whose keys are anybody's names: a column may be called loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: the keys on the way to a value, and the value."""

    text: str
    path: tuple[str, ...]
    value: Any

    @property
    def switches(self) -> bool:
        """Whether it decides what other keys of its table mean."""
        last, above = self.path[-1], self.path[-2:-1]
        return self.path[:2] not in OWN_KEYS and (
            (self.path[:1] == ("data",) and len(self.path) == 2 and last in SOURCES)
            or (last == "name" and bool(above) and above[0] in NAMED)
            or last == "activation"
        )


def override(document: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the document with changes such as ``training.epochs=20`` applied.

    An index reaches into a list: ``network.layers.0.units=8``. Changes that choose another
    task, file, optimizer, initializer or activation come first. They keep those settings of
    the one before that mean the same for the new one, which are those that both have with
    the same default, and drop the others: ``data.task=xor`` leaves `samples` behind.

    Raises:
        InputError: a change without ``=``, or through something that is not a table.
    """
    return apply_changes(document, [_read(change) for change in changes])


def apply_changes(document: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return the document with changes applied; see `override`.

    Raises:
        InputError: a change through something that is not a table.
    """
    changed = copy.deepcopy(dict(document))
    for change in sorted(changes, key=lambda each: not each.switches):
        _apply(changed, change)
    return changed


def _read(text: str) -> Change:
    key, equals, value = text.partition("=")
    if not equals:
        raise _not_a_change(text)
    return change_to(key, read_value(value.strip()), text=text)


def _not_a_change(text: str) -> InputError:
    return InputError(
        f"'{text}': is not a change. Write key=value, such as training.epochs=20.", code="U108"
    )


def change_to(key: str, given: Any, *, text: str = "") -> Change:
    """Return the change of a key to a value.

    Args:
        key: its path, such as ``network.layers.0.units``.
        given: the value.
        text: the change as messages show it; the key if not given.

    Raises:
        InputError: a path with an empty part, or one or a value that is nested too deep.
    """
    text = text or key
    path = [part.strip() for part in key.split(".")]
    if not all(path) or len(path) > MAX_DEPTH:
        raise _not_a_change(text)
    if is_deep(given):
        raise InputError(
            f"'{key}': the value is nested more than {MAX_DEPTH} levels deep.", code="U108"
        )
    key_of_value = _key_of_value(path)
    if key_of_value and not isinstance(given, Mapping | list):
        path.append(key_of_value)
    return Change(text=text, path=tuple(path), value=given)


def _key_of_value(path: Sequence[str]) -> str | None:
    """Return the key that a bare value in place of the table at `path` is."""
    if len(path) == 1:
        return TOP.get(path[0])
    if tuple(path[:2]) in OWN_KEYS:
        return None
    return "name" if path[-1] in NAMED else None


def read_value(text: str) -> Any:
    """Return the value of a change: as in TOML, or the text itself.

    Example:
        >>> read_value("10_000"), read_value("sgd"), read_value("[init, order]")
        (10000, 'sgd', ['init', 'order'])
    """
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        if text.startswith("[") and text.endswith("]") and "[" not in text[1:]:
            items = next(csv.reader([text[1:-1]], skipinitialspace=True), [])
            return [read_value(item.strip()) for item in items if item.strip()]
        return text
    value = found["value"]
    is_date = isinstance(value, datetime.date | datetime.time)
    return text if is_date or len(found) > 1 else value


def _apply(document: dict[str, Any], change: Change) -> None:
    table: Any = document
    for depth, part in enumerate(change.path[:-1]):
        table = _below(table, part, change, depth)
    last = change.path[-1]
    if isinstance(table, list):
        table[_index(table, last, change)] = change.value
        return
    if change.switches:
        _drop_precision(document, table, change)
        _drop_others(table, change)
    table[last] = change.value


def _below(table: Any, part: str, change: Change, depth: int) -> Any:
    """Return the table or list at a key; what a bare value stands for is written out."""
    at: Any = _index(table, part, change) if isinstance(table, list) else part
    below = table[at] if isinstance(table, list) else table.get(at)
    place = change.path[: depth + 1]
    key = _key_of_value(place)
    is_name_for_list = isinstance(below, list) and key and change.path[depth + 1 :] == (key,)
    if below is None and place == ("network", "layers"):
        told = "the experiment names no layers to change. Give all of them: "
        told += "network.layers='[{units=8, activation=\"tanh\"}, {units=1}]'"
        raise InputError(f"'{change.text}': {told}.", code="U108")
    if below is None or is_name_for_list:
        below = dict(DEFAULTS.get(place, {}))
    elif key and not isinstance(below, Mapping | list):
        below = {key: below}
    if not isinstance(below, dict | list):
        raise InputError(f"'{change.text}': '{'.'.join(place)}' is not a table.", code="U108")
    table[at] = below
    return below


def _index(items: list[Any], part: str, change: Change) -> int:
    if not (part.isascii() and part.isdigit()) or int(part[:9]) >= len(items):
        told = f"an index from 0 to {len(items) - 1}" if items else "an index: the list is empty"
        raise InputError(f"'{change.text}': '{part}' is not {told}.", code="U108")
    return int(part[:9])


def _drop_others(table: dict[str, Any], change: Change) -> None:
    """Drop the settings of the choice before that do not mean the same for the new one."""
    last = change.path[-1]
    if last == "activation":
        entry = ACTIVATIONS.get(change.value) if isinstance(change.value, str) else None
        for name in ("alpha", "at_zero"):
            if entry is not None and name not in entry.settings:
                table.pop(name, None)
        return
    if last in SOURCES:
        before, after = _recipe(table), _recipe({last: change.value})
        if table.get("file") != change.value:
            table.pop("fingerprint", None)
        for name in SOURCES:
            table.pop(name, None)
    else:
        records = NAMED[change.path[-2]]
        before, after = _record(records, table.get("name")), _record(records, change.value)
        table.pop("name", None)
    if before is after:
        return
    for key in list(table):
        if not _same(before, after, key):
            del table[key]


def _drop_precision(document: dict[str, Any], optimizer: Mapping[str, Any], change: Change) -> None:
    """Drop a precision that was the usual one of the optimizer before, and is not of the new."""
    if change.path != ("training", "optimizer", "name"):
        return
    names = optimizer.get("name"), change.value
    usual = [OPTIMIZERS[n].default_dtype for n in names if isinstance(n, str) and n in OPTIMIZERS]
    training = document["training"]
    if len(usual) == 2 and usual[0] != usual[1] and training.get("dtype") == usual[0]:
        del training["dtype"]


def _recipe(table: Mapping[str, Any]) -> type[BaseModel] | None:
    if "file" in table:
        return FileData
    task = table.get("task", DEFAULTS["data",]["task"])
    return TASKS.get(task) if isinstance(task, str) else None


def _record(records: Mapping[str, HasRecord], name: object) -> type[BaseModel] | None:
    entry = records.get(name) if isinstance(name, str) else None
    return None if entry is None else entry.record


def _same(before: type[BaseModel] | None, after: type[BaseModel] | None, key: str) -> bool:
    """Return whether a key stays: both know it with the same default, or it is a mistake.

    A key that the record before did not know is kept, so that it is told of.
    """
    if before is None or after is None or key not in before.model_fields:
        return True
    mine, other = before.model_fields[key], after.model_fields.get(key)
    return other is not None and other.default == mine.default

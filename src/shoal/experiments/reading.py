"""Experiment documents from TOML and JSON text, and changes to them from the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shoal.errors import ExperimentError, InputError, MissingFileError, Problem

MAX_BYTES = 16 * 2**20
"""The largest experiment document that is read."""


def read_document(path: Path) -> dict[str, Any]:
    """Return the document in a TOML file, or a JSON file (suffix ``.json``).

    Raises:
        MissingFileError: there is no such file.
        ExperimentError: it is not TOML or JSON, with the line.
        InputError: it cannot be read.
    """
    source = str(path)
    text = _text(path, source)
    try:
        if path.suffix == ".json":
            document = json.loads(text, parse_constant=_no_constant)
        else:
            document = tomllib.loads(text)
    except RecursionError:
        raise ExperimentError(source, [Problem(path="", message="is nested too deeply.")]) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        problem = Problem(path=where, message=f"is not JSON: {error.msg}.")
        raise ExperimentError(source, [problem]) from None
    except ValueError as error:
        raise ExperimentError(source, [Problem(path="", message=_toml_reason(error))]) from None
    if not isinstance(document, dict):
        problem = Problem(path="", message="must hold a table of keys.")
        raise ExperimentError(source, [problem])
    return document


def override(document: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the document with changes such as ``training.epochs=20`` applied.

    Naming another optimizer, initializer or task by its bare word drops the settings of the
    one before. An index reaches into a list: ``network.layers.0.units=8``.

    Raises:
        InputError: a change without ``=``, or through something that is not a table.
    """
    changed = json.loads(json.dumps(document, default=str))
    for change in changes:
        key, equals, text = change.partition("=")
        path = [part.strip() for part in key.split(".")]
        if not equals or not all(path):
            raise InputError(
                f"'{change}': is not a change. Write key=value, such as training.epochs=20."
            )
        _set(changed, path, _value(text.strip()), change)
    return dict(changed)


def _value(text: str) -> Any:
    """Return the value of a change: as in TOML, or the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _set(document: Any, path: Sequence[str], value: Any, change: str) -> None:
    at = document
    for depth, part in enumerate(path[:-1]):
        if isinstance(at, list):
            at = _item(at, part, change)
            continue
        below = at.get(part)
        if isinstance(below, str) and path[depth + 1] != "name":
            below = {"name": below}
        if below is None:
            below = {}
        if not isinstance(below, dict | list):
            raise InputError(f"'{change}': '{'.'.join(path[: depth + 1])}' is not a table.")
        at[part] = below
        at = below
    last = path[-1]
    if isinstance(at, list):
        _item(at, last, change)
        at[int(last)] = value
    elif last == "name" and isinstance(at.get("name"), str) and at["name"] != value:
        at.clear()
        at["name"] = value
    elif last == "size" and isinstance(at, int):
        raise InputError(f"'{change}': is not a table.")
    else:
        at[last] = value


def _item(items: list[Any], part: str, change: str) -> Any:
    if not part.isdigit() or int(part) >= len(items):
        raise InputError(f"'{change}': '{part}' is not an index from 0 to {len(items) - 1}.")
    return items[int(part)]


def _text(path: Path, source: str) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{source}: is larger than 16 MiB, too large for an experiment.")
        content = path.read_bytes()
    except FileNotFoundError:
        nearby = [p.name for p in path.parent.glob("*") if p.suffix in (".toml", ".json")]
        raise MissingFileError(source, nearby) from None
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(
            path="", message=f"is not UTF-8 text (byte {error.start}); save it as UTF-8."
        )
        raise ExperimentError(source, [problem]) from None


def _toml_reason(error: ValueError) -> str:
    text = str(error)
    return f"is not TOML: {text[0].lower()}{text[1:]}." if text else "is not TOML."


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number JSON knows")

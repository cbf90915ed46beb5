"""Experiment documents from TOML and JSON text."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from shoal.errors import ExperimentError, InputError, MissingFileError, Problem
from shoal.experiments.changes import override
from shoal.experiments.depth import MAX_DEPTH, is_deep

__all__ = ["override", "read_document"]

MAX_BYTES = 16 * 2**20
"""The largest experiment document that is read."""
OTHERS = {
    ".safetensors": "is a trained model, not an experiment. See: shoal show",
    **dict.fromkeys(
        (".csv", ".tsv", ".parquet", ".pq"),
        "is a table of data, not an experiment. See: shoal train",
    ),
}
"""What files with another suffix are."""


def read_document(path: Path) -> dict[str, Any]:
    """Return the document in a TOML file, or a JSON file (suffix ``.json``).

    Raises:
        MissingFileError: there is no such file.
        ExperimentError: it is not TOML or JSON, with the line.
        InputError: it cannot be read.
    """
    source = str(path)
    text = _text(path, source)
    is_json = path.suffix.lower() == ".json"
    try:
        document = _from_json(text) if is_json else tomllib.loads(text)
    except RecursionError:
        raise _wrong(source, f"is nested more than {MAX_DEPTH} levels deep.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _wrong(source, f"is not JSON: {_small(error.msg)}.", where) from None
    except ValueError as error:
        raise _wrong(source, *_reason(error, "JSON" if is_json else "TOML")) from None
    if not isinstance(document, dict):
        raise _wrong(source, "must hold a table of keys.")
    if is_deep(document):
        raise _wrong(source, f"is nested more than {MAX_DEPTH} levels deep.")
    return document


def _from_json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the value {name} is not one that JSON knows")


def _text(path: Path, source: str) -> str:
    try:
        if path.is_dir():
            raise InputError(f"{source}: is a folder. Name a file in it.", code="O106")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"{source}: is larger than 16 MiB, too large for an experiment.", code="X110"
            )
        if path.suffix.lower() in OTHERS:
            raise InputError(f"{source}: {OTHERS[path.suffix.lower()]}.", code="X110")
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingFileError(source, _nearby(path)) from None
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{source}: cannot be read: {reason}.", code="O105") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = f"the byte 0x{content[error.start]:02x} at offset {error.start} is not UTF-8."
        raise _wrong(source, f"{told} Save the file as UTF-8.", f"line {line}") from None


def _nearby(path: Path) -> list[str]:
    """Return the documents beside a missing one whose names are near, written as `path` is."""
    try:
        names = [p.name for p in path.parent.iterdir() if p.suffix in (".toml", ".json")]
    except OSError:
        return []
    return [str(path.with_name(n)) for n in difflib.get_close_matches(path.name, sorted(names))]


def _reason(error: ValueError, form: str) -> tuple[str, str]:
    """Return why text is not in its form, and where."""
    text = str(error) or "it is empty"
    place = re.search(r" \(at (?:(line \d+, column \d+)|end of document)\)$", text)
    if place:
        text = text[: place.start()]
    if "integer string conversion" in text:
        text = "a number has thousands of digits"
    where = (place[1] or "at the end") if place else ""
    return f"is not {form}: {_small(text)}.", where


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _wrong(source: str, message: str, where: str = "") -> ExperimentError:
    return ExperimentError(source, [Problem(path=where, message=message, code="X106")])

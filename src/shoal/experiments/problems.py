"""From pydantic's errors to sentences with a key path: all problems of a document at once.

What a key wants is said in the words of its JSON Schema, so that records, schema and messages
cannot disagree; sentences of our own validators stand as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from shoal.errors import ExperimentError, Problem, did_you_mean
from shoal.experiments.wanted import Place, parts_at, wanted

Schema = Mapping[str, Any]

MOST = 20
"""Problems that are told one by one; the others are counted."""
MOST_COUNTED = 200
"""To word each of a hundred thousand, to see which are the same, would take minutes."""
LONGEST = 60
"""Characters of a value that are shown."""
LONGEST_SENTENCE = 400
BOUNDS = ("than", "too_", "multiple_of", "finite", "pattern", "out_of_range")
"""What is in the names of kinds that say a value is out of bounds."""
CODES: Mapping[str, str] = {
    "wrong_kind": "X102",
    "out_of_bounds": "X103",
    "unknown_name": "X104",
    "not_given": "X105",
    "conflict": "X107",
    "too_large": "X109",
}
"""Codes of the errors of our validators, by their kind."""
KINDS = frozenset(get_args(ErrorType))
"""Kinds of pydantic's errors; the others are those of our validators."""


def experiment_error(
    source: str, record: type[BaseModel], document: Mapping[str, Any], error: ValidationError
) -> ExperimentError:
    """Return the error that names every problem of a document.

    Args:
        source: the file's name as given.
        record: the class that was to be built.
        document: what it was to be built from.
        error: what pydantic found.
    """
    schema = _schema_of(record)
    found: dict[tuple[str, str], Problem] = {}
    for each in error.errors(include_url=False):
        path, told, code = _wrong(dict(each), schema, document)
        # one key of several types gives an error for each of them: told once, for all
        found.setdefault((path, told), Problem(path=path, message=told, code=code))
        if len(found) > MOST_COUNTED:
            break
    problems = list(found.values())
    if len(problems) > MOST:
        least = "at least " if len(found) > MOST_COUNTED else ""
        more = f"{least}{len(problems) - MOST:,} more problems. Mend these first."
        problems = [*problems[:MOST], Problem(path="", message=more, code=problems[0].code)]
    return ExperimentError(source, problems)


@cache
def _schema_of(record: type[BaseModel]) -> Schema:
    """Return the JSON Schema of a record, made once: it costs more than all the rest."""
    return record.model_json_schema()


def _wrong(
    error: dict[str, Any], schema: Schema, document: Mapping[str, Any]
) -> tuple[str, str, str]:
    """Return the key path, what is wrong there, and the code of that."""
    kind = error["type"]
    place, value = _place(schema, document, error["loc"])
    if kind in ("missing", "extra_forbidden"):
        place = (*place, error["loc"][-1]) if place[-1:] != error["loc"][-1:] else place
    path = path_of(place)
    if kind == "extra_forbidden" and path == "sweep":
        told = "is for what takes many experiments: shoal sweep, search, plot and report."
        return path, told, "U109"
    if kind == "extra_forbidden":
        known = sorted(set(_keys(schema, document, place[:-1])))
        deeper = _below(schema, document, place[:-1], str(place[-1]))
        cure = f"Did you mean '{path_of(deeper)}'?" if deeper else ""
        cure = cure or did_you_mean(str(place[-1]), known) or f"Known keys: {', '.join(known)}."
        return path, f"unknown key. {cure}", "X101"
    if kind == "missing":
        return path, "is missing.", "X105"
    if kind not in KINDS or kind in ("value_error", "assertion_error"):
        return path, _own_sentence(error), CODES.get(kind, "X100")
    wish = wanted(parts_at(schema, document, place), schema) or "something else"
    if kind == "finite_number":
        wish = wish.replace("a number", "a finite number")
    shown = shown_value(value)
    told = f"must be {wish}" + (f"; got {shown}." if shown else ".")
    return path, told, _code(kind)


def _code(kind: str) -> str:
    """Return the code of a kind of pydantic's errors."""
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return "X104"
    return "X103" if any(part in kind for part in BOUNDS) else "X102"


def path_of(place: tuple[int | str, ...]) -> str:
    """Return the place as TOML writes it: ``network.layers[1].units``.

    Example:
        >>> path_of(("network", "layers", 1, "units"))
        'network.layers[1].units'
    """
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def shown_value(value: object) -> str:
    """Return a value as a message shows it, short and on one line; tables not at all.

    Example:
        >>> shown_value("adam"), shown_value(True), shown_value([1, 2]), shown_value({})
        ("'adam'", 'true', 'a list of 2', '')
    """
    if isinstance(value, Mapping):
        return ""
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,}"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _own_sentence(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message.rstrip(".")
    if len(message) > LONGEST_SENTENCE:
        message = message[: LONGEST_SENTENCE - 1] + "…"
    return message + ("" if message.endswith("?") else ".")


def _place(
    schema: Schema, document: Mapping[str, Any], loc: tuple[int | str, ...]
) -> tuple[tuple[int | str, ...], Any]:
    """Return the place without what pydantic put into it, and what the document has there.

    Names of types and of records in a union are no keys. A key counts if the document has
    it, or if the schema does where a bare value stands for a table: ``population = 0``.
    """
    place: tuple[int | str, ...] = ()
    value: Any = document
    for part in loc:
        is_key = isinstance(value, Mapping) and part in value
        is_index = isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)
        if is_key or is_index:
            value = value[part]
            place = (*place, part)
        elif not isinstance(value, Mapping | list | tuple) and isinstance(part, str):
            place = (*place, part) if parts_at(schema, document, (*place, part)) else place
    return place, value


def _keys(
    schema: Schema, document: Mapping[str, Any], place: tuple[int | str, ...]
) -> Iterator[str]:
    """Yield the keys that a document may have at `place`."""
    for part in parts_at(schema, document, place):
        yield from part.get("properties", {})


def _below(
    schema: Schema, document: Mapping[str, Any], place: Place, key: str, depth: int = 2
) -> Place | None:
    """Return where a key would stand that was written in a table further up, if anywhere."""
    tables = sorted(set(_keys(schema, document, place)))
    for name in tables:
        if key in _keys(schema, document, (*place, name)):
            return (*place, name, key)
    found = (
        _below(schema, document, (*place, name), key, depth - 1) for name in tables if depth > 1
    )
    return next((each for each in found if each is not None), None)

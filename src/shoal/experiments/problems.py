"""From pydantic's errors to sentences with a key path: all problems of a document at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from shoal.errors import ExperimentError, Problem, did_you_mean

Schema = Mapping[str, Any]


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
    schema = record.model_json_schema()
    problems = []
    for found in error.errors(include_url=False):
        place = tuple(part for part in found["loc"] if not _is_tag(part))
        problems.append(
            Problem(path=_path(place), message=_message(dict(found), schema, document, place))
        )
    return ExperimentError(source, problems)


def _path(place: tuple[int | str, ...]) -> str:
    """Return the place as TOML writes it: ``network.layers[1].units``."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _is_tag(part: int | str) -> bool:
    """Return whether pydantic put the name of a type, not of a key, into the place."""
    return isinstance(part, str) and ("[" in part or part in ("int", "literal", "str", "float"))


def _message(
    found: dict[str, Any], schema: Schema, document: Mapping[str, Any], place: tuple[int | str, ...]
) -> str:
    kind, given = found["type"], found["input"]
    if kind == "extra_forbidden":
        known = sorted(set(_keys(schema, schema, document, place[:-1])))
        cure = did_you_mean(str(place[-1]), known) or f"Known keys: {', '.join(known)}."
        return f"unknown key. {cure}"
    if kind == "missing":
        return "is missing."
    message = str(found["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:] if message.startswith("Input") else message
    message = message.replace("input should be", "must be").rstrip(".")
    shown = repr(given) if not isinstance(given, dict | list) else ""
    if "; got" in message or "Did you mean" in message or "Known names" in message or not shown:
        return message + ("" if message.endswith("?") else ".")
    return f"{message}; got {shown}."


def _keys(schema: Schema, part: Schema, value: Any, place: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that a document may have at `place` below `part` of the schema."""
    part = _resolved(schema, part)
    for option in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        if _fits(_resolved(schema, option), value):
            yield from _keys(schema, option, value, place)
    if not place:
        yield from part.get("properties", {})
        return
    step, rest = place[0], place[1:]
    inside = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step)
    try:
        below = value[step]
    except (LookupError, TypeError):
        below = None
    if inside:
        yield from _keys(schema, inside, below, rest)


def _resolved(schema: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def _fits(option: Schema, value: Any) -> bool:
    """Return whether the constants of an option (a task's or optimizer's name) are those given."""
    if not isinstance(value, Mapping):
        return True
    for name, wanted in option.get("properties", {}).items():
        if "const" in wanted and value.get(name, wanted.get("default")) != wanted["const"]:
            return False
    return all(name in value for name in option.get("required", ()) if name in ("file", "given"))

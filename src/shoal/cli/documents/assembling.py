"""A command's schema in one piece: its documents, and the records that they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shoal.cli.documents.parts import MODEL, MORE, Schema
from shoal.cli.documents.table import DOCUMENTS
from shoal.errors import InputError, did_you_mean
from shoal.experiments.document import Experiment, GivenData

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_of(command: str) -> Schema:
    """Return the JSON Schema of what a command prints with ``--json``.

    Args:
        command: its name, such as ``run`` or ``runs show``.

    Raises:
        InputError: there is no such command.

    Example:
        >>> schema_of("runs rm")["properties"]["removed"]["type"]
        'array'
    """
    if command not in DOCUMENTS:
        cure = did_you_mean(command, DOCUMENTS) or "The names are those of shoal --help."
        raise InputError(f"schema: there is no command '{command}'. {cure}", code="U101")
    document = DOCUMENTS[command]
    parts = [_found(home) for home in document.homes]
    body = parts[0] if len(parts) == 1 else {"anyOf": parts}
    defs = _records(tuple(dict.fromkeys(_models(body))))
    title = f"shoal {command} --json" + (": a line" if document.lines else "")
    found = {"$schema": DIALECT, "title": title, **_resolved(body, defs)}
    needed = _needed(found, defs)
    return {**found, "$defs": needed} if needed else found


def _found(home: str) -> Schema:
    module, _, name = home.partition(":")
    found: Schema = getattr(import_module(f"shoal.cli.documents.{module}"), name)
    return found


@cache
def _records(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    """Return the schemas of records as commands print them."""
    # keys of an experiment that have no value are left out, which only reading allows
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation" if model is Experiment else "serialization") for model in models
    ]
    if any(model is Experiment for model, _ in modes):
        modes.append((GivenData, "serialization"))
    _, made = models_json_schema(modes)
    defs: dict[str, Any] = made.get("$defs", {})
    if "GivenData" in defs:
        told = "rows that were given in Python, which no file holds"
        defs["GivenData"]["description"] = told
        defs["Experiment"]["properties"]["data"]["anyOf"].append({"$ref": "#/$defs/GivenData"})
    return defs


def _models(schema: Any) -> Iterator[type[BaseModel]]:
    for each in _inside(schema):
        if MODEL in each and isinstance(each[MODEL], type):
            yield each[MODEL]


def _inside(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a schema."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from _inside(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _inside(each)


def _resolved(schema: Any, defs: dict[str, Any]) -> Any:
    """Return a schema as JSON has it; a record with more members than its class is written out."""
    if isinstance(schema, list):
        return [_resolved(each, defs) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _resolved(value, defs)
        for key, value in schema.items()
        if not (key == MODEL and isinstance(value, type)) and key != MORE
    }
    if MORE not in schema:
        return plain
    own, more = defs[schema[MODEL].__name__], _resolved(schema[MORE], defs)
    return {
        "description": plain["description"],
        "type": "object",
        "properties": {**own["properties"], **more},
        "required": list(dict.fromkeys([*own["properties"], *more])),
        "additionalProperties": False,
    }


def _needed(schema: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that a schema refers to, and those that these refer to."""
    found: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for each in _inside(waiting.pop()):
            name = str(each.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in found:
                found[name] = defs[name]
                waiting.append(defs[name])
    return {name: found[name] for name in sorted(found)}

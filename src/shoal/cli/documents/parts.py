"""What JSON Schemas of documents are put together of: every member has its meaning beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from pydantic import BaseModel, TypeAdapter

from shoal.records import attributes_of

Schema = dict[str, Any]
FIGURE: Final = "^(train|validation|test)_(loss|accuracy|mean_absolute_error|r2)$"
"""Names of figures, of whichever rows."""


MODEL: Final = "model"
"""Where a reference keeps the class that it refers to, until the schema is whole."""
MORE: Final = "more"
"""Where a reference keeps members that come beside those of its class."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A member that need not be there."""

    schema: Schema


def text(about: str, *values: str) -> Schema:
    """Return the schema of a text, one of `values` if there are any."""
    return {"description": about, "type": "string", **({"enum": list(values)} if values else {})}


def whole(about: str) -> Schema:
    """Return the schema of a whole number."""
    return {"description": about, "type": "integer"}


def number(about: str) -> Schema:
    """Return the schema of a number."""
    return {"description": about, "type": "number"}


def flag(about: str) -> Schema:
    """Return the schema of true or false."""
    return {"description": about, "type": "boolean"}


def anything(about: str) -> Schema:
    """Return the schema of a value that another document lays down."""
    return {"description": about}


def listed(about: str, each: Schema) -> Schema:
    """Return the schema of a list."""
    return {"description": about, "type": "array", "items": each}


def by_name(about: str, each: Schema, names: str = "") -> Schema:
    """Return the schema of values by name: any name, or those that a pattern allows."""
    found: Schema = {"description": about, "type": "object"}
    if names:
        return {**found, "patternProperties": {names: each}, "additionalProperties": False}
    return {**found, "additionalProperties": each}


def unknown(schema: Schema) -> Schema:
    """Return the schema of a value that is null where it is not known."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    rest = {key: value for key, value in schema.items() if key != "description"}
    return {
        "description": schema.get("description", ""),
        "anyOf": [rest or {}, {"type": "null"}],
    }


def record(about: str, /, **members: Schema | Maybe) -> Schema:
    """Return the schema of an object with these members and no others."""
    return {
        "description": about,
        "type": "object",
        "properties": {
            name: each.schema if isinstance(each, Maybe) else each for name, each in members.items()
        },
        "required": [name for name, each in members.items() if not isinstance(each, Maybe)],
        "additionalProperties": False,
    }


def with_figures(schema: Schema, each: Schema) -> Schema:
    """Return the schema of an object that has figures by name as members too."""
    return {**schema, "patternProperties": {FIGURE: each}}


def fields_of(
    kind: type, *, without: tuple[str, ...] = (), null: tuple[str, ...] = ()
) -> dict[str, Schema | Maybe]:
    """Return the members that the fields of a record class are, told as its docstring does.

    Args:
        kind: a dataclass with an ``Attributes`` section.
        without: fields that are no members.
        null: those whose number may be unknown.
    """
    told, hints = attributes_of(kind.__doc__ or ""), get_type_hints(kind)
    found: dict[str, Schema | Maybe] = {}
    for field in dataclasses.fields(kind):
        if field.name in without:
            continue
        made = TypeAdapter(hints[field.name]).json_schema()
        made = {"description": as_json(told.get(field.name, "")), **_bare(made)}
        found[field.name] = unknown(made) if field.name in null else made
    return found


def of_model(kind: type[BaseModel], about: str = "") -> Schema:
    """Return the reference to a record's own schema; `schema_of` takes it in."""
    return {"description": about, "$ref": f"#/$defs/{kind.__name__}", MODEL: kind}


def with_members(schema: Schema, **members: Schema) -> Schema:
    """Return a reference to a record whose document has more members than the record."""
    return {**schema, MORE: members}


def any_of(about: str, *schemas: Schema) -> Schema:
    """Return the schema of one of several documents."""
    return {"description": about, "anyOf": list(schemas)}


def as_json(told: str) -> str:
    """Return what a docstring says with the words of JSON."""
    return told.replace("NaN", "null").replace("None", "null").removesuffix(".")


def _bare(schema: Mapping[str, Any]) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


__all__ = [
    "FIGURE", "MODEL", "MORE", "Maybe", "Schema", "any_of", "anything", "as_json", "by_name",
    "fields_of",
    "flag", "listed", "number", "of_model", "record", "text", "unknown", "whole", "with_figures",
    "with_members",
]  # fmt: skip

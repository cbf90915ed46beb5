"""The keys of the experiment as its JSON Schema tells them: meanings, what is allowed, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shoal.data.wording import count

Schema = Mapping[str, Any]
LARGE: Final = 2**31
"""Bounds from here on are those of the machine, and say nothing to a reader."""
MANY: Final = 12
"""Names that are listed where they may stand; of more some are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a table.

    Attributes:
        name: what it is called.
        schema: its own.
        is_required: whether a table must have it.
    """

    name: str
    schema: Schema
    is_required: bool


def leaves(schema: Schema, defs: Schema) -> Iterator[Schema]:
    """Yield the kinds of value that a schema allows, without the choices above them."""
    if "$ref" in schema:
        yield from leaves(defs[str(schema["$ref"]).removeprefix("#/$defs/")], defs)
        return
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for each in choices:
        yield from leaves(each, defs)
    if not choices:
        yield schema


def names_of(schema: Schema, defs: Schema) -> tuple[str, ...]:
    """Return the names that may stand for a value, in their order."""
    found: list[str] = []
    for each in leaves(schema, defs):
        found += [name for name in each.get("enum", ()) if isinstance(name, str)]
        found += [each["const"]] if isinstance(each.get("const"), str) else []
        if each.get("type") == "object":
            own = each.get("properties", {}).get("name", {})
            found += [own["const"]] if "const" in own else []
    return tuple(dict.fromkeys(found))


def tables_of(schema: Schema, defs: Schema) -> list[Schema]:
    """Return the tables that a value may be."""
    return [each for each in leaves(schema, defs) if "properties" in each]


def keys_of(table: Schema) -> list[Key]:
    """Return the keys of a table: what chooses its kind, what it must have, and the others."""
    required = table.get("required", ())
    found = [
        Key(name=name, schema=each, is_required=name in required)
        for name, each in table["properties"].items()
    ]
    return sorted(found, key=lambda key: (key.name not in ("task", "name"), not key.is_required))


def meaning(schema: Schema) -> str:
    """Return what a key means, as a sentence without markup."""
    told = str(schema.get("description", "")).replace("``", "`").replace("None ", "nothing ")
    if re.match("[a-z]+[ ,]", told):  # and not the name of a feature
        told = told[:1].upper() + told[1:]
    return told if not told or told.endswith(".") else f"{told}."


def allowed(schema: Schema, defs: Schema) -> str:
    """Return in words what a key may be.

    Example:
        >>> allowed({"type": "integer", "minimum": 1, "maximum": 64}, {})
        'a whole number from 1 to 64'
        >>> allowed({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}, {})
        'a number above 0'
        >>> allowed({"type": "object", "additionalProperties": {"enum": ["a", "b"]}}, {})
        'a table, each "a" or "b"'
        >>> allowed({"enum": ["mean", "sum"], "type": "string"}, {})
        '"mean" or "sum"'
    """
    known = list(leaves(schema, defs))
    flat: Schema = {"anyOf": [each for each in known if each.get("type") != "array"]}
    told = [_names(names_of(flat, defs))] if names_of(flat, defs) else []
    told += [_kind(each) for each in known]
    for each in (each for each in known if each.get("type") == "array"):
        items = allowed(each.get("items", {}), defs)
        told.append("a list of them" if items in [" or ".join(filter(None, told))] else
                    f"a list, each {items}" if items else "a list")  # fmt: skip
    for each in (each for each in known if isinstance(each.get("additionalProperties"), Mapping)):
        told.append(f"a table, each {allowed(each['additionalProperties'], defs)}")
    return " or ".join(dict.fromkeys(filter(None, told)))


def _kind(leaf: Schema) -> str:
    if "enum" in leaf or "const" in leaf:
        return ""
    if leaf.get("type") in ("integer", "number"):
        return _number(leaf)
    return {"boolean": "true or false", "string": "a text"}.get(str(leaf.get("type")), "")


def _number(leaf: Schema) -> str:
    what = "a whole number" if leaf["type"] == "integer" else "a number"
    low, above = leaf.get("minimum"), leaf.get("exclusiveMinimum")
    high, below = leaf.get("maximum"), leaf.get("exclusiveMaximum")
    high = None if high is not None and high >= LARGE else high
    if low is not None and high is not None:
        return f"{what} from {low:g} to {high:,}"
    parts = [
        f"from {low:g}" if low is not None else "",
        f"above {above:g}" if above is not None else "",
        f"up to {high:,}" if high is not None else "",
        f"below {below:g}" if below is not None else "",
    ]
    told = [part for part in parts if part]
    return " ".join([what, " and ".join(told)]).rstrip() + (" on" if told == parts[:1] else "")


def _names(names: Sequence[str]) -> str:
    shown = [f'"{name}"' for name in names[:MANY]]
    if len(names) > MANY:
        return ", ".join(shown) + f" and {count(len(names) - MANY, 'more name')}"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" or {shown[-1]}"

"""The page of every key of an experiment, from the JSON Schema that `shoal schema` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from shoaldocs import rst

REQUIRED = "must be given"
LONGEST_DEFAULT = 60
"""Characters of a default that is shown; tables are told by their own keys."""
SAME = {
    "network.bias_initializer": "network.initializer",
    "network.layers[].initializer": "network.initializer",
}
"""Places that take the same records as another, which are told there once."""
COMMON = "every source"
"""What the keys of `[data]` belong to that every task and file has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key.

    Attributes:
        path: such as ``training.optimizer.learning_rate``.
        of: the member it belongs to, such as ``adam``; "" if it is always there.
        kind: its type and bounds, in words.
        default: as TOML writes it; "" if there is none.
        told: what it means.
    """

    path: str
    of: str
    kind: str
    default: str
    told: str

    @property
    def name(self) -> str:
        """The name of its entry."""
        return f"{self.path} ({self.of})" if self.of else self.path


@cache
def schema() -> dict[str, Any]:
    """Return the schema as `shoal schema` has it."""
    import shoal

    found: dict[str, Any] = shoal.Experiment.model_json_schema()
    return found


@cache
def every_key() -> list[Key]:
    """Return every key, in the order of the document; what many members share stands once."""
    document = schema()
    every = list(_keys(document, document["$defs"], "", ""))
    recipe = [key for key in every if key.path.startswith("data.") and key.of == "greater"]
    sources = {key.of for key in every if key.path.startswith("data.")}
    alike = {
        (key.path, key.kind, key.told): replace(key, of=COMMON)
        for key in recipe
        if all((key.path, key.kind, key.told) in _facts(every, of) for of in sources)
    }
    first = next(k for k, key in enumerate(every) if key.path == "data")
    kept = [
        key
        for key in every
        if (found := alike.get((key.path, key.kind, key.told))) is None
        or key.default != found.default
    ]
    return [*kept[: first + 1], *alike.values(), *kept[first + 1 :]]


def _facts(every: list[Key], of: str) -> set[tuple[str, str, str]]:
    return {(key.path, key.kind, key.told) for key in every if key.of == of}


def _keys(table: dict[str, Any], records: dict[str, Any], at: str, of: str) -> Iterator[Key]:
    for name, field in table.get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        inner = list(_records_in(field, records))
        also = f" The same as {SAME[path]}." if path in SAME else ""
        yield Key(
            path=path,
            of=of,
            kind=words(field, records),
            default=_default(field, name, table),
            told=field.get("description", "") + also,
        )
        for _title, record, several in [] if path in SAME else inner:
            member = _member(record)
            place = f"{path}[]" if several and not member else path
            yield from _keys(record, records, place, member or of)


def _records_in(
    field: dict[str, Any], records: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield the records that a field may hold: title, schema, whether several of them."""
    seen = set()
    waiting = [(field, False)]
    while waiting:
        each, several = waiting.pop(0)
        if "$ref" in each:
            name = each["$ref"].rsplit("/", 1)[1]
            if name not in seen and "properties" in records[name]:
                seen.add(name)
                yield name, records[name], several
            elif "properties" not in records[name]:
                waiting.append((records[name], several))
        for kind in ("anyOf", "oneOf", "allOf"):
            waiting.extend((branch, several) for branch in each.get(kind, ()))
        if isinstance(each.get("items"), dict):
            waiting.append((each["items"], True))
        waiting.extend((every, True) for every in each.get("prefixItems", ()))


def _member(record: dict[str, Any]) -> str:
    """Return the name that tells a record from others: a task, an optimizer, "file"."""
    properties = record.get("properties", {})
    for key in ("name", "task"):
        const = properties.get(key, {}).get("const")
        if const:
            return str(const)
    for key in ("file", "images"):
        if key in properties:
            return key
    return "" if "enum" not in properties.get("name", {}) else "by name"


def words(field: dict[str, Any], records: dict[str, Any]) -> str:
    """Return a type and its bounds in words.

    Example:
        >>> words({"type": "integer", "minimum": 1}, {})
        'whole number, at least 1'
        >>> words({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}, {})
        'number above 0, or not given'
    """
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        record = records.get(name, {})
        return "table" if "properties" in record else words(record, records)
    branches = field.get("anyOf") or field.get("oneOf") or field.get("allOf")
    if branches:
        return _either([words(each, records) for each in branches])
    if "const" in field:
        return json.dumps(field["const"], ensure_ascii=False)
    if "enum" in field:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in field["enum"])
    if isinstance(field.get("type"), list):
        return _either([words({**field, "type": each}, records) for each in field["type"]])
    return _plain(field, records)


def _either(texts: list[str]) -> str:
    kept = list(dict.fromkeys(texts))
    absent = "not given" in kept
    said = " or ".join(text for text in kept if text != "not given")
    return f"{said}, or not given" if absent else said


def _plain(field: dict[str, Any], records: dict[str, Any]) -> str:
    kind = field.get("type", "")
    if kind == "array":
        inner = field.get("items") or {}
        return f"list of {words(inner, records)}" if inner else "list"
    if kind == "object":
        return "table"
    names = {
        "integer": "whole number", "number": "number", "string": "text", "boolean": "true | false",
        "null": "not given",
    }  # fmt: skip
    return names.get(kind, "any value") + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    said = {
        "minimum": ", at least {}", "exclusiveMinimum": " above {}",
        "maximum": ", at most {}", "exclusiveMaximum": ", below {}",
        "minLength": "", "maxLength": "",
    }  # fmt: skip
    return "".join(
        text.format(f"{field[key]:,}" if isinstance(field[key], int) else f"{field[key]:g}")
        for key, text in said.items()
        if key in field
    )


def _default(field: dict[str, Any], name: str, table: dict[str, Any]) -> str:
    if "default" not in field:
        return REQUIRED if name in table.get("required", ()) else ""
    value = field["default"]
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def page() -> str:
    """Return the page of all keys."""
    parts = [
        rst.title("Keys of an experiment"),
        "An experiment is one TOML or JSON file; every key has a default but those that say so.",
        "A key is changed by its path: ``shoal run FILE training.epochs=20``.",
        "Where a key belongs to one member of a registry, the member stands behind it in brackets.",
        "``shoal schema`` prints the JSON Schema that this page is made of.\n",
    ]
    before = ""
    for key in every_key():
        group = heading_of(key)
        if group != before:
            parts.append(rst.title(group, "-"))
            before = group
        parts.append(text_of(key))
    return "\n".join(parts)


def heading_of(key: Key) -> str:
    """Return the heading that a key stands under."""
    top, _, rest = key.path.partition(".")
    if not key.of:
        return f"[{top}]" if rest else "The document"
    path = key.path.rpartition(".")[0] or top
    return f"{path} = {key.of}"


def text_of(key: Key) -> str:
    """Return a key with its type, default and meaning."""
    form = f"*{rst.escaped(key.kind)}*"
    if key.default == REQUIRED:
        form += " *; must be given*"
    elif key.default and len(key.default) <= LONGEST_DEFAULT:
        form += f" *; default* {rst.literal(key.default)}"
    told = key.told[:1].upper() + key.told[1:]
    return rst.directive("key", key.name, f"{rst.prose(told)}\n\n{form}\n")


def pages() -> dict[str, str]:
    """Return the pages by their path."""
    return {"keys": page()}

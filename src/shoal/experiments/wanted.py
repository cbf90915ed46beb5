"""What a JSON Schema asks for at a place of a document, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
Place = tuple[int | str, ...]

DEFAULT_TASK = "greater"


def parts_at(schema: Schema, document: Any, place: Place) -> list[Schema]:
    """Return the parts of a schema that speak about a place of a document.

    Where a document may hold one of several records, those that its `name`, `task` or
    `file` does not choose are left out.

    Args:
        schema: of the whole document.
        document: tells which alternatives were chosen on the way.
        place: keys and indices from the top.
    """
    return list(_parts(schema, schema, document, place))


def wanted(parts: Sequence[Schema], schema: Schema) -> str:
    """Return what the parts ask for: ``a whole number of 1 or more, or "full"``.

    Example:
        >>> wanted([{"type": "integer", "minimum": 1}, {"const": "full"}], {})
        'a whole number of 1 or more, or "full"'
    """
    words, names, tables = [], [], False
    for part in parts:
        if "const" in part or "enum" in part:
            names += [part["const"]] if "const" in part else list(part["enum"])
        elif part.get("type") == "object":
            tables = True
        elif part.get("type") != "null":
            words.append(_type(part))
    words += ["a table"] if tables else []
    unique = list(dict.fromkeys(word for word in words if word))
    choice = _choice(list(dict.fromkeys(names)))
    return ", or ".join([*unique, choice] if choice else unique)


def _choice(names: Sequence[object]) -> str:
    shown = [f'"{name}"' for name in names]
    if len(shown) <= 2:
        return " or ".join(shown)
    return f"one of {', '.join(shown[:-1])} or {shown[-1]}"


def _type(part: Schema) -> str:
    kind = part.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _bounds(part)
    if kind == "string":
        if "pattern" in part:
            return f"text like {part['pattern']}"
        return "text that is not empty" if part.get("minLength") else "text"
    if kind == "array":
        return "a list" + _length(part)
    return {"boolean": "true or false"}.get(str(kind), "")


def _bounds(part: Schema) -> str:
    low, above = part.get("minimum"), part.get("exclusiveMinimum")
    high, below = part.get("maximum"), part.get("exclusiveMaximum")
    top = f"{high:,}" if high is not None else f"below {below:,}" if below is not None else ""
    if low is not None:
        return f" from {low:,} to {top}" if top else f" of {low:,} or more"
    if above is not None:
        return f" greater than {above:,}" + (f" and at most {top}" if top else "")
    return f" of at most {top}" if high is not None else f" {top}" if top else ""


def _length(part: Schema) -> str:
    least, most = part.get("minItems"), part.get("maxItems")
    if most is not None:
        return f" of {least or 0} to {most:,} entries"
    return f" with {least:,} or more entries" if least else ""


def _parts(schema: Schema, part: Schema, value: Any, place: Place) -> Iterator[Schema]:
    part = _resolved(schema, part)
    options = [o for key in ("anyOf", "oneOf", "allOf") for o in part.get(key, ())]
    for option in options:
        if _fits(_resolved(schema, option), value):
            yield from _parts(schema, option, value, place)
    if not place:
        if not options:
            yield part
        return
    step, rest = place[0], place[1:]
    inside = _items(part, step) if isinstance(step, int) else _value_of(part, step)
    if inside is None:
        return
    try:
        below = value[step]
    except (LookupError, TypeError):
        below = None
    yield from _parts(schema, inside, below, rest)


def _value_of(part: Schema, key: str) -> Schema | None:
    """Return the schema of a key: its own, or the one of all keys of a table of any."""
    own: Schema | None = part.get("properties", {}).get(key)
    rest = part.get("additionalProperties")
    return own if own is not None else rest if isinstance(rest, Mapping) else None


def _items(part: Schema, step: int) -> Schema | None:
    first: Sequence[Schema] = part.get("prefixItems", ())
    found: Schema | None = first[step] if step < len(first) else part.get("items")
    return found


def _resolved(schema: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def _fits(option: Schema, value: Any) -> bool:
    """Return whether an alternative is the one that a table's name, task or file chooses."""
    if not isinstance(value, Mapping):
        return True
    properties = option.get("properties", {})
    named = [key for key in ("file", "images", "given") if key in option.get("required", ())]
    if named:
        return any(key in value for key in named)
    if "const" in properties.get("task", {}):
        if any(key in value for key in ("file", "images", "given")):
            return False
        return bool(value.get("task", DEFAULT_TASK) == properties["task"]["const"])
    names = properties.get("name", {})
    if "const" in names or "enum" in names:
        known = [names["const"]] if "const" in names else names["enum"]
        return value.get("name") in known
    return True

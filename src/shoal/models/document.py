"""JSON that cannot surprise: bounded, without duplicate keys, NaN or half characters.

Everything that a model file says goes through `read_document` before any record sees it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from shoal.data.wording import show
from shoal.fields import plain_number

MAX_DEPTH = 32
"""The deepest nesting of a document; an experiment has about 6 levels."""
MAX_VALUES = 2**20
"""The most values of a document; counted by their commas, before memory is taken."""
MAX_INTEGER = 2**63
"""The largest whole number, in magnitude."""


class DocumentError(ValueError):
    """Why something is not a document: a short reason, to which the caller adds where."""


def read_document(text: bytes | str) -> dict[str, Any]:
    """Return the object that `text` (UTF-8) holds.

    Raises:
        DocumentError: it is not JSON, not an object, too large, too deep, or names a key twice.

    Example:
        >>> read_document('{"a": [1, 2.5, null]}')
        {'a': [1, 2.5, None]}
    """
    commas = text.count(b"," if isinstance(text, bytes) else ",")  # type: ignore[arg-type]
    if commas > MAX_VALUES:
        raise DocumentError(f"has more than {MAX_VALUES:,} values")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        found = json.loads(decoded, object_pairs_hook=_once, parse_constant=_not_a_number)
    except DocumentError:
        raise
    except RecursionError:
        raise DocumentError(f"is nested more than {MAX_DEPTH} levels deep") from None
    except ValueError:
        raise DocumentError("is not JSON") from None
    if not isinstance(found, dict):
        raise DocumentError("is not an object")
    return plain_document(found)


def write_document(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, the same text for equal documents."""
    return json.dumps(
        document, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def plain_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `document` made of dictionaries, lists, text, numbers and None only.

    Raises:
        DocumentError: it holds anything else, or what JSON cannot say.
    """
    copy = _plain(document, MAX_DEPTH)
    assert isinstance(copy, dict)
    return copy


def one_line(text: str, longest: int = 200) -> str:
    """Return what a stranger's file says, or is said of it, fit for one line.

    Example:
        >>> one_line("a\\nb" * 100, longest=5)
        'a ba …'
    """
    plain = "".join(c if c.isprintable() else " " for c in text[: longest + 1])
    return plain if len(plain) <= longest else plain[:longest] + "…"


def _plain(value: object, levels: int) -> Any:
    if isinstance(value, Mapping | list | tuple):
        if levels == 0:
            raise DocumentError(f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(value, Mapping):
            return {_key(key): _plain(each, levels - 1) for key, each in value.items()}
        return [_plain(each, levels - 1) for each in value]
    if isinstance(value, str):
        return _text(value)
    number = plain_number(value)
    if number is None or isinstance(number, bool):
        return number
    if isinstance(number, int):
        if abs(number) > MAX_INTEGER:
            raise DocumentError("holds a whole number beyond 2**63")
        return number
    if not isinstance(number, float):
        raise DocumentError(f"holds a {type(value).__name__}, which JSON cannot say")
    if not math.isfinite(number):
        raise DocumentError(f"holds {number}, which JSON cannot say")
    return number


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise DocumentError(f"has the key {key!r}, which is not text")
    return _text(key)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DocumentError(f"holds text with half a character, {show(text)}") from None
    return str(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DocumentError(f"has the key {show(twice)} twice")
    return found


def _not_a_number(constant: str) -> NoReturn:
    raise DocumentError(f"holds {constant}, which JSON cannot say")

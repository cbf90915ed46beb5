"""JSON of a stranger: bounded in depth before it is parsed, without NaN and without doubles.

Numbers are always float64, however many digits they have.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from shoal.data.wording import show
from shoal.serving.refusals import RequestError

MOST_LEVELS: Final = 32
"""Rows need three levels."""

_DEEP: Final = f"the JSON is nested deeper than {MOST_LEVELS} levels."
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
_BUT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(body: bytes) -> Any:
    """Return a JSON document; objects are dictionaries, numbers floats.

    Raises:
        RequestError: it is empty, no JSON, nested too deep, or has NaN or a key twice.

    Example:
        >>> parse_json(b'{"a": 1}')
        {'a': 1.0}
    """
    if not body.strip():
        raise RequestError(400, "the body is empty. Send rows, or one row.")
    n_left = _n_left_open(body)
    if n_left > MOST_LEVELS:
        raise RequestError(400, _DEEP)
    try:
        document = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        told = f"the JSON is not UTF-8: byte {error.start + 1} fits no character."
        raise RequestError(400, told) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RequestError(400, f"the body is not JSON: {error.msg}, at {place}.") from None
    except RecursionError:
        raise RequestError(400, _DEEP) from None
    if n_left:  # all brackets were closed, so these are levels
        raise RequestError(400, _DEEP)
    return document


def _n_left_open(body: bytes) -> int:
    """Return how many brackets outside of strings remain without the innermost levels.

    Pairs that hold nothing are taken away, level by level, `MOST_LEVELS` times, without
    recursion and in time linear in the body. What is left then is deeper, or was never
    closed, which parsing tells; parsing goes no deeper than `MOST_LEVELS` more.
    """
    if body.count(b"[") + body.count(b"{") <= MOST_LEVELS:
        return 0
    brackets = _STRING.sub(b"", body).translate(None, _BUT_BRACKETS)
    for _ in range(MOST_LEVELS):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return brackets.count(b"[") + brackets.count(b"{")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RequestError(400, f"the key {show(twice)} is there twice in one object.")
    return found


def _constant(text: str) -> Any:
    raise RequestError(400, f"{text} is not JSON. A gap is null, in a column that may have gaps.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=float
)

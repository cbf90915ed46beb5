"""What a page says, read safely: text to one of the messages, or to one clear sentence.

Size, depth, numbers and keys are looked at before anything else is; only then the records of
`messages.py` are asked.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from shoal.lab.messages import ASKED, Asked

MAX_TEXT: Final = 4 * 2**20
"""Bytes of a message without the buffers beside it."""
MAX_DEPTH: Final = 32
"""Lists and tables within one another."""
MAX_ID: Final = 2**53
LONGEST: Final = 300
"""Characters of a sentence."""
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""A bracket or a string; one without an end goes to that of the text, so nothing is read twice."""
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class MisreadError(ValueError):
    """A message that is none; the text is the sentence.

    Attributes:
        id: of the message, 0 if it has none.
    """

    def __init__(self, sentence: str, id: int = 0) -> None:
        super().__init__(sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1] + "…")
        self.id = id


def read_message(text: str | bytes) -> Asked:
    """Return the message that a text is.

    Raises:
        MisreadError: it is none; with the number of the message, if that could be read.

    Example:
        >>> read_message('{"type": "hello", "id": 3}')
        Hello(type='hello', id=3)
    """
    document = _document(_text(text))
    id = _id_of(document)
    if not isinstance(document, dict):
        raise MisreadError(f"a message must be a table of keys; got {_kind(document)}.")
    try:
        return ASKED.validate_python(document)
    except ValidationError as error:
        raise MisreadError(_sentence(error), id) from None
    except (RecursionError, OverflowError):
        raise MisreadError("the message holds what no message can.", id) from None


def _text(text: str | bytes) -> str:
    if len(text) > MAX_TEXT:
        raise MisreadError(
            f"a message must have at most {MAX_TEXT:,} bytes; got {len(text):,}. "
            "Tables travel beside the message, not in it."
        )
    if isinstance(text, str):
        return text
    try:
        return bytes(text).decode()
    except UnicodeDecodeError:
        raise MisreadError("a message must be text in UTF-8.") from None


def _document(text: str) -> Any:
    _check_depth(text)
    try:
        return json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_once,
        )
    except MisreadError:
        raise
    except json.JSONDecodeError as error:
        raise MisreadError(f"a message must be JSON; got {error.msg.lower()}.") from None
    except (RecursionError, ValueError):
        raise MisreadError("a message must be JSON.") from None


def _check_depth(text: str) -> None:
    """Count brackets outside of strings, so that nothing deep reaches a reader that recurs."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _TOKEN.finditer(text):
        depth += _STEPS.get(found[0], 0)
        if depth > MAX_DEPTH:
            raise MisreadError(f"a message must not be nested more than {MAX_DEPTH} deep.")


def _no_constant(name: str) -> NoReturn:
    raise MisreadError(f"a message must hold finite numbers; got {name}.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MisreadError(f"a message must hold finite numbers; got {text[:20]}.")
    return value


def _whole(text: str) -> int:
    if len(text) > 20:
        raise MisreadError(f"a message must hold numbers of at most 20 digits; got {len(text)}.")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MisreadError(f"a message must hold each key once; got {twice[:40]!r} twice.")
    return found


def _id_of(document: object) -> int:
    id = document.get("id") if isinstance(document, dict) else None
    is_number = isinstance(id, int) and not isinstance(id, bool)
    return id if is_number and 0 <= id <= MAX_ID else 0  # type: ignore[operator, return-value]


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(value), "a number")


def _sentence(error: ValidationError) -> str:
    """Return the first problem as one sentence, with the keys on the way to it."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] in ("union_tag_not_found", "union_tag_invalid"):
        known = ", ".join(_kinds_of_messages())
        return f"type: must name a message; known are {known}."
    place = ".".join(str(part) for part in first["loc"][1:])
    where = f"{first['loc'][0]}, {place}" if place else str(first["loc"][0])
    told = first["msg"].encode("utf-8", "backslashreplace").decode()
    return f"{where}: {told[:1].lower()}{told[1:]}."


def _kinds_of_messages() -> list[str]:
    return list(ASKED.json_schema()["discriminator"]["mapping"])

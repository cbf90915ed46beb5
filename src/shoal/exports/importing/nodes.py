"""The ``{nodes, weights, func}`` form as JSON and as EDN, bounded before it is read."""

from __future__ import annotations

import decimal
import fractions
import re
from collections.abc import Mapping
from typing import Any, Final

from shoal.data.wording import show
from shoal.errors import ArgumentError, MissingExtraError
from shoal.exports.importing.chain import Bend, Linear, Refusal, Step, fold
from shoal.exports.importing.naming import Found
from shoal.models.document import MAX_DEPTH, MAX_VALUES
from shoal.network.interchange import from_nodes

KEYS: Final = ("nodes", "weights", "func")
MAX_TEXT: Final = 64 * 2**20
"""The longest text in EDN: a million numbers of 60 characters."""
LONGEST_ATOM: Final = 400
"""The longest number, keyword or text; Python's own numbers have 25 characters at most."""
_TOKEN: Final = re.compile(
    r"""(?P<space>[\s,]+|;[^\n]*)|(?P<open>[\[({])|(?P<close>[\])}])
    |(?P<text>"[^"\\]*")|(?P<atom>[^\s,;\[\](){}"]+)|(?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)
_PAIRS: Final = {"[": "]", "(": ")", "{": "}"}


def nodes_found(data: Mapping[str, Any], origin: str) -> Found:
    """Return the layers of ``{"nodes", "weights", "func"}``; other keys are left out.

    Raises:
        Refusal: a key is missing, or its value is not what it should be.
    """
    missing = [key for key in KEYS if key not in data]
    if missing:
        raise Refusal(f"has no {show(missing[0])}; nodes, weights and func are needed.")
    try:
        network, parameters = from_nodes({key: data[key] for key in KEYS})
    except ArgumentError as error:
        told = f"`{error.argument}` {error.requirement}; got {error.got}."
        raise Refusal(f"is no network: its {told}", error.cure, code="M101") from None
    except OverflowError:
        raise Refusal(
            "is no network: it holds a whole number that no float can hold.", code="M101"
        ) from None
    steps: list[Step] = []
    for number, (layer, weights) in enumerate(zip(network.layers, parameters.weights, strict=True)):
        name = f"the layer {number}"
        steps.append(Linear(name=name, weights=weights, bias=None))
        steps.append(Bend(name=name, activation=layer.activation))
    return Found(plain=fold(steps, network.n_inputs or 0), origin=origin)


def read_edn(content: bytes) -> dict[str, Any]:
    """Return a map in EDN as plain data: keywords and symbols as text, vectors as lists.

    Raises:
        Refusal: it is no such map, too large, too deep, or holds tagged values.
        MissingExtraError: edn_format is not installed.

    Example:
        >>> read_edn(b'{:nodes [2 1] :func :logistic}')
        {'nodes': [2, 1], 'func': 'logistic'}
    """
    try:
        import edn_format
    except ImportError:
        raise MissingExtraError("reading EDN", "edn_format", "export") from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("is not EDN: it is not UTF-8.", code="M102") from None
    _check(text)
    try:
        found = edn_format.loads_all(text, write_ply_tables=False)
        if len(found) != 1:
            raise Refusal(f"holds {len(found)} values; a single map is needed.")
        plain = _plain(found[0])
    except (edn_format.EDNDecodeError, ValueError, ArithmeticError, TypeError,
            NotImplementedError):  # fmt: skip
        raise Refusal("is not EDN.", code="M102") from None
    if not isinstance(plain, dict):
        raise Refusal(
            "is not a map: {:nodes [...] :weights [...] :func :logistic} is needed.", code="M101"
        )
    return plain


def _check(text: str) -> None:
    """Go through the text once, so that nothing hostile reaches the parser."""
    if len(text) > MAX_TEXT:
        raise Refusal(f"has {len(text):,} characters, more than {MAX_TEXT:,}.")
    depth: list[str] = []
    n_values, keys = 0, set[str]()
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind == "space":
            continue
        n_values += 1
        if n_values > MAX_VALUES:
            raise Refusal(f"has more than {MAX_VALUES:,} values.")
        if kind == "open":
            depth.append(_PAIRS[word])
            if len(depth) > MAX_DEPTH:
                raise Refusal(f"is nested more than {MAX_DEPTH} levels deep.")
        elif kind == "close" and (not depth or depth.pop() != word):
            raise Refusal(f"is not EDN: a {word} closes nothing.", code="M102")
        elif kind in ("text", "atom"):
            _check_atom(word)
            if len(depth) == 1 and word.startswith(":"):
                if word in keys:
                    raise Refusal(f"has the key {show(word)} twice.")
                keys.add(word)
        elif kind == "wrong":
            raise Refusal("is not EDN: a text in it does not end, or has a backslash.", code="M102")
    if depth:
        raise Refusal("ends in the middle: a bracket is not closed.", code="M102")


def _check_atom(word: str) -> None:
    if len(word) > LONGEST_ATOM:
        raise Refusal(f"holds a value of {len(word):,} characters.")
    if "#" in word or "^" in word or "\\" in word:
        told = f"holds {show(word)}; tagged values, sets and metadata have no place in a network."
        raise Refusal(told)


def _plain(value: Any) -> Any:
    """Return what the parser made as dictionaries, lists, text and numbers."""
    if isinstance(value, Mapping):
        return {_word(key): _plain(each) for key, each in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) or type(value).__name__ == "ImmutableList":
        return [_plain(each) for each in value]
    if isinstance(value, fractions.Fraction | decimal.Decimal):
        return float(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    return _word(value)


def _word(value: Any) -> str:
    """Return a keyword, a symbol or text as text, without the colon."""
    name = getattr(value, "name", value)
    if not isinstance(name, str):
        raise Refusal(f"has the key or value {show(str(value))}, which is no word.")
    return name

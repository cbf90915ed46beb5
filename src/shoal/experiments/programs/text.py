"""Source text: literals as ruff writes them, lists that are broken where ruff breaks them.

Everything that comes from a document or a table reaches a program through `quoted` or
`printable`, so no name can end a string, a comment or a docstring.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

WIDTH: Final = 88
"""Of a line, as ruff and Black have it by default."""
_NAME: Final = re.compile(r"[A-Z][A-Z_0-9]+\b")
_CONDITION: Final = re.compile(r"  #\? (.+)$")


def quoted(text: str) -> str:
    r"""Return a string literal, in double quotes unless single ones save escapes.

    Example:
        >>> print(quoted("plain"), quoted('a "b"'), quoted("it's\n"))
        "plain" 'a "b"' "it's\n"
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = "".join(
        f"\\{sign}" if sign == quote else sign if sign in "'\"" else repr(sign)[1:-1]
        for sign in text
    )
    return f"{quote}{body}{quote}"


def printable(text: str) -> str:
    r"""Return text for a comment or a docstring: one line that nothing in it can end.

    Example:
        >>> print(printable('a\n"b"'))
        a?'b'
    """
    plain = "".join(sign if sign.isprintable() else "?" for sign in text)
    return plain.replace('"', "'").replace("\\", "/")


def number(value: float) -> str:
    """Return a number as a person writes it.

    Example:
        >>> number(10000), number(1e-7), number(0.5), number(-3)
        ('10_000', '1e-7', '0.5', '-3')
    """
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    return re.sub(r"e([+-])0?", lambda found: f"e{found[1]}".rstrip("+"), repr(float(value)))


def literal(value: object) -> str:
    """Return a value of a document as Python, on one line."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"no literal for {type(value).__name__}")


def listed(head: str, items: Sequence[str], ends: str = "[]", *, tail: str = "") -> str:
    """Return a list, tuple or call: on one line where it fits, else one item a line.

    Args:
        head: what stands before it, with its indentation.
        items: the items.
        ends: the brackets.
        tail: what stands behind it.

    Example:
        >>> listed("x = ", ["1", "2"])
        'x = [1, 2]'
    """
    only = "," if ends == "()" and len(items) == 1 and not _is_call(head) else ""
    line = f"{head}{ends[0]}{', '.join(items)}{only}{ends[1]}{tail}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    margin = head[: len(head) - len(head.lstrip())]
    inside = "".join(f"{margin}    {each},\n" for each in items)
    return f"{head}{ends[0]}\n{inside}{margin}{ends[1]}{tail}"


def _is_call(head: str) -> bool:
    return bool(re.search(r"[\w\]]$", head))


def wrapped(text: str, *, indent: str = "", rest: str | None = None) -> str:
    """Return a paragraph broken to the width of a line."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def filled(piece: str, flags: Iterable[str] = (), **values: str) -> str:
    """Return a piece of a template with its names filled in and its conditions decided.

    A line that ends in ``#? a`` stays only with the flag `a`, one with ``#? !a`` only without
    it; ``#? a b`` wants both and ``#? a|b`` one of them. Names are capitals, and what is put in
    is not looked at again. A line that is nothing but a name is replaced by lines, or vanishes.

    Example:
        >>> print(filled("x = RATE  #? fast\\ny = 0  #? !fast", ["fast"], RATE="3"))
        x = 3
    """
    given, lines = set(flags), []
    for line in piece.split("\n"):
        condition = _CONDITION.search(line)
        if condition and not all(_holds(word, given) for word in condition[1].split()):
            continue
        kept = line[: condition.start()] if condition else line
        name = kept.strip()
        if name in values and not values[name]:
            continue
        margin = kept[: len(kept) - len(kept.lstrip())]
        if name in values:
            lines.append(textwrap.indent(values[name], margin))
        else:
            lines.append(_NAME.sub(lambda found: values.get(found[0], found[0]), kept))
    return "\n".join(lines)


def folded(text: str) -> str:
    """Return a program whose lines that are too long are broken where ruff breaks them.

    The last bracket of a line is opened, and what is in it stands on a line of its own.
    """
    return "\n".join(_folded(line) for line in text.split("\n"))


def _folded(line: str) -> str:
    body = line[:-1] if line.endswith((":", ",")) else line
    is_code = not line.lstrip().startswith(("#", '"""', "- "))
    if len(line) <= WIDTH or not is_code or not body.endswith((")", "]", "}")):
        return line
    margin = line[: len(line) - len(line.lstrip())]
    start = _opening(body)
    if start < len(margin):
        return line
    inside = body[start + 1 : -1]
    one = f"{margin}    {inside}"
    loop = _loop(inside)
    if len(one) <= WIDTH and (loop or (body[-1] == ")" and _is_call(body[:start]))):
        lines = [one]
    elif loop:
        lines = [f"{margin}    {inside[:loop].strip()}", f"{margin}    {inside[loop:].strip()}"]
    else:
        lines = [_folded(f"{margin}    {part},") for part in _parts(inside)]
    return "\n".join([body[: start + 1], *lines, margin + line[len(body) - 1 :]])


def _opening(body: str) -> int:
    """Return where the bracket opens that closes at the end; -1 if there is none."""
    opened = []
    for place, sign in _outside_strings(body):
        if sign in "([{":
            opened.append(place)
        elif sign in ")]}" and opened:
            start = opened.pop()
            if place == len(body) - 1:
                return start
    return -1


def _parts(inside: str) -> list[str]:
    """Return what commas part that stand in no bracket and no string."""
    depth, found, start = 0, [], 0
    for place, sign in _outside_strings(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            found.append(inside[start:place].strip())
            start = place + 1
    return [*found, inside[start:].strip()]


def _loop(inside: str) -> int:
    """Return where the ``for`` of a comprehension stands, 0 if it is none."""
    depth = 0
    for place, sign in _outside_strings(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and inside.startswith(" for ", place):
            return place
    return 0


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the signs of a line of code, and where they are, without those of its strings."""
    quote, skip = "", False
    for place, sign in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            yield place, sign


def _holds(words: str, flags: set[str]) -> bool:
    return any(
        (word[1:] not in flags) if word.startswith("!") else word in flags
        for word in words.split("|")
    )

"""Source text of the written files, in pieces; what is needed of a model is put together."""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Final

from shoal.network import ACTIVATIONS
from shoal.network.worked.formula import text
from shoal.network.worked.spelling import plain_output, spelled

_MARK: Final = re.compile(r"^(?:#|//): (\w+)\n", re.MULTILINE)
"""A line before each piece, with its name: ``#: tanh`` or ``//: tanh``."""


@functools.cache
def pieces(name: str) -> dict[str, str]:
    """Return the pieces of a template by name.

    Example:
        >>> pieces("python")["tanh"].splitlines()[0]
        'def tanh(sums):'
    """
    source = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    _, *parts = _MARK.split(source)
    found = dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))
    return {**_plain(name), **found}


def _plain(language: str) -> dict[str, str]:
    """Return functions of the activations that have a plain formula, for those without a piece."""
    if language not in _FUNCTIONS:
        return {}
    z = "z[i]" if language == "c" else "z"
    form = _FUNCTIONS[language]
    return {
        name: form.format(name=name, told=text(formula), value=value)
        for name in ACTIVATIONS
        if (formula := plain_output(name)) is not None
        and (value := spelled(formula, language, z=z)) is not None
    }


_FUNCTIONS: Final = {
    "python": """\
def {name}(sums):
    \"""Return {told}.\"""
    return [{value} for z in sums]""",
    "javascript": """\
/** Return {told}. */
function {name}(sums) {{
  return sums.map((z) => {value});
}}""",
    "c": """\
/* {told} */
static void @_{name}(double *z, int n)
{{
    int i;
    for (i = 0; i < n; i++)
        z[i] = {value};
}}""",
}
"""A function of each language that treats every unit by itself."""

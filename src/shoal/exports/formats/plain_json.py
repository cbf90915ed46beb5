"""JSON that says everything in words and numbers, so that any language can predict from it."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shoal.exports.formats.json_reading import from_json
from shoal.exports.formats.plain import about, check_size, document
from shoal.exports.formats.python import activations, source
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged
from shoal.exports.running import run

SUFFIX: Final = ".json"
HOW: Final[Mapping[str, str]] = {
    "features": "A column of numbers is one feature; a column of categories is one for each, "
    "1 where the cell is that category, else 0. fill stands in for a gap; null refuses it.",
    "scaled": "((x * multiply + add) - center) / scale in double precision, then rounded to "
    "precision.",
    "derived": "features made of x * multiply + add, which stand behind them and are scaled like "
    "them; places are the numbers of the features in formula: square x x, cube x x x, product x y, "
    "sin, cos (of radians) and abs.",
    "layer": "a[u] = activation(biases[u] + sum over i of x[i] * weights[i][u]).",
    "hinge": "if true, each output a becomes (1 + a) / 2 before the decision.",
    "values": "figure = a * target_scale + target_center.",
    "labels": "figure = min(max(a, 0), 1): the probability of the label's second class.",
    "one": "p = min(max(a, 0), 1); figures are 1 - p and p.",
    "softmax": "figures are the outputs.",
    "shares": "figure = a / sum of outputs; if the sum is 0, all are alike.",
    "nearest": "figure = max(a - theta, 0), with the theta that makes them sum to 1.",
    "mean": "the answer is the mean of the figures over the networks.",
    "vectors": "rows are features, expected the answers, each figure within its own "
    "number of tolerances.",
}
"""What a reader must do, in order."""

MAX_READ: Final = 1_000_000
"""Weights and biases: a document with more values than some million is not read back."""

_RUNTIME: Final = """\
import json
import math
import struct
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    GIVEN = json.load(file)
MULTIPLY, ADD = GIVEN["multiply"], GIVEN["add"]
COLUMNS, FEATURES, NETWORKS = GIVEN["columns"], GIVEN["features"], GIVEN["networks"]


{functions}


ACTIVATIONS = {activations}
print(json.dumps([mean(everyone(row)) for row in GIVEN["vectors"]["rows"]]))
"""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the document.

    Raises:
        InputError: there are too many weights.
    """
    check_size(portable, "JSON", MAX_READ)
    parts = document(portable)
    whole = {"about": about(portable), "how": _how(parts), **parts}
    whole["summary"] = _summary(portable)
    return {SUFFIX: (_text(whole) + "\n").encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Predict from the written document in plain Python, without NumPy and without shoal."""
    path = paths[SUFFIX]
    parts = json.loads(path.read_text(encoding="utf-8"))
    program = path.with_name("runtime.py")
    program.write_text(_RUNTIME.format(functions=source(parts), activations=activations(parts)))
    command = [sys.executable, "-I", "-B", str(program), str(path)]
    told = run(command, folder=path.parent, purpose="export: json in python")
    return judged(f"python {platform.python_version()}", portable.vectors, json.loads(told))


def _how(parts: Mapping[str, Any]) -> dict[str, str]:
    decisions = {"values", "labels", "one", "softmax", "shares", "nearest"}
    unused = {*decisions, "derived"} - {parts["decision"], *parts}
    return {k: v for k, v in HOW.items() if k not in unused}


def _summary(portable: Portable) -> Any:
    """Return what the training rows looked like, after multiply and add, or None."""
    summary = portable.model.summary
    return None if summary is None else summary.model_dump(mode="json")


def _text(value: Any, indent: int = 0) -> str:
    """Return JSON, indented but for lists without lists in them, which have a line each."""
    pad = " " * (indent + 1)
    if isinstance(value, Mapping) and value:
        inside = [f"{pad}{_plain(k)}: {_text(v, indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inside) + "\n" + " " * indent + "}"
    if isinstance(value, Sequence) and any(isinstance(each, list | dict) for each in value):
        inside = [pad + _text(each, indent + 1) for each in value]
        return "[\n" + ",\n".join(inside) + "\n" + " " * indent + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    """Return JSON on one line; what cannot be seen, or turns the direction, is written out."""
    found = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in found)


__all__ = ["from_json", "prove", "write"]

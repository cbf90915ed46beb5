"""Python of the standard library: a module to import, and a program that tests itself."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shoal.errors import InputError
from shoal.exports.formats.deriving import PYTHON, expressions, steps_of, swapped
from shoal.exports.formats.plain import about, check_size, document, no_activation, wrapped
from shoal.exports.formats.templates import pieces
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged
from shoal.exports.running import run

SUFFIX: Final = ".py"
DECISIONS: Final[Mapping[str, str]] = {"softmax": "as_they_are"}
"""Decisions whose piece of the template has another name: softmax is an activation too."""

_ASK: Final = """\
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("exported", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps([module.mean(module.everyone(row)) for row, _ in module.VECTORS]))
"""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the module.

    Raises:
        InputError: there are too many weights, an activation is unknown here, or the name is
            that of a module of Python's own.
    """
    check_size(portable, "Python")
    if portable.name in sys.stdlib_module_names:
        told = f"a file {portable.name}.py would hide the module {portable.name} of Python"
        raise InputError(f"export: {told}, and not run. Give it another name.", code="T101")
    parts = document(portable)
    text = "\n\n\n".join(
        [_docstring(portable), _constants(parts), source(parts), _tables(parts), _main()]
    )
    return {SUFFIX: (text + "\n").encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the module on its vectors, and its self-test, in a process of its own."""
    path = paths[SUFFIX]
    python = [sys.executable, "-I", "-B"]
    told = run([*python, "-c", _ASK, str(path)], folder=path.parent, purpose="export: python")
    proof = judged(f"python {platform.python_version()}", portable.vectors, json.loads(told))
    if proof.passed:  # the self-test that its receiver runs must say so too
        run([*python, str(path)], folder=path.parent, purpose="export: the self-test in python")
    return proof


def source(parts: Mapping[str, Any]) -> str:
    """Return the functions that a document's model needs; `parts` is as `document` has it.

    Raises:
        InputError: an activation is unknown here.
    """
    found = pieces("python")
    functions = dict.fromkeys(layer["activation"] for layer in parts["layers"])
    for name in functions:
        if name not in found:
            raise no_activation("Python", name)
    decided = found[DECISIONS.get(parts["decision"], parts["decision"])]
    if parts["hinge"]:
        decided = _with_hinge(decided)
    before = [found[name] for name in (parts["kind"], "networks", parts["precision"], *functions)]
    if parts.get("derived"):
        before[1] = _with_derived(before[1], parts)
    return "\n\n\n".join([*before, decided, found["numbers"]])


def _with_derived(networks: str, parts: Mapping[str, Any]) -> str:
    """Return the functions of the networks with one that computes derived features."""
    made = expressions(steps_of(parts), PYTHON, "x[{}]".format)
    lines = "".join(f"        {each},\n" for each in made)
    seen = (
        "def seen(features):\n"
        '    """Return features multiplied, added to, and with those that are derived of them."""\n'
        "    x = [value * MULTIPLY + ADD for value in features]\n"
        f"    derived = [\n{lines}    ]\n"
        "    if not all(map(math.isfinite, derived)):\n"
        '        raise ValueError("a derived feature is not finite.")\n'
        "    return x + derived\n\n\n"
    )
    old = (
        "    return [\n"
        "        rounded(((x * MULTIPLY + ADD) - c) / s) for x, c, s in "
        "zip(features, center, scale)\n"
        "    ]"
    )
    new = "    return [rounded((x - c) / s) for x, c, s in zip(seen(features), center, scale)]"
    return swapped(swapped(networks, old, new), "def scaled(", f"{seen}def scaled(")


def activations(parts: Mapping[str, Any]) -> str:
    """Return the list of functions, one for each layer, with their settings."""
    return f"[{', '.join(_activation(layer) for layer in parts['layers'])}]"


def _activation(layer: Mapping[str, Any]) -> str:
    settings = "".join(f", {name}={value!r}" for name, value in layer["settings"].items())
    name = str(layer["activation"])
    return f"lambda sums: {name}(sums{settings})" if settings else name


def _with_hinge(decided: str) -> str:
    """Return the decision of outputs that decide at 0, as the hinge loss trains them."""
    head, doc, *rest = decided.split("\n")
    first = "    outputs = [(1.0 + a) / 2.0 for a in outputs]  # they decide at 0"
    return "\n".join([head, doc, first, *rest])


def _docstring(portable: Portable) -> str:
    name = portable.name
    has_classes = portable.kind != "regression"
    imported = "predict, predict_proba, disagreement" if has_classes else "predict, disagreement"
    lines = [
        f"{name}: a trained neural network, without dependencies.",
        "",
        wrapped(about(portable)),
        "",
        f"    from {name} import {imported}",
        "    predict({column: value, ...})   # or a list of features, in the order of FEATURES",
        "",
        f"    python {name}.py                  tests itself on rows whose answer is known",
        f"    python {name}.py column=value ... predicts a row",
        f"    python {name}.py rows.csv         predicts the rows of a file",
    ]
    text = "\n".join(lines).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{text}\n"""\n\nimport csv\nimport math\nimport struct\nimport sys'


def _constants(parts: Mapping[str, Any]) -> str:
    columns = "".join(f"    {column!r},\n" for column in parts["columns"])
    rows = [
        f"NAME = {parts['name']!r}",
        f"TARGETS = {parts['targets']!r}",
        *([f"CLASSES = {parts['classes']!r}"] if parts["classes"] else []),
        *([f"LABEL_CLASSES = {parts['label_classes']!r}"] if parts["label_classes"] else []),
        f"COLUMNS = [\n{columns}]",
        f"FEATURES = {parts['features']!r}",
        f"MULTIPLY, ADD = {parts['multiply']!r}, {parts['add']!r}  # of every feature, at first",
        f"DIGEST = {parts['digest']!r}",
    ]
    return "\n".join(rows)


def _tables(parts: Mapping[str, Any]) -> str:
    networks = "".join(_network(network) for network in parts["networks"])
    given = parts["vectors"]
    rows = zip(given["rows"], given["expected"], strict=True)
    vectors = "".join(f"    ({row!r},\n     {expected!r}),\n" for row, expected in rows)
    return (
        f"ACTIVATIONS = {activations(parts)}\n\n"
        f"NETWORKS = [\n{networks}]\n\n"
        f"# features, and what the model itself said of them\nVECTORS = [\n{vectors}]\n"
        f"TOLERANCES = {given['tolerances']!r}  # of each figure"
    )


def _network(network: Mapping[str, Any]) -> str:
    layers = "".join(
        f"            {{'weights': {_rows(layer['weights'])},\n"
        f"             'biases': {layer['biases']!r}}},\n"
        for layer in network["layers"]
    )
    keys = ("seed", "center", "scale", "target_center", "target_scale")
    scalars = "".join(f"        {key!r}: {network[key]!r},\n" for key in keys)
    return f"    {{\n{scalars}        'layers': [\n{layers}        ],\n    }},\n"


def _rows(weights: Sequence[Sequence[float]]) -> str:
    """Return a table of weights, a line for every input."""
    return "[" + (",\n" + " " * 25).join(repr(row) for row in weights) + "]"


def _main() -> str:
    return pieces("python")["main"]

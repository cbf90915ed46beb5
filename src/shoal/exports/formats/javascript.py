"""JavaScript without dependencies: an ES module for browsers and node, which tests itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shoal.exports.formats.deriving import JAVASCRIPT, expressions, swapped
from shoal.exports.formats.plain import (
    about,
    check_size,
    exact,
    names,
    no_activation,
    wrapped,
)
from shoal.exports.formats.templates import pieces
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged
from shoal.exports.running import program, run

SUFFIX: Final = ".js"
DECISIONS: Final[Mapping[str, str]] = {"softmax": "as_they_are"}
"""Decisions whose piece of the template has another name: softmax is an activation too."""
HINGED: Final = frozenset({"labels", "one", "nearest"})
"""Decisions that ask where outputs decide."""

ASK: Final = """\
import { readFileSync } from "node:fs";
const url = new URL(process.argv[2], `file://${process.cwd()}/`);
const found = await import(url);
const rows = JSON.parse(readFileSync(process.argv[3], "utf8"));
console.log(JSON.stringify(rows.map((row) => found.mean(found.everyone(row)))));
"""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the module.

    Raises:
        InputError: there are too many weights, or an activation is unknown here.
    """
    check_size(portable, "JavaScript")
    text = "\n\n".join(
        [_head(portable), constants(portable), functions(portable), tables(portable),
         _exported(portable), pieces("javascript")["main"]]
    )  # fmt: skip
    return {SUFFIX: (text + "\n").encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the module on its vectors, and its self-test, with node if it is here."""
    node = program("node")
    if node is None:
        return None
    path = paths[SUFFIX]
    folder = path.parent
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "ask.mjs").write_text(ASK)
    (folder / "rows.json").write_text(json.dumps(portable.vectors.x.tolist()))
    command = [node, "ask.mjs", path.name, "rows.json"]
    told = run(command, folder=folder, purpose="export: node")
    proof = judged(node_version(node), portable.vectors, json.loads(told))
    if proof.passed:  # the self-test that its receiver runs must say so too
        run([node, path.name], folder=folder, purpose="export: the self-test in node")
    return proof


def node_version(node: str) -> str:
    """Return what node calls itself: ``node 20.20``."""
    said = run([node, "--version"], folder=Path.cwd(), purpose="export: node --version")
    return "node " + ".".join(said.strip().removeprefix("v").split(".")[:2])


def constants(portable: Portable) -> str:
    """Return the names of things."""
    parts = names(portable)
    columns = ",\n".join(f"  {literal(column)}" for column in parts["columns"])
    return "\n".join(
        [
            f"const NAME = {literal(parts['name'])};",
            f"const KIND = {literal(parts['kind'])};",
            f"const TARGETS = {literal(parts['targets'])};",
            f"const CLASSES = {literal(parts['classes'])};",
            f"const LABEL_CLASSES = {literal(parts['label_classes'])};",
            f"const COLUMNS = [\n{columns},\n];",
            f"const FEATURES = {literal(parts['features'])};",
            f"const MULTIPLY = {literal(parts['multiply'])};",
            f"const ADD = {literal(parts['add'])};",
            f"const DIGEST = {literal(parts['digest'])};",
        ]
    )


def functions(portable: Portable) -> str:
    """Return the functions that the model needs.

    Raises:
        InputError: an activation is unknown here.
    """
    found = pieces("javascript")
    used = dict.fromkeys(layer.activation for layer in portable.layers)
    for name in used:
        if name not in found:
            raise no_activation("JavaScript", name)
    decision = DECISIONS.get(portable.decision, portable.decision)
    hinge = ["hinge" if portable.hinge else "no_hinge"] if decision in HINGED else []
    networks = _with_derived(found["networks"], portable) if portable.derived else found["networks"]
    chosen = [portable.dtype, *used, *hinge, decision, "numbers"]
    return "\n\n".join([found[portable.kind], networks, *(found[name] for name in chosen)])


def _with_derived(networks: str, portable: Portable) -> str:
    """Return the functions of the networks with one that computes derived features."""
    made = expressions(portable.derived, JAVASCRIPT, "x[{}]".format)
    lines = "".join(f"    {each},\n" for each in made)
    seen = (
        "/** Return features multiplied, added to, and with those that are derived of them. */\n"
        "function seen(features) {\n"
        "  const x = features.map((value) => value * MULTIPLY + ADD);\n"
        f"  const derived = [\n{lines}  ];\n"
        "  if (!derived.every(Number.isFinite)) {\n"
        '    throw new Error("a derived feature is not finite.");\n  }\n'
        "  return [...x, ...derived];\n}\n\n"
    )
    old = "return features.map((x, d) => rounded((x * MULTIPLY + ADD - center[d]) / scale[d]));"
    new = "return seen(features).map((x, d) => rounded((x - center[d]) / scale[d]));"
    doc = "/** Return features as a network sees them:"
    return swapped(swapped(networks, old, new), doc, seen + doc)


def tables(portable: Portable) -> str:
    """Return weights, scaling and vectors."""
    networks = ",\n".join(_network(portable, i) for i in range(portable.n_networks))
    found = portable.vectors
    pairs = zip(found.x.tolist(), found.expected.tolist(), strict=True)
    vectors = ",\n".join(f"  [{literal(row)},\n   {literal(expected)}]" for row, expected in pairs)
    return (
        f"const ACTIVATIONS = [{', '.join(map(_activation, portable.layers))}];\n\n"
        f"const NETWORKS = [\n{networks},\n];\n\n"
        f"// features, and what the model itself said of them\nconst VECTORS = [\n{vectors},\n];\n"
        f"const TOLERANCES = {literal(found.tolerances.tolist())}; // of each figure"
    )


def literal(value: Any) -> str:
    """Return a value as JavaScript that is safe in a page too: nothing in it ends a script."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _activation(layer: Any) -> str:
    settings = dict(layer.settings)
    name = str(layer.activation)
    return f"(sums) => {name}(sums, {literal(settings)})" if settings else name


def _network(portable: Portable, i: int) -> str:
    layers = []
    for layer in portable.layers:
        rows = ",\n".join(f"        {_table(row)}" for row in layer.weights[i])
        biases = "null" if layer.biases is None else _table(layer.biases[i])
        layers.append(
            f"    {{\n      biases: {biases},\n      weights: [\n{rows},\n      ],\n    }}"
        )
    scaling = {
        "center": portable.centers, "scale": portable.scales,
        "target_center": portable.target_centers, "target_scale": portable.target_scales,
    }  # fmt: skip
    told = "".join(f"    {key}: {literal(each[i].tolist())},\n" for key, each in scaling.items())
    inside = ",\n".join(layers)
    return (
        f"  {{\n    seed: {portable.model.seeds[i]},\n{told}    layers: [\n{inside},\n    ],\n  }}"
    )


def _table(numbers: NDArray[Any]) -> str:
    return f"table([{', '.join(exact(np.asarray(numbers)))}])"


def _head(portable: Portable) -> str:
    """Return the comment in front; nothing in a name can end it."""
    name = portable.name
    asks = "predict" if portable.kind == "regression" else "predict, predictProba"
    lines = [
        f"{name}: a trained neural network, without dependencies.",
        "",
        wrapped(about(portable)),
        "",
        f'    import {{ {asks}, disagreement }} from "./{name}.js";',
        "    predict({ column: value, ... })   // or a list of features, in the order of FEATURES",
        "",
        f"    node {name}.js                    tests itself on rows whose answer is known",
    ]
    body = "\n".join(lines).replace("*/", "*\\/")
    return "/*\n" + "\n".join(f" * {line}".rstrip() for line in body.split("\n")) + "\n */"


def _exported(portable: Portable) -> str:
    public = ["NAME", "KIND", "TARGETS", "CLASSES", "LABEL_CLASSES", "COLUMNS", "FEATURES"]
    public += ["DIGEST", "TOLERANCES", "VECTORS", "predict"]
    public += [] if portable.kind == "regression" else ["predictProba"]
    public += ["disagreement", "everyone", "mean", "selfTest"]
    return f"export {{ {', '.join(public)} }};"

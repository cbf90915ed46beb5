"""C99 in one file: constant tables and plain functions, nothing allocated, a self-test inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shoal.data.wording import show
from shoal.errors import InputError
from shoal.exports.formats.deriving import C, expressions, swapped
from shoal.exports.formats.plain import about, check_size, exact, no_activation, wrapped
from shoal.exports.formats.templates import pieces
from shoal.exports.portable import Portable, PortableLayer
from shoal.exports.proof import Proof, judged
from shoal.exports.running import program, run

SUFFIX: Final = ".c"
DECISIONS: Final[Mapping[str, str]] = {"softmax": "as_they_are"}
"""Decisions whose piece of the template has another name: softmax is an activation too."""
FLAGS: Final = ("-std=c99", "-O2")


def write(portable: Portable) -> dict[str, bytes]:
    """Return the file.

    Raises:
        InputError: there are too many weights, or an activation is unknown here.
    """
    check_size(portable, "C")
    _check_names(portable)
    parts = [
        _head(portable),
        "#include <math.h>\n#include <stddef.h>",
        _sizes(portable),
        _names(portable),
        _tables(portable),
        _functions(portable),
        _filled(portable, "main"),
    ]
    return {SUFFIX: ("\n\n".join(part for part in parts if part) + "\n").encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Compile the file and run it on its vectors, if a compiler is here."""
    compiler = program("cc", "gcc", "clang")
    if compiler is None:
        return None
    path = paths[SUFFIX]
    folder, flag = path.parent, f"-D{portable.name.upper()}_SELF_TEST"
    command = [compiler, *FLAGS, flag, path.name, "-o", "self_test", "-lm"]
    run(command, folder=folder, purpose="export: cc")
    told = run([str(folder / "self_test"), "figures"], folder=folder, purpose="export: C")
    found = np.array(told.split(), np.float64)
    version = run([compiler, "-dumpversion"], folder=folder, purpose="export: cc").strip()
    expected = portable.vectors.expected
    shaped = found.reshape(expected.shape) if found.size == expected.size else found
    proof = judged(f"cc {version}", portable.vectors, shaped)
    if proof.passed:  # the self-test that its receiver runs must say so too
        run([str(folder / "self_test")], folder=folder, purpose="export: the self-test in C")
    return proof


def _check_names(portable: Portable) -> None:
    for each in (*portable.classes, *(c for pair in portable.label_classes for c in pair)):
        if "\0" in each:
            raise InputError(
                f"export: C cannot hold the name {show(each)}: texts end at a zero.", code="T101"
            )


def _head(portable: Portable) -> str:
    """Return the comment in front."""
    name, capitals = portable.name, portable.name.upper()
    number = 4 if portable.dtype == "float32" else 8
    n_scaling = 2 * (portable.centers.size + portable.target_centers.size)
    n_table = number * portable.n_parameters + 8 * n_scaling
    n_seen = portable.n_seen if portable.derived else 0
    n_stack = 8 * (2 * _widest(portable) + 4 * portable.n_figures + n_seen)
    lines = [
        f"{name}: a trained neural network in C99, without allocation.",
        "",
        wrapped(about(portable)),
        "",
        f"    double out[{capitals}_N_FIGURES];",
        f"    {name}_predict(features, out);",
        "",
        f"{n_table:,} bytes of constants, about {n_stack:,} bytes of stack.",
        f"It tests itself: cc -std=c99 -O2 -D{capitals}_SELF_TEST {name}.c -lm && ./a.out",
    ]
    return _comment("\n".join(lines))


def _sizes(portable: Portable) -> str:
    capitals = portable.name.upper()
    sizes = {
        "N_NETWORKS": portable.n_networks,
        "N_FEATURES": portable.n_features,
        **({"N_SEEN": portable.n_seen} if portable.derived else {}),
        "N_OUTPUTS": portable.layers[-1].n_units,
        "N_FIGURES": portable.n_figures,
        "WIDEST": _widest(portable),
    }
    told = ",\n".join(f"    {capitals}_{key} = {value}" for key, value in sizes.items())
    return f"enum {{\n{told}\n}};"


def _names(portable: Portable) -> str:
    """Return the names of features as comments, those of classes as constants."""
    name, capitals = portable.name, portable.name.upper()
    told = [_feature(d, each) for d, each in enumerate(portable.feature_names)]
    lines = [_comment("\n".join(["The features, in order:", *told]))]
    if portable.classes:
        names = ", ".join(map(_string, portable.classes))
        lines.append(f"const char *const {name}_classes[{capitals}_N_FIGURES] = {{{names}}};")
    else:
        told = [f"out[{k}]: {show(each)}" for k, each in enumerate(portable.targets)]
        lines.append(_comment("\n".join(["The figures, in order:", *told])))
    if portable.label_classes:
        pairs = ", ".join(f"{{{_string(a)}, {_string(b)}}}" for a, b in portable.label_classes)
        what = "what 0 and 1 of every label are called"
        table = f"{name}_label_classes[{capitals}_N_FIGURES][2]"
        lines.append(f"/* {what} */\nconst char *const {table} = {{{pairs}}};")
    return "\n\n".join(lines)


def _feature(d: int, name: str) -> str:
    return f"features[{d}]: {show(name)}"


def _tables(portable: Portable) -> str:
    """Return scaling, weights and biases."""
    name, capitals = portable.name, portable.name.upper()
    doubles = {"center": portable.centers, "scale": portable.scales}
    if portable.decision == "values":
        doubles |= {
            "target_center": portable.target_centers, "target_scale": portable.target_scales
        }  # fmt: skip
    told = []
    for key, array in doubles.items():
        seen = "N_SEEN" if portable.derived else "N_FEATURES"
        size = seen if array is portable.centers or array is portable.scales else "N_OUTPUTS"
        head = f"static const double {name}_{key}[{capitals}_N_NETWORKS][{capitals}_{size}]"
        told.append(f"{head} = {{\n{_rows(array, '')}\n}};")
    for place, layer in enumerate(portable.layers, 1):
        told.append(_table(portable, f"weights_{place}", layer.weights))
        if layer.biases is not None:
            told.append(_table(portable, f"biases_{place}", layer.biases))
    return "\n\n".join(told)


def _table(portable: Portable, key: str, array: NDArray[Any]) -> str:
    number, suffix = ("float", "f") if portable.dtype == "float32" else ("double", "")
    flat = array.reshape(len(array), -1)
    head = f"static const {number} {portable.name}_{key}"
    sizes = f"[{portable.name.upper()}_N_NETWORKS][{flat.shape[1]}]"
    shape = " x ".join(map(str, array.shape[1:]))
    return f"/* {shape} */\n{head}{sizes} = {{\n{_rows(flat, suffix)}\n}};"


def _rows(array: NDArray[Any], suffix: str) -> str:
    """Return the inside of a table, a row in braces for each of its first axis."""
    return ",\n".join("    {" + _line(exact(np.asarray(row)), suffix) + "}" for row in array)


def _line(numbers: Sequence[str], suffix: str) -> str:
    groups = [numbers[i : i + 8] for i in range(0, len(numbers), 8)]
    return ",\n     ".join(", ".join(f"{n}{suffix}" for n in group) for group in groups)


def _functions(portable: Portable) -> str:
    found = pieces("c")
    used = dict.fromkeys(layer.activation for layer in portable.layers)
    for name in used:
        if name not in found:
            raise no_activation("C", name)
    decision = DECISIONS.get(portable.decision, portable.decision)
    chosen = ["sums", *(name for name in used if name != "identity"), decision, "predict"]
    chosen += ["most_likely"] if portable.classes else []
    return "\n\n".join(_filled(portable, each) for each in chosen)


def _filled(portable: Portable, piece: str) -> str:
    """Return a piece of the template with what stands for the model's own in it."""
    vectors = portable.vectors
    single = portable.dtype == "float32"
    values = {
        "@NUMBER": "float" if single else "double",
        "@HINGE\n": pieces("c")["hinge"] + "\n" if portable.hinge else "",
        "@WHAT": _what(portable),
        "@MULTIPLY": repr(portable.multiply),
        "@ADD": _signed(portable.add),
        "@LARGEST": repr(float(np.finfo(portable.dtype).max)),
        "@LAYERS": _layers(portable),
        "@ROWS": _rows(vectors.x, ""),
        "@N_ROWS": str(len(vectors)),
        "@EXPECTED": _rows(vectors.expected, ""),
        "@TOLERANCES": ", ".join(exact(vectors.tolerances)),
        "@@": portable.name.upper(),
        "@": portable.name,
    }  # fmt: skip
    text = pieces("c")[piece]
    if piece == "predict" and portable.derived:
        text = _with_derived(text, portable)
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def _with_derived(predict: str, portable: Portable) -> str:
    """Return the function that predicts with derived features behind those of a row."""
    made = expressions(portable.derived, C, "seen[{}]".format)
    first = portable.n_features
    lines = "".join(f"    seen[{first + k}] = {each};\n" for k, each in enumerate(made))
    filled = (
        "    for (d = 0; d < @@_N_FEATURES; d++)\n"
        f"        seen[d] = features[d] * @MULTIPLY + @ADD;\n{lines}"
    )
    text = swapped(predict, "    double here[@@_WIDEST]", "    double seen[@@_N_SEEN];\n"
                   "    double here[@@_WIDEST]")  # fmt: skip
    loop = "    for (network = 0; network < @@_N_NETWORKS; network++) {\n"
    text = swapped(text, loop, filled + loop)
    head = "        for (d = 0; d < @@_N_FEATURES; d++) {\n"
    text = swapped(text, head, head.replace("N_FEATURES", "N_SEEN"))
    old = "here[d] = ((features[d] * @MULTIPLY + @ADD) - @_center[network][d])"
    return swapped(text, old, "here[d] = (seen[d] - @_center[network][d])")


def _signed(number: float) -> str:
    return f"({number!r})" if number < 0 else repr(number)


def _what(portable: Portable) -> str:
    if portable.kind == "classification":
        return "the probability of every class"
    return "the probability of every label" if portable.kind == "multilabel" else "the values"


def _layers(portable: Portable) -> str:
    """Return the calls that take a row through the layers, between two buffers in turn."""
    lines, (here, there) = [], ("here", "next")
    for place, layer in enumerate(portable.layers, 1):
        biases = "NULL" if layer.biases is None else f"@_biases_{place}[network]"
        lines.append(
            f"@_sums({here}, {layer.n_inputs}, @_weights_{place}[network],\n"
            f"                {biases}, {there}, {layer.n_units});"
        )
        lines += _activation(layer, there)
        here, there = there, here
    lines.append(f"@_decide({here}, network, figures);")
    return "\n".join(f"        {line}" for line in lines)


def _activation(layer: PortableLayer, buffer: str) -> list[str]:
    if layer.activation == "identity":
        return []
    settings = "".join(f", {float(value)!r}" for value in layer.settings.values())
    return [f"@_{layer.activation}({buffer}, {layer.n_units}{settings});"]


def _widest(portable: Portable) -> int:
    return max(portable.n_seen, *(layer.n_units for layer in portable.layers))


def _comment(text: str) -> str:
    """Return text as a comment; nothing in it can end the comment or begin another."""
    safe = text.replace("*/", "*\\/").replace("/*", "/\\*").replace("??", "?\\?")
    lines = (_unjoined(line) for line in safe.split("\n"))
    return "/*\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"


def _unjoined(line: str) -> str:
    """Return a line that does not end in a backslash, which would join it to the next."""
    return f"{line}." if line.rstrip().endswith("\\") else line


def _string(text: str) -> str:
    """Return a C string of the text's UTF-8; octal, since three digits never run on."""
    plain: Iterable[str] = (
        chr(byte)
        if byte < 128 and (chr(byte).isalnum() or byte in b" -_.,:;()+=<>")
        else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogatepass")
    )
    return '"' + "".join(plain) + '"'

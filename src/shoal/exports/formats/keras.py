"""Keras 3: a readable functional model beside its weights as safetensors, for any backend."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shoal.exports.formats import deriving
from shoal.exports.formats.templates import pieces
from shoal.exports.formats.tensors import (
    expressions,
    module_text,
    n_scalers,
    proof_of,
    run_modules,
    weights_file,
)
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof
from shoal.network.worked.spelling import completed

SUFFIX: Final = ".keras.py"
WEIGHTS: Final = ".keras.safetensors"
BACKENDS: Final = ("tensorflow", "jax", "torch")
PYTHON: Final = (sys.executable, "-P", "-B")
"""-P, not -I: the library may be where only this user's Python looks for it."""
ACTIVATIONS: Final[Mapping[str, str]] = completed(
    {
        "identity": "",
        "step": "step(x, AT_ZERO)",
        "sigmoid": "keras.activations.sigmoid(x)",
        "tanh": "keras.activations.tanh(x)",
        "relu": "keras.activations.relu(x)",
        "leaky_relu": "keras.activations.leaky_relu(x, negative_slope=ALPHA)",
        "elu": "keras.activations.elu(x, alpha=ALPHA)",
        "gelu": "keras.activations.gelu(x, approximate=False)",
        "silu": "keras.activations.silu(x)",
        "softplus": "keras.activations.softplus(x)",
        "exponential": "keras.activations.exponential(x)",
        "softmax": "keras.activations.softmax(x)",
    },
    "keras",
    z="x",
)


def write(portable: Portable) -> dict[str, bytes]:
    """Return the module and its weights.

    Raises:
        InputError: an activation is unknown here.
    """
    found = pieces("keras")
    forward = _build(portable, found["network" if _is_plain(portable) else "networks"])
    if not _is_plain(portable):
        forward = f"{found['together']}\n\n\n{forward}"
    scaling = found["scaling"]
    if portable.derived:
        scaling = _with_derived(portable, scaling)
        forward = forward.replace(", len(FEATURES), name=", f", {portable.n_seen}, name=")
    text = module_text(portable, found, f"{scaling}\n\n\n{forward}")
    return {SUFFIX: text.encode(), WEIGHTS: weights_file(portable, middle=False)}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the module and its self-test in a process of its own; None without Keras."""
    if importlib.util.find_spec("keras") is None:
        return None
    if all(importlib.util.find_spec(backend) is None for backend in BACKENDS):
        return None
    [told] = run_modules(PYTHON, [paths[SUFFIX]], purpose="export: keras")
    return proof_of(told, portable)


def _with_derived(portable: Portable, scaling: str) -> str:
    """Return the layer that scales with the features that are derived of those of a row."""
    made = deriving.expressions(portable.derived, deriving.KERAS, "x[:, {0}:{0} + 1]".format)
    lines = "".join(f"            {each},\n" for each in made)
    new = (
        "        x = x * MULTIPLY + ADD\n"
        f"        derived = [\n{lines}        ]\n"
        "        x = ops.concatenate([x, *derived], axis=1)\n"
        "        return (ops.expand_dims(x, 1) - self.center) / self.divisor"
    )
    old = "        return (ops.expand_dims(x, 1) * MULTIPLY + ADD - self.center) / self.divisor"
    return deriving.swapped(scaling, old, new)


def _is_plain(portable: Portable) -> bool:
    """Return whether Keras' own Dense will do.

    With PyTorch its product of float64 arrays is of float32 (keras/src/backend/torch/numpy.py,
    Keras 3.15), so a network in double precision needs the layer that several networks have.
    """
    return portable.n_networks == 1 and portable.dtype == "float32"


def _build(portable: Portable, piece: str) -> str:
    """Return the function that builds the model, a line for every layer."""
    n, dtype, is_plain = portable.n_networks, portable.dtype, _is_plain(portable)
    lines = []
    texts = expressions(portable, "Keras", ACTIVATIONS)
    for number, (layer, text) in enumerate(zip(portable.layers, texts, strict=True)):
        kind, first = ("keras.layers.Dense", "") if is_plain else ("Together", f"{n}, ")
        has_bias = "" if layer.biases is not None else ", use_bias=False"
        settings = f'{first}{layer.n_units}{has_bias}, dtype="{dtype}", name="layer_{number}"'
        lines.append(f"    x = {kind}({settings})(x)")
        if text:
            lines.append(f"    x = {text}")
    lines.append('    x = ops.cast(x, "float64")')
    if portable.hinge:
        lines.append("    x = (1 + x) / 2  # the outputs decide at 0")
    sizes = "-".join(map(str, [portable.n_seen, *(each.n_units for each in portable.layers)]))
    what = "a network" if n == 1 else f"{n} networks"
    values = portable.decision == "values"
    return (
        piece.replace("WHAT", f"{what} {sizes}")
        .replace("    # layers", "\n".join(lines))
        .replace("SCALERS", str(n_scalers(portable)))
        .replace("N_NETWORKS", str(n))
        .replace("DECIDED", 'Unscaling(name="targets")(x)' if values else "decided(x)")
    )

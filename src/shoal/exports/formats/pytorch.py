"""PyTorch: a readable module beside its weights as safetensors; all networks in one product."""

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
    n_target_scalers,
    proof_of,
    run_modules,
    weights_file,
)
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof
from shoal.network.worked.spelling import completed

SUFFIX: Final = ".pt.py"
WEIGHTS: Final = ".pt.safetensors"
PYTHON: Final = (sys.executable, "-P", "-B")
"""-P, not -I: the library may be where only this user's Python looks for it."""
ACTIVATIONS: Final[Mapping[str, str]] = completed(
    {
        "identity": "{}",
        "step": "step({}, AT_ZERO)",
        "sigmoid": "torch.sigmoid({})",
        "tanh": "torch.tanh({})",
        "relu": "torch.relu({})",
        "leaky_relu": "functional.leaky_relu({}, ALPHA)",
        "elu": "functional.elu({}, ALPHA)",
        "gelu": "functional.gelu({})",
        "silu": "functional.silu({})",
        "softplus": "functional.softplus({})",
        "exponential": "torch.exp({})",
        "softmax": "torch.softmax({}, dim=-1)",
    },
    "pytorch",
    z="({0})",
)


def write(portable: Portable) -> dict[str, bytes]:
    """Return the module and its weights.

    Raises:
        InputError: an activation is unknown here.
    """
    found = pieces("pytorch")
    text = module_text(portable, found, _network(portable, found["network"]))
    return {SUFFIX: text.encode(), WEIGHTS: weights_file(portable, middle=True)}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the module and its self-test in a process of its own; None without torch."""
    if importlib.util.find_spec("torch") is None:
        return None
    [told] = run_modules(PYTHON, [paths[SUFFIX]], purpose="export: torch")
    return proof_of(told, portable)


def _network(portable: Portable, piece: str) -> str:
    """Return the class with a line for every array and every layer."""
    n, dtype = portable.n_networks, f"torch.{portable.dtype}"
    arrays, calls = [], []
    shape = (n_scalers(portable), 1, portable.n_seen)
    arrays += [_buffer(name, shape) for name in ("center", "scale")]
    if portable.decision == "values":
        width = portable.target_centers.shape[1]
        shape = (n_target_scalers(portable), 1, width)
        arrays += [_buffer(f"target_{name}", shape) for name in ("center", "scale")]
    texts = expressions(portable, "PyTorch", ACTIVATIONS)
    for number, (layer, text) in enumerate(zip(portable.layers, texts, strict=True)):
        sums = f"x @ self.weights_{number}"
        arrays.append(_parameter(f"weights_{number}", layer.weights.shape, dtype))
        if layer.biases is not None:
            arrays.append(_parameter(f"biases_{number}", (n, 1, layer.n_units), dtype))
            sums = f"{sums} + self.biases_{number}"
        calls.append(f"        x = {text.format(sums)}")
    if portable.hinge:
        calls.append("        x = (1 + x.double()) / 2  # the outputs decide at 0")
    sizes = "-".join(map(str, [portable.n_seen, *(each.n_units for each in portable.layers)]))
    what = "A network" if n == 1 else f"{n} networks"
    if portable.derived:
        piece = _with_derived(portable, piece)
    return (
        piece.replace("WHAT", f"{what} {sizes}")
        .replace("        # arrays", "\n".join(arrays))
        .replace("        # layers", "\n".join(calls))
        .replace("DTYPE", dtype)
    )


def _with_derived(portable: Portable, piece: str) -> str:
    """Return the class with the features that are derived of those of a row."""
    made = deriving.expressions(portable.derived, deriving.TORCH, "x[:, {0}:{0} + 1]".format)
    lines = "".join(f"            {each},\n" for each in made)
    new = (
        "        x = x * MULTIPLY + ADD\n"
        f"        derived = [\n{lines}        ]\n"
        "        x = torch.cat([x, *derived], dim=1)\n"
        "        if not torch.isfinite(x).all():\n"
        '            raise ValueError("a derived feature is not finite.")\n'
        "        x = ((x - self.center) / self.scale).to(DTYPE)"
    )
    old = "        x = ((x * MULTIPLY + ADD - self.center) / self.scale).to(DTYPE)"
    return deriving.swapped(piece, old, new)


def _parameter(name: str, shape: tuple[int, ...], dtype: str) -> str:
    return f"        self.{name} = torch.nn.Parameter(torch.empty({shape}, dtype={dtype}))"


def _buffer(name: str, shape: tuple[int, ...]) -> str:
    return f'        self.register_buffer("{name}", torch.empty({shape}, dtype=torch.float64))'

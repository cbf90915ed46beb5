"""What the PyTorch and the Keras module share: constants, weights as safetensors, the proof."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from shoal.exports.formats.plain import about, no_activation, vectors, wrapped
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged
from shoal.exports.running import run

DRIVER: Final = """\
import importlib.util, json, sys
for path in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures = module.figures([row for row, _ in module.VECTORS])
    passed = module.main() == 0
    print(json.dumps({"runtime": module.RUNTIME, "figures": figures, "passed": passed}))
"""
"""Runs written modules, and the self-test that their receiver runs; prints JSON for each."""


def module_text(portable: Portable, found: Mapping[str, str], forward: str) -> str:
    """Return the source of a module.

    Args:
        portable: the model.
        found: the pieces of the template.
        forward: the piece with the networks, filled in.
    """
    named = "valued" if portable.kind == "regression" else portable.kind
    parts = [
        _docstring(portable, found["about"]) + "\n\n" + found["imports"],
        _constants(portable),
        *([found["step"]] if any(each.activation == "step" for each in portable.layers) else []),
        found[portable.decision],
        forward,
        found["load"],
        found[named],
        found["main"],
    ]
    return "\n\n\n".join(parts) + "\n"


def expressions(portable: Portable, form: str, known: Mapping[str, str]) -> list[str]:
    """Return the activation of each layer as source text, ``{}`` for its weighted sums.

    Raises:
        InputError: an activation is unknown here.
    """
    found = []
    for layer in portable.layers:
        if layer.activation not in known:
            raise no_activation(form, layer.activation)
        text = known[layer.activation]
        for name, value in layer.settings.items():
            text = text.replace(name.upper(), repr(float(value)))
        found.append(text)
    return found


def weights_file(portable: Portable, *, middle: bool) -> bytes:
    """Return scalers and weights as safetensors.

    Args:
        portable: the model.
        middle: whether an axis of 1 stands behind the networks: (P, 1, H) in place of (P, H).

    Shapes:
        center, scale: (P, 1, D), or with 1 for P where all networks share them; weights.l
        (P, D, H), biases.l (P, 1, H); target_center, target_scale as center
    """
    n = n_scalers(portable)
    arrays: dict[str, NDArray[Any]] = {"center": portable.centers[:n], "scale": portable.scales[:n]}
    if portable.decision == "values":
        n = n_target_scalers(portable)
        arrays["target_center"] = portable.target_centers[:n]
        arrays["target_scale"] = portable.target_scales[:n]
    for number, layer in enumerate(portable.layers):
        arrays[f"weights_{number}"] = layer.weights
        if layer.biases is not None:
            arrays[f"biases_{number}"] = layer.biases
    for name, array in arrays.items():
        row = middle and not name.startswith("weights")
        arrays[name] = np.ascontiguousarray(array[:, None, :] if row else array)
    return save(arrays, metadata={"digest": portable.digest})


def n_scalers(portable: Portable) -> int:
    """Return 1 where all networks share a scaler of features, else P."""
    return _n_different(portable.centers, portable.scales)


def n_target_scalers(portable: Portable) -> int:
    """Return 1 where all networks share a scaler of targets, else P."""
    return _n_different(portable.target_centers, portable.target_scales)


def run_modules(
    python: Sequence[str], paths: Sequence[Path], *, purpose: str
) -> list[dict[str, Any]]:
    """Return what each of some written modules says, all of them run in one process."""
    command = [*python, "-c", DRIVER, *map(str, paths)]
    told = run(command, folder=paths[0].parent, purpose=purpose)
    return [json.loads(line) for line in told.splitlines() if line.startswith('{"runtime"')]


def proof_of(told: Mapping[str, Any], portable: Portable) -> Proof:
    """Return the proof for what a module said; its own self-test must agree."""
    proof = judged(str(told["runtime"]), portable.vectors, told["figures"])
    return proof if told["passed"] else dataclasses.replace(proof, passed=False)


def _n_different(*arrays: NDArray[Any]) -> int:
    """Return 1 if all rows of each array are the same, else how many there are."""
    alike = all(bool((each == each[:1]).all()) for each in arrays)
    return 1 if alike else len(arrays[0])


def _docstring(portable: Portable, usage: str) -> str:
    text = usage.replace("NAME", portable.name).replace("ABOUT", wrapped(about(portable)))
    harmless = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{harmless}\n"""'


def _constants(portable: Portable) -> str:
    given = vectors(portable)
    pairs = zip(given["rows"], given["expected"], strict=True)
    rows = "".join(f"    ({row!r},\n     {expected!r}),\n" for row, expected in pairs)
    lines = [
        f"NAME = {portable.name!r}",
        f"FEATURES = {list(portable.feature_names)!r}",
        f"TARGETS = {list(portable.targets)!r}",
    ]
    if portable.classes:
        lines.append(f"CLASSES = {list(portable.classes)!r}")
    if portable.label_classes:
        lines.append(f"LABEL_CLASSES = {[list(pair) for pair in portable.label_classes]!r}")
    lines += [
        f"MULTIPLY, ADD = {portable.multiply!r}, {portable.add!r}  # of every feature, at first",
        f"# features, and what the model itself said of them\nVECTORS = [\n{rows}]",
        f"TOLERANCES = {given['tolerances']!r}  # of each figure",
    ]
    return "\n".join(lines)

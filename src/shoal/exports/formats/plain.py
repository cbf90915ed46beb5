"""A model as one plain document, and the words and numbers that all formats share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shoal.data.wording import count, listing, show
from shoal.errors import InputError
from shoal.exports.portable import Portable

FORMAT: Final = "shoal-network"
VERSION: Final = 2
"""Of the document: raised when an old reader would understand a new one wrongly."""
WITHOUT_DERIVED: Final = 1
"""What a document without derived features has: older readers know it."""
MAX_PARAMETERS: Final = 2_000_000
"""Of all networks together, that are written out as text: some 25 to 45 MB."""


def document(portable: Portable) -> dict[str, Any]:
    """Return everything that is needed to predict, as JSON would have it."""
    networks = [_network(portable, i) for i in range(portable.n_networks)]
    return names(portable) | {"networks": networks, "vectors": vectors(portable)}


def names(portable: Portable) -> dict[str, Any]:
    """Return the document without its numbers: where it comes from, and what things are called."""
    model = portable.model
    return {
        "format": FORMAT,
        "version": VERSION if portable.derived else WITHOUT_DERIVED,
        "name": portable.name,
        "made_by": f"shoal {model.version}",
        "arithmetic": model.arithmetic,
        "digest": portable.digest,
        "kind": portable.kind,
        "targets": list(portable.targets),
        "classes": list(portable.classes),
        "label_classes": [list(pair) for pair in portable.label_classes],
        "columns": [
            {"name": c.name, "categories": None if c.categories is None else list(c.categories),
             "fill": c.fill}
            for c in portable.columns
        ],
        "features": list(portable.feature_names),
        **_derived(portable),
        "multiply": portable.multiply,
        "add": portable.add,
        "scaling": model.scalers[0].kind,
        "target_scaling": model.target_scalers[0].kind,
        "precision": portable.dtype,
        "layers": [
            {"units": layer.n_units, "activation": layer.activation,
             "settings": dict(layer.settings), "bias": layer.biases is not None}
            for layer in portable.layers
        ],
        "decision": portable.decision,
        "hinge": portable.hinge,
        "best": model.best,
    }  # fmt: skip


def _derived(portable: Portable) -> dict[str, Any]:
    if not portable.derived:
        return {}
    both = zip(portable.model.schema.derived, portable.derived, strict=True)
    return {
        "derived": [
            {"name": each.name, "formula": each.formula, "of": list(each.of),
             "places": list(step.places)}
            for each, step in both
        ]
    }  # fmt: skip


def vectors(portable: Portable) -> dict[str, Any]:
    """Return the rows of the self-test and what must come out."""
    found = portable.vectors
    return {
        "tolerances": found.tolerances.tolist(),
        "rows": found.x.tolist(),
        "expected": found.expected.tolist(),
        "disagreement": found.disagreement.tolist(),
    }


def check_size(portable: Portable, form: str, most: int = MAX_PARAMETERS) -> None:
    """Refuse what is too much to be written out as text.

    Raises:
        InputError: more than `most` weights and biases.
    """
    if portable.n_parameters > most:
        one_fits = portable.n_networks > 1 and portable.n_parameters <= most * portable.n_networks
        best = "Give --network best for one network, or take .onnx."
        cure = best if one_fits else "Take .onnx."
        raise InputError(
            f"export: {portable.n_parameters:,} weights and biases are too many to be written "
            f"out in {form}; at most {most:,}. {cure}",
            code="T102",
        )


def no_activation(form: str, activation: str) -> InputError:
    """Return the error for an activation that a format does not know."""
    return InputError(
        f"export: {form} has no way to write the activation '{activation}' yet.", code="T103"
    )


def exact(array: NDArray[Any]) -> list[str]:
    """Return each number as the shortest text that is it again when read in its precision.

    Example:
        >>> exact(np.array([0.1, 2.0], np.float32)), exact(np.array([0.1], np.float32) * 1.0)
        (['0.1', '2.0'], ['0.1'])
    """
    if array.dtype == np.float32:
        return [str(value) for value in array.ravel()]
    return [repr(value) for value in array.ravel().tolist()]


def about(portable: Portable) -> list[str]:
    """Return what a person should know of a file, in sentences; names are made harmless."""
    model = portable.model
    sizes = [portable.n_seen, *(layer.n_units for layer in portable.layers)]
    functions = [layer.activation for layer in portable.layers]
    rows = f", trained on {count(model.summary.n_rows, 'row')}" if model.summary else ""
    together = "" if portable.n_networks == 1 else "; figures are the mean over them"
    return [
        f"Predicts {_predicted(portable)} from {count(len(portable.columns), 'column')}: "
        f"{listing([column.name for column in portable.columns])}{_told_derived(portable)}.",
        f"Made by shoal {model.version} from {count(portable.n_networks, 'network')} "
        f"{'-'.join(map(str, sizes))} ({', '.join(functions)}){rows}{together}.",
        f"SHA-256 of the weights: {portable.digest}.",
    ]


def _told_derived(portable: Portable) -> str:
    names = [each.name for each in portable.model.schema.derived]
    return f", and what it computes of them: {listing(names)}" if names else ""


def _predicted(portable: Portable) -> str:
    if portable.kind == "classification":
        return f"{show(portable.targets[0])} ({listing(portable.classes)})"
    return listing(portable.targets)


def wrapped(sentences: Iterable[str], *, width: int = 92, indent: str = "") -> str:
    """Return sentences as lines, each of them begun on a line of its own."""
    lines: list[str] = []
    for sentence in sentences:
        lines += textwrap.wrap(
            sentence, width, initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)


def _network(portable: Portable, i: int) -> dict[str, Any]:
    return {
        "seed": portable.model.seeds[i],
        "center": portable.centers[i].tolist(),
        "scale": portable.scales[i].tolist(),
        "target_center": portable.target_centers[i].tolist(),
        "target_scale": portable.target_scales[i].tolist(),
        "layers": [
            {
                "weights": layer.weights[i].tolist(),
                "biases": None if layer.biases is None else layer.biases[i].tolist(),
            }
            for layer in portable.layers
        ],
    }


__all__: Sequence[str] = [
    "FORMAT", "MAX_PARAMETERS", "VERSION", "WITHOUT_DERIVED", "about", "check_size", "document",
    "exact", "names", "no_activation", "vectors", "wrapped",
]  # fmt: skip

"""Arrays as bytes and back: the layout of safetensors, small and free of code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from shoal.errors import ArgumentError

TEXT: Final = "//text"
"""How the names of arrays of text end."""


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return named arrays as bytes; text is written as its code points.

    Raises:
        ArgumentError: an array of objects.
    """
    plain = {}
    for key, given in arrays.items():
        name, array = key, np.asarray(given)
        if array.dtype.kind == "O" and all(isinstance(each, str) for each in array.flat):
            array = array.astype(np.str_)
        if array.dtype.kind == "U":
            name, array = key + TEXT, _code_points(array)
        if array.dtype.kind not in "biuf":
            wanted = "must hold arrays of numbers, booleans or text"
            raise ArgumentError(
                "Ledger.put", "arrays", wanted, got=f"'{key}' of {array.dtype}", code="A101"
            )
        native = array.astype(array.dtype.newbyteorder("<"), copy=False)
        plain[name] = np.ascontiguousarray(native).reshape(array.shape)
    return save(plain)


def unpacked(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that `packed` wrote.

    Raises:
        ValueError: it did not.
    """
    try:
        found = dict(load(content))
        return {
            name.removesuffix(TEXT): _text(array) if name.endswith(TEXT) else array
            for name, array in found.items()
        }
    except (SafetensorError, KeyError) as error:
        raise ValueError(str(error)) from None


def _code_points(array: np.ndarray) -> np.ndarray:
    """Return text as numbers: (...) of width W -> (..., W)."""
    width = max(1, array.dtype.itemsize // 4)
    native = np.ascontiguousarray(array.astype(f"<U{width}"))
    return native.view("<u4").reshape(*array.shape, width)


def _text(array: np.ndarray) -> np.ndarray:
    """Return numbers as text: (..., W) -> (...)."""
    if array.dtype != np.uint32 or array.ndim < 1 or (array > 0x10FFFF).any():
        raise ValueError("no text")
    width = array.shape[-1]
    flat = np.ascontiguousarray(array).view(f"<U{width}")
    return flat.reshape(array.shape[:-1])

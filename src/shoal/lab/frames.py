"""Binary frames: a header in JSON, then arrays, each where a page can look at it in place.

A frame is four bytes with the length of the header, little-endian, the header in UTF-8, blanks
up to a multiple of 8, then the arrays, each beginning at a multiple of 8 and little-endian.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from shoal.errors import InternalError
from shoal.records import Record

ALIGNMENT: Final = 8
_LENGTH: Final = struct.Struct("<I")
_TYPES: Final = {"float32", "float64", "uint8", "int32"}


def frame(header: Record, arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Return a header and its arrays as one binary message.

    Args:
        header: one of `shoal.lab.messages.Told`; its `arrays` are filled in.
        arrays: by name, of the types that `ArrayPlace` allows.

    Raises:
        InternalError: an array of another type.
    """
    places, parts, offset = [], [], 0
    for name, array in (arrays or {}).items():
        if array.dtype.name not in _TYPES:
            raise InternalError(f"the array '{name}' of a frame is {array.dtype}.")
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        places.append({"name": name, "dtype": array.dtype.name, "shape": array.shape,
                       "offset": offset})  # fmt: skip
        parts.append(data + bytes(-len(data) % ALIGNMENT))
        offset += len(parts[-1])
    document = header.model_dump(mode="json", by_alias=True)
    if places:
        document["arrays"] = places
    text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + _LENGTH.size) % ALIGNMENT)
    return b"".join([_LENGTH.pack(len(text)), text, *parts])


def unframe(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return header and arrays of a binary message; for tests, recordings and Python clients.

    Example:
        >>> from shoal.lab.messages import FailedTold
        >>> unframe(frame(FailedTold(id=3, sentence="No.")))[0]["sentence"]
        'No.'
    """
    (length,) = _LENGTH.unpack_from(message)
    header = json.loads(message[_LENGTH.size : _LENGTH.size + length])
    begin, found = _LENGTH.size + length, {}
    for place in header.get("arrays", ()):
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        count = int(np.prod(place["shape"], dtype=np.int64))
        array = np.frombuffer(message, dtype, count, begin + place["offset"])
        found[place["name"]] = array.reshape(place["shape"])
    return header, found

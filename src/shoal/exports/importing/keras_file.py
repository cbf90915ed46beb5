"""A ``.keras`` file, read without Keras: a zip with a configuration and an HDF5 file of arrays.

Nothing in it is run. What it names is looked up inside it only: links out of the file, datasets
kept elsewhere and members that unpack to far more than they are have all been used for attacks
(CVE-2025-1550, CVE-2026-1669, CVE-2026-0897).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

import numpy as np

from shoal.data.wording import show
from shoal.errors import MissingExtraError
from shoal.exports.importing.chain import Refusal
from shoal.exports.importing.keras_config import Weights, keras_found
from shoal.exports.importing.naming import Found
from shoal.exports.importing.reading import MAX_BYTES
from shoal.models.document import DocumentError, read_document
from shoal.network import FloatArray

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.weights.h5"
MAX_CONFIG: Final = 16 * 2**20
MAX_MEMBERS: Final = 1000
MAX_RATIO: Final = 100
"""The most that a member may unpack to, in multiples of what it is in the file."""
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x07"
_END_SIZE: Final = 22
_LONGEST_COMMENT: Final = 2**16


def read_keras(file: BinaryIO) -> Found:
    """Return the layers of a ``.keras`` file.

    Raises:
        Refusal: it is damaged, hostile, or has a layer that cannot be imported.
        MissingExtraError: h5py is not installed.
    """
    _check_end(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive)
            config = _member(archive, members[CONFIG], MAX_CONFIG)
            weights = _member(archive, members[WEIGHTS], MAX_BYTES)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError,
            zlib.error):  # fmt: skip
        raise Refusal(
            "is not a Keras file, or damaged: it is no sound zip archive.", code="M102"
        ) from None
    try:
        document = read_document(config)
    except DocumentError as error:
        raise Refusal(f"is damaged: its {CONFIG} {error}.", code="M102") from None
    return keras_found(document, _weights_of(document, weights))


def _check_end(file: BinaryIO) -> None:
    """Look at the end of the archive, before its list of members takes memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        told = "is not a Keras file, or damaged: it is no sound zip archive."
        raise Refusal(told, "Save it again: model.save('NAME.keras').", code="M102")
    n_members = int.from_bytes(tail[at + 10 : at + 12], "little")
    if n_members > MAX_MEMBERS or _END_64 in tail[max(0, at - 20) : at]:
        raise Refusal(f"has more than {MAX_MEMBERS:,} members, or more than a Keras file needs.")
    file.seek(0)


def _members(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    """Return the members by name, once it is known that both that matter are there once."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    for name in (CONFIG, WEIGHTS):
        if names.count(name) != 1:
            told = f"is not a Keras file: it holds {names.count(name)} times {name}, not once."
            raise Refusal(told, "Save it again: model.save('NAME.keras').", code="M101")
    return {info.filename: info for info in infos}


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Return the bytes of a member; no more are unpacked than it says and may have."""
    if info.flag_bits & 0x1:
        raise Refusal(f"is encrypted: {info.filename}.", code="M102")
    if info.file_size > most or info.file_size > MAX_RATIO * max(info.compress_size, 1):
        told = f"{info.file_size:,} bytes out of {info.compress_size:,}"
        raise Refusal(f"has {info.filename} that would unpack to {told}.")
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise Refusal(f"is damaged: {info.filename} has not the size that it says.", code="M102")
    return content


def _weights_of(document: Mapping[str, Any], content: bytes) -> Weights:
    """Return what reads the arrays of a layer."""
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("reading a Keras file", "h5py", "export") from None
    paths = _paths(document)
    try:
        archive = h5py.File(io.BytesIO(content), "r")
    except MemoryError:
        raise
    except Exception:  # whatever a damaged file makes of h5py
        raise Refusal(f"is damaged: its {WEIGHTS} is no sound HDF5 file.", code="M102") from None

    def weights(place: int, shapes: Sequence[tuple[int, ...]]) -> list[FloatArray]:
        try:
            return _arrays(h5py, archive, paths[place], shapes)
        except (Refusal, MemoryError):
            raise
        except Exception:  # whatever a damaged file makes of h5py: OverflowError and others
            raise Refusal(
                f"is damaged: {paths[place]} in {WEIGHTS} cannot be read.", code="M102"
            ) from None

    return weights


def _paths(document: Mapping[str, Any]) -> list[str]:
    """Return where each layer's arrays lie: its class in lower case, numbered as it comes.

    Source:
        ``_save_container_state`` in keras/src/saving/saving_lib.py (Keras 3.15).
    """
    config = document.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    used: dict[str, int] = {}
    paths = []
    for layer in layers if isinstance(layers, list) else ():
        kind = str(layer.get("class_name")) if isinstance(layer, Mapping) else ""
        name = _snake_case(kind)
        number = used.get(name, 0)
        used[name] = number + 1
        paths.append(f"{name}_{number}" if number else name)
    return paths


def _snake_case(name: str) -> str:
    """Write a class name as ``keras.src.utils.naming.to_snake_case`` does."""
    plain = re.sub(r"\W+", "", name)
    parted = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", plain)
    return re.sub("([a-z])([A-Z])", r"\1_\2", parted).lower()


def _arrays(
    h5py: Any, archive: Any, name: str, shapes: Sequence[tuple[int, ...]]
) -> list[FloatArray]:
    # files of Keras before 3 have the layers under another name, as its own reader knows
    roots = ("layers", "_layer_checkpoint_dependencies")
    root = next((each for each in roots if archive.get(each, getlink=True) is not None), roots[0])
    return [
        _array(_inside(h5py, archive, (root, name, "vars", str(i))), f"{name}/{i}", shape)
        for i, shape in enumerate(shapes)
    ]


def _inside(h5py: Any, archive: Any, parts: tuple[str, ...]) -> Any:
    """Return the dataset at a path, each part a member of the file itself."""
    found = archive
    for number, part in enumerate(parts):
        link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
        place = "/".join(parts[: number + 1])
        if link is None:
            raise Refusal(f"is damaged: it has no arrays at {show(place)}.", code="M102")
        if not isinstance(link, h5py.HardLink):
            raise Refusal(
                f"points out of itself, with a link at {show(place)}. That is refused.", code="M106"
            )
        found = found[part]
    if not isinstance(found, h5py.Dataset):
        raise Refusal(f"is damaged: it has no array at {show('/'.join(parts))}.", code="M102")
    return found


def _array(dataset: Any, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Return a dataset that is what it should be, all of it in the file."""
    if tuple(dataset.shape or ()) != shape or dataset.shape is None:
        told = f"{tuple(dataset.shape)}" if dataset.shape is not None else "nothing"
        raise Refusal(
            f"is damaged: the array {name} must have shape {shape}; got {told}.", code="M102"
        )
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize not in (2, 4, 8):
        raise Refusal(f"has the array {name} of {dataset.dtype}, not of floating-point numbers.")
    stored = dataset.id.get_storage_size()
    if dataset.external or dataset.is_virtual or dataset.chunks is not None:
        raise Refusal(
            f"keeps the array {name} elsewhere or in pieces. That is refused.", code="M106"
        )
    if stored != dataset.size * dataset.dtype.itemsize:
        raise Refusal(f"is damaged: the array {name} has {stored:,} bytes.", code="M102")
    array = np.asarray(dataset[()])
    return array.astype(np.float32 if array.dtype.itemsize < 8 else np.float64)

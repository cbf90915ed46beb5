"""`import_model`: which reader a file or an object gets, and what is said where none fits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from shoal.data.dataset import Kind
from shoal.data.wording import show
from shoal.errors import ArgumentError, InputError, ModelFileError, join
from shoal.exports.importing.chain import Refusal
from shoal.exports.importing.naming import KINDS, WHERE, Found, Imported, Wishes, build
from shoal.exports.importing.reading import open_file
from shoal.models import Model
from shoal.models.document import DocumentError, read_document

Reader = Callable[[BinaryIO, Wishes], Found]

SUFFIXES: Final = (".keras", ".safetensors", ".json", ".edn")
"""What can be imported from files."""
_TORCH_CURE: Final = (
    "Save its weights: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors')."
)
_PICKLE_CURE: Final = (
    "Load it where you trust it, and hand the object over: "
    "shoal.import_model(estimator).save('NAME.safetensors')."
)
_PICKLED: Final = "may hold Python code that runs when it is read"
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    ".pt": (_PICKLED, _TORCH_CURE),
    ".pth": (_PICKLED, _TORCH_CURE),
    ".ckpt": (_PICKLED, _TORCH_CURE),
    ".bin": (_PICKLED, _TORCH_CURE),
    ".pkl": (_PICKLED, _PICKLE_CURE),
    ".pickle": (_PICKLED, _PICKLE_CURE),
    ".joblib": (_PICKLED, _PICKLE_CURE),
    ".onnx": (
        "is ONNX, which shoal writes and never reads: its files can name other files",
        "Import the Keras, PyTorch or scikit-learn network that it was made of.",
    ),
    ".h5": (
        "is Keras' old form, whose configuration can hold Python code",
        "Save it again: keras.models.load_model(...).save('NAME.keras').",
    ),
    ".pb": (
        "is a TensorFlow graph, not a network of layers",
        "Save the Keras model: model.save('NAME.keras').",
    ),
}
_REFUSED_ALIKE: Final = {".hdf5": ".h5", ".ort": ".onnx", ".pk": ".pkl", ".sav": ".pkl"}


def import_model(
    source: Any,
    *,
    features: Iterable[str] | None = None,
    classes: Iterable[str] | None = None,
    target: str | Iterable[str] | None = None,
    kind: Kind | None = None,
    logits: bool | None = None,
    activations: Iterable[str] | None = None,
    layers: Iterable[str] | None = None,
) -> Model:
    """Return a network of another library as a `Model`; none of that library's code is run.

    Args:
        source: a file (.keras, .safetensors of a PyTorch state dict, .json, .edn), or an object:
            MLPClassifier or MLPRegressor, also in a Pipeline behind StandardScaler or
            MinMaxScaler, and in a TransformedTargetRegressor; torch.nn.Sequential; a Keras model;
            ``{"nodes", "weights", "func"}``.
        features: the names of the inputs; x0, x1, ... unless the source knows better.
        classes: the names of the classes, or of no and yes for labels; 0, 1, ...
        target: what is predicted; a name for each of several outputs.
        kind: "classification", "multilabel" or "regression"; told by the last activation
            unless given.
        logits: True puts softmax or sigmoid on a linear last layer.
        activations: one for each layer of a state dict: ["relu", "softmax"].
        layers: the names of a state dict's layers in order, where the file does not tell.

    Returns:
        A model of one network, without a summary of training rows.

    Raises:
        MissingFileError: there is no such file.
        ModelFileError: the file is damaged, hostile, or not one that can be imported.
        InputError: the object cannot be imported; the layer is named.
        ArgumentError: an argument does not fit the network.
        MissingExtraError: a library that reads the file is not installed.

    Example:
        >>> nodes = {"nodes": [2, 1], "weights": [[[1.0], [2.0]]], "func": "identity"}
        >>> import_model(nodes, features=["a", "b"]).predict([[3.0, 4.0]])
        array([11.])
    """
    targets = (target,) if isinstance(target, str) else _names("target", target)
    wishes = Wishes(
        features=_names("features", features),
        classes=_names("classes", classes),
        targets=targets,
        kind=kind,
        logits=logits,
        activations=_names("activations", activations),
        layers=_names("layers", layers),
    )
    return imported(source, wishes).model


def imported(source: Any, wishes: Wishes) -> Imported:
    """Return the model with what should be said about it; see `import_model`."""
    if wishes.kind is not None and wishes.kind not in KINDS:
        wanted = f"must be one of {', '.join(KINDS)}"
        raise ArgumentError(WHERE, "kind", wanted, got=show(str(wishes.kind)), code="A103")
    if isinstance(source, str | os.PathLike):
        return _from_file(os.fspath(source), wishes)
    try:
        _check_state_wishes(wishes, is_state_dict=False)
        return build(_object(source), wishes)
    except Refusal as refusal:
        what = "the dictionary" if isinstance(source, Mapping) else f"the {type(source).__name__}"
        told = join(f"{WHERE}: {what} {refusal.reason}", refusal.cure)
        raise InputError(told, code=refusal.code) from None


def _from_file(source: str, wishes: Wishes) -> Imported:
    suffix = Path(source).suffix.lower()
    try:
        _check_suffix(suffix)
        _check_state_wishes(wishes, is_state_dict=suffix == ".safetensors")
        with open_file(source) as file:
            if suffix == ".json":
                return _from_json(file, wishes)
            return build(_READERS[suffix](file, wishes), wishes)
    except Refusal as refusal:
        raise ModelFileError(source, refusal.reason, refusal.cure, code=refusal.code) from None
    except MemoryError:
        raise ModelFileError(source, "needs more memory than there is.", code="M104") from None


def _check_suffix(suffix: str) -> None:
    refused = _REFUSED.get(_REFUSED_ALIKE.get(suffix, suffix))
    if refused is not None:
        raise Refusal(f"{refused[0]}, and is not opened.", refused[1], code="M106")
    if suffix not in SUFFIXES:
        *others, last = SUFFIXES
        told = f"cannot be imported: it must end in {', '.join(others)} or {last}."
        raise Refusal(told, code="O109")


def _check_state_wishes(wishes: Wishes, *, is_state_dict: bool) -> None:
    for name in ("activations", "layers"):
        if getattr(wishes, name) is not None and not is_state_dict:
            wanted = "must be left out, since the source names its own"
            raise ArgumentError(
                WHERE, name, wanted, got=", ".join(getattr(wishes, name)), code="A108"
            )


def _from_json(file: BinaryIO, wishes: Wishes) -> Imported:
    """Return a network from JSON: nodes and weights, or what shoal's own export wrote."""
    try:
        document = read_document(file.read())
    except DocumentError as error:
        raise Refusal(f"is not a network: it {error}.", code="M101") from None
    if "nodes" in document or "func" in document:
        from shoal.exports.importing.nodes import nodes_found

        return build(nodes_found(document, "nodes"), wishes)
    from shoal.exports.formats.json_reading import from_json

    given = ("features", "classes", "targets", "kind", "logits")
    for name in given:
        if getattr(wishes, name) is not None:
            wanted = "must be left out, since the file names its own"
            got = "one" if name in ("kind", "logits") else "some"
            raise ArgumentError(WHERE, name.removesuffix("s") if name == "targets" else name,
                                wanted, got=got, code="A108")  # fmt: skip
    return Imported(model=from_json(document))


def _read_keras(file: BinaryIO, wishes: Wishes) -> Found:
    from shoal.exports.importing.keras_file import read_keras

    return read_keras(file)


def _read_state_dict(file: BinaryIO, wishes: Wishes) -> Found:
    from shoal.exports.importing.state_dict import read_state_dict

    return read_state_dict(file, wishes)


def _read_edn(file: BinaryIO, wishes: Wishes) -> Found:
    from shoal.exports.importing.nodes import nodes_found, read_edn

    return nodes_found(read_edn(file.read()), "nodes")


_READERS: Final[Mapping[str, Reader]] = {
    ".keras": _read_keras,
    ".safetensors": _read_state_dict,
    ".edn": _read_edn,
}


def _object(source: Any) -> Found:
    """Return the layers of an object, known by the module and the name of its class."""
    from shoal.exports.importing import estimators, objects

    if isinstance(source, Mapping):
        from shoal.exports.importing.nodes import nodes_found

        return nodes_found(source, "nodes")
    module, name = type(source).__module__, type(source).__name__
    if module.startswith("sklearn."):
        return estimators.sklearn_object(source)
    if module.startswith("torch.nn.modules.") and name == "Sequential":
        return objects.torch_object(source)
    if module.startswith("keras.src.models.") and name in ("Sequential", "Functional"):
        return objects.keras_object(source)
    cure = "Known: MLPClassifier, MLPRegressor, torch.nn.Sequential, Keras models, and files."
    raise Refusal("cannot be imported.", cure)


def _names(argument: str, given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(WHERE, argument, "must be names", got=repr(name), code="A101")
    return names

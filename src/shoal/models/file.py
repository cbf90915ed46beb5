"""Models to and from one safetensors file: data only, whatever is in it.

Reading a file of a stranger gives a model whose parts fit together, or an error of ours.
"""

from __future__ import annotations

import os

from shoal.errors import ArgumentError, ModelFileError
from shoal.models.container import read_model
from shoal.models.model import Model


def save_model(model: Model, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a model to one file, as `Model.save`.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: it cannot be written.
    """
    model.save(path, force=force)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save_model` wrote; the bits of its weights are those saved.

    Raises:
        MissingFileError: there is no such file; near names are told.
        ModelFileError: it is damaged, hostile, made by a newer shoal, or not a shoal model.
    """
    header, parameters = read_model(path)
    try:
        return Model(
            network=header.network,
            parameters=parameters,
            schema=header.data_schema,
            scalers=header.scalers,
            target_scalers=header.target_scalers,
            multiply=header.multiply,
            add=header.add,
            threshold=header.threshold,
            seeds=header.seeds,
            best=header.best,
            experiment=header.experiment,
            arithmetic=header.arithmetic,
            version=header.version,
            summary=header.summary,
        )
    except ArgumentError as error:
        told = f"is damaged: its `{error.argument}` {error.requirement}; got {error.got}."
        raise ModelFileError(os.fspath(path), told, code="M102") from None

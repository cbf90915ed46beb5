"""Trained networks as a model file, and in every other format, each proved where it can be."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shoal.errors import InputError
from shoal.exports.exporting import Exported, export
from shoal.exports.registry import Format
from shoal.lab.actions.taken import Made, Taking, mime_of, safe_name
from shoal.models import Model


def chosen_model(taking: Taking) -> Model:
    """Return the networks that were asked for as a model that names no digest of a table.

    Raises:
        InputError: there is no such network, or every one diverged.
    """
    run = taking.run()
    member = taking.member(run)
    found = run.ensemble if member is None else run[member]
    return replace(found, experiment=taking.with_own_names(found.experiment))


def model(taking: Taking) -> Made:
    """Return the model as shoal's own file."""
    made = chosen_model(taking)
    with _folder() as folder:
        path = Path(folder) / "model.safetensors"
        made.save(path)
        content = path.read_bytes()
    networks = "1 network" if len(made) == 1 else f"{len(made)} networks"
    note = f"{networks}, with scaling and names of classes inside."
    return Made(content=content, what=taking.member_name(), note=note)


def suffix_of(form: Format) -> str:
    """Return the suffix of what is handed over: several files travel as one archive."""
    return f"{form.suffix.removesuffix('.py')}.zip" if form.more_suffixes else form.suffix


def export_of(form: Format) -> Callable[[Taking], Made]:
    """Return what writes a model in a format."""

    def make(taking: Taking) -> Made:
        source = chosen_model(taking)
        what = taking.member_name()
        stem = safe_name(f"{taking.stem}-{what}").replace(" ", "_")
        taking.surroundings.tell(f"writing {form.name} and proving it")
        with _folder() as folder:
            found = export(source, Path(folder) / f"{stem}{form.suffix}")
            content = found.paths[0].read_bytes() if len(found.paths) == 1 else _archive(found)
        taking.surroundings.tell("proved")
        return Made(content=content, what=what, mime=mime_of(suffix_of(form)), note=_told(found))

    return make


def _told(found: Exported) -> str:
    """Return what came of the proof, and how the receiver repeats it."""
    proof = found.proof
    told = f"not proved, since {found.runtime} is not here" if proof is None else str(proof)
    return f"{told[:1].upper()}{told[1:]}. Self-test: {found.self_test}"


def _archive(found: Exported) -> bytes:
    """Return several files as one archive, with fixed times so that it is always the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in found.paths:
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="shoal-take-")
    except OSError as error:
        told = f"take: no temporary folder can be made: {error.strerror}. Set TMPDIR to another."
        raise InputError(told, code="L103") from None


__all__ = ["chosen_model", "export_of", "model", "suffix_of"]

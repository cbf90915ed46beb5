"""Write a model in another format, once the written file has proved itself.

The file is run in a folder of its own before anything appears where it was asked for; one
that says something else than the model is never left behind.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shoal.errors import ArgumentError, InputError, InternalError, ShoalError
from shoal.exports.portable import Portable, portable
from shoal.exports.proof import Proof
from shoal.exports.registry import Format, format_of
from shoal.exports.running import UNPROVED
from shoal.files import check_output, whole_file
from shoal.models import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written.

    Attributes:
        format: the name of the format.
        paths: the files; the first has the name that was asked for.
        n_bytes: of each file.
        n_networks: P, the networks in it.
        proof: what came of running it; None if its runtime is not here, or was not asked.
        runtime: what would run it.
        self_test: how its receiver runs the self-test.
    """

    format: str
    paths: tuple[Path, ...]
    n_bytes: tuple[int, ...]
    n_networks: int
    proof: Proof | None
    runtime: str
    self_test: str


def export(
    model: Model, path: str | os.PathLike[str], *, force: bool = False, prove: bool = True
) -> Exported:
    """Write `model` as a file of another format, chosen by the suffix; see `FORMATS`.

    All networks go along, and the file predicts as they do together; ``model[i]`` is one of
    them, ``model.best_network`` the best.

    Args:
        model: what to write.
        path: the file; some formats write a second one beside it.
        force: replace files that are there.
        prove: run the file on its vectors where its runtime is here.

    Raises:
        ArgumentError: `model` is something else.
        InputError: no format has this suffix, the format cannot hold the model (the reason
            is told), or a file cannot be written.
        OutputExistsError: a file is there and `force` is false.
        MissingExtraError: the library that writes the format is not installed.
        InternalError: the file says something else than the model, or what runs it failed;
            nothing was written.
    """
    if not isinstance(model, Model):
        cure = "Give run.ensemble." if hasattr(model, "ensemble") else ""
        raise ArgumentError(
            "export", "model", "must be a Model", got=type(model).__name__, cure=cure, code="A101"
        )
    form, stem = format_of(path)
    first = Path(path)
    paths = (first, *(first.with_name(stem + more) for more in form.more_suffixes))
    for each in paths:
        check_output(each, force=force)
    parts = portable(model, name=stem)
    contents = form.writer.write(parts)
    proof = _proved(form, parts, contents, path) if prove else None
    bodies = tuple(contents[suffix] for suffix in (form.suffix, *form.more_suffixes))
    _write(paths, bodies, force=force)
    return Exported(
        format=form.name,
        paths=paths,
        n_bytes=tuple(map(len, bodies)),
        n_networks=len(model),
        proof=proof,
        runtime=form.runtime,
        self_test=self_test(form, first, parts.name),
    )


def self_test(form: Format, path: Path, name: str) -> str:
    """Return how the receiver of a file runs its self-test."""
    return form.self_test.format(file=path.name, name=name, NAME=name.upper())


def prove_contents(form: Format, parts: Portable, contents: Mapping[str, bytes]) -> Proof | None:
    """Return what came of running files, written to a folder of their own; None if unknown."""
    try:
        with tempfile.TemporaryDirectory(prefix="shoal-export-") as folder:
            paths = {suffix: Path(folder) / f"{parts.name}{suffix}" for suffix in contents}
            for suffix, content in contents.items():
                paths[suffix].write_bytes(content)
            return form.writer.prove(paths, parts)
    except OSError as error:
        if isinstance(error, ShoalError):
            raise
        told = f"export: the temporary folder cannot be used: {error.strerror}."
        raise InputError(f"{told} Set TMPDIR to another. {UNPROVED}", code="T105") from None


def _proved(
    form: Format, parts: Portable, contents: Mapping[str, bytes], path: str | os.PathLike[str]
) -> Proof | None:
    try:
        proof = prove_contents(form, parts, contents)
    except InternalError as error:
        told = f"{os.fspath(path)}: nothing was written, since the proof failed: {error.message}"
        raise InternalError(f"{told.rstrip('.')}. {UNPROVED}") from None
    if proof is not None and not proof.passed:
        raise InternalError(
            f"{os.fspath(path)}: nothing was written, since the file says something else than "
            f"the model: {proof}. Please report it, with the model if you can."
        )
    return proof


def _write(paths: tuple[Path, ...], bodies: tuple[bytes, ...], *, force: bool) -> None:
    """Write several files: they get their names when all of them are on the disk."""
    with contextlib.ExitStack() as stack:
        files: list[BinaryIO] = []
        for path, body in zip(paths, bodies, strict=True):
            files.append(stack.enter_context(whole_file(path, force=force)))
            files[-1].write(body)
        for file in files:
            file.flush()
            os.fsync(file.fileno())

"""Checkpoints while training: every so many seconds, and at the end.

One process writes to a checkpoint at a time. If the disk is full, training goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from shoal.errors import ArgumentError, CheckpointError, FunctionError, InputError, ShoalError
from shoal.experiments.checkpoint import MEMORY, START, header_of, write_checkpoint
from shoal.experiments.memory import NotPlainError, rule_of, to_plain
from shoal.experiments.pieces import Moment
from shoal.experiments.prepare import Prepared
from shoal.experiments.trainer import FAR, Trainer
from shoal.files import check_output
from shoal.models.document import MAX_VALUES
from shoal.training.rules.python import WHERE


class Keeper:
    """Writes checkpoints; an observer of the training.

    The first one is written before the first step, so that a run can always be resumed.

    Args:
        path: the file, locked.
        prepared: what is trained.
        every_s: seconds from one checkpoint to the next.
        folder: of the experiment, where the checkpoint says it whole; else as seen from `path`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        prepared: Prepared,
        every_s: float,
        *,
        folder: str | None = None,
    ) -> None:
        self.path = path
        self.every_s = every_s
        self._header = header_of(prepared, path) | ({} if folder is None else {"folder": folder})
        self._start = prepared.start
        self._written_s: float | None = None
        self._rule = rule_of(prepared)
        self._has_seen_memory = self._rule is None

    def next_step(self, step: int) -> int:
        """Return that no piece needs to end at a step, but to see what a rule remembers."""
        return FAR if self._has_seen_memory else step + 1

    def see(self, moment: Moment) -> None:
        """Write a checkpoint if it is time; whether that works is told in the end.

        Raises:
            InputError: the first one cannot be written.
            FunctionError: a rule in Python returned a state that no checkpoint can hold.
        """
        trainer, now = moment.trainer, moment.elapsed_s
        if self._written_s is None:
            self._write(trainer, now)
        elif now - self._written_s >= self.every_s:
            try:
                self._write(trainer, now)
            except FunctionError:
                raise
            except ShoalError:
                self._written_s = now
        elif not self._has_seen_memory:
            self._memory(trainer)
        self._has_seen_memory = self._has_seen_memory or moment.step > 0

    def finish(self, trainer: Trainer, seconds: float) -> str | None:
        """Write the last checkpoint; return a sentence if that cannot be done."""
        try:
            self._write(trainer, seconds)
        except InputError as error:
            return f"{error} The checkpoint is an older one, or none; the result is whole."
        return None

    def _write(self, trainer: Trainer, seconds: float) -> None:
        said, own = self._memory(trainer)
        arrays: dict[str, Any] = {**trainer.state.arrays(), START: self._start, **own}
        write_checkpoint(self.path, {**self._header, **said, "seconds": seconds}, arrays)
        self._written_s = seconds

    def _memory(self, trainer: Trainer) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a rule in Python remembers, as document and arrays."""
        if self._rule is None:
            return {}, {}
        try:
            plain, arrays = to_plain(trainer.memory)
            if str(plain).count(",") > MAX_VALUES // 2:
                raise NotPlainError(f"more than {MAX_VALUES // 2:,} values outside of arrays")
        except (NotPlainError, RecursionError) as error:
            step = trainer.last_step
            raise FunctionError(
                f"{WHERE}, step {step:,}: '{self._rule.function.code}' returned a state with "
                f"{error}, which a checkpoint cannot hold. Keep None, True, False, numbers, text, "
                "NumPy arrays of numbers, and lists, tuples or dictionaries of these in it, or "
                "train without a checkpoint.",
                network=None,
                step=step,
                code="F105",
            ) from None
        return {MEMORY: plain}, arrays


@contextlib.contextmanager
def keeping(
    path: str | os.PathLike[str] | None, prepared: Prepared, every_s: float, *, force: bool
) -> Iterator[Keeper | None]:
    """Yield what writes checkpoints of a new run to `path`, None if there is no path.

    Raises:
        InputError: the file is there and `force` is false, or it cannot be written.
        CheckpointError: another process writes to it.
    """
    check_every(every_s)
    if path is None:
        yield None
        return
    prepared.experiment.check_portable()
    check_new(path, force=force)
    with locked(path):
        check_new(path, force=force)
        yield Keeper(path, prepared, every_s)


def check_new(path: str | os.PathLike[str], *, force: bool) -> None:
    """Raise unless a new checkpoint may be written to `path`.

    Raises:
        InputError: there is one and `force` is false, or it cannot be written.
    """
    if check_output(path, force=True).exists() and not force:
        told = "exists already. Go on with it (shoal resume), or give --force to replace it."
        raise InputError(f"{os.fspath(path)}: {told}", code="O102")


def check_every(every_s: object) -> None:
    """Raise unless `every_s` is a number of seconds.

    Raises:
        ArgumentError: it is not.
    """
    is_number = isinstance(every_s, int | float | np.number) and not isinstance(every_s, bool)
    if not is_number or not math.isfinite(float(every_s)) or float(every_s) <= 0:  # type: ignore[arg-type]
        wanted = "must be a number of seconds above 0"
        raise ArgumentError(
            "Experiment.run", "checkpoint_every_s", wanted, got=repr(every_s), code="A102"
        )


@contextlib.contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the right to write to `path`; the system lets go of it if the process dies.

    Raises:
        CheckpointError: another process holds it.
        InputError: the folder cannot be written to.
    """
    target = check_output(path, force=True)
    real = Path(os.path.realpath(target))
    lock = real.with_name(f".{real.name}.lock")
    handle = _locked_handle(os.fspath(path), lock)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(lock)
        os.close(handle)


def _locked_handle(source: str, lock: Path) -> int:
    while True:
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            told = f"{source}: cannot be locked: {error.strerror or error}."
            raise InputError(told, code="O103") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if not isinstance(error, BlockingIOError):
                told = f"{source}: cannot be locked: {error.strerror or error}."
                raise InputError(told, code="O103") from None
            told = "another process is writing to it."
            raise CheckpointError(
                source, told, "Wait for its end, or stop it.", code="C106"
            ) from None
        with contextlib.suppress(OSError):
            if os.stat(lock).st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)  # the one before us took the file away as it left

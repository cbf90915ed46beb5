"""How a command ends: one sentence and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final, ParamSpec, TextIO, TypeVar

import typer

from shoal.errors import ExperimentError, ShoalError, with_cure

P = ParamSpec("P")
R = TypeVar("R")

DONE, FELL_SHORT, WRONG_INPUT, FAILED, INTERRUPTED = 0, 1, 2, 3, 130

STDOUT_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

OUT_OF_MEMORY, OUTPUT_FULL, DEFECT = "Z102", "O104", "Z100"
"""The codes of what Python raises and no class of ours tells."""

SHOWN = "With SHOAL_DEBUG=1 the same command shows where it happened."

EXIT_CODES: Final = {
    DONE: "done",
    FELL_SHORT: "fell short: a bar missed, all diverged, no cell of use, no row read, "
    "a replay differs",
    WRONG_INPUT: "wrong input or usage; nothing was written",
    FAILED: "our own failure",
    INTERRUPTED: "interrupted; what was there is written",
}
"""Every exit code and what it means."""


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors of a command into a sentence on standard error and an exit code.

    With ``SHOAL_DEBUG=1`` the traceback is shown as well.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            try:
                done = command(*args, **kwargs)
            except typer.Exit:
                with answering():  # its code counts, whoever still reads
                    pass
                raise
            sys.stdout.flush()  # here, where a full disk or a closed pipe can be told
            return done
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except BaseException as error:
            raise typer.Exit(ended_by(error)) from None

    return run


def ended_by(error: BaseException) -> int:
    """Say what ended a command, if it is worth a word, and return the exit code."""
    if os.environ.get("SHOAL_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _let_go_of(sys.stdout)
        return DONE
    code, lines = _sentences(error)
    tell_error(lines)
    return code


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Print an answer: a reader that leaves early changes neither what follows nor the exit code.

    Without it the command ends where the reader leaves, and well: what a stream of rows needs,
    but not a command that still writes files, or whose exit code is its answer.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of(sys.stdout)


def remark(text: str) -> None:
    """Say something on standard error; where nobody can hear it, the work goes on."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _let_go_of(sys.stderr)


def tell(sentence: str) -> None:
    """Say something that is none of the errors, on standard error."""
    for line in sentence.splitlines():
        remark(f"shoal: {line}")


def tell_error(lines: Iterable[tuple[str, str]]) -> None:
    """Say what went wrong, on standard error.

    Args:
        lines: each a code, of which `shoal help CODE` tells more, and a sentence.
    """
    for code, sentence in lines:
        for line in sentence.splitlines():
            remark(f"shoal [{code}]: {line}")


def _sentences(error: BaseException) -> tuple[int, list[tuple[str, str]]]:
    """Return the exit code, and every sentence with its code."""
    if isinstance(error, ExperimentError):
        codes = [problem.code for problem in error.problems]
        return error.exit_code, list(zip(codes, str(error).split("\n"), strict=False))
    if isinstance(error, ShoalError):
        return error.exit_code, [(error.code, str(error))]
    if isinstance(error, MemoryError):
        told = "not enough memory. Ask for fewer networks, rows or reports."
        return WRONG_INPUT, [(OUT_OF_MEMORY, told)]
    if isinstance(error, OSError) and error.errno in STDOUT_FULL:
        _let_go_of(sys.stdout)
        told = with_cure(f"standard output: cannot be written: {error.strerror}.", OUTPUT_FULL)
        return WRONG_INPUT, [(OUTPUT_FULL, told)]
    what = f"{type(error).__name__}: {error}".rstrip(".")
    told = f"this is a defect of shoal, please report it: {what}. {SHOWN}"
    return FAILED, [(DEFECT, told)]


def _let_go_of(stream: TextIO) -> None:
    """Send what is still to be written nowhere, so that Python's own flush is quiet."""
    with contextlib.suppress(OSError, ValueError):  # where the stream is none of the system's
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)

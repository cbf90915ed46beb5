"""Every exception that shoal raises on purpose, in one tree.

::

    ShoalError
    ├── InputError (ValueError)              what was given is wrong: exit code 2
    │   ├── ArgumentError                    a Python argument
    │   ├── ExperimentError                  an experiment document; all problems at once
    │   ├── DataError                        a data file or table: file, line, column
    │   ├── ModelFileError                   a model file that is damaged, hostile or foreign
    │   ├── CheckpointError                  a checkpoint that is damaged or does not fit
    │   ├── StoreError                       the store of runs, or what it does not hold
    │   ├── FunctionError                    a Python function of the user's, while training
    │   ├── MissingFileError (FileNotFoundError)
    │   └── OutputExistsError (FileExistsError)
    ├── MissingExtraError (ImportError)      an optional library is not installed: exit code 2
    └── InternalError (RuntimeError)         our own failure: exit code 3

A message reads ``where: `what` requirement; got value. Cure.`` and is the same
sentence in Python, on the command line and on the page. Each has a code, which
`shoal.codes` tells of; where a message brings no cure, that of its code ends it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_SECOND = re.compile(r"[.?!)'] (?=[A-Z])|: pip install ")
"""Where a sentence ends and a cure begins."""


class ShoalError(Exception):
    """The root of everything that shoal raises on purpose.

    Args:
        message: the sentences that are shown.
        code: of the situation, from `shoal.codes`; without it, the one of the class.

    Attributes:
        code: a letter for the kind and three digits; ``shoal help CODE`` tells of it.
        message: the sentences as they were given, without the cure of the code.
    """

    exit_code = 3
    code = "Z100"

    def __init__(self, message: str = "", *, code: str = "") -> None:
        if code:
            self.code = code
        self.message = message
        super().__init__(with_cure(message, self.code))


class InputError(ShoalError, ValueError):
    """What was given is wrong; nothing was written."""

    exit_code = 2
    code = "A100"


class ArgumentError(InputError):
    """An argument of a Python function does not meet its requirement.

    Args:
        where: the public function, e.g. ``"Network.forward"``.
        argument: its argument.
        requirement: what must hold, starting with a verb: ``"must have shape (N, D)"``.
        got: what was found instead.
        cure: one sentence that says what to do, or an empty string.
        code: of the situation, from `shoal.codes`.
    """

    code = "A100"

    def __init__(
        self,
        where: str,
        argument: str,
        requirement: str,
        *,
        got: object,
        cure: str = "",
        code: str = "",
    ) -> None:
        self.where = where
        self.argument = argument
        self.requirement = requirement
        self.got = got
        self.cure = cure
        super().__init__(join(f"{where}: `{argument}` {requirement}; got {got}.", cure), code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in an experiment document, at a key path."""

    path: str
    message: str
    code: str = "X100"

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", with_cure(self.message, self.code))


class ExperimentError(InputError):
    """An experiment document is wrong; carries every problem at once.

    Args:
        source: the file's name as it was given, or ``"experiment"``.
        problems: what is wrong, each with its key path and its code.

    Attributes:
        code: of the first problem.
    """

    code = "X100"

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = [
            f"{source}, {p.path}: {p.message}" if p.path else f"{source}: {p.message}"
            for p in self.problems
        ]
        super().__init__("\n".join(lines), code=self.problems[0].code if problems else "")


class DataError(InputError):
    """A table cannot be read or does not fit what is asked of it.

    Args:
        reason: what is wrong and what was found, a full sentence.
        source: the file's name as it was given.
        line: the line in the file, counted from 1.
        column: the column's name.
        cure: one sentence that says what to do.
        code: of the situation, from `shoal.codes`.
    """

    code = "D100"

    def __init__(
        self,
        reason: str,
        *,
        source: str = "",
        line: int | None = None,
        column: str | None = None,
        cure: str = "",
        code: str = "",
    ) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        self.column = column
        self.cure = cure
        place = [source] if source else []
        if line is not None:
            place.append(f"line {line}")
        if column is not None:
            place.append(f"column '{column}'")
        prefix = ", ".join(place) + ": " if place else ""
        super().__init__(join(prefix + reason, cure), code=code)


class ModelFileError(InputError):
    """A model file is damaged, hostile, or not a shoal model."""

    code = "M100"

    def __init__(self, source: str, reason: str, cure: str = "", *, code: str = "") -> None:
        self.source = source
        self.reason = reason
        super().__init__(join(f"{source}: {reason}", cure), code=code)


class CheckpointError(InputError):
    """A checkpoint is damaged, does not fit what is asked of it, or is not a checkpoint."""

    code = "C100"

    def __init__(self, source: str, reason: str, cure: str = "", *, code: str = "") -> None:
        self.source = source
        self.reason = reason
        super().__init__(join(f"{source}: {reason}", cure), code=code)


class StoreError(InputError):
    """The store of runs cannot be read or written, or does not hold what is asked of it."""

    code = "S100"

    def __init__(self, source: str, reason: str, cure: str = "", *, code: str = "") -> None:
        self.source = source
        self.reason = reason
        super().__init__(join(f"{source}: {reason}", cure), code=code)


class FunctionError(InputError):
    """A Python function of the user's raised, or returned something else, while training.

    What was trained until then is not lost: it is in `run`.

    Attributes:
        network: which network the function looked at, or None for all.
        step: after how many steps.
        run: a `Run` as far as it came.
    """

    code = "F100"

    def __init__(self, message: str, *, network: int | None, step: int, code: str = "") -> None:
        self.network = network
        self.step = step
        self.run: Any = None
        super().__init__(message, code=code)


class MissingFileError(InputError, FileNotFoundError):
    """A file that was named is not there."""

    code = "O101"

    def __init__(self, source: str, nearby: Iterable[str] = ()) -> None:
        self.source = source
        super().__init__(join(f"{source}: there is no such file.", did_you_mean(source, nearby)))

    def __str__(self) -> str:
        return str(self.args[0])


class OutputExistsError(InputError, FileExistsError):
    """A file that would be written is already there."""

    code = "O102"

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: exists already. Give --force to replace it.")

    def __str__(self) -> str:
        return str(self.args[0])


class MissingExtraError(ShoalError, ImportError):
    """A library of an optional extra is not installed."""

    exit_code = 2
    code = "E101"

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{purpose} needs the {package} package: pip install 'shoal[{extra}]'.")


class InternalError(ShoalError, RuntimeError):
    """Something that should never happen did: a defect of shoal."""

    exit_code = 3
    code = "Z100"


class ShoalWarning(UserWarning):
    """Something that was given is allowed but probably not meant."""


def with_cure(message: str, code: str) -> str:
    """Return `message` with the cure of its code behind each line that brings none of its own.

    A line brings its own where a second sentence follows the first.

    Example:
        >>> with_cure("`y` must be finite; got NaN.", "A105")
        '`y` must be finite; got NaN. Take these numbers out, or fill the gaps first.'
        >>> with_cure("a.csv: is a folder. Name a file in it.", "O106")
        'a.csv: is a folder. Name a file in it.'
    """
    if all(_SECOND.search(line) for line in message.split("\n")):
        return message
    from shoal.codes import CODES  # only where something is wrong

    cure = CODES[code].cure
    return "\n".join(
        line if not line or _SECOND.search(line) else join(line, cure)
        for line in message.split("\n")
    )


def join(sentence: str, cure: str) -> str:
    """Return `sentence`, followed by `cure` where there is one."""
    return f"{sentence} {cure}" if cure else sentence


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"`` for the known word nearest to `word`, or nothing.

    Example:
        >>> did_you_mean("optimiser", ["optimizer", "loss"])
        "Did you mean 'optimizer'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""

"""Python functions that an experiment names: learning rules and stop rules of one's own.

A document holds ``module:name`` and the hash of the source, never code; nothing is imported
while a document is read, and later only if the caller allows it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PrivateAttr, WrapValidator
from pydantic_core import PydanticCustomError

from shoal.errors import InputError, did_you_mean
from shoal.fields import reason
from shoal.records import Record

PATTERN = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
"""A module and a name in it."""
LONGEST = 200
"""Characters that are shown of what a function says when it raises."""


def _not_a_name(value: object) -> PydanticCustomError:
    return reason("wrong_kind", f'must be a Python function by name, "module:name"; got {value!r}')


def _checked_code(code: str) -> str:
    if not re.match(PATTERN, code):
        raise _not_a_name(code)
    return code


class UserFunction(Record):
    """A Python function by name: `code` is ``module:name``.

    Args:
        code: where the function is, such as ``rules:wiggle`` for the function `wiggle` of
            ``rules.py``.
        sha256: of the function's source when the experiment was made; if it is given, another
            source is refused.

    Example:
        >>> UserFunction.of(did_you_mean).code
        'shoal.errors:did_you_mean'
    """

    code: Annotated[str, AfterValidator(_checked_code)]
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    _function: Callable[..., Any] | None = PrivateAttr(default=None)

    def __eq__(self, other: object) -> bool:
        """Compare name and source; of functions that no document can name, the function."""
        if not isinstance(other, UserFunction):
            return NotImplemented
        same = self.code == other.code and self.sha256 == other.sha256
        return same and (self.is_portable or self._function is other._function)

    @classmethod
    def of(cls, function: Callable[..., Any]) -> UserFunction:
        """Return the record of a function that is at hand."""
        module = getattr(function, "__module__", None) or "__main__"
        name = getattr(function, "__qualname__", None) or f"<{type(function).__name__}>"
        made = cls.model_construct(code=f"{module}:{name}", sha256=source_hash(function))
        made._function = function
        return made

    @property
    def function(self) -> Callable[..., Any] | None:
        """The function, if it was handed over in Python or has been found."""
        return self._function

    @property
    def is_portable(self) -> bool:
        """Whether the name leads to the function from another process too."""
        module, _, name = self.code.partition(":")
        if self._function is None:
            return True
        if module == "__main__" or self.sha256 is None:
            return False
        found: object = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        return found is self._function

    def found(self, *, allow_python: bool, where: str, folder: Path | None = None) -> Self:
        """Return the record with its function, and with its hash; import it if need be.

        A function that was handed over in Python is simply there.

        Args:
            allow_python: whether code that a document names may be imported.
            where: the key path, for messages.
            folder: of the experiment: modules beside it are found first.

        Raises:
            InputError: it may not be imported, cannot be, or its source is another one.
        """
        if self._function is not None:
            return self.model_copy()
        if not allow_python:
            raise InputError(
                f"{where}: the experiment names Python code '{self.code}', which is only run if "
                "you allow it. Look at it, then give --allow-python (in Python: "
                "allow_python=True).",
                code="F102",
            )
        found = UserFunction.of(self._import(where, folder))
        if self.sha256 is not None and found.sha256 != self.sha256:
            raise InputError(
                f"{where}: the source of '{self.code}' has changed since the experiment was made: "
                f"its SHA-256 begins with {(found.sha256 or 'nothing')[:12]}, not with "
                f"{self.sha256[:12]}. Bring the old source back, or leave sha256 out to use the "
                "new one.",
                code="F103",
            )
        return self.model_copy(update={"sha256": found.sha256})._with(found._function)

    def _with(self, function: Callable[..., Any] | None) -> Self:
        self._function = function
        return self

    def _import(self, where: str, folder: Path | None) -> Callable[..., Any]:
        module_name, _, name = self.code.partition(":")
        try:
            with _searching(folder):
                found: Any = importlib.import_module(module_name)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a module may call sys.exit
            told = first_line(error)
            raise InputError(
                f"{where}: the module of '{self.code}' cannot be imported: {told}. Put "
                f"{module_name.replace('.', '/')}.py beside the experiment, or install it.",
                code="F104",
            ) from error
        for part in name.split("."):
            if not hasattr(found, part):
                cure = did_you_mean(part, vars(found)) or "Name one of its functions."
                raise InputError(
                    f"{where}: '{self.code}': there is no '{part}'. {cure}", code="F104"
                )
            found = getattr(found, part)
        if not callable(found):
            raise InputError(
                f"{where}: '{self.code}' is not a function; got {found!r:.60}.", code="F104"
            )
        function: Callable[..., Any] = found
        return function


def source_hash(function: Callable[..., Any]) -> str | None:
    """Return the SHA-256 of a function's source, or None where there is none to read."""
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def check_portable(function: UserFunction, where: str) -> None:
    """Raise if a document cannot name a function.

    Raises:
        InputError: it is a lambda, a function inside another, of ``__main__``, or no function.
    """
    if function.is_portable:
        return
    raise InputError(
        f"{where}: '{function.code}' cannot be written into a file: only a function that is "
        "defined with def at the top of a module can be found again. Move it into a module of "
        "its own and import it from there.",
        code="F105",
    )


def call(where: str, function: UserFunction, *arguments: Any) -> Any:
    """Call a function that was found; what it raises becomes an error with the key path.

    That holds for `SystemExit` too, but not for Ctrl-C.

    Raises:
        InputError: the function raised.
    """
    if function.function is None:
        raise InputError(f"{where}: '{function.code}' has not been imported yet.", code="F104")
    try:
        return function.function(*arguments)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        told = what_was_raised(error, function.function)
        raise InputError(f"{where}: '{function.code}' raised {told}.", code="F100") from error


def what_was_raised(error: BaseException, function: Callable[..., Any]) -> str:
    """Return what a function raised, with the deepest line of its own file on the way there.

    Example:
        >>> what_was_raised(ValueError("no more"), print)
        'ValueError: no more'
    """
    # the first frame is the one that called the function, the second is in its file
    frames = [(frame.f_code.co_filename, n) for frame, n in walk_tb(error.__traceback__)][1:]
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = code.co_filename if code is not None else frames[0][0] if frames else ""
    lines = [n for file, n in frames if file == own]
    return first_line(error) + (f" ({Path(own).name}, line {lines[-1]})" if lines else "")


def first_line(error: BaseException) -> str:
    """Return the kind of an exception and the first line of what it says, shortened.

    Example:
        >>> first_line(KeyError("a")), first_line(ValueError())
        ("KeyError: 'a'", 'ValueError')
    """
    try:
        text = str(error).strip()
    except Exception:  # the user's own __str__
        text = ""
    line = next(iter(text.splitlines()), "")
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


@contextmanager
def _searching(folder: Path | None) -> Iterator[None]:
    """Look for modules in `folder` first, for as long as the block runs."""
    if folder is None:
        yield
        return
    place = str(folder.absolute())
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(place)


def _choose_function(value: object, _inner: object) -> UserFunction:
    """Return the record that a function, its name or a table stands for."""
    if isinstance(value, UserFunction):
        return value
    if isinstance(value, str):
        return UserFunction(code=_checked_code(value))
    if isinstance(value, Mapping):
        return UserFunction.model_validate(value)
    if callable(value):
        return UserFunction.of(value)
    raise _not_a_name(value)


FunctionField = Annotated[
    UserFunction,
    WrapValidator(
        _choose_function,
        json_schema_input_type=Annotated[str, Field(pattern=PATTERN)] | UserFunction,
    ),
]
"""The type of a document field that names a Python function: ``"module:name"`` or a table; in
Python the function itself."""

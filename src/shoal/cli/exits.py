"""How a command ends: one sentence and an exit code, never a traceback.

====  ==========================================
code  meaning
====  ==========================================
0     done
1     the thing asked about fell short
2     wrong input or usage; nothing was written
3     our own failure
130   interrupted
====  ==========================================
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

from shoal.errors import ShoalError

P = ParamSpec("P")
R = TypeVar("R")

INTERRUPTED = 130
FAILED = 3


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors of a command into a sentence on standard error and an exit code.

    With ``SHOAL_DEBUG=1`` the traceback is shown as well.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ShoalError as error:
            raise _exit(error, str(error), error.exit_code) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except MemoryError as error:
            sentence = "not enough memory. Ask for fewer networks, rows or reports."
            raise _exit(error, sentence, 2) from None
        except Exception as error:
            sentence = (
                f"this is a defect of shoal, please report it: {type(error).__name__}: {error}"
            )
            raise _exit(error, sentence, FAILED) from None

    return run


def _exit(error: BaseException, sentence: str, code: int) -> typer.Exit:
    if os.environ.get("SHOAL_DEBUG"):
        import traceback

        traceback.print_exception(error)
    for line in sentence.splitlines():
        print(f"shoal: {line}", file=sys.stderr)
    return typer.Exit(code)

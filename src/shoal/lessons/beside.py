"""The lab beside the lessons: a process of its own, started when somebody goes there."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType
from typing import Final, Self

from shoal.errors import InternalError

LAB: Final = ("lab", "--no-browser", "--port", "0")
STOP_SECONDS = 5.0
"""A lab that was asked to end has as long."""


class LabBeside:
    """Starts ``shoal lab`` once, on a port of its own, and ends it with the block.

    Example:
        >>> with LabBeside() as lab:  # nobody asks for its address: nothing is started
        ...     lab.is_running
        False
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._address = ""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def address(self) -> str:
        """Return the lab's address with its key, once it answers there.

        Raises:
            InternalError: it did not start.
        """
        with self._lock:
            if not self.is_running:
                # -P: no module of the folder that the lessons were started in is taken for another
                command = [sys.executable, "-P", "-m", "shoal", *LAB]
                # Ctrl-C in the terminal is for the lessons, which end the lab
                self._process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                    start_new_session=True,
                )  # fmt: skip
                assert self._process.stdout is not None
                self._address = self._process.stdout.readline().strip()
            if not self._address:
                raise InternalError("the lab beside the lessons did not start. Try: shoal lab")
            return self._address

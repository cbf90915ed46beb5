"""Who works chunks of a sweep off: threads, processes, Dask, or any executor of Python's.

A crew knows four things: how to bring the rows to its workers once, how to hand a chunk over, how
to start again after a worker was lost, and how to stop.
"""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from shoal.errors import InputError, MissingExtraError, did_you_mean
from shoal.experiments.sweep.chunk import Chunk, train_chunk
from shoal.experiments.sweep.shared import EMPTY, Cargo, stow, unload
from shoal.kernels.choice import default_threads

Columns = Mapping[str, np.ndarray]
KINDS: Final = ("threads", "processes")
"""Executors that have a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files that a cluster beyond this machine is reached with.

    Attributes:
        ca: certificate of who signed the others.
        cert, key: this machine's certificate and its key.
    """

    ca: Path
    cert: Path
    key: Path


class Crew(Protocol):
    """Workers."""

    @property
    def name(self) -> str:
        """What it is called: "2 threads"."""

    @property
    def n_workers(self) -> int:
        """How many chunks are worked on at once."""

    def send(self, token: str, cargo: Cargo) -> None:
        """Bring what chunks with a token need to every worker; it travels once."""

    def submit(self, chunk: Chunk) -> Future[dict[str, np.ndarray]]:
        """Hand a chunk over."""

    def renew(self) -> bool:
        """Start again after a worker was lost; return whether that can be."""

    def close(self, *, at_once: bool) -> None:
        """Let the workers go; at once: without what they have not finished."""


@contextmanager
def opened(
    how: str | Executor | Any | None = None, *, workers: int | None = None, tls: Tls | None = None
) -> Iterator[Crew]:
    """Yield the crew that is meant, and let it go at the end.

    Args:
        how: "threads" (if nothing is given), "processes", an address of a Dask scheduler such
            as "tcp://127.0.0.1:8786", "local:2" for a Dask cluster on this machine, an
            `Executor`, or a Dask `Client`.
        workers: how many threads or processes; as many as this process may use if not given.
        tls: needed for schedulers on other machines.

    Raises:
        InputError: there is no such executor, it cannot be reached, or not without TLS.
        MissingExtraError: Dask is not installed.
    """
    crew = crew_of(how, workers=workers, tls=tls)
    try:
        yield crew
    except BaseException:
        crew.close(at_once=True)
        raise
    crew.close(at_once=False)


def crew_of(how: Any = None, *, workers: int | None = None, tls: Tls | None = None) -> Crew:
    """Return the crew that is meant; see `opened`.

    Raises:
        InputError: there is no such executor, it cannot be reached, or not without TLS.
        MissingExtraError: Dask is not installed.
    """
    n_workers = workers or default_threads()
    if how is None or how == "threads":
        return ThreadCrew(n_workers)
    if how == "processes":
        return ProcessCrew(n_workers)
    if isinstance(how, str):
        return _dask_crew(how, workers, tls)
    if hasattr(how, "get_executor") or hasattr(how, "_client"):
        return _crew_of_client(getattr(how, "_client", how))
    if isinstance(how, Executor):
        return GivenCrew(how, workers)
    told = 'must be "threads", "processes", the address of a Dask scheduler, or an Executor'
    raise InputError(f"Sweep.run: `executor` {told}; got {type(how).__name__}.", code="W101")


def known_workers(how: str | None, workers: int | None) -> int:
    """Return how many chunks an executor works on at once, before it is there.

    Of a cluster that runs already, one is assumed where nothing is said.
    """
    if how is None or how in KINDS:
        return workers or default_threads()
    return int(how.removeprefix("local:")) if how.startswith("local:") else workers or 1


class ThreadCrew:
    """Threads of this process: the core lets others run while it trains."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._executor = ThreadPoolExecutor(n_workers, thread_name_prefix="shoal")
        self._stopped = threading.Event()
        self._token = ""

    @property
    def name(self) -> str:
        """How many threads."""
        return f"{self.n_workers} thread{'' if self.n_workers == 1 else 's'}"

    def send(self, token: str, cargo: Cargo) -> None:
        """Keep the cargo here."""
        stow(token, cargo)
        self._token = token

    def submit(self, chunk: Chunk) -> Future[dict[str, np.ndarray]]:
        """Hand a chunk to a thread."""
        return self._executor.submit(train_chunk, chunk, is_stopped=self._stopped.is_set)

    def renew(self) -> bool:
        """Return False: threads are not lost."""
        return False

    def close(self, *, at_once: bool) -> None:
        """Wait for the threads, which give up what they do if told so."""
        if at_once:
            self._stopped.set()
        self._executor.shutdown(cancel_futures=True)
        unload(self._token)


class ProcessCrew:
    """Processes of their own, started afresh (never forked) and given the rows as they start."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._cargo: tuple[str, Cargo] = "", EMPTY
        self._executor: ProcessPoolExecutor | None = None

    @property
    def name(self) -> str:
        """How many processes."""
        return f"{self.n_workers} process{'' if self.n_workers == 1 else 'es'}"

    def send(self, token: str, cargo: Cargo) -> None:
        """Start the processes with the cargo."""
        self._cargo = token, cargo
        self._start()

    def submit(self, chunk: Chunk) -> Future[dict[str, np.ndarray]]:
        """Hand a chunk to a process."""
        if self._executor is None:
            self._start()
        assert self._executor is not None
        return self._executor.submit(train_chunk, chunk)

    def renew(self) -> bool:
        """Start new processes in place of all."""
        self.close(at_once=True)
        self._start()
        return True

    def close(self, *, at_once: bool) -> None:
        """End the processes; at once: in the middle of what they do."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=not at_once, cancel_futures=True)
        if at_once:
            for process in processes:
                process.terminate()
            for process in processes:
                process.join(5.0)

    def _start(self) -> None:
        self._executor = ProcessPoolExecutor(
            self.n_workers,
            mp_context=get_context("spawn"),
            initializer=begin_worker,
            initargs=self._cargo,
        )


def begin_worker(token: str, cargo: Cargo) -> None:
    """Make a new process a worker: rows at hand, Ctrl-C left to the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stow(token, cargo)


class GivenCrew:
    """Any executor; rows go with every chunk unless its workers are threads of this process."""

    def __init__(self, executor: Executor, workers: int | None = None) -> None:
        self._executor = executor
        self.n_workers = workers or int(getattr(executor, "_max_workers", default_threads()))
        self._is_here = isinstance(executor, ThreadPoolExecutor)
        self._cargo: tuple[str, Cargo] = "", EMPTY
        self._futures: list[Future[dict[str, np.ndarray]]] = []

    @property
    def name(self) -> str:
        """The executor's class."""
        return type(self._executor).__name__

    def send(self, token: str, cargo: Cargo) -> None:
        """Keep the cargo, here or to send it along."""
        self._cargo = token, cargo
        if self._is_here:
            stow(token, cargo)

    def submit(self, chunk: Chunk) -> Future[dict[str, np.ndarray]]:
        """Hand a chunk over."""
        if self._is_here or self._cargo[1].is_empty:
            future = self._executor.submit(train_chunk, chunk)
        else:
            future = self._executor.submit(train_with, chunk, self._cargo[1])
        self._futures = [each for each in self._futures if not each.done()] + [future]
        return future

    def renew(self) -> bool:
        """Return False: it is not ours to start."""
        return False

    def close(self, *, at_once: bool) -> None:
        """Take back what was not begun; the executor stays its owner's."""
        for future in self._futures:
            future.cancel()
        if self._is_here:
            unload(self._cargo[0])


def train_with(chunk: Chunk, cargo: Cargo) -> dict[str, np.ndarray]:
    """Train a chunk whose rows come along."""
    token = f"{chunk.token}.{chunk.number}"
    stow(token, cargo)
    try:
        return train_chunk(replace(chunk, token=token))
    finally:
        unload(token)


def _dask_crew(address: str, workers: int | None, tls: Tls | None) -> Crew:
    check_address(address, tls)
    try:
        from shoal.experiments.sweep.dask_crew import local_crew, remote_crew
    except ImportError:
        raise MissingExtraError("a cluster", "distributed", "cluster") from None
    if address.startswith("local:"):
        return local_crew(int(address.removeprefix("local:")))
    return remote_crew(address, tls)


def _crew_of_client(client: Any) -> Crew:
    from shoal.experiments.sweep.dask_crew import DaskCrew

    return DaskCrew(client)


def check_address(address: str, tls: Tls | None = None) -> None:
    """Raise unless an address may be connected to.

    A scheduler runs whatever is pickled to it, and so does whoever connects to one: beyond this
    machine both must show a certificate.

    Raises:
        InputError: no address, one that is not on this machine without TLS, or files missing.
    """
    kind, parted, rest = address.partition(":")
    if kind == "local":
        if not (rest.isascii() and rest.isdigit() and 1 <= int(rest[:5]) <= 1024):
            told = "must be local:N with N worker processes, 1 to 1,024"
            raise InputError(f"the cluster {told}; got '{address}'.", code="W101")
        return
    if not parted or kind not in ("tcp", "tls") or not _host_of(rest):
        cure = did_you_mean(address, KINDS) or "Write local:2, tcp://host:8786 or tls://host:8786."
        raise InputError(
            f"'{address}': is no executor and no address of a cluster. {cure}", code="W101"
        )
    if kind == "tcp" and not is_loopback(_host_of(rest)):
        raise InputError(
            f"{address}: is not on this machine, and a scheduler runs whatever is pickled to it, "
            f"so TLS is required. Use tls:{rest} with --tls-ca, --tls-cert and --tls-key.",
            code="W103",
        )
    if kind == "tls":
        _check_files(address, tls)


def _check_files(address: str, tls: Tls | None) -> None:
    if tls is None:
        told = "needs certificates. Give --tls-ca, --tls-cert and --tls-key."
        raise InputError(f"{address}: {told}", code="W101")
    for path in (tls.ca, tls.cert, tls.key):
        if not path.is_file():
            raise InputError(f"{path}: there is no such file; {address} needs it.", code="O101")


def _host_of(rest: str) -> str:
    """Return the host in ``//host:port``, "" if it is none."""
    host, colon, port = rest.removeprefix("//").rpartition(":")
    fits = rest.startswith("//") and bool(colon) and port.isascii() and port.isdigit()
    return host.strip("[]") if fits else ""


def is_loopback(host: str) -> bool:
    """Return whether a host's name or number is this machine's own.

    Example:
        >>> is_loopback("localhost"), is_loopback("127.0.0.5"), is_loopback("192.168.1.2")
        (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Workers of a Dask cluster; imported only where one is asked for."""

from __future__ import annotations

import math
import time
from concurrent.futures import Executor, Future
from typing import Any, Final

import dask
import distributed
import numpy as np
from distributed import WorkerPlugin

from shoal.errors import InputError
from shoal.experiments.executors import Tls
from shoal.experiments.sweep.chunk import Chunk, train_chunk
from shoal.experiments.sweep.shared import Cargo, stow, unload

RETRIES: Final = 3
"""How often a chunk is tried again, and how many workers it may lose."""
COUNT_S: Final = 1.0
"""How long the number of workers is taken to hold."""
TIMEOUT_S: Final = 10.0
"""How long a scheduler may take to answer."""
_dask: Any = distributed
"""Without types, which Dask has for some of its functions only."""


class Rows(WorkerPlugin):
    """Brings the rows to every worker once, to those that come later too."""

    def __init__(self, token: str, cargo: Cargo) -> None:
        self.token = token
        self.cargo = cargo
        self.name = f"shoal-{token}"

    def setup(self, worker: Any) -> None:
        """Keep the rows."""
        stow(self.token, self.cargo)

    def teardown(self, worker: Any) -> None:
        """Let them go."""
        unload(self.token)


class DaskCrew:
    """Workers of a cluster.

    Args:
        client: connected to the scheduler.
        owned: what is closed in the end: a client and a cluster of our own.
    """

    def __init__(self, client: Any, owned: tuple[Any, ...] = ()) -> None:
        self._client = client
        self._owned = owned
        self._plugin: str | None = None
        self._counted = -math.inf, 1
        self._executor: Executor = client.get_executor(pure=False, retries=RETRIES)

    @property
    def name(self) -> str:
        """How many workers of which scheduler."""
        n = self.n_workers
        return f"{n} worker{'' if n == 1 else 's'} of {self._client.scheduler.address}"

    @property
    def n_workers(self) -> int:
        """Threads of all workers, a moment ago at most: to count them is to ask the scheduler."""
        when, n = self._counted
        if time.monotonic() - when > COUNT_S:
            n = max(1, int(sum(self._client.nthreads().values())))
            self._counted = time.monotonic(), n
        return n

    def send(self, token: str, cargo: Cargo) -> None:
        """Bring the cargo to every worker, also to those that come later."""
        if cargo.is_empty:
            return
        plugin = Rows(token, cargo)
        self._client.register_plugin(plugin)
        self._plugin = plugin.name

    def submit(self, chunk: Chunk) -> Future[dict[str, np.ndarray]]:
        """Hand a chunk to the scheduler."""
        return self._executor.submit(train_chunk, chunk)

    def renew(self) -> bool:
        """Return False: the scheduler sees to lost workers."""
        return False

    def close(self, *, at_once: bool) -> None:
        """Take back what was not begun, and close what is ours."""
        self._executor.shutdown(wait=not at_once)
        if self._plugin is not None and self._client.status == "running":
            self._client.unregister_worker_plugin(self._plugin)
        for each in self._owned:
            each.close()


def local_crew(n_workers: int) -> DaskCrew:
    """Return a cluster of processes on this machine; those that die are started again."""
    with dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}):
        cluster = _dask.LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
    client = _dask.Client(cluster)
    return DaskCrew(client, (client, cluster))


def remote_crew(address: str, tls: Tls | None) -> DaskCrew:
    """Return the workers of a scheduler that runs already.

    Raises:
        InputError: it cannot be reached.
    """
    security = None
    if tls is not None and address.startswith("tls:"):
        files = {"tls_ca_file": tls.ca, "tls_client_cert": tls.cert, "tls_client_key": tls.key}
        security = _dask.Security(
            **{name: str(path) for name, path in files.items()}, require_encryption=True
        )
    try:
        client = _dask.Client(address, security=security, timeout=TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"{address}: cannot be reached: {error}.", code="W102") from None
    if not client.nthreads():
        client.close()
        raise InputError(
            f"{address}: has no workers. Start some with: dask worker {address}", code="W102"
        )
    return DaskCrew(client, (client,))

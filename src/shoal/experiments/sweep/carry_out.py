"""From a sweep and what is known of it to the record of what came of it."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from typing import Any

from shoal.experiments.executors import Tls, opened
from shoal.experiments.sweep.cells import Grid, in_order, label_of
from shoal.experiments.sweep.checking import Survey
from shoal.experiments.sweep.chunk import Chunk, Piece
from shoal.experiments.sweep.document import Sweep
from shoal.experiments.sweep.running import Ledger, Tell, Way
from shoal.experiments.sweep.swept import Swept
from shoal.experiments.sweep.table import Table
from shoal.kernels.choice import default_threads


def carry_out_sweep(
    sweep: Sweep,
    known: Survey,
    *,
    executor: str | Executor | Any,
    workers: int | None,
    tls: Tls | None,
    progress: Tell | None,
    ledger: Ledger | None,
    rows: Any,
    allow_python: bool,
    keep_history: bool,
    token: str,
) -> Swept:
    """Train the networks of a sweep; see `Sweep.run`."""
    begun, warnings = time.perf_counter(), list(known.warnings)
    plan, table = known.plan, Table(known.plan)
    maker = ChunkMaker(
        sweep.grid(rows), known, token, allow_python=allow_python, keep_history=keep_history
    )
    with opened(executor, workers=workers, tls=tls) as crew:
        if executor in (None, "threads"):  # fewer chunks than threads: several for each
            maker.threads = max(1, (workers or default_threads()) // plan.n_chunks)
        crew.send(token, known.cargo)
        way = Way(
            plan=plan,
            chunk_of=maker.chunk,
            crew=crew,
            ledger=ledger,
            tell=progress,
            table=table,
            warnings=warnings,
        )
        interrupted = way.go()
    return Swept(
        sweep=sweep,
        columns=table.finished(),
        sizes=tuple(plan.sizes.tolist()),
        seconds=time.perf_counter() - begun,
        interrupted=interrupted,
        warnings=tuple(warnings),
        rows=rows,
    )


class ChunkMaker:
    """Makes the chunks of a plan, each when its turn comes."""

    def __init__(
        self, grid: Grid, known: Survey, token: str, *, allow_python: bool, keep_history: bool
    ) -> None:
        self.grid = grid
        self.known = known
        self.token = token
        self.allow_python = allow_python
        self.keep_history = keep_history
        self.threads = 1

    def chunk(self, number: int) -> Chunk:
        """Return a chunk."""
        pieces = [self._piece(*each) for each in self.known.plan.pieces(number)]
        return Chunk(
            number=number,
            pieces=tuple(pieces),
            base=self.grid.base,
            source=self.grid.source,
            folder=str(self.grid.folder),
            token=self.token,
            allow_python=self.allow_python,
            keep_history=self.keep_history,
            wants_clean=self.known.wants_clean,
            threads=self.threads,
        )

    def _piece(self, cell: int, first: int, stop: int) -> Piece:
        values = self.grid.settled(cell)
        return Piece(
            cell=cell,
            label=label_of(self.grid.shown(cell)),
            changes=in_order(values),
            first=first,
            stop=stop,
        )

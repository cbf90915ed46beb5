"""A peer's process: pins itself, imports one peer, then measures a case for every line it reads.

    python -m benchmarks.peers.worker PEER N_CORES ROWS_FOLDER

Every answer is one line of JSON on the standard output, which is kept for that: whatever
the peer prints goes to the standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from benchmarks.cases import CASES, WORKS
from benchmarks.peers import Once, Task
from benchmarks.rows import load_rows


def pin(n_cores: int) -> None:
    """Let this process run on the last `n_cores` of its cores only, so threads cannot help."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-n_cores:])


def serve(peer: Any, n_cores: int, folder: Path, answers: TextIO) -> None:
    """Answer every request ``{"case": key, "epochs": n}`` with its sample.

    A case that raises is answered with ``{"failed": why}``; the others go on.
    """
    prepared: dict[str, Once] = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = request["case"]
        try:
            if key not in prepared:
                task = _task(key, request["epochs"], n_cores, folder)
                prepared[key] = peer.WAYS[CASES[key].way](task)
            say(answers, asdict(prepared[key]()))
        except Exception as error:
            traceback.print_exc()
            say(answers, {"failed": f"{type(error).__name__}: {error}"})


def _task(key: str, epochs: int, n_cores: int, folder: Path) -> Task:
    case = CASES[key]
    return Task(
        work=WORKS[case.work],
        rows=load_rows(folder, case.work),
        epochs=epochs,
        n_networks=case.n_networks,
        n_threads=n_cores,
    )


def say(answers: TextIO, document: dict[str, object]) -> None:
    """Write one line of JSON."""
    print(json.dumps(document), file=answers, flush=True)


def main() -> None:
    """Import the peer, say its versions or which module is missing, and serve."""
    name, n_cores, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    pin(n_cores)
    try:
        peer = importlib.import_module(f"benchmarks.peers.{name}")
    except ModuleNotFoundError as error:
        say(answers, {"missing": error.name})
        return
    say(answers, {"versions": peer.versions()})
    serve(peer, n_cores, folder, answers)


if __name__ == "__main__":
    main()

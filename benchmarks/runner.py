"""Measuring: one process per peer and number of cores, all alive at once, asked in turn.

Taking turns (A B A B) gives everybody the same share of whatever else the machine does.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import WORKS, Case
from benchmarks.peers import Sample
from benchmarks.rows import save_rows
from benchmarks.workloads import Work

ROOT = Path(__file__).resolve().parent.parent
ANSWER_LIMIT_S = 900
"""Nobody is waited for longer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to measure: rounds, whole runs or shortened ones, and the peers' interpreter."""

    repeats: int
    is_full: bool
    peer_python: str
    shoal_python: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A case and its samples, at least one."""

    case: Case
    samples: tuple[Sample, ...]

    @property
    def work(self) -> Work:
        """What was done."""
        return WORKS[self.case.work]

    @property
    def seconds(self) -> list[float]:
        """Seconds per network for a whole run, one for each sample."""
        epochs = self.work.epochs
        return [s.seconds / self.case.n_networks * (epochs / s.epochs) for s in self.samples]

    @property
    def median(self) -> float:
        """Seconds per network, the median."""
        return statistics.median(self.seconds)

    @property
    def step_s(self) -> float:
        """Seconds per step of a network, the median."""
        return self.median / self.work.n_steps

    @property
    def gflops(self) -> float:
        """GFLOP/s, see `Work.flop`."""
        return self.work.flop / self.median / 1e9

    @property
    def loss(self) -> float:
        """Validation loss after the last epoch that was timed, the median."""
        return statistics.median(s.loss for s in self.samples)

    @property
    def accuracy(self) -> float | None:
        """Validation accuracy after the last epoch that was timed, the median."""
        known = [s.accuracy for s in self.samples if s.accuracy is not None]
        return statistics.median(known) if known else None

    def fact(self, name: str) -> float | None:
        """Return the median of a fact, or None if this peer does not tell it."""
        known = [s.facts[name] for s in self.samples if name in s.facts]
        return statistics.median(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything measured, the versions of each peer's libraries, and what was left out."""

    measured: dict[str, Measured]
    versions: dict[str, dict[str, str]]
    notes: tuple[str, ...]


class PeerError(RuntimeError):
    """A peer that cannot be measured here."""


class CaseError(RuntimeError):
    """A case that raised; its peer's other cases can be measured."""


class Worker:
    """A running ``benchmarks.peers.worker``; `ask` has it measure a case once."""

    def __init__(self, process: subprocess.Popen[str], errors: Any) -> None:
        self._process, self._errors = process, errors
        hello = self._answer()
        if "missing" in hello:
            raise PeerError(f"{hello['missing']} is not installed: pip install 'shoal[bench]'")
        self.versions: dict[str, str] = hello["versions"]

    def ask(self, key: str, epochs: int) -> Sample:
        """Measure once; the first time the case is prepared before.

        Raises:
            CaseError: the case raised.
            PeerError: the process has ended, or is silent.
        """
        assert self._process.stdin is not None
        try:
            print(json.dumps({"case": key, "epochs": epochs}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise PeerError(self._last_words()) from None
        answer = self._answer()
        if "failed" in answer:
            raise CaseError(answer["failed"])
        return Sample(**answer)

    def _answer(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], ANSWER_LIMIT_S)[0]:
            raise PeerError(f"no answer within {ANSWER_LIMIT_S} s")
        line = stdout.readline()
        if not line:
            raise PeerError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return lines[-1] if lines else "ended without a word"


@contextmanager
def worker(peer: str, n_cores: int, python: str, rows: Path) -> Iterator[Worker]:
    """Start a peer's process, and end it afterwards."""
    command = [python, "-m", "benchmarks.peers.worker", peer, str(n_cores), str(rows)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(n_cores),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Worker(process, errors)
        finally:
            process.kill()


def _environment(n_cores: int) -> dict[str, str]:
    """Return this process's environment, with `n_cores` threads for every library."""
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
    threads = {f"{name}_NUM_THREADS": str(n_cores) for name in names}
    for pool in ("INTRAOP", "INTEROP"):
        threads[f"TF_NUM_{pool}_THREADS"] = str(n_cores)
    eigen = f"--xla_cpu_multi_thread_eigen={'true' if n_cores > 1 else 'false'}"
    # Without PyTorch's cache of compiled code the seconds to compile are those of a first run.
    threads["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    return {**os.environ, **threads, **quiet, "XLA_FLAGS": eigen}


def n_cores_of(case: Case) -> int:
    """Return on how many cores the case runs here."""
    return len(os.sched_getaffinity(0)) if case.n_cores is None else case.n_cores


class Round:
    """The workers of one run of the program: started when first needed, dropped on failure."""

    def __init__(self, stack: ExitStack, rows: Path, settings: Settings) -> None:
        self._stack, self._rows, self._settings = stack, rows, settings
        self._workers: dict[tuple[str, int], Worker | None] = {}
        self._failed: set[str] = set()
        self.versions: dict[str, dict[str, str]] = {}
        self.notes: list[str] = []

    def measure(self, case: Case) -> Sample | None:
        """Return one sample, or None (and a note, once) if this cannot be measured here."""
        place = case.peer, n_cores_of(case)
        if case.key in self._failed:
            return None
        try:
            if place not in self._workers:
                self._workers[place] = self._start(*place)
            found = self._workers[place]
            return found.ask(case.key, self._epochs(case)) if found else None
        except CaseError as error:
            self._failed.add(case.key)
            self.notes.append(f"{case.key} left out: {error}")
            return None
        except PeerError as error:
            self._workers[place] = None
            self.notes.append(f"{case.peer} on {place[1]} core(s) left out: {error}")
            return None

    def _start(self, peer: str, n_cores: int) -> Worker:
        if n_cores > len(os.sched_getaffinity(0)):
            raise PeerError("this machine has fewer cores")
        python = self._settings.shoal_python if peer == "shoal" else self._settings.peer_python
        started = self._stack.enter_context(worker(peer, n_cores, python, self._rows))
        self.versions[peer] = started.versions
        return started

    def _epochs(self, case: Case) -> int:
        whole = WORKS[case.work].epochs
        return whole if self._settings.is_full else case.quick_epochs or whole


def measure(cases: Sequence[Case], settings: Settings, tell: Callable[[str], object]) -> Outcome:
    """Measure `cases` in turn, `settings.repeats` rounds; slow ones in every third round."""
    samples: dict[str, list[Sample]] = {case.key: [] for case in cases}
    with ExitStack() as stack:
        rows = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoal-bench-")))
        works = {case.work: WORKS[case.work] for case in cases}
        constant = save_rows(rows, works.values())
        workers = Round(stack, rows, settings)
        for turn in range(settings.repeats):
            for case in cases:
                if case.is_slow and turn % 3:
                    continue
                tell(f"round {turn + 1} of {settings.repeats}: {case.work}, {case.key}")
                if (sample := workers.measure(case)) is not None:
                    samples[case.key].append(sample)
    measured = {c.key: Measured(c, tuple(samples[c.key])) for c in cases if samples[c.key]}
    return Outcome(
        measured=measured,
        versions=workers.versions,
        notes=(*workers.notes, *_untrained(measured.values(), constant)),
    )


def _untrained(measured: Iterable[Measured], constant: Mapping[str, float]) -> Iterator[str]:
    """Yield a note for everyone who answers no better than a constant: that is no training."""
    for found in measured:
        limit = constant[found.case.work]
        if not found.loss < limit:
            yield f"{found.case.key} did not learn: loss {found.loss:.3g}, a constant's {limit:.3g}"

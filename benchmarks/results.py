"""The results as one JSON document: every sample is in it, so any other figure can be made."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bars import BARS, Bar
from benchmarks.cases import WORKS
from benchmarks.growth import Growth, growths
from benchmarks.peak import Peak
from benchmarks.runner import Measured, Outcome, Settings, n_cores_of
from benchmarks.startup import StartUp

SCHEMA = 2
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What one run of the program found."""

    outcome: Outcome
    startup: Mapping[str, StartUp]
    alone: Mapping[str, float]
    peak: Peak | None
    notes: tuple[str, ...]
    settings: Settings
    load: float
    elapsed_s: float

    @property
    def medians(self) -> dict[str, float]:
        """Medians in seconds by key, of cases (per network) and of start-up."""
        cases = {key: found.median for key, found in self.outcome.measured.items()}
        return cases | {key: found.median for key, found in self.startup.items()}

    @property
    def figures(self) -> dict[str, float]:
        """Everything that a bar can name: medians, GFLOP/s a core, and `benchmarks.solo`'s."""
        cores = {
            f"{key}.gflops_a_core": found.gflops / n_cores_of(found.case)
            for key, found in self.outcome.measured.items()
        }
        return self.medians | cores | dict(self.alone)

    @property
    def n_bits(self) -> int:
        """Bits of the vectors that the core uses here, by which some bars differ.

        The core says ``v4`` where it uses AVX-512 (x86-64-v4).
        """
        return 512 if "(v4)" in str(self.outcome.versions.get("shoal", "")) else 256

    @property
    def missed(self) -> int:
        """How many bars were measured and not held."""
        values = [(bar, bar.value(self.figures)) for bar in BARS if bar.is_for(self.n_bits)]
        return sum(value is not None and not bar.holds(value) for bar, value in values)

    def asked(self, bar: Bar) -> float | None:
        """Return the GFLOP/s that shoal needs for a ratio to hold, None if that is not known.

        A bar that asks for more than the peak cannot be held on this machine.
        """
        value = bar.value(self.figures)
        if value is None or bar.at_least is None or bar.under not in self.outcome.measured:
            return None
        return self.outcome.measured[bar.under].gflops * bar.at_least / value

    @property
    def growths(self) -> list[Growth]:
        """How shoal's time grows."""
        return growths(self.medians)

    def ratio(self, found: Measured) -> float | None:
        """Return the median of `found` over that of the shoal row that it is held against."""
        against = self.medians.get(found.case.against)
        return None if against is None else found.median / against

    def share(self, found: Measured) -> float | None:
        """Return the share of the peak of the cores that it ran on."""
        if self.peak is None:
            return None
        return found.gflops / (self.peak.gflops * n_cores_of(found.case))


def document(results: Results) -> dict[str, object]:
    """Return the results as plain data.

    Units:
        Seconds everywhere; those of rows are per network and whole run, `step_s` is per step.
    """
    settings = results.settings
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": cpu_name(),
            "n_cores": len(os.sched_getaffinity(0)),
            "load_at_start": results.load,
            "system": f"{platform.system()} {platform.machine()}",
        },
        "python": platform.python_version(),
        "versions": results.outcome.versions,
        "settings": {"repeats": settings.repeats, "is_full": settings.is_full},
        "works": {name: asdict(work) for name, work in WORKS.items()},
        "rows": [_row(found, results) for found in results.outcome.measured.values()],
        "startup": [{**asdict(s), "median": s.median} for s in results.startup.values()],
        "growth": [
            {**asdict(found), "slope": found.slope, "last_slope": found.last_slope}
            for found in results.growths
        ],
        "alone": dict(results.alone),
        "peak": None if results.peak is None else asdict(results.peak),
        "bars": _bars(results),
        "notes": list(results.notes),
        "elapsed_s": results.elapsed_s,
    }


def _row(found: Measured, results: Results) -> dict[str, object]:
    seconds = found.seconds
    return {
        **asdict(found.case),
        "median": found.median,
        "min": min(seconds),
        "max": max(seconds),
        "step_s": found.step_s,
        "gflops": found.gflops,
        "share_of_peak": results.share(found),
        "ratio": results.ratio(found),
        "loss": found.loss,
        "accuracy": found.accuracy,
        "samples": [asdict(sample) for sample in found.samples],
    }


def _bars(results: Results) -> list[dict[str, object]]:
    found = []
    for bar in BARS:
        if not bar.is_for(results.n_bits):
            continue
        value = bar.value(results.figures)
        holds = None if value is None else bar.holds(value)
        asked = results.asked(bar)
        found.append({**asdict(bar), "value": value, "holds": holds, "asked_gflops": asked})
    return found


def cpu_name() -> str:
    """Return the processor's name as the system tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def default_path() -> Path:
    """Return ``benchmarks/results/<date>-<cores>-<architecture>.json``: no host is named."""
    n_cores = len(os.sched_getaffinity(0))
    name = f"{datetime.now(UTC):%Y-%m-%d}-{n_cores}cores-{platform.machine()}.json"
    return RESULTS / name


def write(results: Results, path: Path) -> None:
    """Write the document, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(document(results), indent=1) + "\n")
    part.replace(path)

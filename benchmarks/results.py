"""The results as one JSON document: every sample is in it, so any other figure can be made."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bars import BARS
from benchmarks.runner import Measured, Outcome, Settings
from benchmarks.startup import StartUp
from benchmarks.workloads import WORKS

SCHEMA = 1
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What one run of the program found."""

    outcome: Outcome
    startup: Mapping[str, StartUp]
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
    def missed(self) -> int:
        """How many bars were measured and not held."""
        values = [(bar, bar.value(self.medians)) for bar in BARS]
        return sum(value is not None and not bar.holds(value) for bar, value in values)

    def ratio(self, found: Measured) -> float | None:
        """Return the median of `found` over that of the shoal row that it is held against."""
        against = self.medians.get(found.case.against)
        return None if against is None else found.median / against


def document(results: Results) -> dict[str, object]:
    """Return the results as plain data.

    Units:
        Seconds everywhere; those of rows are per network and whole run.
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
        "bars": _bars(results.medians),
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
        "ratio": results.ratio(found),
        "accuracy": found.accuracy,
        "samples": [asdict(sample) for sample in found.samples],
    }


def _bars(medians: Mapping[str, float]) -> list[dict[str, object]]:
    found = []
    for bar in BARS:
        value = bar.value(medians)
        holds = None if value is None else bar.holds(value)
        found.append({**asdict(bar), "value": value, "holds": holds})
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

"""Start-up: whole processes timed from outside, in turn, as a person at a shell meets them."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runner import ROOT

LEAST_REPEATS = 11
TYPED = "shoal run or.toml training.optimizer.l"
TAB = ("_SHOAL_COMPLETE=complete_zsh", f"_TYPER_COMPLETE_ARGS={TYPED}")
"""What zsh asks with where Tab is pressed after that."""


@dataclass(frozen=True, slots=True)
class StartUp:
    """A command and its seconds; `baseline` is what is taken off the median."""

    key: str
    what: str
    seconds: tuple[float, ...]
    baseline: float = 0.0

    @property
    def median(self) -> float:
        """Seconds, the median, net of the baseline."""
        return statistics.median(self.seconds) - self.baseline


def commands(python: str) -> dict[str, tuple[str, list[str]]]:
    """Return the commands by key, with what they are called in the table."""
    script = Path(python).parent / "shoal"
    shoal = [str(script)] if script.exists() else [python, "-m", "shoal"]
    return {
        "python": ("python -c pass", [python, "-c", "pass"]),
        "import": ("import shoal, net of Python's own start", [python, "-c", "import shoal"]),
        "typer": ("import typer, the floor of every command", [python, "-c", "import typer"]),
        "help": ("shoal --help", [*shoal, "--help"]),
        "tab": (f"the Tab key: {TYPED}", ["env", *TAB, *shoal]),
        "run": ("shoal run examples/or.toml", [*shoal, "run", str(ROOT / "examples" / "or.toml")]),
    }


def measure_startup(
    repeats: int, tell: Callable[[str], object], python: str = sys.executable
) -> tuple[dict[str, StartUp], list[str]]:
    """Return the start-up times by key, and notes on commands that failed.

    Every command runs once before, so that compiled bytecode is there.
    """
    table = commands(python)
    seconds: dict[str, list[float]] = {key: [] for key in table}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as folder:
        for turn in range(-1, max(repeats, LEAST_REPEATS)):
            for key, (what, command) in table.items():
                if key in failed:
                    continue
                tell(f"start-up: {what}")
                start = time.perf_counter()
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
                if done.returncode:
                    failed[key] = f"{what} failed: {_last_line(done.stderr or done.stdout)}"
                elif turn >= 0:
                    seconds[key].append(time.perf_counter() - start)
    baseline = statistics.median(seconds["python"])
    found = {
        key: StartUp(key, what, tuple(seconds[key]), baseline if key == "import" else 0.0)
        for key, (what, _) in table.items()
        if key not in failed
    }
    return found, list(failed.values())


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "without a word"

"""The most that one core can do: fused multiply-adds in float32, measured by a small program.

It is compiled when it is needed, for the processor at hand; what shoal and its peers reach is
stated as a share of it.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("peak.cpp")
FLAGS = ("-O3", "-march=native", "-std=c++17")
N_RUNS = 5
"""The best of them counts: others at work on the machine can only make it less."""


@dataclass(frozen=True, slots=True)
class Peak:
    """GFLOP/s of one core, and the bits of the vectors it was reached with."""

    gflops: float
    n_bits: int


def measure_peak(compiler: str = "g++") -> tuple[Peak | None, list[str]]:
    """Return the peak of one core, or None and a note if it cannot be measured here."""
    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as folder:
        program = Path(folder) / "peak"
        try:
            subprocess.run(
                [compiler, *FLAGS, str(SOURCE), "-o", str(program)], check=True, capture_output=True
            )
            runs = [
                subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
                for _ in range(N_RUNS)
            ]
        except (OSError, subprocess.CalledProcessError) as error:
            return None, [f"the peak of a core was not measured: {error}"]
    return max((_read(text) for text in runs), key=lambda peak: peak.gflops), []


def _read(text: str) -> Peak:
    gflops, n_bits = text.split()
    return Peak(float(gflops), int(n_bits))

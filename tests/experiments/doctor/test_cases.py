"""Planted faults are found and healthy experiments are left alone, as users get it: with proofs.

The thresholds were set on seeds from 1000 on. `python tests/experiments/doctor/test_cases.py`
prints the table of docs/doctor.md.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from shoal.experiments.doctor import CHECKS, diagnose

_SPEC = importlib.util.spec_from_file_location(
    "doctor_cases", Path(__file__).with_name("cases.py")
)  # fmt: skip
cases = importlib.util.module_from_spec(_SPEC)
sys.modules["doctor_cases"] = cases  # dataclasses look their module up
_SPEC.loader.exec_module(cases)

SEEDS, ENOUGH, FALSE_ALARMS = 200, 190, 4
FEW = 2
PLANTED = [
    *((name, make, name) for name, make in cases.FAULTS.items()),
    *((f"{name}, another way", make, name) for name, make in cases.MORE_FAULTS.items()),
]
BY_FAULT = pytest.mark.parametrize(
    ("make", "name"), [each[1:] for each in PLANTED], ids=[each[0] for each in PLANTED]
)
BY_HEALTHY = pytest.mark.parametrize("name", list(cases.HEALTHY))


def found_in(make, seeds, folder):
    """Return how often each finding was made, by name."""
    count = Counter()
    for seed in seeds:
        count.update(each.name for each in diagnose(make(seed, folder), threads=1).findings)
    return count


def false_alarms(name, seeds, folder):
    case = cases.HEALTHY[name]
    count = found_in(case.make, seeds, folder)
    return {each: n for each, n in count.items() if each not in case.expected}


def test_every_check_has_a_planted_fault():
    assert set(cases.FAULTS) == set(CHECKS)


@BY_FAULT
def test_a_planted_fault_is_found(make, name, tmp_path):
    assert found_in(make, range(FEW), tmp_path)[name] == FEW


@BY_HEALTHY
def test_a_healthy_experiment_is_left_alone(name, tmp_path):
    assert false_alarms(name, range(FEW), tmp_path) == {}


@pytest.mark.slow
@BY_FAULT
def test_planted_faults_are_found(make, name, tmp_path):
    assert found_in(make, range(SEEDS), tmp_path)[name] >= ENOUGH


@pytest.mark.slow
@BY_HEALTHY
def test_healthy_experiments_are_left_alone(name, tmp_path):
    assert sum(false_alarms(name, range(SEEDS), tmp_path).values()) <= FALSE_ALARMS


def main() -> None:
    """Print the table of the docs."""
    import tempfile

    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    with tempfile.TemporaryDirectory() as folder:
        for case, make, name in PLANTED:
            began = time.perf_counter()
            count = found_in(make, range(n_seeds), Path(folder))
            others = {each: n for each, n in count.most_common() if each != name}
            each_ms = 1000 * (time.perf_counter() - began) / n_seeds
            print(
                f"{case:30} {count[name]:4} of {n_seeds}  {each_ms:5.0f} ms  {others}", flush=True
            )
        for name, case in cases.HEALTHY.items():
            began = time.perf_counter()
            count = found_in(case.make, range(n_seeds), Path(folder))
            wrong = {each: n for each, n in count.items() if each not in case.expected}
            right = {each: n for each, n in count.items() if each in case.expected}
            each_ms = 1000 * (time.perf_counter() - began) / n_seeds
            told = f"{name:30} {sum(wrong.values()):4} of {n_seeds}  {each_ms:5.0f} ms"
            print(told, wrong, right, flush=True)


if __name__ == "__main__":
    main()

"""Whether a file is the one that trained a model."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from shoal.models.training_file import trained_on

TEXT = b"a,b\n1,2\n"
KNOWN = {"file": "a.csv", "fingerprint": hashlib.sha256(TEXT).hexdigest()}


def test_a_file_is_known_by_its_bytes(coin: Any, tmp_path: Path) -> None:
    model = coin(experiment={"data": KNOWN})
    for name, text, wanted in (("x.csv", TEXT, True), ("a.csv", TEXT + b"\n", False)):
        (tmp_path / name).write_bytes(text)
        assert trained_on(model, str(tmp_path / name)) is wanted


@pytest.mark.parametrize(
    "experiment",
    [{}, {"data": {"file": "a.csv"}}, {"data": {"task": "or"}}, {"data": None}],
    ids=["nothing", "no-fingerprint", "task", "none"],
)
def test_a_model_that_keeps_no_fingerprint(coin: Any, tmp_path: Path, experiment: Any) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT)
    assert trained_on(coin(experiment=experiment), str(tmp_path / "a.csv")) is None


def test_what_cannot_be_read_twice(coin: Any, tmp_path: Path) -> None:
    model = coin(experiment={"data": KNOWN})
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for ever: nobody writes
    for name in ("-", str(tmp_path / "pipe"), str(tmp_path / "gone.csv"), str(tmp_path)):
        assert trained_on(model, name) is None

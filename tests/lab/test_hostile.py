"""What hostile or careless pages ask for, and what breaks under it: always a sentence, in time."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from lab_recorded import Client

from shoal.experiments import Experiment
from shoal.lab import page as page_module
from shoal.lab.actions import Outcome, Surroundings
from shoal.lab.asking import MisreadError, read_message
from shoal.lab.course import Course
from shoal.lab.studio import Finished, Studio
from shoal.lab.tables import Folder, sweep

SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 500},
    "training": {"epochs": 5},
    "population": {"size": 3},
}
ENDLESS: dict[str, Any] = {**SMALL, "training": {"epochs": 10_000_000, "report_every": "end"}}


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_string_without_an_end_is_read_once() -> None:
    text = "[" * 20 + '"' + '\\"' * 500_000 + "[" * 20  # from every quote to the end: 10^12 steps
    began = time.monotonic()
    with pytest.raises(MisreadError):
        read_message(text)
    assert time.monotonic() - began < 2


def test_a_hundred_thousand_problems_are_told_in_time(client: Client) -> None:
    began = time.monotonic()
    keys = {f"key{k}": 0 for k in range(20_000)}
    told = client.open({"data": {"task": "greater", **keys}})
    assert told.header["problems"][-1]["sentence"].startswith("at least ")
    assert len(told.header["problems"]) == 21
    assert time.monotonic() - began < 10  # 30 s when each was worded


def test_a_defect_of_the_training_is_told_to_who_looks(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_begun = []

    def broken(*_: Any) -> None:
        n_begun.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(Course, "_begin", broken)
    told = client.look(client.open(SMALL))
    assert told.type == "failed"
    assert told.header["sentence"].startswith("something went wrong in the lab itself")
    assert len(n_begun) == 1  # not begun again and again


def test_a_defect_while_telling_names_the_message(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    assert client.page is not None
    monkeypatch.setattr(client.page, "_course", broken)
    assert client.open(SMALL).type == "failed"


def test_an_action_on_a_run_that_went_is_told_so(client: Client) -> None:
    client.open(ENDLESS)
    id = client.say({"type": "diagnose"})
    time.sleep(0.1)
    client.open(SMALL)
    told = client.answer(id)
    assert told.header["sentence"] == "the setting changed before its run had ended. Ask again."


def test_dropped_actions_of_a_kind_work_one_after_the_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, most = [0], [0]

    def deaf(surroundings: Surroundings, message: Any) -> Outcome:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.05)
        at_once[0] -= 1
        return Outcome(document={})

    monkeypatch.setattr(page_module, "ACTIONS", MappingProxyType({"take": deaf}))
    client.open(SMALL)
    for _ in range(20):
        id = client.say({"type": "take", "kind": "model"})
    assert client.answer(id).type == "done"
    assert most == [1]


def test_finished_runs_count_their_data(studio: Studio) -> None:
    client, kept = Client(studio), []
    wide = {**SMALL, "data": {"task": "greater", "samples": 5000, "dummies": 98}}
    for seed in range(4):
        client.look(client.open({**wide, "seed": seed}))
        assert client.page is not None
        kept += client.page._courses.values()
    data = 5000 * 100 * 4  # bytes of the scaled rows alone
    finished = Finished(budget=3 * data)
    for course in kept:
        finished.keep(course)
    assert finished.recall(kept[0].plan.key) is None
    assert finished.recall(kept[3].plan.key) is kept[3]


def test_runs_of_the_same_data_count_them_once(studio: Studio) -> None:
    client, kept = Client(studio), []
    wide = {**SMALL, "data": {"task": "greater", "samples": 5000, "dummies": 98}}
    for epochs in range(1, 5):
        client.look(client.open({**wide, "training": {"epochs": epochs}}))
        assert client.page is not None
        kept += client.page._courses.values()
    finished = Finished(budget=2 * 5000 * 100 * 8 + sum(each.n_bytes for each in kept))
    for course in kept:
        finished.keep(course)
    assert finished.recall(kept[0].plan.key) is kept[0]


def test_a_closed_page_is_let_go_of(studio: Studio) -> None:
    client = Client(studio)
    client.look(client.open(SMALL), want={"surface": {}})
    assert client.page is not None
    page = client.page
    page.close()
    page.join(2.0)
    gone = weakref.ref(page)
    client.page = page = None
    gc.collect()
    assert gone() is None


def test_what_was_seen_of_a_session_goes_with_it(client: Client) -> None:
    client.look(client.open(SMALL), want={"rows": {}, "curves": {}}, step=2)
    assert client.page is not None
    (course,) = client.page._courses.values()
    client.page.studio.finished.clear()
    gone = weakref.ref(course.plan.prepared.parts[0].dataset.x)
    del course
    for seed in (1, 2):  # what one session did not need goes with the next
        client.look(client.open({**SMALL, "seed": seed}), want={"rows": {}})
    client.page.studio.finished.clear()
    gc.collect()
    assert gone() is None


def test_many_features_are_looked_at_in_fewer_cells(client: Client) -> None:
    many = {**SMALL, "data": {"task": "greater", "samples": 60, "dummies": 5000}}
    opened = client.open({**many, "training": {"epochs": 1}})
    began = time.monotonic()
    want = {"surface": {"n": 200}, "multiples": {"n": 64}, "units": {"n": 64}, "truth": True}
    told = client.look(opened, want=want)
    n = len(told.arrays["surface"])
    assert 8 <= n < 60
    assert told.arrays["surface"].shape == told.arrays["truth"].shape == (n, n)
    assert time.monotonic() - began < 15  # 4 GB and a minute when every cell was made


def test_a_comparison_with_data_of_its_own_for_each_network_is_bounded(client: Client) -> None:
    wide = {**SMALL, "data": {"task": "greater", "samples": 20_000, "dummies": 200}}
    wide |= {"population": {"size": 1, "vary": ["data", "init"]}, "training": {"epochs": 1}}
    client.open(wide, pins=[{"name": "A", "experiment": {**wide, "seed": 1}}])
    told = client.ask({"type": "compare"})
    assert told.header["sentence"] == (
        "compare: 64 networks at once: data.samples: 20,000 rows of 202 features in 64 data sets "
        "are more than 5,000,000 numbers. Ask for fewer."
    )


def test_a_branch_is_bounded_as_an_experiment_is(client: Client) -> None:
    big = [{"units": 300, "activation": "tanh"}] * 2 + [{"units": 1, "activation": "sigmoid"}]
    document = {**SMALL, "network": {"layers": big}, "population": {"size": 10}}
    document["training"] = {"epochs": 5, "batch_size": "full"}
    change = {"training.optimizer": {"name": "lbfgs"}}  # 20 numbers for each parameter
    told = client.open(document, branches=[{"at": 0, "changes": change}])
    assert told.type == "refused"
    assert "branches[0].population.size" in {each["where"] for each in told.header["problems"]}


def test_more_steps_than_a_frame_can_name_are_refused(client: Client) -> None:
    training = {"epochs": 50_000_000, "batch_size": 1, "report_every": "end"}
    one = {"data": {"task": "greater", "samples": 100}, "training": training, "population": 1}
    told = client.open(one)
    assert told.header["problems"][0]["where"] == "training.epochs"


def test_a_full_disk_is_told_and_leaves_no_part(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as stream:
            stream.write(content[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    digest = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    told = client.ask({"type": "table", "name": "t.csv", "digest": digest}, b"a,b\n1,2\n")
    assert told.header["sentence"] == "the table cannot be kept: No space left on device."
    assert client.page is not None
    assert list(client.page.studio.folder.path.glob("*.csv")) == []


def test_the_folder_of_a_server_that_crashed_goes_with_the_next_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os; from shoal.lab.tables import Folder; folder = Folder();"
        "folder.keep('0' * 64, b'secret'); print(folder.path, flush=True); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    left = Path(ended.stdout.strip())
    assert (left / f"{'0' * 64}.csv").exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alive, folder = Folder(), Folder()
    alive.keep("1" * 64, b"of a server that runs")
    folder.keep("2" * 64, b"x")
    assert left.exists()  # it may be about to be held
    os.utime(left, (0, 0))
    sweep()
    assert not left.exists()
    assert (alive.path / f"{'1' * 64}.csv").exists()
    alive.close()
    folder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_folder_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = Folder()
    folder.close()
    with pytest.raises(OSError, match="has ended"):
        folder.keep("0" * 64, b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_socket_is_no_line_of_the_log() -> None:
    pytest.importorskip("uvicorn")
    from uvicorn.protocols.websockets import websockets_sansio_impl

    from shoal.serving.server import is_told

    told = "ASGI callable returned without completing handshake."
    assert told in Path(websockets_sansio_impl.__file__).read_text(encoding="utf-8")
    assert not is_told(logging.makeLogRecord({"msg": told}))
    assert is_told(logging.makeLogRecord({"msg": "defect: ..."}))


def test_threads_end_with_their_pages(studio: Studio) -> None:
    before = threading.active_count()
    for _ in range(5):
        client = Client(studio)
        client.open(ENDLESS)
        client.say({"type": "diagnose"})
        assert client.page is not None
        client.page.close()
    until(lambda: threading.active_count() <= before)


def test_a_run_of_the_lab_is_the_run_of_the_experiment(client: Client) -> None:
    client.look(client.open(SMALL))
    assert client.page is not None
    (course,) = client.page._courses.values()
    assert course.run is not None
    assert course.run.digest == Experiment.read(SMALL).run().digest

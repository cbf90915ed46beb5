"""A page: malformed messages, newest wins, sessions that survive a server, fair shares."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_recorded import Client, load_session, play, same

from shoal.lab import page as page_module
from shoal.lab.actions import Outcome, Surroundings
from shoal.lab.studio import Finished, Studio

SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 500},
    "training": {"epochs": 5},
    "population": {"size": 3},
}
ENDLESS: dict[str, Any] = {**SMALL, "training": {"epochs": 10_000_000, "report_every": "end"}}
MALFORMED = (
    "[]", "null", "", "{", "NaN", "[" * 100_000, '{"type": "open", "id": 5}',
    '{"type": "hello", "id": NaN}', '{"type": "look", "id": 6, "opened": 1e400}',
    '{"type": "table", "id": 7, "name": "x", "digest": "no"}', "\ud800", b"\xff\xfe",
    '{"type": "inspect", "id": 8, "row": -1}', '{"id": ' + "1" * 6000 + "}",
    '{"type": "open", "id": 9, "session": {"experiment": {}, "branches": [{"at": -1}]}}',
)  # fmt: skip


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_malformed_messages_leave_the_page_answering(client: Client) -> None:
    for text in MALFORMED:
        client.receive(text)
        told = client.next()
        assert told.type == "failed"
        assert told.header["sentence"]
    assert [told.header["id"] for told in client.seen] == [
        0, 0, 0, 0, 0, 0, 5, 0, 0, 7, 0, 0, 8, 0, 9
    ]  # fmt: skip
    assert client.ask({"type": "hello"}).type == "catalogue"


KEYS = st.sampled_from(
    ["data", "task", "training", "epochs", "optimizer", "name", "learning_rate", "network",
     "layers", "units", "activation", "population", "size", "vary", "seed", "preprocess",
     "scaling", "file", "target", "stop", "schedule", "dtype", "loss", "streams"]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["xor", "adam", "tanh", "python", "softmax", "", "\ud800", "init", "lbfgs"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.lists(st.dictionaries(st.text(max_size=6) | KEYS, VALUES, max_size=2), max_size=2),
)
def test_any_session_is_opened_or_refused(
    document: dict[str, Any], branches: list[dict[str, Any]]
) -> None:
    studio = _fuzzed()
    client = Client(studio)
    dots = [{"at": 0, "changes": {f"training.{k}": v for k, v in each.items()}}
            for each in branches]  # fmt: skip
    told = client.open(document, branches=dots)
    assert told.type in ("opened", "refused")
    for problem in told.header.get("problems", ()):
        assert problem["sentence"]
    assert client.page is not None
    client.page.close()


_STUDIOS: list[Studio] = []


def _fuzzed() -> Studio:
    """Return one studio for all examples."""
    if not _STUDIOS:
        _STUDIOS.append(Studio(threads=1))
    return _STUDIOS[0]


def test_a_refused_session_leaves_the_one_before(client: Client) -> None:
    first = client.open(SMALL)
    refused = client.open({"training": {"epochs": 0}})
    assert refused.type == "refused"
    assert client.look(first, want={"surface": {"n": 8}}).type == "frame"


def test_a_newer_session_drops_the_work_under_way(client: Client) -> None:
    client.open(ENDLESS)
    assert client.page is not None
    (old,) = client.page._courses.values()
    until(lambda: old.n_pieces > 3)
    opened = client.open(SMALL)
    pieces = old.n_pieces
    assert client.look(opened).header["done"]
    assert old.n_pieces - pieces <= 1
    assert not old.is_over
    assert old.plan.key not in client.page._courses


def test_a_look_of_an_older_session_is_let_go(client: Client) -> None:
    old = client.open(ENDLESS)
    client.say({"type": "look", "id": 900, "opened": old.header["id"], "patience_ms": 10_000})
    new = client.open(SMALL)
    client.say({"type": "look", "id": 901, "opened": old.header["id"]})
    assert client.look(new).header["done"]
    assert {told.header["id"] for told in client.seen}.isdisjoint({900, 901})


def test_a_newer_look_takes_the_place_of_an_older_one(client: Client) -> None:
    opened = client.open(ENDLESS)
    client.say({"type": "look", "id": 900, "opened": opened.header["id"], "patience_ms": 10_000})
    told = client.look(opened, patience_ms=0)
    assert told.type == "frame"
    assert 900 not in {each.header["id"] for each in client.seen}


def test_a_look_of_a_run_that_has_not_begun_lets_others_come_first(client: Client) -> None:
    opened = client.open(ENDLESS, branches=[{"at": 5}])
    number = opened.header["id"]
    client.say({"type": "look", "id": 900, "opened": number, "run": 0})
    for _ in range(3):
        assert client.look(opened, patience_ms=0).header["run"] == -1
    other = client.open(SMALL, branches=[{"at": 5}])
    assert client.look(other, run=0).header["done"]


def test_a_run_that_did_not_change_goes_on(client: Client) -> None:
    client.open(ENDLESS)
    assert client.page is not None
    (course,) = client.page._courses.values()
    until(lambda: course.n_pieces > 2)
    client.open(ENDLESS, branches=[{"at": 5}])
    assert course in client.page._courses.values()
    before = course.n_pieces
    until(lambda: course.n_pieces > before + 2)


def test_a_finished_run_is_not_trained_twice(studio: Studio) -> None:
    one, other = Client(studio), Client(studio)
    one.look(one.open(SMALL))
    assert one.page is not None
    assert other.page is not None
    other.look(other.open({**SMALL, "population": 3}))
    assert list(one.page._courses.values()) == list(other.page._courses.values())


def test_finished_runs_are_let_go_where_there_is_no_room(studio: Studio) -> None:
    client, kept = Client(studio), []
    for seed in range(3):
        client.look(client.open({**SMALL, "seed": seed}))
        assert client.page is not None
        kept += client.page._courses.values()
    sizes = [each.n_bytes + sum(array.nbytes for array in each.data) for each in kept]
    finished = Finished(budget=sizes[1] + sizes[2])
    for course in kept:
        finished.keep(course)
    assert finished.recall(kept[0].plan.key) is None
    assert finished.recall(kept[1].plan.key) is kept[1]
    assert finished.recall(kept[2].plan.key) is kept[2]


def test_a_server_that_begins_anew_goes_on_where_the_one_before_was() -> None:
    plays = []
    for threads in (1, 2):
        studio = Studio(threads=threads)
        plays.append(play(Client(studio), load_session()))
        studio.close()
    assert same(*plays)
    assert [told.type for told in plays[0]] == [
        "catalogue", "opened", "frame", "frame", "frame", "opened", "frame", "frame",
        "refused", "opened", "frame", "frame", "refused", "failed",
    ]  # fmt: skip


def test_a_page_sees_no_table_of_another(studio: Studio) -> None:
    content = b"a,b,c\n" + b"".join(b"%d,%d,%d\n" % (i, i % 3, i % 2) for i in range(30))
    table = {"digest": hashlib.sha256(content).hexdigest(), "name": "t.csv"}
    data = {"file": f"{table['digest']}.csv", "target": "c", "kind": "classification"}
    one, other = Client(studio), Client(studio)
    one.say({"type": "table", **table}, content)
    assert one.open({**SMALL, "data": data}, table=table).type == "opened"
    refused = other.open({**SMALL, "data": data}, table=table)
    assert refused.header["missing_table"] == table["digest"]
    wrong = other.ask({"type": "table", **table}, content + b"1,2,3\n")
    assert "not the one that its digest names" in wrong.header["sentence"]
    missing = other.ask({"type": "table", **table})
    assert missing.header["sentence"] == (
        "a table must come with one buffer beside it; got 0. Open the session again."
    )
    folder = studio.folder.path
    studio.close()
    assert not folder.exists()


def test_an_action_is_told_dropped_and_replaced(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def slow(surroundings: Surroundings, message: Any) -> Outcome:
        begun.append(message.id)
        if message.row == 0:
            while True:
                surroundings.tell("working", 0.5)
                time.sleep(0.005)
        run = surroundings.run(-1)
        return Outcome(document={"networks": len(run), "seed": surroundings.experiment().seed})

    monkeypatch.setattr(page_module, "ACTIONS", MappingProxyType({"inspect": slow}))
    early = client.ask({"type": "inspect", "row": 1})
    assert early.header["sentence"] == "no session is open. Open one first."
    client.open(SMALL)
    client.say({"type": "inspect", "id": 50, "row": 0})
    assert client.next().header == {
        "type": "progress", "id": 50, "sentence": "working", "share": 0.5
    }  # fmt: skip
    told = client.ask({"type": "inspect", "row": 1})
    assert told.header["document"] == {"networks": 3, "seed": 0}
    client.say({"type": "inspect", "id": 51, "row": 0})
    until(lambda: 51 in begun)
    client.say({"type": "cancel", "id": 51})
    alive = threading.active_count()
    until(lambda: threading.active_count() < alive or alive <= 6)
    assert client.ask({"type": "compare"}).header["sentence"].startswith("'compare' is not there")


def test_a_defect_is_told_and_the_page_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    opened = client.open(SMALL)
    assert client.page is not None
    monkeypatch.setattr(client.page._looker, "answer", broken)
    told = client.look(opened)
    assert told.header["sentence"].startswith("something went wrong in the lab itself")
    assert "ZeroDivisionError" in caplog.text
    assert client.open(SMALL).type == "opened"


def test_a_flood_of_messages_is_bounded(studio: Studio) -> None:
    client = Client(studio)
    for _ in range(3000):
        client.receive('{"type": "hello", "id": 1}')
    kinds = {client.next().type for _ in range(300)}
    assert kinds <= {"catalogue", "failed"}
    until(lambda: client.page is not None and not client.page._inbox)
    while not client.frames.empty():
        client.next()
    assert client.ask({"type": "hello", "id": 2}).type == "catalogue"


def test_a_closed_page_ends_all_its_work(studio: Studio) -> None:
    client = Client(studio)
    client.open(ENDLESS)
    assert client.page is not None
    threads = client.page._threads
    client.page.close()
    client.page.join(2.0)
    assert not any(thread.is_alive() for thread in threads)
    client.receive('{"type": "hello", "id": 1}')
    assert client.frames.empty()


def test_a_host_that_is_gone_closes_the_page(studio: Studio) -> None:
    def send(_: bytes) -> None:
        raise ConnectionError

    page = studio.page(send)
    page.receive(json.dumps({"type": "hello", "id": 1}))
    until(lambda: page not in studio._pages)


@pytest.mark.slow
def test_ten_pages_have_fair_shares() -> None:
    """2 frames a second at least, and a look in 100 ms, while all train; shares within a half."""
    studio = Studio(threads=2)
    clients = [Client(studio) for _ in range(10)]
    document = {"population": 16, "training": {"epochs": 2000}}
    opened = [client.open({"seed": k, **document}) for k, client in enumerate(clients)]
    took: list[list[float]] = [[] for _ in clients]
    trained: list[int] = [0] * 10
    end = time.monotonic() + 5

    def page(k: int) -> None:
        have = -1
        while time.monotonic() < end:
            since = time.monotonic()
            want = {"surface": {}, "curves": {}, "finals": True}
            told = clients[k].look(opened[k], want=want, patience_ms=0, have=have)
            took[k].append(time.monotonic() - since)
            have = trained[k] = told.header["trained_step"]
            time.sleep(0.03)  # a page paints before it asks again

    threads = [threading.Thread(target=page, args=(k,)) for k in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    studio.close()
    for each in took:
        assert len(each) >= 10
        assert sorted(each)[int(0.95 * len(each))] < 0.15  # 0.04 beside other work
    assert min(trained) > 0.5 * max(trained)


def test_the_folder_of_tests_holds_the_session() -> None:
    assert Path(__file__).with_name("session.json").stat().st_size < 20_000

"""Turns: looks before training, each in its order, and a page alone has all cores."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from shoal.lab.turns import BLINK_S, CALM_PIECE_S, LEAST_S, PIECE_S, WATCHED_LOOKS, Turns


class GoneError(Exception):
    """What a check raises in these tests."""


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_trains_alone_has_all_cores() -> None:
    turns = Turns(4)
    for _ in range(3):
        with turns.piece() as threads:
            assert threads == 4


def test_a_look_leaves_the_other_cores_to_training() -> None:
    turns = Turns(4)
    with turns.look() as looking, turns.piece() as threads:
        assert looking == 3
        assert threads == 3


def test_who_trains_beside_others_has_one_core() -> None:
    turns = Turns(2)
    first = turns.take()
    assert first == 2
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.append(turns.take()))
    thread.start()
    until(lambda: len(turns._trainers) == 1)
    turns.give_back(first)
    thread.join()
    # nobody else was left in the line, so it has both
    assert got == [2]


def test_pieces_go_round() -> None:
    turns, order = Turns(1), []
    go = threading.Event()
    first = turns.take()

    def page(name: str) -> None:
        go.wait()
        for _ in range(20):
            with turns.piece():
                order.append(name)
                time.sleep(0.001)

    threads = [threading.Thread(target=page, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    go.set()
    until(lambda: len(turns._trainers) == 4)
    turns.give_back(first)
    for thread in threads:
        thread.join()
    # in any 4 pieces in a row (before some have done all of theirs) every page has had its turn
    for k in range(0, 72, 4):
        assert set(order[k : k + 4]) == set("abcd")


def test_a_look_comes_before_pieces_that_wait() -> None:
    turns, order = Turns(1), []
    held = turns.take()

    def train() -> None:
        with turns.piece():
            order.append("piece")

    def look() -> None:
        with turns.look():
            order.append("look")

    trainer, looker = threading.Thread(target=train), threading.Thread(target=look)
    trainer.start()
    until(lambda: len(turns._trainers) == 1)
    looker.start()
    looker.join()  # a piece under way does not keep it waiting
    turns.give_back(held)
    trainer.join()
    assert order == ["look", "piece"]


def test_training_goes_on_however_many_look() -> None:
    turns, counts = Turns(1), Counter[str]()
    end = time.monotonic() + 0.6

    def look() -> None:
        while time.monotonic() < end:
            with turns.look():
                counts["look"] += 1
                time.sleep(0.005)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for each in lookers:
        each.start()
    while time.monotonic() < end:
        with turns.piece():
            counts["piece"] += 1
    for each in lookers:
        each.join()
    # one piece at least every 60 ms of patience, and 50 ms until it is looked at: 5 in 0.6 s
    assert counts["piece"] >= 3
    assert counts["look"] >= 20


def test_who_waits_can_be_dropped() -> None:
    turns = Turns(1)
    with turns.piece():

        def check() -> None:
            raise GoneError

        with pytest.raises(GoneError):
            turns.take(check)
    # and it is not in the line any more
    with turns.piece() as threads:
        assert threads == 1


def test_who_waits_sleeps_until_it_is_next() -> None:
    turns, woken = Turns(1), Counter[int]()
    stay = threading.Event()
    since = time.monotonic()

    def train(k: int) -> None:
        def check() -> None:
            woken[k] += 1
            if stay.is_set():
                raise GoneError

        with contextlib.suppress(GoneError):
            turns.take(check)

    with turns.piece():
        threads = [threading.Thread(target=train, args=(k,)) for k in range(4)]
        for each in threads:
            each.start()
        until(lambda: len(turns._trainers) == 4)
        for _ in range(100):
            with turns.look():
                time.sleep(0.001)
        stay.set()
        for each in threads:
            each.join()
    # a look more or less concerns none of them: they wake to see whether they are still wanted
    assert max(woken.values()) <= (time.monotonic() - since) / BLINK_S + 1
    assert not turns._trainers


def test_pieces_are_shorter_the_more_train() -> None:
    turns = Turns(2)
    assert turns.piece_s() == CALM_PIECE_S
    _watch(turns)
    assert turns.piece_s() == PIECE_S
    turns._trainers.extend(range(9))
    turns._training = 2
    assert turns.piece_s() == pytest.approx(0.03 * 2 / 11)
    turns._trainers.extend(range(100))
    assert turns.piece_s() == LEAST_S


def test_a_run_that_is_watched_leaves_a_core_to_those_who_draw() -> None:
    turns = Turns(4)
    for _ in range(WATCHED_LOOKS):
        with turns.look():
            pass
    with turns.piece() as threads:
        assert threads == 4  # those were looks at the newest step
    _watch(turns)
    with turns.piece() as threads:
        assert threads == 3
    with turns.look(), turns.piece() as threads:
        assert threads == 3
    turns._looked.extend([0.0] * WATCHED_LOOKS)  # long ago
    with turns.piece() as threads:
        assert threads == 4
    one = Turns(1)
    _watch(one)
    with one.piece() as threads:
        assert threads == 1


def test_watchers_are_counted_while_they_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    turns = Turns(2)
    assert turns.n_watchers == 0
    for who, at in ((1, 100.0), (2, 100.4), (1, 100.8), (None, 100.9)):
        now = at
        with turns.look(watcher=who):
            pass
    assert turns.n_watchers == 2
    now = 101.5  # the second was seen 1.1 seconds ago, the first 0.7
    assert turns.n_watchers == 1
    now = 103.0
    assert turns.n_watchers == 0


def _watch(turns: Turns) -> None:
    """Look as a page does that watches a run."""
    for _ in range(WATCHED_LOOKS):
        with turns.look(watcher=1):
            pass

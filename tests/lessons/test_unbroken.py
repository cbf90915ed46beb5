"""Ctrl-C during a training inside of other code: nothing goes on as if it had been whole."""

from __future__ import annotations

import signal

import pytest

from shoal.lessons.unbroken import unbroken


def test_what_swallowed_the_interrupt_is_found_out() -> None:
    before = signal.getsignal(signal.SIGINT)
    done = []

    def work() -> None:
        with unbroken():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:  # as a training does, which returns what it has
                done.append("a part")
        done.append("more")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["a part"]
    assert signal.getsignal(signal.SIGINT) is before


def test_the_end_tells_too_and_other_errors_give_way() -> None:
    def work() -> None:
        with unbroken():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise ValueError from None

    with pytest.raises(KeyboardInterrupt):
        work()


def test_without_ctrl_c_nothing_changes() -> None:
    with pytest.raises(ValueError, match="mine"), unbroken():
        raise ValueError("mine")

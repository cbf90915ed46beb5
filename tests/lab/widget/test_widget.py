"""The widget without a notebook: its views, what comes back to Python, its end."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ArgumentError, InputError
from shoal.lab import widget
from shoal.lab.widget_views import MOST_VIEWS

comms = sys.modules["lab_comms"]

SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 300},
    "training": {"epochs": 3},
    "population": {"size": 3},
}
CSV = b"a,b,kind\n" + b"\n".join(
    f"{k % 7},{k % 5},{'yes' if k % 7 > k % 5 else 'no'}".encode() for k in range(60)
)
DIGEST = hashlib.sha256(CSV).hexdigest()
TABLE = {"digest": DIGEST, "name": "mine.csv"}
ON_TABLE = {**SMALL, "data": {"file": f"{DIGEST}.csv", "target": "kind"}}


@pytest.fixture
def make(wires: list[Any]) -> Iterator[Callable[..., Any]]:
    """Make labs with comms; they are closed in the end."""
    made = []

    def lab(*args: Any, **settings: Any) -> Any:
        made.append(shoal.Lab(*args, **settings))
        return made[-1], wires[-1]

    yield lab
    for each in made:
        each.close()


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def weights(run: shoal.Run) -> np.ndarray:
    return run.at(int(run.steps.max())).flat


def experiment(**changes: Any) -> shoal.Experiment:
    return shoal.Experiment.read({**SMALL, **changes})


def test_a_lab_begins_with_what_it_is_given(make: Any) -> None:
    assert make()[0].experiment.data.task == "greater"
    assert make(experiment(seed=4))[0].experiment.seed == 4
    lab, _ = make(experiment(seed=5))
    assert make(lab.link)[0].experiment == lab.experiment
    assert make(lab.link.removeprefix("#"))[0].session == lab.session
    assert make(lab.session)[0].experiment == lab.experiment
    assert repr(lab) == "Lab(greater)"


def test_what_it_cannot_begin_with_is_said(make: Any) -> None:
    with pytest.raises(InputError, match="must be a task or a CSV file for the lab"):
        make(shoal.Experiment.read({"data": {"given": "rows of mine"}}))
    with pytest.raises(InputError) as caught:
        make({"experiment": []})
    told = "Lab, session.experiment: input should be a valid dictionary. Change this key."
    assert str(caught.value) == told
    with pytest.raises(InputError, match="the link: is damaged or cut off"):
        make("#1.abc")
    with pytest.raises(ArgumentError) as wrong:
        make(height=10)
    assert (
        str(wrong.value) == "Lab: `height` must be 320 to 4,000; got 10."
        " Give a value within the bounds."
    )
    with pytest.raises(ArgumentError, match="`threads` must be 1 to"):
        make(threads=0)


def test_the_page_must_be_built(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        widget.built("lab.js", tmp_path)
    assert str(caught.value) == "the lab's page is not built: lab.js is missing. Run: make page"


def test_without_anywidget_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "import shoal\n"
        "try: shoal.Lab\nexcept shoal.ShoalError as error: print(error)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = "shoal.Lab needs the anywidget package: pip install 'shoal[lab]'."
    assert made.stdout.strip() == told


def test_the_experiment_follows_the_view(make: Any) -> None:
    lab, wire = make(experiment())
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    assert client.open({**SMALL, "seed": 8}).type == "opened"
    until(lambda: lab.experiment.seed == 8)
    assert client.open({**SMALL, "seed": -1}).type == "refused"
    assert lab.experiment.seed == 8
    # what the view writes for the notebook to keep is no news
    wire.update(session={"experiment": {**SMALL, "seed": 7}})
    assert lab.experiment.seed == 8
    # what Python sets is, until the view opens something
    lab.experiment = experiment(seed=9)
    assert lab.experiment.seed == 9
    assert wire.sent[-1][1]["state"]["session"]["experiment"]["seed"] == 9
    client.open({**SMALL, "seed": 10})
    until(lambda: lab.experiment.seed == 10)


def test_a_view_that_writes_is_not_told_what_it_wrote(make: Any) -> None:
    _, wire = make(experiment())
    before = len(wire.sent)
    wire.update(session={"experiment": {**SMALL, "seed": 7}}, _ui={"run": -1})
    updates = [data for _, data, _ in wire.sent[before:] if data["method"] == "update"]
    assert updates == []


def test_the_run_is_that_of_the_same_experiment(make: Any) -> None:
    lab, wire = make(experiment())
    same = experiment().run()
    assert np.array_equal(weights(lab.run()), weights(same))
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    opened = client.open(SMALL)
    client.look(opened)
    assert lab.run() is lab.run()  # the studio keeps it
    assert np.array_equal(weights(lab.run()), weights(same))


def test_the_run_is_the_branch_that_is_looked_at(make: Any) -> None:
    lab, wire = make(experiment())
    session = {
        "experiment": SMALL,
        "branches": [{"of": -1, "at": 4, "changes": {"training.optimizer.learning_rate": 0.5}}],
    }
    lab.session = session
    wire.update(_ui={"run": 0})
    trunk, branch = lab.run(-1), lab.run()
    expected = trunk.rewind(4).with_(**{"training.optimizer.learning_rate": 0.5}).run()
    assert np.array_equal(weights(branch), weights(expected))
    assert not np.array_equal(weights(branch), weights(trunk))
    with pytest.raises(InputError, match="run 3: the session has no such run"):
        lab.run(3)
    wire.update(_ui={"run": 5})  # of a session before
    assert np.array_equal(weights(lab.run()), weights(trunk))


def test_what_cannot_be_trained_is_said_with_its_place(make: Any) -> None:
    lab, _ = make(experiment())
    lab.session = {"experiment": {**SMALL, "population": {"size": 0}}}
    with pytest.raises(InputError, match="the lab: "):
        lab.run()


def test_each_view_has_a_page_of_its_own(make: Any) -> None:
    lab, wire = make()
    one, other = comms.CommClient(wire, "one"), comms.CommClient(wire, "other")
    one.ask({"type": "hello"})
    other.ask({"type": "hello"})
    first = one.open({**SMALL, "seed": 1})
    second = other.open({**SMALL, "seed": 2})
    assert first.header["id"] == second.header["id"]  # they count alike, and do not mix
    assert one.look(first).header["figures"] != other.look(second).header["figures"]
    assert lab.experiment.seed == 2  # the view that spoke last
    one.say({"type": "cancel", "id": 99})
    until(lambda: lab.experiment.seed == 1)


def test_a_view_that_ends_closes_its_page(make: Any) -> None:
    lab, wire = make()
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    (page,) = lab._views._pages.values()
    wire.say({"page": "view", "text": None})
    page.join(5)
    assert not any(thread.is_alive() for thread in page._threads)
    # what comes after it is asked to begin anew
    client.say({"type": "cancel", "id": 1})
    assert wire.custom()[-1] == {"page": "view", "gone": True}
    assert not lab._views._pages
    assert client.ask({"type": "hello"}).type == "catalogue"


def test_views_are_bounded(make: Any) -> None:
    lab, wire = make()
    clients = [comms.CommClient(wire, f"view {k}") for k in range(MOST_VIEWS + 2)]
    for client in clients:
        client.ask({"type": "hello"})
    assert list(lab._views._pages) == [f"view {k}" for k in range(2, MOST_VIEWS + 2)]


@pytest.mark.parametrize(
    "content",
    [None, [], "hello", 3, {}, {"page": 3, "text": "{}"}, {"page": "", "text": "{}"},
     {"page": "x" * 65, "text": "{}", "begins": True}, {"page": "x", "file": "../page.py"},
     {"page": "x", "file": ["vega.js"]}, {"file": None, "text": "{}"}],
)  # fmt: skip
def test_what_is_no_message_of_a_view_makes_nothing(make: Any, content: Any) -> None:
    lab, wire = make()
    wire.say(content)
    assert not lab._views._pages
    assert comms.CommClient(wire, "sound").ask({"type": "hello"}).type == "catalogue"


def test_what_is_no_message_of_the_lab_is_answered(make: Any) -> None:
    _, wire = make()
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    wire.say({"page": "view", "text": "["})
    assert client.next().header["sentence"].startswith("a message must be JSON")
    wire.say({"page": "view", "text": {"type": "hello"}})
    assert client.next().header["sentence"] == "a message must be text."


def test_a_table_of_the_view_is_there_in_python_and_for_other_views(make: Any) -> None:
    lab, wire = make()
    client = comms.CommClient(wire, "one")
    client.ask({"type": "hello"})
    client.say({"type": "table", **TABLE}, CSV)
    assert client.open(ON_TABLE, table=TABLE).type == "opened"
    assert lab.experiment.data.target == "kind"
    assert lab.run().history["train_loss"].shape == (3, 3)
    assert lab.experiment.run().history["train_loss"].shape == (3, 3)
    # a view that comes later, and one after the first has gone
    wire.say({"page": "one", "text": None})
    other = comms.CommClient(wire, "other")
    other.ask({"type": "hello"})
    assert other.open(ON_TABLE, table=TABLE).type == "opened"


def test_a_table_that_is_not_what_it_says_is_not_kept(make: Any) -> None:
    lab, wire = make()
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    client.say({"type": "table", **TABLE}, CSV + b"\n1,2,no")
    assert client.next().header["sentence"].startswith("the table is not the one")
    assert lab._brought() == []


def test_an_experiment_with_a_file_keeps_its_file(make: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(CSV)
    document = {**SMALL, "data": {"file": "mine.csv", "target": "kind"}}
    given = shoal.Experiment.read(document, folder=tmp_path)
    lab, wire = make(given)
    assert lab.experiment.data.file == "mine.csv"
    assert lab.experiment.folder == tmp_path
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})  # the table is there without being brought
    told = client.open(lab.session["experiment"], table=lab.session["table"])
    assert told.type == "opened"
    assert np.array_equal(weights(lab.run()), weights(given.run()))
    # and so where Python moves a lab that stands
    other, wire = make()
    client = comms.CommClient(wire, "x")
    client.ask({"type": "hello"})
    other.experiment = given
    told = client.open(other.session["experiment"], table=other.session["table"])
    assert told.type == "opened"


def test_pins_stay_when_python_moves_the_lab(make: Any) -> None:
    lab, _ = make()
    lab.session = {"experiment": SMALL, "pins": [{"name": "A", "experiment": SMALL}]}
    lab.experiment = experiment(seed=3)
    assert [pin["name"] for pin in lab.session["pins"]] == ["A"]


def test_a_cell_that_runs_again_goes_on_where_it_was(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget, "running_cell", lambda: "cell 1")
    lab, wire = make(experiment())
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    client.say({"type": "table", **TABLE}, CSV)
    client.open({**ON_TABLE, "seed": 8}, table=TABLE)
    until(lambda: lab.experiment.seed == 8)
    wire.update(_ui={"view": "network"})

    again, wire = make(experiment())
    assert again.experiment.seed == 8
    assert again._ui == {"view": "network"}
    assert again.run().history["train_loss"].shape == (3, 3)  # its table came along
    assert make(experiment(seed=2))[0].experiment.seed == 2  # the cell says something else
    assert make(experiment(), anew=True)[0].experiment == experiment()
    monkeypatch.setattr(widget, "running_cell", lambda: "cell 2")
    assert make(experiment())[0].experiment == experiment()
    monkeypatch.setattr(widget, "running_cell", lambda: None)
    assert make(experiment())[0].experiment == experiment()


def test_all_labs_share_one_studio_and_the_threads_last_given(make: Any) -> None:
    before = widget.shared_studio().turns.cores
    try:
        one, other = make(threads=1)[0], make()[0]
        assert one._studio is other._studio
        assert other._studio.turns.cores == 1
        make(threads=2)
        assert one._studio.turns.cores == 2
    finally:
        widget.shared_studio(before)


def test_a_closed_lab_answers_nothing(make: Any) -> None:
    lab, wire = make()
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    (page,) = lab._views._pages.values()
    lab.close()
    lab.close()
    page.join(5)
    assert not any(thread.is_alive() for thread in page._threads)
    assert lab.is_lost


@pytest.mark.parametrize("way", ["notebook closes it", "comm is closed"])
def test_a_comm_that_ends_closes_the_pages(make: Any, way: str) -> None:
    lab, wire = make()
    comms.CommClient(wire).ask({"type": "hello"})
    (page,) = lab._views._pages.values()
    if way == "notebook closes it":
        wire.handle_close({})
    else:  # as marimo does when its cell runs again: the widget is not told
        wire._closed = True
        make()
    page.join(5)
    assert not any(thread.is_alive() for thread in page._threads)


def test_an_answer_that_finds_nobody_closes_its_page(make: Any) -> None:
    lab, wire = make()
    client = comms.CommClient(wire)
    client.ask({"type": "hello"})
    (page,) = lab._views._pages.values()
    wire._closed = True
    client.say({"type": "hello"})
    page.join(5)
    assert not any(thread.is_alive() for thread in page._threads)


def test_python_ends_while_a_lab_trains() -> None:
    """Threads in the core at the end of Python would take it down."""
    message = {"type": "open", "id": 1, "session": {"experiment": {
        **SMALL, "training": {"epochs": 5000}}}}  # fmt: skip
    code = (
        "import json, time, shoal\nlab = shoal.Lab()\n"
        "lab._receive(None, {'page': 'a', 'begins': True, 'text': '{\"type\": \"hello\"}'}, [])\n"
        f"lab._receive(None, {{'page': 'a', 'text': {json.dumps(json.dumps(message))}}}, [])\n"
        "time.sleep(0.5)\nprint('end')"
    )
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (made.returncode, made.stdout.strip(), made.stderr) == (0, "end", "")

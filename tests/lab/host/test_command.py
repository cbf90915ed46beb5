"""``shoal lab`` as a process: its address, its port, its key, its end; and what is wrong input."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lab_browser import Lab
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import shoal
from shoal.cli.app import app
from shoal.cli.lab import Start, has_display, start_of
from shoal.errors import InputError
from shoal.lab.fragment import link_of, read_fragment
from shoal.lab.frames import unframe
from shoal.lab.host import run as running
from shoal.lab.host.run import PORTS, listening

EXAMPLES = Path(__file__).parents[3] / "examples"
READY = "shoal lab is open: go to the address in a browser. Ctrl-C ends it.\n"


@pytest.fixture
def usual_ports() -> Iterator[None]:
    """Let no other test take one of the usual ports meanwhile."""
    with open(Path(tempfile.gettempdir()) / "shoal-tests-ports.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ask(lab: Lab, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=20)
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as got:
        body = got.read()
    connection.close()
    return got.status, got.headers, body


def cookie_of(lab: Lab) -> str:
    """Open the page with the token; return the cookie that it brings."""
    status, headers, _ = ask(lab, "/?" + urlsplit(lab.url).query)
    assert status == 200
    return str(headers["set-cookie"]).partition(";")[0]


def talk(lab: Lab, cookie: str | None = None) -> ClientConnection:
    headers = {"Cookie": cookie or cookie_of(lab)}
    return connect(
        f"ws://127.0.0.1:{lab.port}/live", origin=f"http://127.0.0.1:{lab.port}",
        additional_headers=headers, proxy=None, max_size=None,
    )  # fmt: skip


def told(socket: ClientConnection, kind: str, id: int) -> dict[str, Any]:
    """Return the first answer of a kind to a message."""
    while True:
        message = socket.recv(30)
        assert isinstance(message, bytes)
        header, _ = unframe(message)
        if header["type"] in (kind, "failed") and header["id"] == id:
            assert header["type"] == kind, header
            return header


def test_the_lab_opens_behind_its_token(lab_server: Any) -> None:
    lab = lab_server()
    assert lab.url == f"http://127.0.0.1:{lab.port}/?token={lab.token}"
    assert ask(lab, "/")[0] == 401
    assert ask(lab, "/?token=wrong")[0] == 401
    cookie = cookie_of(lab)
    assert ask(lab, "/", Cookie=cookie)[0] == 200
    assert ask(lab, "/page.js", Cookie=cookie)[0] == 200
    with talk(lab, cookie) as page:
        page.send('{"type": "hello", "id": 4}')
        assert told(page, "catalogue", 4)["version"] == shoal.__version__
    assert lab.told() == READY  # and no line for any request


def test_it_listens_on_this_machine_alone(lab_server: Any) -> None:
    lab = lab_server()
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    ends = [line.split()[1] for line in listening.splitlines() if line.split()[3] == "0A"]
    assert [end for end in ends if end.endswith(f":{lab.port:04X}")] == [f"0100007F:{lab.port:04X}"]


def test_the_key_is_in_a_file_of_mode_0600_and_goes_with_a_clean_end(lab_server: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        lab = lab_server()
        (file,) = (lab.home / "lab").iterdir()
        assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (f"{lab.port}.key", 0o600)
        assert lab.token in file.read_text()
        assert lab.stop(number) == 0
        assert list((lab.home / "lab").iterdir()) == []
        assert lab.told() == READY


@pytest.mark.usefixtures("usual_ports")
def test_after_a_crash_a_restart_takes_the_same_port_and_the_same_key(lab_server: Any) -> None:
    lab = lab_server(port=None)
    assert lab.port in PORTS
    cookie = cookie_of(lab)
    lab.kill()
    again = lab_server(port=None)
    assert (again.url, again.port) == (lab.url, lab.port)
    note = f"the lab on port {lab.port} did not end cleanly: pages of it that are open go on."
    assert again.told() == f"shoal: {note}\n{READY}"
    with talk(again, cookie) as page:
        page.send('{"type": "hello", "id": 1}')
        assert told_type(page) == "catalogue"
    assert again.stop() == 0
    third = lab_server(port=lab.port)
    assert third.token != lab.token
    assert ask(third, "/", Cookie=cookie)[0] == 401


def told_type(page: ClientConnection) -> str:
    message = page.recv(30)
    assert isinstance(message, bytes)
    return str(unframe(message)[0]["type"])


@pytest.mark.usefixtures("usual_ports")
def test_a_second_lab_has_a_port_and_a_key_of_its_own(lab_server: Any) -> None:
    first = lab_server(port=None)
    second = lab_server(port=None)
    assert second.port in PORTS
    assert second.port > first.port
    assert second.token != first.token
    if first.port == PORTS[0]:
        note = f"shoal: port 8517 is in use: this lab is on port {second.port}.\n"
        assert second.told() == note + READY
    assert ask(second, "/", Cookie=cookie_of(first))[0] == 401
    # the same key under the other's name: a cookie is of one port
    value = cookie_of(first).partition("=")[2]
    assert ask(second, "/", Cookie=f"shoal_lab_{second.port}={value}")[0] == 401
    assert first.stop() == 0
    assert ask(second, "/", Cookie=cookie_of(second))[0] == 200


def test_ports_are_tried_one_after_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = taken.getsockname()[1]
        monkeypatch.setattr(running, "PORTS", range(at, at + 1))
        with pytest.raises(InputError) as refused:
            listening(None)
        told = f"the ports {at} to {at} are all in use. Give a free one: --port 0"
        assert str(refused.value) == told
        with pytest.raises(InputError) as refused:
            listening(at)
        told = f"--port {at}: is in use already. Give another, or 0 for one that is free."
        assert str(refused.value) == told
        monkeypatch.setattr(running, "PORTS", range(at, at + 20))
        with listening(None) as found:
            assert at < found.getsockname()[1] < at + 20


def test_an_experiment_file_is_what_the_page_begins_with(lab_server: Any) -> None:
    lab = lab_server(str(EXAMPLES / "or.toml"))
    fragment = "#" + urlsplit(lab.url).fragment
    session = read_fragment(fragment).session
    assert shoal.Experiment.read(session.experiment) == shoal.Experiment.load(EXAMPLES / "or.toml")


def test_a_link_is_what_the_page_begins_with(lab_server: Any) -> None:
    fragment = link_of(shoal.Experiment(data="xor"))
    for link in (fragment, f"http://127.0.0.1:9999/{fragment}"):
        lab = lab_server(link)
        assert lab.url == f"{lab.base}?token={lab.token}{fragment}"


def test_the_table_of_an_experiment_file_is_brought_to_the_page(
    lab_server: Any, tmp_path: Path
) -> None:
    shutil.copy(EXAMPLES / "data" / "flowers.csv", tmp_path)
    (tmp_path / "e.toml").write_text(
        'population = 2\n[data]\nfile = "flowers.csv"\ntarget = "species"\n'
        '[[network.layers]]\nunits = 3\nactivation = "softmax"\n[training]\nepochs = 1\n'
    )
    lab = lab_server("e.toml")
    session = read_fragment("#" + urlsplit(lab.url).fragment).session
    digest = hashlib.sha256((tmp_path / "flowers.csv").read_bytes()).hexdigest()
    assert session.table is not None
    assert (session.table.digest, session.table.name) == (digest, "flowers.csv")
    with talk(lab) as page:
        message = {"type": "open", "id": 1, "session": session.model_dump(mode="json")}
        page.send(json.dumps(message))
        assert told(page, "opened", 1)["data"]["n_train"] > 0


MALFORMED: list[str | bytes] = [
    "", " ", "null", "[]", "{}", "true", "0", '""', "NaN", "Infinity", "-Infinity", "{", "}", "[",
    '{"type": null}', '{"type": []}', '{"type": "none"}', '{"type": "hello", "id": -1}',
    '{"type": "hello", "id": 1.5}', '{"type": "hello", "id": true}', '{"type": "hello", "id": "1"}',
    '{"type": "hello", "id": 1e400}', '{"type": "hello", "id": NaN}', '{"type": "hello", "x": 1}',
    '{"type": "hello", "type": "hello"}', '{"type": "hello", "id": 9007199254740993}',
    '{"type": "hello", "id": ' + "9" * 5000 + "}", '{"type": "open"}',
    '{"type": "open", "id": 1}', '{"type": "open", "id": 1, "session": null}',
    '{"type": "open", "id": 1, "session": {"experiment": null}}',
    '{"type": "open", "id": 1, "session": {"experiment": {"data": {"file": "/etc/passwd", '
    '"target": "root"}}}}',
    '{"type": "open", "id": 1, "session": {"experiment": {"data": {"file": "http://a/b.csv", '
    '"target": "a"}}}}',
    '{"type": "open", "id": 1, "session": {"experiment": {"population": NaN}}}',
    '{"type": "look", "id": 1, "opened": 0, "patience_ms": 1e9}',
    '{"type": "look", "id": 1, "opened": 0, "want": {"surface": {"n": 100000}}}',
    '{"type": "look", "id": 1, "opened": 0, "run": -6}', '{"type": "table", "id": 1}',
    '{"type": "table", "id": 1, "name": "../a", "digest": "' + "0" * 64 + '"}',
    '{"type": "table", "id": 1, "name": "a", "digest": "../../etc/passwd"}',
    '{"type": "compare", "id": 1, "pairs": 1000000}', '{"type": "take", "id": 1, "kind": ""}',
    '{"type": "take", "id": 1, "kind": "' + "x" * 10_000 + '"}', '{"type": "cancel", "id": null}',
    '{"type": "inspect", "id": 1, "point": ["a"]}', "[" * 100_000, '{"a":' * 50_000,
    "[" * 33 + "]" * 33, '{"type": "hello", "id": [' + "[" * 40 + "]" * 40 + "]}",
    "\x00", "\ud7ff", "\u202e" * 1000, "x" * 200_000, '"' + "\\" * 100_001 + '"', "'; DROP TABLE",
    "<script>alert(1)</script>", '{"__proto__": {}}', "🦈" * 1000,
    b"", b"\x00", b"\xff" * 100, struct.pack("<I", 0), struct.pack("<I", 2**31) + b"{}",
    struct.pack("<I", 2) + b"[]" + b"table", struct.pack("<I", 4) + b"\xff\xfe\xfd\xfc",
    struct.pack("<I", 100) + b"cut", b"\x02\x00\x00\x00{}" * 1000, os.urandom(5000),
    struct.pack("<I", 2) + b"{}" + bytes(100_000),
]  # fmt: skip


def test_a_hundred_malformed_messages_leave_the_socket_answering(lab_server: Any) -> None:
    lab = lab_server()
    storm = (MALFORMED * 2)[:120]
    assert len(MALFORMED) > 60
    with talk(lab) as page:
        for message in storm:
            page.send(message)
        page.send('{"type": "hello", "id": 77}')
        n_failed = 0
        while True:
            message = page.recv(30)
            assert isinstance(message, bytes)
            header, _ = unframe(message)
            assert header["type"] in ("failed", "refused", "catalogue"), header
            if header["type"] == "catalogue" and header["id"] == 77:
                break
            n_failed += header["type"] == "failed"
            for word in ("Traceback", "root:x", "pydantic", "went wrong"):
                assert word not in json.dumps(header)
    assert n_failed > 90
    assert "defect" not in lab.told()


def end_of(page: ClientConnection) -> Any:
    """Read until a socket ends; return code and reason."""
    try:
        while True:
            page.recv(10)
    except ConnectionClosed as closed:
        return closed.rcvd


OPEN = {
    "type": "open", "id": 1,
    "session": {"experiment": {"data": {"task": "greater", "samples": 10_000},
                               "population": 64, "training": {"epochs": 2000}}},
}  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_within_two_seconds_with_training_under_way(lab_server: Any, number: int) -> None:
    lab = lab_server()
    with contextlib.ExitStack() as held:
        pages = [held.enter_context(talk(lab)) for _ in range(3)]
        for page in pages:
            page.send(json.dumps(OPEN))
            told(page, "opened", 1)
        time.sleep(0.5)
        began = time.perf_counter()
        assert lab.stop(number) == 0
        assert time.perf_counter() - began < 2
        for page in pages:
            closed = end_of(page)
            assert (closed.code, closed.reason) == (1001, "shoal lab has ended.")
    assert lab.told() == READY
    assert list((lab.home / "lab").iterdir()) == []


def test_ten_pages_at_once(lab_server: Any) -> None:
    lab = lab_server()
    cookie = cookie_of(lab)
    with contextlib.ExitStack() as held:
        pages = [held.enter_context(talk(lab, cookie)) for _ in range(10)]
        for number, page in enumerate(pages):
            page.send(json.dumps({"type": "hello", "id": number}))
        assert [told(page, "catalogue", k)["id"] for k, page in enumerate(pages)] == [*range(10)]


# What is wrong before anything is served.


def refused(*args: str) -> str:
    result = CliRunner().invoke(app, ["lab", "--no-browser", *args], env={"COLUMNS": "80"})
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return result.stderr.partition("]: ")[2].rstrip()


def test_wrong_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        refused("none.toml") == "none.toml: there is no such file."
        " Look at the spelling and the folder."
    )
    assert refused("#1.abc") == "the link: is damaged or cut off. Copy all of it."
    told = "the link: must have a part that begins with '#1.'. Copy all of it."
    assert refused("http://127.0.0.1:8517/#") == told
    fragment = link_of(shoal.Experiment(data="xor"))
    assert refused(fragment[:-20]) == "the link: is damaged or cut off. Copy all of it."
    (tmp_path / "e.toml").write_text('data = "or"\nbogus = 1\n')
    assert refused("e.toml") == (
        "e.toml, bogus: unknown key. Known keys: data, network, population, preprocess, seed, "
        "streams, training."
    )
    (tmp_path / "e.toml").write_text("data = [")
    assert (
        refused("e.toml") == "e.toml, at the end: is not TOML: invalid value."
        " Mend this place; shoal new writes a file to start from."
    )


def test_a_link_to_a_wrong_experiment(tmp_path: Path) -> None:
    from shoal.lab.fragment import Shared, write_fragment
    from shoal.lab.session import Session

    experiment = {"data": "or", "training": {"optimizer": {"name": "sgd", "learning_rate": -1}}}
    link = write_fragment(Shared(session=Session(experiment=experiment)))
    told = refused(link)
    assert told.startswith("the link, training.optimizer.learning_rate: ")
    assert "\n" not in told


def test_experiments_whose_rows_cannot_be_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "e.toml"
    file.write_text('[data]\nfile = "no.csv"\ntarget = "a"\n')
    assert (
        refused("e.toml") == "no.csv: there is no such file. Look at the spelling and the folder."
    )
    file.write_text('[data]\nimages = "a.gz"\nlabels = "b.gz"\n')
    told = (
        "e.toml, data: must be a task or a CSV file for the lab; got images. Copy all of the link."
    )
    assert refused("e.toml") == told
    file.write_text('[data]\nfile = "big.csv"\ntarget = "a"\n')
    (tmp_path / "big.csv").write_bytes(b"a,b\n" + b"1,2\n" * 40)
    monkeypatch.setattr("shoal.lab.tables.MAX_BYTES", 100)
    told = "big.csv: must have at most 100 bytes in the lab; got 164. Use: shoal run e.toml"
    assert refused("e.toml") == told
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + bytes(20))
    file.write_text('[data]\nfile = "t.parquet"\ntarget = "a"\n')
    told = (
        "e.toml, data: must be a task or a CSV file for the lab; got a Parquet file."
        " Copy all of the link."
    )
    assert refused("e.toml") == told


def test_wrong_options() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = f"--port {port}: is in use already. Give another, or 0 for one that is free."
        assert refused("--port", port) == told
    told = "--port: must be a whole number from 0 to 65535; got 65536. See: shoal lab --help."
    assert refused("--port", "65536") == told


def test_without_the_library_the_install_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.cli.lab.LIBRARIES", ("no_such_library",))
    assert refused() == "shoal lab needs the no_such_library package: pip install 'shoal[lab]'."


def test_a_page_that_is_not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shoal.lab.host.run.read_assets.__defaults__", (tmp_path,))
    assert refused() == "the lab's page is not built: page.js is missing. Run: make page"


def test_a_file_whose_name_has_a_number_sign_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "or.toml", "a#1.toml")
    assert start_of("a#1.toml").fragment.startswith("#1.")
    assert start_of(None) == Start()


def test_a_browser_is_opened_where_it_can_be_seen_with_a_ticket_for_one_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others on the machine can read the arguments of a program: they find no token there."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "linux":
        assert not has_display()
    got = tmp_path / "got"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {got}.part && mv {got}.part {got}\n')
    browser.chmod(0o755)
    command = [sys.executable, "-m", "shoal", "lab", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SHOAL_HOME": str(tmp_path), "BROWSER": str(browser)},
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    for _ in range(200):
        if got.exists():
            break
        time.sleep(0.05)
    shown = got.read_text()
    token = urlsplit(url).query.removeprefix("token=")
    assert shown.startswith(url.partition("?")[0] + "?token=")
    assert token not in shown

    def status(address: str) -> int:
        split = urlsplit(address)
        connection = http.client.HTTPConnection("127.0.0.1", split.port or 0, timeout=20)
        connection.request("GET", f"/?{split.query}")
        found = connection.getresponse().status
        connection.close()
        return found

    assert [status(shown), status(shown), status(url), status(url)] == [200, 401, 200, 200]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (
        0, "shoal lab is open in your browser. Ctrl-C ends it.\n",
    )  # fmt: skip

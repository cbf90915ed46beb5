"""``shoal serve`` as a process: its lines, its signals, its bounds on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from shoal.cli.app import app

TOKEN = "a-token-of-many-signs-0123456789"
ROW = b'{"a": 0.5}'


class Service:
    """A process that serves, and requests to it."""

    def __init__(self, folder: Path, *args: str, **variables: str) -> None:
        command = [sys.executable, "-m", "shoal", "serve", *args, "--port", "0"]
        self.log = folder / "log.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "SHOAL_TOKEN": TOKEN, **variables},
            )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.log.read_text()
        self.port = int(self.address.rpartition(":")[2])
        self.wait_for("Ctrl-C ends it")  # the rest of what is told at the start

    def ask(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(made) as connection:
            connection.request(method, path, body, headers)
            with connection.getresponse() as got:
                return got.status, got.read()

    def predict(self) -> float:
        status, body = self.ask("POST", "/models/m/predict", ROW)
        assert status == 200
        return float(json.loads(body)["value"])

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def wait_for(self, text: str) -> None:
        for _ in range(200):
            if text in self.log.read_text():
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextlib.contextmanager
def serving(folder: Path, *args: str, **variables: str) -> Iterator[Service]:
    service = Service(folder, *args, **variables)
    try:
        yield service
    finally:
        service.process.kill()
        service.process.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Any]) -> Path:
    made = tmp_path_factory.mktemp("served")
    models["price"].save(made / "m.safetensors")
    return made


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    with serving(folder, "m.safetensors") as service:
        yield service


def test_it_answers_behind_the_token(service: Service, models: dict[str, Any]) -> None:
    assert service.predict() == models["price"].predict([[0.5]])[0]
    status, body = service.ask("POST", "/models/m/predict", ROW, token="x" * 32)
    assert (status, json.loads(body)["error"][:17]) == (401, "a token is needed")


def test_the_start_is_told_and_a_given_token_is_not(service: Service) -> None:
    lines = service.log.read_text().splitlines()
    assert lines[0] == "shoal serves 1 model"
    assert "  m   euro from a; 3 networks" in lines
    assert TOKEN not in service.log.read_text()


def header_of(sent: bytes) -> bytes:
    told = f"Host: 127.0.0.1:{{}}\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    return sent.replace(b"HEADERS\r\n", told)


def exchange(service: Service, request: bytes, *later: bytes) -> bytes:
    with service.raw() as connection:
        port = str(service.port).encode()
        connection.sendall(header_of(request).replace(b"127.0.0.1:{}", b"127.0.0.1:" + port))
        for part in later:
            time.sleep(0.05)
            connection.sendall(part)
        return connection.recv(65_536)


SOCKET = (
    b"GET /models HTTP/1.1\r\nHEADERS\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_a_websocket_is_refused_before_it_is_accepted(service: Service) -> None:
    request = SOCKET.replace(b"HEADERS\r\n", f"Host: 127.0.0.1:{service.port}\r\n".encode())
    got = exchange(service, request)
    assert got.startswith(b"HTTP/1.1 401 ")
    assert b"a token is needed" in got
    # with a token it comes as far as the routes, of which none is one
    assert exchange(service, SOCKET).startswith(b"HTTP/1.1 403 ")


POST = b"POST /models/m/predict HTTP/1.1\r\nHEADERS\r\nContent-Type: application/json\r\n"


def test_a_body_in_pieces_is_waited_for(service: Service) -> None:
    got = exchange(service, POST + b"Content-Length: 10\r\n\r\n", ROW[:4], ROW[4:])
    assert got.startswith(b"HTTP/1.1 200 ")


def test_a_chunked_body_over_the_bound_is_413(folder: Path) -> None:
    with serving(folder, "m.safetensors", "--max-body", "1") as service:
        chunk = b"40000\r\n" + b" " * 0x40000 + b"\r\n"  # a quarter of the bound
        with service.raw() as connection:
            start = header_of(POST + b"Transfer-Encoding: chunked\r\n\r\n")
            connection.sendall(start.replace(b"{}", str(service.port).encode()))
            for _ in range(5):
                connection.sendall(chunk)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
        got = exchange(service, POST + b"Content-Length: 1048577\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 413 ")


def test_one_request_too_many_is_turned_away_and_the_connection_goes_on(folder: Path) -> None:
    with serving(folder, "m.safetensors", "--max-requests", "1") as service:
        begun = header_of(POST + b"Content-Length: 10\r\n\r\n" + ROW[:4])
        begun = begun.replace(b"{}", str(service.port).encode())
        with service.raw() as first, service.raw() as second:
            first.sendall(begun)
            time.sleep(0.2)
            second.sendall(begun + ROW[4:])
            got = second.recv(65_536)
            head, _, body = got.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
            assert b"\r\nretry-after: 1\r\n" in head
            assert b"content-security-policy: default-src 'self'" in head
            told = "as many requests as may be are being answered. Try again."
            assert json.loads(body) == {"error": told, "code": "V108"}
            first.sendall(ROW[4:])
            assert first.recv(65_536).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.2)  # its place is free once the server has let go of it
            second.sendall(begun + ROW[4:])  # on the same connection
            assert second.recv(65_536).startswith(b"HTTP/1.1 200 ")
        text = service.ask("GET", "/metrics")[1].decode()
        assert 'shoal_requests_total{route="none",status="429"} 1.0\n' in text


def test_a_new_file_is_read_and_a_broken_one_is_not(tmp_path: Path, models: dict[str, Any]) -> None:
    file = tmp_path / "m.safetensors"
    models["price"].save(file)
    with serving(tmp_path, "m.safetensors") as service:
        first = service.predict()
        models["price"][1].save(file, force=True)  # one network of it: another answer
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("m: read again")
        assert service.predict() == models["price"][1].predict([[0.5]])[0] != first
        file.write_bytes(file.read_bytes()[:-10])
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("m: the old model stays: m.safetensors: ")
        assert service.predict() == models["price"][1].predict([[0.5]])[0]
        text = service.ask("GET", "/metrics")[1].decode()
        assert 'shoal_model_stale{model="m"} 1.0\n' in text
        assert 'shoal_model_reloads_total{model="m",outcome="done"} 1.0\n' in text
        assert 'shoal_model_reloads_total{model="m",outcome="failed"} 1.0\n' in text
        assert service.stop() == 0


def test_a_body_that_is_far_too_large_is_told_so_to_a_client_that_sends_all_of_it(
    service: Service,
) -> None:
    """A connection that is closed under a client that still sends shows it a reset, not why."""
    status, body = service.ask("POST", "/models/m/predict", b" " * 30_000_000)
    told = "the body is larger than 8,388,608 bytes. Send fewer rows at once."
    assert (status, json.loads(body)) == (413, {"error": told, "code": "V104"})


def test_head_answers_without_a_body(service: Service) -> None:
    assert service.ask("HEAD", "/healthz") == (200, b"")


def test_another_address_of_this_machine_is_its_name_too(folder: Path) -> None:
    with serving(folder, "m.safetensors", "--host", "127.0.0.2") as service:
        assert service.address == f"http://127.0.0.2:{service.port}"
        made = http.client.HTTPConnection("127.0.0.2", service.port, timeout=20)
        with contextlib.closing(made) as connection:
            connection.request("GET", "/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
            assert connection.getresponse().status == 200


def test_what_fails_while_files_are_read_again_leaves_the_others_alone(
    models: dict[str, Any],
) -> None:
    from shoal.serving.catalogue import Catalogue

    found = {"a": models["price"], "b": models["price"]}
    catalogue = Catalogue.open({name: functools.partial(found.__getitem__, name) for name in found})
    del found["a"]  # KeyError, which no reader of files means
    found["b"] = models["price"][0]
    catalogue.reload()
    assert catalogue.get("a").digest == models["price"].parameters.digest
    assert catalogue.get("b").digest == models["price"][0].parameters.digest
    assert catalogue.reloads["a"].n_failed == 1


def test_a_signal_while_files_are_read_has_them_read_once_more() -> None:
    """The second file may have come after the first was read."""
    from shoal.serving.server import _Server

    async def twice() -> int:
        n_read, may_end = 0, threading.Event()

        def read() -> None:
            nonlocal n_read
            n_read += 1
            may_end.wait(10)

        server = _Server(uvicorn.Config("none"), lambda: None, read)
        for _ in range(3):
            server._read_again()
        may_end.set()
        while server._reloading is not None:
            await asyncio.sleep(0.01)
        return n_read

    assert asyncio.run(twice()) == 2


def test_sigterm_lets_requests_in_flight_end_and_takes_no_new_ones(folder: Path) -> None:
    with serving(folder, "m.safetensors") as service, service.raw() as connection:
        start = header_of(POST + b"Content-Length: 10\r\n\r\n" + ROW[:4])
        connection.sendall(start.replace(b"{}", str(service.port).encode()))
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for("stopping")
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            service.raw()
        connection.sendall(ROW[4:])
        got = connection.recv(65_536)
        assert got.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in got
        assert service.process.wait(20) == 0
        assert "Traceback" not in service.log.read_text()


def test_a_token_is_made_and_printed_once(folder: Path) -> None:
    with serving(folder, "price=m.safetensors", SHOAL_TOKEN="") as service:
        text = service.log.read_text()
        (line,) = [line for line in text.splitlines() if "SHOAL_TOKEN=" in line]
        token = line.partition("=")[2]
        assert text.count(token) == 1
        assert service.ask("GET", "/models/price", token=token)[0] == 200
        assert service.ask("GET", "/models/price", token=TOKEN)[0] == 401


# What is wrong before anything is served.


def refused(*args: str) -> str:
    env = {"COLUMNS": "80", "SHOAL_TOKEN": TOKEN}
    result = CliRunner().invoke(app, ["serve", *args], env=env)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return result.stderr.partition("]: ")[2].rstrip()


def test_wrong_models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert refused("n.safetensors").startswith("n.safetensors: there is no such file.")
    (folder / "broken.safetensors").write_bytes(b"no model")
    assert refused("broken.safetensors").startswith("broken.safetensors: ")
    told = "m.safetensors: another model is called 'm' already. "
    assert (
        refused("m.safetensors", "m.safetensors") == f"{told}Give one another: other=m.safetensors."
    )
    told = "'a/b': a model's name may hold no slash and no control character. Give NAME=FILE."
    assert refused("a/b=m.safetensors") == told


def test_wrong_places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    told = "--host 0.0.0.0: others can reach it, so it needs a name. "
    cure = "Name what requests will ask for: --allow-host models.example.org."
    assert refused("m.safetensors", "--host", "0.0.0.0") == told + cure
    told = "--allow-host: must be a host's name as requests write it, such as models.example.org"
    assert (
        refused("m.safetensors", "--allow-host", "http://a") == f"{told}; got 'http://a'."
        " Name the host by --allow-host, or leave --host out to serve this machine alone."
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = f"--port {port}: is in use already. Give another, or 0 for one that is free."
        assert refused("m.safetensors", "--port", port) == told


def test_wrong_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "short").write_text("abc\n")
    told = "short: must hold a token of at least 22 letters, digits or . _ ~ + / -"
    assert (
        refused("m.safetensors", "--token-file", "short") == f"{told}; got 3 characters."
        " Give a file with a longer one, or leave it out to have one made."
    )
    assert (
        refused("m.safetensors", "--token-file", "none") == "none: there is no such file."
        " Look at the spelling and the folder."
    )
    assert (
        refused("m.safetensors", "--token-file", ".") == ".: cannot be read: Is a directory."
        " Look at its rights: ls -l shows them."
    )
    (folder / "short").write_bytes(b"\xff" * 30)
    told = (
        "short: must hold a token of at least 22 letters, digits or . _ ~ + / -; it is no text. "
        "Give a file with a longer one, or leave it out to have one made."
    )
    assert refused("m.safetensors", "--token-file", "short") == told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_address_that_cannot_be_told_ends_it_in_one_sentence(folder: Path) -> None:
    command = [sys.executable, "-m", "shoal", "serve", "m.safetensors", "--port", "0"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
            env={**os.environ, "SHOAL_TOKEN": TOKEN},
        )  # fmt: skip
    told = (
        "shoal [O104]: standard output: cannot be written: No space left on device. "
        "Make room, or send it elsewhere.\n"
    )
    assert (done.returncode, done.stderr) == (2, told)


def test_a_token_that_everybody_can_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shoal.cli.serve import _given_token

    file = tmp_path / "token"
    file.write_text(TOKEN)
    for mode, told in (
        (0o640, ""),
        (0o644, f"shoal: {file}: everybody on this machine may read the token: chmod o-r {file}\n"),
    ):
        file.chmod(mode)
        assert _given_token(file) == TOKEN
        assert capsys.readouterr().err == told


def test_without_the_library_the_install_command_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.cli.serve.LIBRARIES", ("no_such_library",))
    told = "shoal serve needs the no-such-library package: pip install 'shoal[lab]'."
    assert refused("m.safetensors") == told

"""Real notebooks for tests: JupyterLab and marimo as processes of this machine, without a network.

Each serves one folder on a free port of the loopback; `close` ends the processes it started.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TOKEN = "a-token-of-tests-0123456789"
START_S = 60.0
"""Seconds that a notebook server may take to begin."""


def is_there(package: str) -> bool:
    """Return whether a notebook is installed."""
    return importlib.util.find_spec(package) is not None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


class Server:
    """A notebook server.

    Args:
        command: of it.
        folder: where it runs; its settings, runtime files and home are in it too.
        ready: an address that answers once it has begun.
        variables: of its environment.
    """

    def __init__(self, command: list[str], folder: Path, ready: str, **variables: str) -> None:
        self._log = folder / "server.log"
        inner = {name: str(folder / name.lower()) for name in ("HOME", "SHOAL_HOME")}
        for place in inner.values():
            Path(place).mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, **inner, "PYTHONWARNINGS": "default", **variables},
            )  # fmt: skip
        try:
            self._wait(ready)
        except BaseException:
            self.close()
            raise

    def told(self) -> str:
        """Return what it has written so far."""
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        """End it and what it started: they are a process group of their own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def _wait(self, address: str) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(address, timeout=5),
            ):
                return
            time.sleep(0.1)
        raise AssertionError(f"the notebook did not begin: {self.told()}")


class JupyterLab(Server):
    """JupyterLab with one notebook.

    Args:
        folder: where it is.
        cells: source of its cells.
        dark: its own dark theme.
        settings: of plug-ins, by their names.
    """

    def __init__(
        self, folder: Path, cells: list[str], *, dark: bool = False,
        settings: dict[str, dict[str, Any]] | None = None,
    ) -> None:  # fmt: skip
        port = free_port()
        work = folder / "work"
        work.mkdir()
        (work / "lab.ipynb").write_text(json.dumps(notebook_of(cells)))
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        chosen = {
            # nothing is asked of other hosts, and nothing covers the notebook
            "@jupyterlab/apputils-extension:notification": {
                "checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True,
            },
            "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
            "@jupyterlab/apputils-extension:themes": {"theme": theme, "adaptive-theme": False},
            **(settings or {}),
        }  # fmt: skip
        overrides = folder / "app" / "settings" / "overrides.json"
        overrides.parent.mkdir(parents=True)
        overrides.write_text(json.dumps(chosen))
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", "--allow-root",
            f"--ServerApp.root_dir={work}", "--LabApp.extension_manager=readonly",
            "--LabApp.news_url=", f"--LabServerApp.app_settings_dir={overrides.parent}",
            "--KernelSpecManager.ensure_native_kernel=True",
        ]  # fmt: skip
        self.base = f"http://127.0.0.1:{port}"
        self.address = f"{self.base}/lab/tree/lab.ipynb?token={TOKEN}"
        super().__init__(
            command, folder, f"{self.base}/api?token={TOKEN}",
            JUPYTER_CONFIG_DIR=str(folder / "config"), JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
            JUPYTERLAB_SETTINGS_DIR=str(folder / "user"), IPYTHONDIR=str(folder / "ipython"),
            JUPYTERLAB_WORKSPACES_DIR=str(folder / "workspaces"), JUPYTER_NO_CONFIG="",
        )  # fmt: skip


class Marimo(Server):
    """marimo with one notebook.

    Args:
        folder: where it is.
        source: of the notebook's file.
        mode: "edit" or "run".
        theme: "light" or "dark".
    """

    def __init__(
        self, folder: Path, source: str, *, mode: str = "edit", theme: str = "light"
    ) -> None:
        port = free_port()
        (folder / "notebook.py").write_text(source)
        config = f'[display]\ntheme = "{theme}"\n[runtime]\nauto_instantiate = true\n'
        (folder / "pyproject.toml").write_text(config.replace("[", "[tool.marimo."))
        command = [
            sys.executable, "-m", "marimo", "--yes", mode, "notebook.py", "--headless",
            "--host", "127.0.0.1", "--port", str(port), "--no-token", "--skip-update-check",
        ]  # fmt: skip
        if mode == "run":
            command.remove("--skip-update-check")
        self.address = f"http://127.0.0.1:{port}"
        super().__init__(command, folder, f"{self.address}/health", MARIMO_SKIP_UPDATE_CHECK="1")


def notebook_of(cells: list[str]) -> dict[str, Any]:
    """Return a notebook as a document."""
    return {
        "cells": [
            {"cell_type": "code", "id": f"cell-{k}", "source": source, "metadata": {},
             "execution_count": None, "outputs": []}
            for k, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3",
                                    "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip


PAINTED = """(canvas) => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let k = 0; k < data.length; k += 4 * 97)
    found.add(data[k] << 16 | data[k + 1] << 8 | data[k + 2]);
  return found.size;
}"""
"""How many colours a canvas has, of a hundredth of its pixels."""


def watched(page: Any) -> list[str]:
    """Return a list to which every request to another host and every error of a page comes."""
    faults: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:")):
            faults.append(f"asked for {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: faults.append(f"threw {error}"))
    return faults


def settled(lab: Any) -> float:
    """Wait until a lab shows the end of what it trains; return the big number, 0 to 100."""
    lab.locator(".sh-busy:not(.sh-on)").wait_for(state="attached")
    lab.locator(".sh-big").wait_for()
    return float(lab.locator(".sh-big").inner_text().removesuffix("%").strip())


def training_panel(lab: Any) -> Any:
    """Open the panel of the training; return the slider of the learning rate."""
    lab.get_by_role("tab", name="Training").click()
    slider = lab.get_by_role("slider", name="Learning rate", exact=True)
    slider.wait_for()
    return slider


def rate_of(lab: Any) -> float:
    """Return the learning rate that the lab shows as a number."""
    return float(lab.get_by_role("textbox", name="Learning rate, as a number").input_value())

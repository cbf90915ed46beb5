"""The page in a browser: one lab for all tests of a module, a page of its own for each test.

::

    def test_something(desk):
        at = desk()                              # a page of `shoal lab`, as it comes up
        at = desk(experiment)                    # the same with an experiment in its link
        at.panel("Training")

A lab keeps nothing of a page, so that pages cannot disturb each other. A page fails its test if it
says an error on the console, breaks its policy, throws, or asks another host (see ../browser.py).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shoal import Experiment
from shoal.lab.fragment import Shared, link_of, read_fragment, write_fragment


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        f"lab_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[f"lab_{name}"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


desk_module = _load("desk")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The lab of a module."""
    browser = sys.modules["lab_browser"]
    if not (browser.STATIC / "page.js").exists():
        pytest.skip("the page is not built: make page")
    folder = tmp_path_factory.mktemp("lab")
    made = browser.Lab(port=0, home=folder / "home", folder=folder)
    yield made
    made.close()


@pytest.fixture
def desk(chromium: Any, lab: Any, new_page: Any) -> Callable[..., Any]:
    """Open pages of the lab: `desk(experiment=None, ui=None, url=None, settle=True, **context)`."""

    def open_page(
        experiment: Experiment | None = None,
        *,
        ui: dict[str, Any] | None = None,
        url: str | None = None,
        settle: bool = True,
        init_script: Path | None = None,
        **context: Any,
    ) -> Any:
        page = new_page(**{"locale": "en", "accept_downloads": True, **context})
        page.on("console", lambda said: _judge(page, said))
        if init_script is not None:
            page.add_init_script(path=init_script)
        page.goto((url or lab.url) + _fragment(experiment, ui))
        at = desk_module.Desk(page)
        if settle:
            at.settled()
        return at

    return open_page


def _judge(page: Any, said: Any) -> None:
    if said.type == "error":
        page.shoal_faults.append(f"said {said.text}")


def _fragment(experiment: Experiment | None, ui: dict[str, Any] | None) -> str:
    if experiment is None and ui is None:
        return ""
    link = link_of(experiment or Experiment.read({"data": {"task": "greater"}}, source="a test"))
    return (
        link if ui is None else write_fragment(Shared(session=read_fragment(link).session, ui=ui))
    )

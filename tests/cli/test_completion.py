"""The Tab key: what is offered, in a real bash too, without loading arrays."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import pytest

from shoal.cli import completion
from shoal.store import Store

COMMAND = [sys.executable, "-m", "shoal"]
BIN = Path(sys.executable).with_name("shoal")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    home = tmp_path / "home"
    monkeypatch.setenv("SHOAL_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "or.toml").write_text("")
    (tmp_path / "or.safetensors").write_text("")
    store = Store.open(home)
    names = iter(["kqaaaaaa", "kqbbbbbb", "zzcccccc"])
    monkeypatch.setattr("shoal.store.store.new_id", lambda: next(names))
    for name, value in (("or", 0.5), ("wine", 0.75), ("wine", None)):
        store.add("run", name, status="done", value=value, figure="validation_accuracy",
                  tags=("good",) if name == "or" else ())  # fmt: skip
    return store


def words(offers: Sequence[tuple[str, str]]) -> list[str]:
    return [word for word, _ in offers]


@pytest.mark.parametrize(
    ("complete", "incomplete", "offers"),
    [
        (completion.complete_refs, "@l", ["@last", "@last~1"]),
        (completion.complete_refs, "kq", ["kqbbbbbb", "kqaaaaaa"]),
        (completion.complete_refs, "@last:w", ["@last:wine"]),
        (completion.complete_refs, "@best:g", ["@best:good"]),
        (completion.complete_tags, "+g", ["+good"]),
        (completion.complete_tags, "", ["good"]),
        (completion.complete_kinds, "s", ["sweep"]),
        (completion.complete_sorts, "n", ["name", "networks"]),
        (completion.complete_targets, "or", ["or.toml"]),
        (completion.complete_models, "or", ["or.safetensors"]),
        (completion.complete_experiments, "", ["or.toml"]),
        (completion.complete_changes, "data.task=g", ["data.task=greater", "data.task=gaussians"]),
        (completion.complete_changes, "seed", ["seed="]),
        (completion.complete_changes, "data.task=or,ma", ["data.task=or,majority"]),
        (
            completion.complete_changes,
            "training.optimizer.name=l",
            ["training.optimizer.name=lion", "training.optimizer.name=lbfgs"],
        ),
        (completion.complete_changes, "preprocess.scaling=s", ["preprocess.scaling=standard"]),
        (completion.complete_sides, "or", ["or.toml"]),
        (completion.complete_sides, "@b", ["@best"]),
        (completion.complete_sides, "training.ep", ["training.epochs="]),
        (completion.complete_figures, "train_l", ["train_loss"]),
        (completion.complete_streams, "init,or", ["init,order"]),
        (completion.complete_names, "w", ["wine"]),
    ],
)
def test_what_fits_is_offered(
    store: Store,
    complete: Callable[[str], list[tuple[str, str]]],
    incomplete: str,
    offers: list[str],
) -> None:
    assert words(complete(incomplete)) == offers


def test_ids_are_offered_with_what_they_are(store: Store) -> None:
    told = dict(completion.complete_refs("kq"))
    assert told["kqaaaaaa"].startswith("or, validation accuracy 0.5, ")


def test_trouble_offers_nothing(store: Store) -> None:
    (store.home / "shoal.db").write_bytes(b"nonsense" * 100)
    assert completion.complete_refs("k") == []


def test_the_names_of_tasks_and_charts_are_those_of_the_tables() -> None:
    from shoal.charts.registry import CHARTS
    from shoal.data.scaling import ScalingKind
    from shoal.data.tasks import TASKS
    from shoal.network.losses import LOSSES
    from shoal.streams import STREAMS
    from shoal.training.figures import FIGURE_NAMES
    from shoal.training.optimizers import OPTIMIZERS

    assert tuple(TASKS) == completion.TASKS
    assert dict(completion.VALUES) == {
        "data.task": tuple(TASKS),
        "training.optimizer": tuple(name for name in OPTIMIZERS if name != "python"),
        "training.loss": tuple(LOSSES),
        "preprocess.scaling": get_args(ScalingKind),
    }
    assert set(completion.FIGURES) == set(FIGURE_NAMES)
    assert completion.STREAMS == STREAMS
    assert words(completion.complete_charts("")) == list(CHARTS)


def test_nothing_heavy_is_loaded(store: Store) -> None:
    code = (
        "import sys; from shoal.cli import completion as c\n"
        "c.complete_refs(''); c.complete_charts(''); c.complete_tags('')\n"
        "print({'numpy', 'pydantic', 'rich', 'altair'} & set(sys.modules))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == "set()\n"


def test_zsh_is_answered_with_help(store: Store) -> None:
    asked = {"_SHOAL_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "shoal runs show kqa"}
    made = subprocess.run(
        [BIN], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert "kqaaaaaa" in made.stdout
    assert "or, validation accuracy 0.5" in made.stdout


def typed(folder: Path, lines: Sequence[str]) -> list[str]:
    """Return what stands on the line after a bash was typed to and Tab was pressed, each time."""
    source = subprocess.run(
        [BIN], env={**os.environ, "_SHOAL_COMPLETE": "source_bash"}, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    (folder / "rc").write_text(f"PS1='$ '\n{source}\nbind 'set bell-style none'\n")
    environment = {**os.environ, "TERM": "dumb", "PATH": f"{BIN.parent}:{os.environ['PATH']}"}
    pid, terminal = pty.fork()
    if not pid:  # pragma: no cover
        os.execvpe("bash", ["bash", "--rcfile", str(folder / "rc"), "-i"], environment)
    try:
        read_until(terminal, "$ ")
        return [answered(terminal, line) for line in lines]
    finally:
        os.write(terminal, b"\x15exit\n")
        os.close(terminal)
        os.waitpid(pid, 0)


def answered(terminal: int, line: str) -> str:
    os.write(terminal, line.encode() + b"\t")
    # a sign that is not completed is echoed once bash is done with the Tab
    os.write(terminal, b"\x05#")
    said = read_until(terminal, "#")
    os.write(terminal, b"\x15")
    return said.rpartition("#")[0].replace("\r", "")


def read_until(terminal: int, end: str, at_most_s: float = 30) -> str:
    said, until = "", time.monotonic() + at_most_s
    while not said.endswith(end) and time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            said += os.read(terminal, 4096).decode(errors="replace")
    return said


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes(store: Store, tmp_path: Path) -> None:
    lines = {
        "shoal runs show @b": "shoal runs show @best ",
        "shoal runs show zz": "shoal runs show zzcccccc ",
        "shoal resume @last:wi": "shoal resume @last:wine ",
        "shoal runs --kind sw": "shoal runs --kind sweep ",
        "shoal runs --sort=va": "shoal runs --sort=value ",
        "shoal run or.toml data.task=gr": "shoal run or.toml data.task=greater ",
        "shoal runs tag @last +g": "shoal runs tag @last +good ",
        "shoal predict or.s": "shoal predict or.safetensors ",
        "shoal runs exp": "shoal runs export ",
        "shoal runs --name wi": "shoal runs --name wine ",
        "shoal plot cur": "shoal plot curves ",
        "shoal plot curves zz": "shoal plot curves zzcccccc ",
        "shoal report zz": "shoal report zzcccccc ",
        "shoal animate @b": "shoal animate @best ",
        "shoal compare or.t": "shoal compare or.toml ",
        "shoal compare or.toml --vary in": "shoal compare or.toml --vary init ",
        "shoal sweep or.t": "shoal sweep or.toml ",
        "shoal sweep or.toml --figure validation_l": (
            "shoal sweep or.toml --figure validation_loss "
        ),
        "shoal search or.t": "shoal search or.toml ",
    }
    found = typed(tmp_path, list(lines))
    assert [line.rpartition("$ ")[2] for line in found] == list(lines.values())

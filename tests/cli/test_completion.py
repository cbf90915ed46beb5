"""The Tab key: what is offered, in a real bash too, without loading arrays."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from shoal.cli import completion, offers
from shoal.store import Store

COMMAND = [sys.executable, "-m", "shoal"]
BIN = Path(sys.executable).with_name("shoal")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for caches, where the table of keys is already."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        again()
    return folder


@pytest.fixture
def store(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    home = tmp_path / "home"
    monkeypatch.setenv("SHOAL_HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "or.toml").write_text("")
    (tmp_path / "or.safetensors").write_text("")
    (tmp_path / "points.csv").write_text("")
    (tmp_path / "points.parquet").write_text("")
    (tmp_path / "my table.csv").write_text("")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.toml").write_text("")
    (tmp_path / "below" / "$x & [y].csv").write_text("")
    (tmp_path / "two\nlines.csv").write_text("")
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
        (completion.complete_targets, "be", ["below/deep.toml"]),
        (completion.complete_targets, "below/d", []),  # a shell does that itself
        (completion.complete_targets, "@last:w", ["@last:wine"]),
        (completion.complete_tables, "two", []),  # an offer is a line
        (completion.complete_changes, "data.task=g", ["data.task=greater", "data.task=gaussians"]),
        (completion.complete_changes, "seed", ["seed=", "seed=0"]),
        (completion.complete_changes, "pop", ["population=", "population."]),
        (
            completion.complete_changes,
            "training.opt",
            ["training.optimizer=", "training.optimizer."],
        ),
        (
            completion.complete_changes,
            "training.optimizer.beta",
            [
                "training.optimizer.beta_1=",
                "training.optimizer.beta_2=",
            ],
        ),
        (
            completion.complete_changes,
            "network.layers.1.a",
            [
                "network.layers.1.activation=",
                "network.layers.1.alpha=",
                "network.layers.1.at_zero=",
            ],
        ),
        (
            completion.complete_changes,
            "network.layers.1.activation=so",
            ["network.layers.1.activation=softplus", "network.layers.1.activation=softmax"],
        ),
        (
            completion.complete_changes,
            "training.stop.0.pa",
            ["training.stop.0.patience=", "training.stop.0.patience=10"],
        ),
        (completion.complete_changes, "streams.s", ["streams.split=", "streams.search="]),
        (completion.complete_changes, "no.such.key", []),
        (completion.complete_changes, "data.nonsense=", []),
        (completion.complete_tables, "po", ["points.csv", "points.parquet"]),
        (completion.complete_output(".html", ".json"), "a", ["a.html", "a.json"]),
        (completion.complete_output(".html", ".json"), "sub/a.h", ["sub/a.html"]),
        (completion.complete_output(".html", ".json"), "", []),
        (completion.complete_exports, "m.k", ["m.keras.py"]),
        (completion.complete_functions, "sigm", ["sigmoid"]),
        (completion.complete_lessons, "3", ["3"]),
        (completion.complete_lessons, "gr", ["greater"]),
        (completion.complete_documents, "runs s", ["runs show"]),
        (completion.complete_which, "", ["best"]),
        (completion.complete_changes, "data.task=or,ma", ["data.task=or,majority"]),
        (
            completion.complete_changes,
            "training.optimizer.name=l",
            ["training.optimizer.name=lion", "training.optimizer.name=lbfgs"],
        ),
        (completion.complete_changes, "preprocess.scaling=s", ["preprocess.scaling=standard"]),
        (completion.complete_sides, "or", ["or.toml"]),
        (completion.complete_sides, "@b", ["@best"]),
        (completion.complete_sides, "training.ep", ["training.epochs=", "training.epochs=100"]),
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
    from shoal.data.tasks import TASKS
    from shoal.streams import STREAMS
    from shoal.training.figures import FIGURE_NAMES

    assert tuple(TASKS) == completion.TASKS
    assert set(completion.FIGURES) == set(FIGURE_NAMES)
    assert completion.STREAMS == STREAMS
    assert words(completion.complete_charts("")) == list(CHARTS)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A list that grows by one every time that the table is made."""
    found: list[int] = []

    def make() -> dict[str, Any]:
        found.append(1)
        return {"keys": [["seed", ["told", ["0"], True]]], "functions": ["relu"], "formats": {}}

    monkeypatch.setattr(offers, "made", make)
    offers.table.cache_clear()
    yield found
    offers.table.cache_clear()


def again() -> dict[str, Any]:
    """Return the table as the next press of the Tab key sees it."""
    offers.table.cache_clear()
    return offers.table()


def test_the_table_is_made_once_and_again_where_the_package_changed(
    made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert offers.offered_keys() == {"seed": offers.Offered("told", ("0",), True)}
    assert again()["functions"] == ["relu"]
    assert (len(made), offers.cache_file()) == (1, tmp_path / "shoal" / "tab.json")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "new.py").write_text("")
    monkeypatch.setattr(offers, "PACKAGE", tmp_path / "package")
    again(), again()
    assert len(made) == 2
    os.utime(tmp_path / "package" / "new.py", ns=(1, 1))
    again(), again()
    assert len(made) == 3


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"made_of": 1}', b"\xff"])
def test_a_damaged_table_is_made_again(
    made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    offers.cache_file().parent.mkdir()
    offers.cache_file().write_bytes(damage)
    assert again()["functions"] == again()["functions"] == ["relu"]
    assert len(made) == 1


def test_where_nothing_can_be_kept_the_table_is_made_all_the_same(
    made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("file", "none"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / folder))
        if folder == "none":  # a relative name is ignored, and there is no home
            monkeypatch.setenv("XDG_CACHE_HOME", "none")
            monkeypatch.setattr(os.path, "expanduser", lambda path: path)
        assert again()["functions"] == ["relu"]
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_every_key_of_a_whole_experiment_is_offered_with_its_meaning() -> None:
    from shoal.cli.offers import ITEM, offered_keys
    from shoal.experiments import Experiment
    from shoal.network import LOSSES
    from shoal.training import OPTIMIZERS

    known = offered_keys()
    whole = Experiment().model_dump(mode="json")

    def paths(value: object, before: str) -> list[str]:
        if isinstance(value, dict):
            return [p for k, v in value.items() for p in paths(v, f"{before}.{k}".lstrip("."))]
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return paths(value[0], f"{before}.{ITEM}")
        return [before]

    for path in paths(whole, ""):
        assert known[path].about, path
    assert set(known["training.optimizer"].values) == set(OPTIMIZERS) - {"python"}
    assert set(known["training.loss"].values) == set(LOSSES)


def test_nothing_heavy_is_loaded(store: Store) -> None:
    code = (
        "import sys; from shoal.cli import completion as c\n"
        "c.complete_refs(''); c.complete_charts(''); c.complete_tags('')\n"
        "c.complete_changes('training.'); c.complete_functions(''); c.complete_documents('')\n"
        "print({'numpy', 'pydantic', 'rich', 'altair'} & set(sys.modules))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == "set()\n"


def answer(shell: str, line: str) -> str:
    asked = {
        "_SHOAL_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    made = subprocess.run(
        [BIN], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert made.stderr == ""
    return made.stdout


def test_zsh_is_answered_with_help(store: Store) -> None:
    said = answer("zsh", "shoal runs show kqa")
    assert "kqaaaaaa" in said
    assert "or, validation accuracy 0.5" in said
    said = answer("zsh", "shoal run or.toml training.optimizer.l")
    assert '"training.optimizer.learning_rate=":"How far a step goes"' in said


def test_the_first_press_makes_the_table_and_the_second_reads_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh"))
    said = answer("fish", "shoal functions sigm")
    kept = tmp_path / "fresh" / "shoal" / "tab.json"
    assert (said.split(), kept.stat().st_size > 10_000) == (["sigmoid"], True)
    at = kept.stat().st_mtime_ns
    assert answer("fish", "shoal functions sigm") == said
    assert kept.stat().st_mtime_ns == at


def test_fish_is_answered_with_help(store: Store) -> None:
    said = answer("fish", "shoal run or.toml training.ep")
    assert said.splitlines() == [
        "training.epochs=\tPasses over the training rows",
        "training.epochs=100",
    ]
    assert "sweep\tTrain many experiments" in answer("fish", "shoal sw")
    assert answer("fish", "shoal new a.toml --task sp").split() == ["spiral"]
    assert answer("fish", "shoal help X10").split()[:2] == ["X100", "X101"]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _shoal_completion shoal"),
        ("zsh", "compdef _shoal_completion shoal"),
        ("fish", "complete --command shoal"),
    ],
)
def test_every_shell_has_a_script(shell: str, line: str) -> None:
    made = subprocess.run(
        [BIN], env={**os.environ, "_SHOAL_COMPLETE": f"source_{shell}"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert line in made.stdout
    program = shutil.which(shell)
    if program is not None:  # the shell itself finds nothing wrong with it
        subprocess.run([program, "-n"], input=made.stdout, text=True, check=True)


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


LINES = {
    "shoal runs show zz": "shoal runs show zzcccccc ",
    "shoal resume @last:wi": "shoal resume @last:wine ",
    "shoal runs --sort=va": "shoal runs --sort=value ",
    "shoal run or.toml data.task=gr": "shoal run or.toml data.task=greater ",
    "shoal run or.toml network.layers.0.u": "shoal run or.toml network.layers.0.units=",
    "shoal run or.toml prep": "shoal run or.toml preprocess.",
    "shoal export or.safetensors -o or.pt": "shoal export or.safetensors -o or.pt.py ",
    "shoal run be": "shoal run below/deep.toml ",
    "shoal train my": "shoal train my\\ table.csv ",
    'shoal train "my': 'shoal train "my table.csv" ',
}
MORE_LINES = {
    "shoal runs show @b": "shoal runs show @best ",
    "shoal runs --kind sw": "shoal runs --kind sweep ",
    "shoal run or.toml training.ep": "shoal run or.toml training.epochs=",
    "shoal run or.toml preprocess.t": "shoal run or.toml preprocess.target_scaling=",
    "shoal train points.c": "shoal train points.csv ",
    "shoal train points.csv --missing m": "shoal train points.csv --missing mean ",
    "shoal new first.toml --task sp": "shoal new first.toml --task spiral ",
    "shoal lessons open gr": "shoal lessons open greater ",
    "shoal functions sigm": "shoal functions sigmoid ",
    "shoal schema sp": "shoal schema spread ",
    "shoal runs tag @last +g": "shoal runs tag @last +good ",
    "shoal predict or.s": "shoal predict or.safetensors ",
    "shoal train be": "shoal train below/\\$x\\ \\&\\ \\[y\\].csv ",
    "shoal new a.toml --dec": "shoal new a.toml --decimal ",
    "shoal runs exp": "shoal runs export ",
    "shoal runs --name wi": "shoal runs --name wine ",
    "shoal plot cur": "shoal plot curves ",
    "shoal plot curves zz": "shoal plot curves zzcccccc ",
    "shoal report zz": "shoal report zzcccccc ",
    "shoal animate @b": "shoal animate @best ",
    "shoal compare or.t": "shoal compare or.toml ",
    "shoal compare or.toml --vary in": "shoal compare or.toml --vary init ",
    "shoal sweep or.t": "shoal sweep or.toml ",
    "shoal sweep or.toml --figure validation_l": ("shoal sweep or.toml --figure validation_loss "),
    "shoal search or.t": "shoal search or.toml ",
}
"""What stands on a line, and what after Tab."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("lines", [LINES, pytest.param(MORE_LINES, marks=pytest.mark.slow)])
def test_a_real_bash_completes(store: Store, tmp_path: Path, lines: dict[str, str]) -> None:
    found = typed(tmp_path, list(lines))
    assert [line.rpartition("$ ")[2] for line in found] == list(lines.values())

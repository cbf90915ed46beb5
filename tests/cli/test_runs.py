"""The commands of the store: what they store, list, show, tag, remove, export and replay."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shoal.cli.app import app
from shoal.cli.plain_table import cell_width
from shoal.kernels import ARITHMETIC
from shoal.store import Store

KEPT = re.compile(r"stored as ([a-z][a-z2-7]{7}) \(@last\)\n")


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Store:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SHOAL_HOME", str(home))
    monkeypatch.delenv("SHOAL_NO_STORE", raising=False)
    return Store.open(home)


@pytest.fixture
def tiny(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store on a disk of 4 MB, which can be filled."""
    home = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(home)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a file system")
    monkeypatch.setenv("SHOAL_HOME", str(home))
    yield Store.open(home)
    subprocess.run(["umount", "-l", str(home)], check=True)


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


FEW = ("population=3", "training.epochs=2")


def run(shoal: Any, *more: str) -> str:
    result = shoal("run", "or.toml", *FEW, *more)
    assert result.exit_code == 0, result.stderr
    found = KEPT.fullmatch(result.stderr)
    assert found is not None, result.stderr
    return found.group(1)


def told(shoal: Any, *args: str) -> str:
    result = shoal(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr.partition("]: ")[2].removesuffix("\n")


def test_a_run_is_stored_and_said(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal, "--tag", "a", "--tag", "b", "--note", "first")
    entry = store.get("@last")
    assert (entry.id, entry.name, entry.tags, entry.note) == (id, "or", ("a", "b"), "first")
    assert (entry.n_networks, entry.status, entry.figure) == (3, "done", "validation_accuracy")
    assert sorted(os.listdir(entry.folder)) == ["result.json", "run.checkpoint"]


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_run_is_not_stored_if_so_wished(
    shoal: Any, or_file: str, store: Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "environment":
        monkeypatch.setenv("SHOAL_NO_STORE", "1")
    result = shoal("run", or_file, *FEW, *(["--no-store"] if how == "option" else []))
    assert (result.exit_code, result.stderr) == (0, "")
    assert not store.home.joinpath("shoal.db").exists()


def test_quiet_stores_and_says_nothing(shoal: Any, or_file: str, store: Store) -> None:
    result = shoal("run", or_file, *FEW, "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert store.count() == 1


def test_a_store_that_cannot_be_written_fails_no_training(
    shoal: Any, or_file: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("SHOAL_HOME", str(folder / "file"))
    result = shoal("run", or_file, *FEW, "--json")
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)["networks"]) == 3
    assert result.stderr == (
        f"warning: not stored: {folder / 'file'}: cannot be used: Not a directory. "
        "SHOAL_HOME names another folder for the store.\n"
    )


def test_a_wrong_tag_is_told_before_anything_is_trained(shoal: Any, or_file: str) -> None:
    assert told(shoal, "run", or_file, "--tag", "a b") == (
        "'a b': a tag is a word of up to 64 characters, without blanks and ~ @ : , + in it."
        " Give a word such as good or final-2."
    )


def test_an_empty_store_says_how_to_fill_it(shoal: Any) -> None:
    result = shoal("runs")
    assert (result.exit_code, result.stdout) == (
        0,
        "nothing is stored yet. shoal run FILE stores its run.\n",
    )
    assert shoal("runs", "--json").stdout == "[]\n"
    assert shoal("runs", "--tag", "x").stdout == "nothing that is stored fits.\n"


def test_runs_are_listed(shoal: Any, or_file: str, store: Store) -> None:
    first = run(shoal)
    second = run(shoal, "--tag", "good")
    lines = shoal("runs").stdout.splitlines()
    assert lines[0].split() == ["id", "when", "name", "networks", "time", "result", "notes"]
    assert [line.split()[0] for line in lines[2:]] == [second, first]
    assert all("validation accuracy" in line for line in lines[2:])
    assert all(len(line) <= 80 for line in lines)
    entries = json.loads(shoal("runs", "--json").stdout)
    assert [entry["id"] for entry in entries] == [second, first]
    assert [e["id"] for e in json.loads(shoal("runs", "--tag", "good", "--json").stdout)] == [
        second
    ]
    assert (
        shoal("runs", "--limit", "1").stdout.splitlines()[-1] == "1 of 2; --limit 0 lists them all."
    )


def test_a_run_is_shown(shoal: Any, or_file: str) -> None:
    id = run(shoal, "--note", "hm")
    lines = shoal("runs", "show", "@last").stdout.splitlines()
    facts = {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in lines}
    assert facts["id"] == id
    assert facts["note"] == "hm"
    assert "validation accuracy" in " ".join(lines)
    document = json.loads(shoal("runs", "show", id[:5], "--json").stdout)
    assert document["entry"]["id"] == id
    assert len(document["result"]["networks"]) == 3


def test_a_list_of_mixed_kinds_fits_the_terminal(
    shoal: Any, or_file: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shoal, "--note", "a note that goes on and on, 長い, and " * 9)
    answer = "B is better: 61 of 64 seeds, by a median of 1.2 points (0.8 to 1.6)."
    store.add("comparison", "名前" * 30, status="done", answer=answer, n_networks=128, seconds=9)
    store.add("sweep", "noise")
    lines = shoal("runs").stdout.splitlines()
    assert lines[0].split() == ["id", "when", "what", "name", "networks", "result", "notes"]
    assert lines[2].endswith("  interrupted")
    assert "B is better: " in lines[3]
    assert "1.0000 validation" in lines[4]
    assert all(cell_width(line) <= 80 for line in lines)
    monkeypatch.setenv("COLUMNS", "120")
    wide = CliRunner().invoke(app, ["runs"]).stdout.splitlines()
    assert wide[0].split()[-3:] == ["time", "result", "notes"]
    assert all(cell_width(line) <= 120 for line in wide)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            ("sweep", "or.toml", *FEW, "data.label_noise=0,0.3"),
            ["validation accuracy  median", "label_noise=0 ", "label_noise=0.3 "],
        ),
        (
            ("sweep", "or.toml", *FEW, "seed=" + ",".join(map(str, range(12)))),
            ["seed=0 ", "10 of 12 cells, the best first."],
        ),
        (
            ("compare", "or.toml", "training.epochs=1,2,3", "--pairs", "6"),
            ["validation accuracy  median", "epochs=1 ", "epochs=1 and epochs=2: "],
        ),
        (
            ("doctor", "or.toml", *FEW, "preprocess.scaling=none", "data.multiply=1000"),
            ["computed", "Scale every input to mean 0 and standard deviation 1."],
        ),
    ],
)
def test_what_came_of_each_kind_is_shown(
    shoal: Any, or_file: str, store: Store, command: tuple[str, ...], lines: list[str]
) -> None:
    result = shoal(*command, "-q")
    assert result.exit_code == 0, result.stderr
    shown = shoal("runs", "show", "@last")
    assert shown.exit_code == 0, shown.stderr
    for line in lines:
        assert any(each.startswith(line) for each in shown.stdout.splitlines()), shown.stdout


def test_a_result_of_another_form_is_told(shoal: Any, store: Store) -> None:
    entry = store.add(
        "sweep", "x", lambda folder: (folder / "result.json").write_text('{"cells": 3}')
    )
    result = shoal("runs", "show", "@last")
    assert (result.exit_code, result.stderr) == (
        2, f"shoal [S107]: {entry.id}: its result is damaged, or of another shoal. "
        "Run the experiment anew; shoal runs rm removes the damaged entry.\n"
    )  # fmt: skip


def test_a_folder_that_was_removed_is_told(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal)
    shutil.rmtree(store.get(id).folder)
    assert "(gone)" in shoal("runs", "show", "@last").stdout
    gone = f"{id}: its folder, {store.get(id).folder}, is gone. Forget it: shoal runs rm {id}."
    for command in ("replay", "resume", "show"):
        assert told(shoal, command, "@last") == gone
    assert shoal("runs", "rm", "@last", "--yes").exit_code == 0


def test_a_report_is_written_with_the_run(shoal: Any, or_file: str, folder: Path) -> None:
    run(shoal, "-o", "or.html")
    assert (folder / "or.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_tags_and_notes_change(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal, "--tag", "hard")
    assert shoal("runs", "tag", "@last", "+good", "new", "-hard").stderr == f"{id}: good, new\n"
    assert shoal("runs", "tag", "@last", "-good", "-new").stderr == f"{id}: no tags\n"
    assert shoal("runs", "note", id, "what a run").stderr == f"{id}: what a run\n"
    assert store.get("@last").note == "what a run"


def test_removing_asks_or_needs_yes(shoal: Any, or_file: str, store: Store) -> None:
    first, second = run(shoal), run(shoal)
    assert told(shoal, "runs", "rm", "@last", "@last~1") == (
        f"runs rm: would remove {second} (run or), {first} (run or). "
        "Give --yes where nobody can be asked."
    )
    assert store.count() == 2
    result = shoal("runs", "rm", "@last", "@last~1", "--yes")
    assert result.stderr == f"removed {second} (run or)\nremoved {first} (run or)\n"
    assert store.count() == 0


def test_a_table_is_written(shoal: Any, or_file: str, folder: Path) -> None:
    run(shoal)
    result = shoal("runs", "export", "@last", "-o", "or.csv")
    n_rows = len((folder / "or.csv").read_text().splitlines()) - 1
    assert result.stderr == f"wrote or.csv: {n_rows:,} rows\n"
    assert told(shoal, "runs", "export", "@last", "-o", "or.csv") == (
        "or.csv: exists already. Give --force to replace it."
    )


def test_a_replay_says_what_came_of_it(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal)
    result = shoal("replay", "@last")
    assert (result.exit_code, result.stdout) == (
        0,
        f"{id}: identical, to the last bit of every network.\n",
    )
    assert result.stderr.startswith("computed both times on ")
    document = json.loads(shoal("replay", id, "--json").stdout)
    assert (document["same"], document["n_identical"]) == ("identical", 3)


def test_a_replay_that_differs_ends_with_one(
    shoal: Any, or_file: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shoal)
    from shoal.experiments import certificate

    again = certificate.run_again
    monkeypatch.setattr(
        certificate, "run_again", lambda run, **how: again(run.prepared.experiment.model_copy(
            update={"seed": 5}).run(), **how)
    )  # fmt: skip
    result = shoal("replay", "@last")
    assert result.exit_code == 1
    assert ": different: 0 of 3 networks are identical; " in result.stdout


def test_a_replay_on_another_machine_names_both(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal)
    store.finish(id, machine="Pentium, BeOS", arithmetic="1", version="0.0.9")
    lines = shoal("replay", "@last").stderr.splitlines()
    assert lines[0] == "stored: Pentium, BeOS, arithmetic 1, shoal 0.0.9"
    assert lines[1].startswith("now:    ")
    assert lines[1].endswith(f"arithmetic {ARITHMETIC}, shoal {version('shoal')}")


def test_a_comparison_and_a_diagnosis_are_replayed(shoal: Any, or_file: str) -> None:
    until = ("--until", "decided", "--at-most", "32")
    for command in (("compare", or_file, "training.epochs=1,2", *until), ("doctor", or_file)):
        assert shoal(*command, "data.batches=50", "-q").exit_code == 0
        result = shoal("replay", "@last")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.endswith(": identical, to the last bit of every network.\n")


@pytest.mark.parametrize("command", ["show", "predict", "evaluate"])
def test_a_run_stands_for_its_model(shoal: Any, or_file: str, folder: Path, command: str) -> None:
    run(shoal)
    shoal("run", or_file, *FEW, "-q", "--no-store", "-o", "or.safetensors")
    (folder / "rows.csv").write_text("input1,input2,label\n0,0,0\n1,0,1\n")
    more = {"show": [], "predict": ["input1=0", "input2=1"], "evaluate": ["rows.csv"]}[command]
    of_file, of_run = (shoal(command, each, *more) for each in ("or.safetensors", "@last"))
    assert (of_run.exit_code, of_run.stdout) == (0, of_file.stdout)
    assert of_run.stdout


def test_a_longer_run_is_a_run_of_its_own(shoal: Any, or_file: str, store: Store) -> None:
    id = run(shoal)
    result = shoal("resume", "@last", "training.epochs=4")
    assert result.exit_code == 0, result.stderr
    new = store.get("@last")
    assert new.id != id
    assert new.note == f"{id}, longer"
    assert result.stderr == f"stored as {new.id} (@last)\n"
    whole = json.loads(shoal("run", or_file, "population=3", "training.epochs=4", "--json").stdout)
    kept = json.loads((new.folder / "result.json").read_text())
    assert kept["digest"] == whole["digest"]
    assert (
        json.loads((store.get(id).folder / "result.json").read_text())["digest"] != whole["digest"]
    )


def test_a_change_that_cannot_be_leaves_nothing_behind(
    shoal: Any, or_file: str, store: Store
) -> None:
    id = run(shoal)
    sentence = told(shoal, "resume", "@last", "training.batch_size=2")
    assert "training.batch_size: cannot be changed when a run is resumed" in sentence
    assert [entry.id for entry in store.list()] == [id]
    assert os.listdir(store.home / "runs") == [id]


BEING_WRITTEN = ": another process is writing to it. Wait for its end, or stop it."


def test_a_run_whose_first_checkpoint_is_being_written(shoal: Any, store: Store) -> None:
    with contextlib.ExitStack() as hold:
        entry = store.add("run", "or", hold=hold)
        assert told(shoal, "resume", "@last").endswith(BEING_WRITTEN)
    assert told(shoal, "resume", entry.id) == (
        f"{entry.id}: has no arrays to go on from; only its result is kept."
        " See what is stored: shoal runs."
    )


def test_an_interrupted_run_can_go_on(shoal: Any, or_file: str, store: Store, folder: Path) -> None:
    """A run that takes long is in the store while it is trained, and stays after Ctrl-C."""
    long = ["run", or_file, "population=2", "training.epochs=1000000", "training.report_every=1000",
            "--threads", "1"]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "shoal", *long], stderr=subprocess.PIPE, text=True, cwd=folder
    ) as process:
        try:
            until = time.monotonic() + 60
            while not any(e.status == "running" for e in store.list()) and time.monotonic() < until:
                time.sleep(0.05)
            assert told(shoal, "resume", "@last").endswith(BEING_WRITTEN)
            process.send_signal(signal.SIGINT)
            stderr = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    entry = store.get("@last")
    assert (process.returncode, entry.status) == (130, "interrupted")
    assert stderr.endswith(
        f"stored as {entry.id} (@last)\nnote: to go on: shoal resume {entry.id}\n"
    )
    assert sorted(os.listdir(entry.folder)) == [".lock", "result.json", "run.checkpoint"]


def test_a_sweep_goes_on(shoal: Any, or_file: str, store: Store) -> None:
    from shoal.experiments.drafting import sweeping
    from shoal.experiments.sweep import Sweep

    sweep = Sweep.load(or_file, [*FEW, "data.label_noise=0,0.1"])
    with sweeping(sweep, store=store, name="noise"):
        pass
    id = store.get("@last").id
    result = shoal("resume", "@last")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == f"note: 0 chunks are there already\nstored as {id} (@last)\n"
    assert "label_noise" in result.stdout
    assert store.get(id).status == "done"
    run(shoal)
    assert shoal("resume", id, "-q").stderr == ""
    assert shoal("resume", id).stderr.endswith(f"stored as {id}\n")
    assert told(shoal, "resume", id, "training.epochs=9") == (
        f"{id}: is a sweep, which goes on as it is; got 'training.epochs=9'."
        " Write key=value, such as training.epochs=20."
    )


def test_a_home_that_cannot_be_fails_no_training(
    shoal: Any, or_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOAL_HOME", "~nobody-of-this-name/x")
    why = (
        "~nobody-of-this-name/x: the home folder is not known. "
        "Set SHOAL_HOME to a folder for the store."
    )
    for command in ("run", "doctor"):
        result = shoal(command, or_file, *FEW)
        assert (result.exit_code, result.stderr) == (0, f"warning: not stored: {why}\n")
    assert told(shoal, "runs") == why


@pytest.mark.parametrize("command", ["sweep", "compare", "doctor"])
def test_a_full_disk_fails_no_command(shoal: Any, or_file: str, tiny: Store, command: str) -> None:
    more = {"sweep": ["training.epochs=1,2"], "compare": ["training.epochs=1,2"], "doctor": []}
    tiny.add("run", "kept", status="done")
    (tiny.home / "filler").write_bytes(bytes(free(tiny.home) - 8192))
    result = shoal(command, or_file, *more[command], "-q")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith("warning: not stored: ")
    assert result.stderr.count("\n") == 1
    assert [entry.name for entry in tiny.list()] == ["kept"]


def test_a_disk_that_fills_up_in_mid_sweep_ends_nothing(
    shoal: Any, or_file: str, tiny: Store
) -> None:
    (tiny.home / "filler").write_bytes(bytes(free(tiny.home) - 400_000))
    many = ["training.epochs=1", "data.batches=20", "population=3000", "seed=1,2,3,4,5,6"]
    result = shoal("sweep", or_file, *many)
    entry = tiny.get("@last")
    why = "the disk is full. Make room. What was stored before is unharmed."
    file = entry.folder / "chunks.db"
    assert result.exit_code == 0, result.stderr
    assert "6 cells, 18,000 networks" in result.stdout
    assert result.stderr.splitlines() == [
        f"warning: what is finished could not be stored: {file}: {why}",
        f"warning: not stored: {file}: {why}",
        f"note: to go on: shoal resume {entry.id}",
    ]
    assert entry.status == "interrupted"
    (tiny.home / "filler").unlink()
    assert shoal("resume", "@last", "-q").exit_code == 0
    assert shoal("replay", "@last").stdout == (
        f"{entry.id}: identical, to the last bit of every network.\n"
    )


def test_what_is_no_run_is_refused(shoal: Any, or_file: str) -> None:
    run(shoal)
    for command in (["runs", "show"], ["replay"], ["runs", "rm"], ["runs", "tag"]):
        more = ["x"] if command[-1] == "tag" else []
        assert told(shoal, *command, "zzz2zzz2", *more) == (
            "zzz2zzz2: no stored run has this id. See: shoal runs."
        )

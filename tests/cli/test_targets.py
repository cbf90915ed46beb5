"""What a command may be asked to look at, and how it says that there is no such thing."""

from __future__ import annotations

from pathlib import Path

import pytest

import shoal
from shoal.cli.targets import is_sweep, model_of, open_target, stored_entry
from shoal.errors import InputError, MissingFileError, StoreError
from shoal.experiments import archive
from shoal.experiments.run import Run
from shoal.experiments.sweep.swept import Swept
from shoal.models import Model
from shoal.store import Store

EXPERIMENT = shoal.Experiment(
    data=shoal.tasks.greater(samples=40),
    training=shoal.Training(shoal.SGD(0.1), epochs=2),
    population=2,
)


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Store:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SHOAL_HOME", str(home))
    return Store.open(home)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "greater.toml").write_text(EXPERIMENT.to_toml())
    return tmp_path


def refused(error: type[Exception], *args: object) -> str:
    with pytest.raises(error) as caught:
        open_target(*args)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_stored_run_is_opened_by_any_reference(here: Path) -> None:
    run = EXPERIMENT.run()
    id = archive.keep(run).id
    for text in ("@last", "@best", "@last:greater", id, id[:4]):
        found = open_target(text)
        assert isinstance(found, Run)
        assert found.digest == run.digest
    assert isinstance(model_of("@last"), Model)
    assert model_of(id).parameters.digest == run.ensemble.parameters.digest


def test_files_are_carried_out_and_not_stored(here: Path, store: Store) -> None:
    run = open_target("greater.toml", ["population=3"])
    assert (type(run), len(run)) == (Run, 3)
    assert not is_sweep(here / "greater.toml")
    axis = "\n[sweep]\n'data.label_noise' = [0, 0.1]\n"
    (here / "sweep.toml").write_text(EXPERIMENT.to_toml() + axis)
    assert is_sweep(here / "sweep.toml")
    assert isinstance(open_target("sweep.toml"), Swept)
    assert store.count() == 0


def test_a_checkpoint_is_opened_as_it_is(here: Path) -> None:
    run = EXPERIMENT.run(checkpoint="run.checkpoint")
    found = open_target("run.checkpoint")
    assert found.digest == run.digest
    assert refused(InputError, "run.checkpoint", ["seed=1"]) == (
        "run.checkpoint: is what was carried out already, so 'seed=1' cannot change it. "
        "Give the experiment's file to try something else."
    )


def test_a_file_goes_before_an_id(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.store.store.new_id", lambda: "greateru")
    archive.keep(EXPERIMENT.run())
    entry = stored_entry("greater")
    assert entry is not None
    assert entry.id == "greateru"
    (here / "greater").write_text("")
    assert stored_entry("greater") is None


def test_what_is_nothing_is_refused(here: Path) -> None:
    assert refused(StoreError, "qqq") == (
        "qqq: no file and no stored run is called that. See: shoal runs."
    )
    assert refused(StoreError, "@last") == (
        "@last: nothing is stored yet. shoal run FILE stores its run. See: shoal runs."
    )
    assert refused(MissingFileError, "graeter.toml") == (
        "graeter.toml: there is no such file. Did you mean 'greater.toml'?"
    )
    EXPERIMENT.run().ensemble.save("greater.safetensors")
    assert refused(InputError, "greater.safetensors") == (
        "greater.safetensors: is a model, which holds no training. "
        "Give the run that it came from: an experiment file, @last, or an id."
    )


def test_a_sweep_has_no_one_model(here: Path, store: Store) -> None:
    entry = store.add("sweep", "noise", status="done")
    with pytest.raises(StoreError) as caught:
        model_of("@last")
    assert str(caught.value) == "@last: is a sweep, which has no one model. Give a run."
    assert entry.kind == "sweep"

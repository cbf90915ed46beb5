"""What a command may be asked to look at, and how it says that there is no such thing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import shoal
from shoal.cli.targets import (
    experiment_in,
    is_sweep,
    model_of,
    one_experiment,
    open_target,
    origin_of,
    stored_entry,
)
from shoal.errors import InputError, MissingFileError, StoreError
from shoal.experiments import archive
from shoal.experiments.doctor import diagnose
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
    assert not is_sweep("greater.toml")
    axis = "\n[sweep]\n'data.label_noise' = [0, 0.1]\n"
    (here / "sweep.toml").write_text(EXPERIMENT.to_toml() + axis)
    assert is_sweep("sweep.toml")
    assert isinstance(open_target("sweep.toml"), Swept)
    assert store.count() == 0


def test_a_checkpoint_is_opened_as_it_is(here: Path) -> None:
    run = EXPERIMENT.run(checkpoint="run.checkpoint")
    found = open_target("run.checkpoint")
    assert found.digest == run.digest


def test_with_changes_what_is_stored_is_trained_anew(here: Path, store: Store) -> None:
    sweep = shoal.Sweep.read({**EXPERIMENT.document(), "sweep": {"seed": [1, 2]}})
    run = EXPERIMENT.run(checkpoint="run.checkpoint")
    archive.keep(run)
    archive.keep(sweep.run(), name="seeds")
    for text in ("@last:greater", "run.checkpoint"):
        assert open_target(text, ["seed=0"]).digest == run.digest
        other = open_target(text, ["seed=5"])
        assert other.digest == open_target("greater.toml", ["seed=5"]).digest != run.digest
    swept = open_target("@last:seeds", ["training.epochs=1"])
    assert (type(swept), swept.sweep.base.training.epochs) == (Swept, 1)
    assert len(open_target("@last:seeds", ["sweep.seed=1,2,3"]).sizes) == 3
    assert store.count() == 2


def test_an_experiment_is_said_by_whatever_was_made_of_it(here: Path) -> None:
    (here / "below").mkdir()
    (here / "below" / "rows.csv").write_text("a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    data = 'population = 2\ntraining.epochs = 1\n[data]\nfile = "rows.csv"\ntarget = "y"\n'
    (here / "below" / "rows.toml").write_text(data)
    run = shoal.Experiment.load("below/rows.toml").run(checkpoint="rows.checkpoint")
    entry = archive.keep(run)
    kept = archive.keep(diagnose(run, prove=False), name="checked")
    (here / "below" / "rows.csv").unlink()  # nothing of it is read
    for text in ("@last:rows", entry.id, "@last:checked", "rows.checkpoint"):
        found = experiment_in(text, ["seed=7"])
        assert found == run.experiment.model_copy(update={"seed": 7})
        assert found.folder.resolve() == (here / "below").resolve()
    told = [one_experiment(text) for text in (entry.id, kept.id, "rows.checkpoint", "greater.toml")]
    assert [origin.name for origin in told] == ["rows", "checked", "rows", "greater"]
    names = [entry.id, kept.id, "rows.checkpoint", "greater.toml"]
    assert [origin.source for origin in told] == names


def test_a_sweep_is_said_by_a_run_and_several_values(here: Path) -> None:
    entry = archive.keep(EXPERIMENT.run())
    sweep = origin_of("@last").sweep(["seed=1,2", "training.epochs=1"])
    assert (sweep.n_cells, sweep.base.training.epochs, sweep.source) == (2, 1, entry.id)
    archive.keep(sweep.run())
    again = origin_of("@last").sweep()
    assert again.to_document() == sweep.to_document()


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


def test_what_is_no_one_experiment_is_refused(here: Path) -> None:
    sweep = shoal.Sweep.read({**EXPERIMENT.document(), "sweep": {"seed": [1, 2]}})
    seeds = archive.keep(sweep.run())
    with pytest.raises(InputError) as caught:
        experiment_in("@last")
    assert str(caught.value) == (
        "@last: is a sweep, and no one experiment. "
        "Give experiments; shoal sweep trains and ranks its cells."
    )
    other = EXPERIMENT.model_copy(update={"seed": 1})
    compared = archive.keep(shoal.compare([EXPERIMENT, other], pairs=3))
    assert refused(StoreError, "@last", ["seed=1"]) == (
        f"{compared.id}: is a comparison, and no one experiment. Give a run or an experiment."
    )
    shutil.rmtree(seeds.folder)
    with pytest.raises(StoreError, match="is gone"):
        origin_of(seeds.id)
    entry = archive.keep(EXPERIMENT.run())
    (entry.folder / "run.checkpoint").unlink()
    with pytest.raises(StoreError) as lost:
        experiment_in("@last")
    assert str(lost.value) == (
        f"{entry.id}: its arrays were not kept. Its result is there: shoal runs show {entry.id}."
    )
    with pytest.raises(StoreError) as none:
        experiment_in("@last:wine")
    assert str(none.value) == (
        "@last:wine: no stored run of the name, kind or tag 'wine' is there. See: shoal runs."
    )


def test_a_sweep_has_no_one_model(here: Path, store: Store) -> None:
    entry = store.add("sweep", "noise", status="done")
    with pytest.raises(StoreError) as caught:
        model_of("@last")
    assert str(caught.value) == "@last: is a sweep, which has no one model. Give a run."
    assert entry.kind == "sweep"

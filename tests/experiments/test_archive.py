"""Records in the store and back, replayed, and exported."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ArgumentError, InputError, ShoalWarning, StoreError
from shoal.experiments import archive, resume
from shoal.experiments.certificate import replay
from shoal.experiments.comparison import Comparison, compare
from shoal.experiments.doctor import Diagnosis, diagnose
from shoal.experiments.drafting import drafting, sweeping, sweeping_on
from shoal.experiments.export import export
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run
from shoal.experiments.sweep import Sweep
from shoal.store import Store

EXPERIMENT = shoal.Experiment(
    data=shoal.tasks.greater(samples=60),
    training=shoal.Training(shoal.Adam(0.05), epochs=5, batch_size=10),
    population=6,
)
SWEEP = {
    **EXPERIMENT.document(),
    "population": {"size": 3},
    "sweep": {"data.label_noise": [0, 0.2]},
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "home")


def compared(**how: Any) -> Comparison:
    slow = EXPERIMENT.training.model_copy(update={"optimizer": shoal.Adam(0.001)})
    arms = [EXPERIMENT.model_copy(update={"training": slow}), EXPERIMENT]
    return compare(arms, names=["slow", "quick"], pairs=12, **how)


def same_run(a: Run, b: Run) -> None:
    assert a.digest == b.digest
    assert a.stopped_because == b.stopped_because
    assert a.seeds == b.seeds
    for name, values in a.history.items():
        np.testing.assert_array_equal(values, b.history[name])
    for name, array in a.state.arrays().items():
        np.testing.assert_array_equal(array, b.state.arrays()[name])


def refused(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(StoreError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return str(caught.value)


# Runs


def test_a_run_comes_back_without_being_trained(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = EXPERIMENT.run()
    entry = archive.keep(run, store=store, tags=("x",), note="n")
    monkeypatch.setattr("shoal.experiments.trainer.Trainer.advance", None)
    found = archive.load(entry.id, store=store)
    same_run(found, run)
    assert found.to_dict() | {"warnings": []} == run.to_dict() | {"warnings": []}
    assert (entry.name, entry.kind, entry.tags, entry.note) == ("greater", "run", ("x",), "n")
    assert entry.n_networks == 6
    assert entry.value == np.median(run.final("validation_accuracy"))
    assert entry.best == run.final("validation_accuracy")[run.best_index]
    assert json.loads((entry.folder / "result.json").read_text()) == run.to_dict()


def test_steps_of_a_run_that_came_back_are_those_of_the_run(store: Store) -> None:
    run = EXPERIMENT.run()
    archive.keep(run, store=store)
    found = archive.load("@last", store=store)
    np.testing.assert_array_equal(found.at(7).flat, run.at(7).flat)
    more = resume(store.get("@last").folder / "run.checkpoint", ["training.epochs=8"])
    training = EXPERIMENT.training.model_copy(update={"epochs": 8})
    assert more.digest == EXPERIMENT.model_copy(update={"training": training}).run().digest


def test_data_seen_from_the_folder_of_the_experiment_is_found_from_anywhere(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "project"
    home.mkdir()
    rows = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(40))
    (home / "points.csv").write_text("a,b,c\n" + rows)
    (home / "points.toml").write_text(
        '[data]\nfile = "points.csv"\ntarget = "c"\n[training]\nepochs = 2\n'
        '[preprocess]\nscaling = "standard"\n'
    )
    monkeypatch.chdir(home)
    run = shoal.Experiment.load("points.toml").run()
    entry = archive.keep(run, store=store)
    monkeypatch.chdir(tmp_path)
    shutil.move(store.home, tmp_path / "elsewhere")
    moved = Store.open(tmp_path / "elsewhere")
    same_run(archive.load("@last", store=moved), run)
    (home / "points.csv").write_text("a,b,c\n" + rows.replace("39,4,1", "39,5,1"))
    changed = refused(archive.load, "@last", store=moved)
    assert changed.startswith(f"{entry.id}: cannot be brought back: points.csv: the file changed: ")
    (home / "points.csv").unlink()
    gone = refused(archive.load, "@last", store=moved)
    assert gone.startswith(f"{entry.id}: cannot be brought back: ")
    assert gone.endswith(
        f"Did you mean 'points.toml'? Its result is there: shoal runs show {entry.id}."
    )


def test_rows_that_were_handed_over_must_be_given_again(store: Store) -> None:
    x = np.random.default_rng(0).normal(size=(50, 2))
    rows = (x, (x[:, 0] > 0).astype(int))
    run = EXPERIMENT.run(rows=rows)
    entry = archive.keep(run, store=store)
    assert refused(archive.load, entry.id, store=store) == (
        f"{entry.id}: its rows were handed over in Python. "
        "Give them again: shoal.experiments.archive.load(ref, rows=...)."
    )
    same_run(archive.load(entry.id, store=store, rows=rows), run)


def test_a_branch_keeps_its_result_and_says_so(store: Store) -> None:
    branch = EXPERIMENT.run().rewind(6).with_(learning_rate=0.01).run()
    told = "only the result is stored, and not the weights: it branched from another run."
    with pytest.warns(ShoalWarning, match=told):
        entry = archive.keep(branch, store=store)
    assert not entry.has_state
    assert refused(archive.load, entry.id, store=store) == (
        f"{entry.id}: its arrays were not kept. Its result is there: shoal runs show {entry.id}."
    )


def test_a_large_run_keeps_its_result_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.experiments.stored_run.MOST_BYTES", 100)
    run = EXPERIMENT.run()
    with pytest.warns(ShoalWarning, match="only the result is stored"):
        archive.keep(run, store=store)


def test_what_is_no_record_is_refused(store: Store) -> None:
    with pytest.raises(ArgumentError) as caught:
        archive.keep(3, store=store)
    assert str(caught.value) == (
        "keep: `record` must be a Run, Swept, Comparison or Diagnosis; got a int."
        " Give a value of that kind."
    )


def test_a_run_that_takes_long_has_a_checkpoint_while_it_is_trained(store: Store) -> None:
    prepared = prepare(EXPERIMENT)
    whole = carry_out(prepared)
    with drafting(prepared, store=store, name="long", every_s=1e-6) as draft:
        draft.after_s = 0.0
        run = carry_out(prepared, observers=[draft])
        entry = store.get("@last")
        assert (entry.status, entry.name) == ("running", "long")
        assert (entry.folder / "run.checkpoint").is_file()
        assert draft.finish(run).entry.id == entry.id
    assert store.get("@last").status == "done"
    assert store.count() == 1
    same_run(archive.load("@last", store=store), whole)


def test_a_store_that_cannot_be_written_does_not_end_a_training(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    prepared = prepare(EXPERIMENT)
    with drafting(prepared, store=Store.open(tmp_path / "file")) as draft:
        draft.after_s = 0.0
        run = carry_out(prepared, observers=[draft])
    assert run.digest == EXPERIMENT.run().digest
    assert "Not a directory" in draft.problem


# Sweeps


def test_a_sweep_comes_back_and_goes_on(store: Store, tmp_path: Path) -> None:
    sweep = Sweep.read(SWEEP, folder=tmp_path)
    with sweeping(sweep, store=store, name="noise") as draft:
        swept = sweep.run(ledger=draft.ledger)
        n_chunks = draft.ledger.count()
        entry = draft.finish(swept).entry
    assert n_chunks >= 1
    assert (entry.kind, entry.status, entry.n_networks) == ("sweep", "done", 6)
    found = archive.load("@last", store=store)
    for name, values in swept.columns.items():
        np.testing.assert_array_equal(found.columns[name], values)
    with sweeping_on("@last", store=store) as (again, draft):
        assert draft.ledger.count() == n_chunks
        assert again.to_document() == sweep.to_document()
        with pytest.raises(StoreError), sweeping_on("@last", store=store):
            pass
    assert store.count() == 1


def test_a_sweep_that_did_not_end_says_how_to_go_on(store: Store) -> None:
    with sweeping(Sweep.read(SWEEP), store=store):
        pass
    id = store.get("@last").id
    assert store.get("@last").status == "interrupted"
    assert refused(archive.load, id, store=store) == (
        f"{id}: the sweep has not come to its end. Go on with it: shoal resume {id}."
    )


# Replays


def test_a_replay_is_identical(store: Store) -> None:
    archive.keep(EXPERIMENT.run(threads=1), store=store)
    found = replay("@last", store=store, threads=2)
    assert (found.same, found.n_identical) == ("identical", 6)
    assert found.sentence == f"{found.entry.id}: identical, to the last bit of every network."
    assert found.before == found.now


def test_networks_that_the_clock_ended_are_ended_at_the_same_steps(store: Store) -> None:
    limited = EXPERIMENT.model_copy(
        update={
            "training": EXPERIMENT.training.model_copy(
                update={"epochs": 200_000, "stop": (shoal.SecondLimit(0.1),)}
            )
        }
    )
    run = limited.run()
    assert set(run.stopped_because) == {"seconds"}
    archive.keep(run, store=store)
    assert replay("@last", store=store).same == "identical"


def test_a_sweep_is_replayed(store: Store) -> None:
    sweep = Sweep.read(SWEEP)
    with sweeping(sweep, store=store) as draft:
        draft.finish(sweep.run(ledger=draft.ledger))
    assert replay("@last", store=store).same == "identical"


def test_of_a_sweep_that_was_interrupted_what_was_trained_is_compared(store: Store) -> None:
    swept = Sweep.read(SWEEP).run()
    columns = {name: values.copy() for name, values in swept.columns.items()}
    columns["stopped_because"] = np.where(columns["cell"] == 1, "not trained", "epochs")
    for name in swept.figures:
        columns[name][columns["cell"] == 1] = np.nan
    archive.keep(replace(swept, columns=columns, interrupted=True), store=store)
    found = replay("@last", store=store)
    assert (found.same, found.n_networks) == ("identical", 3)


def test_a_comparison_comes_back_and_is_replayed(store: Store) -> None:
    comparison = compared(target="train_loss<0.123456789")
    entry = archive.keep(comparison, store=store, name="rates")
    assert (entry.kind, entry.name, entry.n_networks) == ("comparison", "rates", 24)
    assert entry.answer == comparison.sentence
    found = archive.load("@last", store=store)
    assert isinstance(found, Comparison)
    assert found.to_dict() == comparison.to_dict()
    assert found.goal == comparison.goal
    outcome = replay("@last", store=store)
    assert (outcome.same, outcome.n_networks, outcome.n_identical) == ("identical", 24, 24)
    assert outcome.answer == outcome.answer_now == comparison.sentence


def test_a_comparison_that_comes_out_otherwise_is_told(store: Store) -> None:
    comparison = compared()
    weaker, better = comparison.arms
    other = replace(weaker, figures={n: v * 0.5 for n, v in weaker.figures.items()})
    archive.keep(replace(comparison, arms=(other, better)), store=store)
    found = replay("@last", store=store)
    assert (found.same, found.n_identical) == ("different", 12)
    assert found.largest == pytest.approx(0.5)


def test_another_answer_from_the_same_figures_is_told(store: Store) -> None:
    comparison = compared()
    verdict = replace(comparison.verdicts[0], sentence="so it was")
    id = archive.keep(replace(comparison, verdicts=(verdict,)), store=store).id
    assert replay("@last", store=store).sentence == (
        f"{id}: identical, to the last bit of every network. "
        f"The answer was 'so it was.', and is '{comparison.sentence}'."
    )


def test_a_diagnosis_comes_back_and_is_replayed(store: Store) -> None:
    faulty = EXPERIMENT.model_copy(update={"data": shoal.tasks.greater(samples=60, multiply=1e3)})
    diagnosis = diagnose(faulty, prove=False)
    entry = archive.keep(diagnosis, store=store)
    assert (entry.kind, entry.name, entry.answer) == ("diagnosis", "greater", diagnosis.sentence)
    found = archive.load("@last", store=store)
    assert isinstance(found, Diagnosis)
    assert found.to_dict() == diagnosis.to_dict()
    assert replay("@last", store=store).same == "identical"
    archive.keep(replace(diagnosis, digest="0" * 64), store=store)
    outcome = replay("@last", store=store)
    assert (outcome.same, outcome.n_identical) == ("different", 0)
    assert outcome.sentence.endswith(": different: 0 of 6 networks are identical.")


def test_a_diagnosis_of_what_the_clock_ended_cannot_be_replayed(store: Store) -> None:
    training = EXPERIMENT.training.model_copy(update={"stop": (shoal.SecondLimit(60.0),)})
    limited = EXPERIMENT.model_copy(update={"training": training})
    id = archive.keep(diagnose(limited, prove=False), store=store).id
    assert refused(replay, id, store=store) == (
        f"{id}: the clock ended its networks, at steps that a diagnosis does not hold. "
        "Store the run itself: shoal run."
    )


def test_a_record_knows_its_id(store: Store) -> None:
    run = EXPERIMENT.run()
    assert run.stored_as == ""
    id = archive.keep(run, store=store).id
    assert run.stored_as == id
    assert archive.load(id, store=store).stored_as == id
    assert replace(run, interrupted=True).stored_as == ""
    id = archive.keep(compared(), store=store).id
    assert archive.load(id, store=store).stored_as == id


def test_a_folder_that_was_removed_is_told(store: Store) -> None:
    entry = archive.keep(EXPERIMENT.run(), store=store)
    shutil.rmtree(entry.folder)
    told = f"{entry.id}: its folder, {entry.folder}, is gone. Forget it: shoal runs rm {entry.id}."
    assert refused(archive.load, "@last", store=store) == told
    with sweeping(Sweep.read(SWEEP), store=store):
        pass
    entry = store.get("@last")
    shutil.rmtree(entry.folder)
    told = f"{entry.id}: its folder, {entry.folder}, is gone. Forget it: shoal runs rm {entry.id}."
    assert refused(archive.load, "@last", store=store) == told
    with pytest.raises(StoreError) as caught, sweeping_on("@last", store=store):
        pass
    assert str(caught.value) == told


@pytest.mark.parametrize(("factor", "same"), [(1 + 1e-5, "within tolerance"), (1.5, "different")])
def test_other_bits_are_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, factor: float, same: str
) -> None:
    run = EXPERIMENT.run()
    archive.keep(run, store=store)
    from shoal.experiments import certificate

    real = certificate.outcome_of_run
    outcomes = iter([1.0, factor])

    def changed(run: Run) -> certificate.Outcome:
        found, by = real(run), next(outcomes)
        figures = {name: values * by for name, values in found.figures.items()}
        bits = {name: values * by if by != 1 else values for name, values in found.bits.items()}
        return certificate.Outcome(
            bits=bits, figures=figures, endings=found.endings, seconds=found.seconds
        )

    monkeypatch.setattr(certificate, "outcome_of_run", changed)
    found = replay("@last", store=store)
    assert found.same == same
    assert found.n_identical == 0
    assert found.largest == pytest.approx((factor - 1) / factor)


# Tables


def test_every_figure_is_in_the_table(store: Store, tmp_path: Path) -> None:
    run = EXPERIMENT.run()
    id = archive.keep(run, store=store).id
    n = export([id], tmp_path / "x.csv", store=store)
    with open(tmp_path / "x.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == n
    assert {row["run"] for row in rows} == {id}
    found = {(row["figure"], int(row["network"]), int(row["step"])): row for row in rows}
    for name, values in run.history.items():
        for i in range(len(run)):
            for k, step in enumerate(run.report_steps.tolist()):
                row = found.pop((name, i, step))
                assert float(row["value"]) == values[i, k]
                assert int(row["report"]) == k + 1
                assert float(row["epoch"]) == step / run.prepared.schedule.steps_per_epoch
                assert int(row["seed"]) == run.seeds[i]
    assert {name for name, _, _ in found} == set(run.test)


def test_the_three_formats_hold_the_same(store: Store, tmp_path: Path) -> None:
    from pyarrow import parquet

    id = archive.keep(EXPERIMENT.run(), store=store).id
    for suffix in ("csv", "json", "parquet"):
        export([id, "@last"], tmp_path / f"x.{suffix}", store=store)
    with open(tmp_path / "x.csv", newline="") as file:
        text = list(csv.DictReader(file))
    plain = json.loads((tmp_path / "x.json").read_text())
    arrow = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert plain == arrow
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in plain] == text


def test_a_table_of_a_sweep_names_its_cells(store: Store, tmp_path: Path) -> None:
    sweep = Sweep.read(SWEEP)
    with sweeping(sweep, store=store) as draft:
        swept = sweep.run(ledger=draft.ledger, keep_history=True)
        draft.finish(swept)
    export(["@last"], tmp_path / "x.json", store=store)
    rows = json.loads((tmp_path / "x.json").read_text())
    assert {row["part"] for row in rows} == {"label_noise=0", "label_noise=0.2"}
    ends = [row for row in rows if row["figure"] == "train_loss" and row["report"] is None]
    assert [row["value"] for row in ends] == swept.columns["train_loss"].tolist()
    reports = {(row["report"], row["epoch"]) for row in rows if row["figure"] == "train_loss"}
    assert reports == {(None, None), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 5.0)}


def test_a_table_of_a_comparison_names_its_arms(store: Store, tmp_path: Path) -> None:
    comparison = compared(target="train_loss<0.3")
    archive.keep(comparison, store=store)
    export(["@last"], tmp_path / "x.json", store=store)
    rows = json.loads((tmp_path / "x.json").read_text())
    for arm in comparison.arms:
        own = [row for row in rows if row["part"] == arm.name]
        last = [r["value"] for r in own if r["figure"] == "train_loss" and r["epoch"] == 5.0]
        assert last == arm.history["train_loss"][:, -1].tolist()
        times = {r["network"]: r["value"] for r in own if r["figure"] == "steps_to_target"}
        reached = np.flatnonzero(~np.isnan(arm.figures["steps_to_target"])).tolist()
        assert list(times) == reached
    assert {row["seed"] for row in rows} == set(comparison.seeds)


def test_a_table_of_a_diagnosis_is_that_of_its_run(store: Store, tmp_path: Path) -> None:
    run = EXPERIMENT.run()
    ids = [archive.keep(each, store=store).id for each in (run, diagnose(run, prove=False))]
    tables = []
    for id in ids:
        export([id], tmp_path / f"{id}.csv", store=store)
        tables.append((tmp_path / f"{id}.csv").read_text().replace(id, ""))
    assert tables[0] == tables[1]


def test_another_ending_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        export(["@last"], tmp_path / "x.xlsx", store=store)
    assert (
        str(caught.value) == f"{tmp_path / 'x.xlsx'}: must end in .parquet, .csv or .json."
        " Give the file one of these endings."
    )


def test_nothing_is_written_where_a_run_cannot_be_found(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        export(["@last"], tmp_path / "x.csv", store=store)
    assert not (tmp_path / "x.csv").exists()

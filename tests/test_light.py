"""Contract 7: importing shoal loads nothing heavy."""

import json
import subprocess
import sys

HEAVY = ("numpy", "pydantic", "typer", "rich", "narwhals", "pandas", "safetensors")


def modules_after(code):
    made = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys, json; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(made.stdout.splitlines()[-1]))


def test_import_shoal_loads_nothing_heavy():
    assert not modules_after("import shoal").intersection(HEAVY)


def test_an_experiment_loads_no_data_frames():
    loaded = modules_after("import shoal; shoal.Experiment()")
    assert not loaded.intersection({"pandas", "pyarrow", "typer", "rich", "narwhals", "sklearn"})


def test_every_public_name_is_there():
    import shoal

    for name in shoal.__all__:
        assert getattr(shoal, name) is not None
    assert set(dir(shoal)) == set(shoal.__all__)


def test_every_record_of_the_settings_is_a_name_of_shoal():
    import shoal
    from shoal.network import LOSSES
    from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES, Regularization, UserFunction

    tables = (OPTIMIZERS, SCHEDULES, STOP_RULES)
    records = {entry.record for table in tables for entry in table.values()}
    records |= {entry.record for entry in LOSSES.values() if entry.settings}
    records |= {Regularization, UserFunction}
    for record in records:
        assert getattr(shoal, record.__name__) is record
        assert record.__name__ in shoal.__all__


def test_the_settings_of_a_training_are_written_with_names_of_shoal_alone():
    import shoal

    training = shoal.Training(
        shoal.AdamW(0.01),
        loss=shoal.Huber(2.0),
        schedule=[shoal.LinearWarmup(1), shoal.CosineDecay()],
        regularization=shoal.Regularization(l2=1e-4),
        stop=[shoal.Target("train_loss", below=0.2), shoal.StepLimit(500)],
    )
    assert training.optimizer.learning_rate == 0.01
    assert [schedule.name for schedule in training.schedule] == ["linear_warmup", "cosine"]
    assert [rule.name for rule in training.stop] == ["target", "steps"]

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

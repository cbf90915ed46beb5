"""``shoal sweep``: tables, files, what it would take, and what is refused."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.experiments.sweep import Sweep

EXAMPLES = Path(__file__).parents[2] / "examples"
FILE = """
seed = 3
[data]
task = "greater"
samples = 60
[training]
epochs = 1
optimizer = "sgd"
[population]
size = 6
[sweep]
data.label_noise = [0, 0.25]
training.epochs = [1, 2]
"""


@pytest.fixture
def file(folder):
    (folder / "a.toml").write_text(FILE)
    return "a.toml"


def test_the_table_and_the_answer(shoal, file):
    result = shoal("sweep", file, "--sort", "cell", "--no-store")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    heads = [head.strip() for head in lines[0].split("  ") if head.strip()]
    assert heads[:5] == ["cell", "label_noise", "epochs", "median", "95 % interval"]
    assert all(len(line) <= 80 for line in lines)
    swept = Sweep.load(file).run()
    for line, cell in zip(lines[2:6], swept.summary(), strict=True):
        words = line.split()
        assert words[0] == str(cell["cell"])
        assert words[1] == f"{cell['values']['data.label_noise']:g}"
        assert words[3] == f"{cell['median']:.4g}"
    whole = " ".join(lines[7:])
    assert swept.sentence in whole
    for effect in swept.effects():
        assert effect.sentence in " ".join(whole.split())
    foot = " ".join(lines[-3:-1])
    assert "validation accuracy, 6 networks a cell; attainable 0.75 to 1; constant guess " in foot
    low, high = sorted(set(swept.baselines()["linear model"]))
    assert foot.endswith(f"; linear model {low:.4g} to {high:.4g}")
    assert lines[-1].startswith("4 cells, 24 networks, ")


def test_best_first_and_only_some(shoal, file):
    args = ("sweep", file, "--figure", "train_loss", "--top", "2", "--no-store")
    lines = shoal(*args).stdout.splitlines()
    order = Sweep.load(file).run().order("train_loss")
    assert [line.split()[0] for line in lines[2:4]] == [str(k) for k in order[:2]]
    assert lines[4] == "the best 2 of 4 cells; all of them with --top"
    assert lines[6].startswith(
        f"Best training loss with {Sweep.load(file).cells[order[0]].label}: "
    )
    assert "; constant guess 0.6" in " ".join(lines)  # the entropy of shares near a half is 0.69


def test_one_key_that_the_table_shows_needs_no_more_words(shoal, file):
    result = shoal("sweep", file, "sweep.training.epochs=1", "--no-store")
    assert "label_noise:" not in result.stdout
    few = shoal("sweep", file, "sweep.training.epochs=1", "--top", "1", "--no-store")
    assert "\n  label_noise: " in few.stdout


def test_a_report(shoal, file, folder):
    result = shoal("sweep", file, "-o", "a.html", "-q", "--no-store")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    text = (folder / "a.html").read_text("utf-8")
    assert "Best validation accuracy with label_noise=" in text


def test_warnings_are_told_before_and_beside(shoal, file):
    for args in ((), ("--dry-run",)):
        result = shoal("sweep", file, "data.multiply=1000", "--no-store", *args)
        assert result.exit_code == 0
        warning, *rest = result.stderr.splitlines()
        assert warning.startswith("warning: all 4 cells, such as cell 0 (label_noise=0, epochs=1)")
        assert rest == []


def test_a_full_disk_costs_the_file_only(shoal, file, folder, monkeypatch):
    def full(path, content, **how):
        raise InputError(f"{path}: cannot be written: no space left on device. Make room.")

    monkeypatch.setattr("shoal.cli.sweep.write_bytes", full)
    result = shoal("sweep", file, "-o", "a.csv")
    assert result.exit_code == 2
    assert "Best validation accuracy with" in result.stdout
    stored, error = result.stderr.splitlines()
    assert stored.startswith("stored as ")
    assert (
        error.partition("]: ")[2] == "a.csv: cannot be written: no space left on device. Make room."
    )


def test_json_csv_and_the_store(shoal, file, folder):
    args = ("sweep", file, "--json", "-o", "a.csv", "-o", "a.json", "-o", "a.parquet")
    result = shoal(*args)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    files = [each["path"] for each in document.pop("files")]
    assert files == ["a.csv", "a.json", "a.parquet"]
    assert document == json.loads((folder / "a.json").read_text())
    swept = Sweep.load(file).run()
    assert document["digest"] == swept.digest
    rows = list(csv.DictReader((folder / "a.csv").read_text().splitlines()))
    assert len(rows) == 24
    assert [float(row["data.label_noise"]) for row in rows] == [0] * 12 + [0.25] * 12
    losses = [float(row["train_loss"]) for row in rows]
    assert losses == swept.columns["train_loss"].tolist()
    assert rows[5]["digest"] == f"{swept.columns['digest'][5]:016x}"
    from pyarrow import parquet

    table = parquet.read_table(folder / "a.parquet")
    assert table["train_loss"].to_pylist() == losses
    assert "stored as" in result.stderr


def test_a_key_that_is_called_like_a_column(shoal, file, folder):
    shoal("sweep", file, "seed=7,8", "population=1", "-o", "a.csv", "--no-store", "-q")
    rows = list(csv.DictReader((folder / "a.csv").read_text().splitlines()))
    assert [row["sweep.seed"] for row in rows] == ["7", "8"] * 4
    assert not {row["seed"] for row in rows} & {"7", "8"}  # the networks' own


def test_what_it_would_take(shoal, file, folder):
    result = shoal("sweep", file, "--dry-run", "--workers", "2")
    assert result.exit_code == 0
    said = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert said["cells"] == "cells     4"
    assert said["networks"] == "networks  24 (6 a cell)"
    assert said["time"].endswith("on 2 threads")
    table = [line.split() for line in result.stdout.splitlines()[2:4]]
    assert table == [["label_noise", "2"], ["epochs", "2"]]
    document = json.loads(shoal("sweep", file, "--dry-run", "--json").stdout)
    assert (document["n_cells"], document["n_networks"]) == (4, 24)
    assert 0 < document["seconds"] < 60
    assert [path.name for path in folder.iterdir()] == [file]


def test_values_on_the_command_line(shoal, folder):
    shutil.copy(EXAMPLES / "or.toml", folder)
    args = ("or.toml", "training.optimizer=sgd,adam", "data.batches=5", "population=2")
    document = json.loads(shoal("sweep", *args, "--json", "--no-store").stdout)
    assert [cell["values"] for cell in document["cells"]] == [
        {"training.optimizer": "sgd"}, {"training.optimizer": "adam"},
    ]  # fmt: skip
    assert document["sweep"]["data"]["batches"] == 5


def test_every_network_lost(shoal, folder):
    rule = '{ name = "sgd", learning_rate = 3e38 }'
    layers = '[{ units = 4, activation = "relu" }, { units = 1, activation = "identity" }]'
    text = FILE.replace('"sgd"', rule) + f"[network]\nlayers = {layers}\n"
    (folder / "b.toml").write_text(text)
    result = shoal("sweep", "b.toml", "--no-store")
    assert result.exit_code == 1
    assert "Every network diverged." in result.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("sweep.training.epoch=1",),
         "a.toml, sweep.training.epoch: unknown key. Did you mean 'epochs'?"),
        (("--sort", "train_los"), "--sort: there is no figure 'train_los'. "
         "Did you mean 'train_loss'?"),
        (("-o", "a.txt"), "a.txt: must end in .csv (a line for each network), .parquet (the "
         "same), .json (the result) or .html (a report). Give the file one of these endings."),
        (("-o", "b.csv", "-o", "b.csv"), "b.csv: is named twice as an output. Name it once."),
        (("--cluster", "tcp://10.0.0.5:1"), "tcp://10.0.0.5:1: is not on this machine, and a "
         "scheduler runs whatever is pickled to it, so TLS is required. Use tls://10.0.0.5:1 with "
         "--tls-ca, --tls-cert and --tls-key."),
        (("--cluster", "local:2", "--executor", "threads"),
         "--cluster: has workers of its own. Leave --executor out."),
        (("--cluster", "tls://a:1", "--tls-ca", "x"),
         "--tls-ca, --tls-cert and --tls-key: give all three, or none."
         " Leave one out, or give the other too."),
        (("sweep.seed={linear=[0, 1], n=1000000000}",),
         "a.toml, sweep: means 4,000,000,000 cells, and 1,000,000 is the most. Give fewer values, "
         "or draw some of them at random with [sweep.random]."),
    ],
)  # fmt: skip
def test_refused(refused, file, args, message):
    assert refused("sweep", file, *args) == message


SWEPT = [p for p in sorted(EXAMPLES.glob("*.toml")) if "[sweep" in p.read_text("utf-8")]


@pytest.mark.parametrize("path", SWEPT, ids=lambda path: path.stem)
def test_every_swept_example_can_be_carried_out(path):
    known = Sweep.load(path).survey()
    assert known.plan.n_networks >= known.plan.n_cells > 1
    assert f"shoal sweep examples/{path.name}" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("models", [["data", "2"], ["model", "3"]]),
        ("dummies", [["dummies", "7"], *([f"layers.{k}.units", "1"] for k in range(3))]),
    ],
    ids=["labels", "widths by rule"],
)  # fmt: skip
def test_what_a_question_would_take(shoal, name, rows):
    path = str(EXAMPLES / "questions" / f"{name}.toml")
    result = shoal("sweep", path, "population=1", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()[2 : 2 + len(rows)]] == rows


def test_ten_thousand_networks():
    plan = Sweep.load(EXAMPLES / "sweep_or.toml").survey().plan
    assert (plan.n_cells, plan.n_networks) == (625, 10_000)
    assert np.all(plan.sizes == 16)

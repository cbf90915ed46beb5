"""Files to take away: each is read back, and says what the run says."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.charts.asking import said
from shoal.errors import InputError, MissingExtraError
from shoal.experiments import Experiment
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.lab.actions import ACTIONS
from shoal.lab.actions.taking import FILES, charts_of_a_run, files_to_take
from shoal.lab.messages import Take
from shoal.lab.session import Branch, Session

POINTS = "x0,x1,class\n" + "".join(
    f"{np.cos(k / 3) * (1 + k % 2):.3f},{np.sin(k / 3) * (1 + k % 2):.3f},{'ab'[k % 2]}\n"
    for k in range(60)
)


def taken(page, kind, **message):
    found = ACTIONS["take"](page, Take(id=1, kind=kind, **message))
    assert found.arrays["file"].dtype == np.uint8
    json.dumps(found.document, allow_nan=False)
    assert re.fullmatch(r"[\w][\w.\- ]*", found.document["name"])
    return found.arrays["file"].tobytes(), found.document


@pytest.fixture
def own(page):
    """A session on a table that was brought."""
    first = page()
    table = first.brought(POINTS.encode(), "my ../points.csv")
    document = copy.deepcopy(first.session.experiment)
    document["data"] = {"file": f"{table.digest}.csv", "target": "class"}
    return page(document, table=table)


def test_every_kind_is_listed_once_and_fits_the_catalogue():
    told = files_to_take()
    assert len({each.kind for each in told}) == len(told)
    assert {"experiment", "model", "picture", "data", "report"} <= {each.group for each in told}
    assert set(FILES) >= {each.kind for each in told}


def test_what_needs_a_missing_library_is_not_listed(small, monkeypatch):
    monkeypatch.setattr(
        "shoal.lab.actions.taking.find_spec", lambda name: None if name == "onnx" else object()
    )
    assert "export-onnx" not in [each.kind for each in files_to_take()]
    with pytest.raises(MissingExtraError, match=r"needs the onnx package"):
        taken(small, "export-onnx")


def test_toml_and_json_give_the_same_bits(small, tmp_path):
    digest = small.run(-1).digest
    for kind in ("experiment-toml", "experiment-json"):
        content, document = taken(small, kind)
        assert document["name"] == f"greater.{kind[-4:]}"
        path = tmp_path / document["name"]
        path.write_bytes(content)
        again = Experiment.load(path)
        assert again == small.experiment()
        assert again.run(threads=2).digest == digest


def test_an_own_table_has_its_own_name(own, tmp_path):
    """The digest never leaves; beside the file and under its name, the result is the same."""
    content, document = taken(own, "experiment-toml")
    assert own.session.table.digest not in content.decode()
    assert document["note"] == "Put points.csv beside this file."
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "points.csv").write_text(POINTS)
    (tmp_path / "again" / document["name"]).write_bytes(content)
    again = Experiment.load(tmp_path / "again" / document["name"])
    assert again.data.file == "points.csv"
    assert again.run().digest == own.run(-1).digest


def test_a_branch_says_that_it_is_more_than_its_setting(page):
    one = page(branches=(Branch(at=8, changes={"training.epochs": 6}),))
    one.runs[0] = one.run(-1).rewind(8).with_(epochs=6).run()
    content, document = taken(one, "experiment-toml", run=0)
    assert "A branch from step 8" in document["note"]
    assert b"epochs = 6" in content


@pytest.mark.parametrize("network", ["best", "ensemble", 2])
def test_a_model_predicts_as_the_run_does(small, tmp_path, network):
    content, document = taken(small, "model", network=network)
    path = tmp_path / document["name"]
    path.write_bytes(content)
    model, run = shoal.load(path), small.run(-1)
    x = run.prepared.parts[0].dataset.x[:20]
    wanted = {"best": run.best, "ensemble": run.ensemble, 2: run[2]}[network]
    assert np.array_equal(model.predict_proba(x), wanted.predict_proba(x))


def test_a_model_of_an_own_table_holds_its_name_only(own, tmp_path):
    content, document = taken(own, "model")
    assert f"{own.session.table.digest}.csv".encode() not in content
    path = tmp_path / document["name"]
    path.write_bytes(content)
    assert shoal.load(path).experiment["data"]["file"] == "points.csv"


def test_onnx_runs_and_agrees(small):
    onnxruntime = pytest.importorskip("onnxruntime")
    content, document = taken(small, "export-onnx", network=1)
    assert document["note"].startswith("Proved by onnxruntime")
    run = small.run(-1)
    x = run.prepared.parts[0].dataset.x[:5]
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: x.astype(np.float64)})
    wanted = run[1].predict_proba(x)
    assert any(
        np.shape(each) == wanted.shape and np.allclose(each, wanted, atol=1e-6) for each in outputs
    )


@pytest.mark.parametrize("suffix", [".py", ".js", ".c", ".html", ".sql", ".json"])
def test_exports_are_proved(small, suffix):
    content, document = taken(small, f"export{suffix.replace('.', '-')}")
    assert document["name"].endswith(suffix)
    assert len(content) > 500
    assert document["note"].startswith("Proved by ")


def test_python_export_runs_alone(small, tmp_path):
    content, document = taken(small, "export-py")
    path = tmp_path / document["name"]
    path.write_bytes(content)
    subprocess.run([sys.executable, "-I", str(path)], check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "suffix"), [("export-pt-py", "pt"), ("export-keras-py", "keras")])
def test_two_files_travel_as_one_archive(small, kind, suffix):
    content, document = taken(small, kind)
    assert document["name"] == f"greater-best.{suffix}.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            f"greater-best.{suffix}.py", f"greater-best.{suffix}.safetensors",
        ]  # fmt: skip


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_history_has_every_figure(small):
    content, document = taken(small, "history-csv")
    rows, run = rows_of(content), small.run(-1)
    assert document["name"] == "greater-history.csv"
    losses = [row for row in rows if row["figure"] == "validation_loss"]
    assert len(losses) == 3 * 4
    for row in losses:
        value = run.history["validation_loss"][int(row["network"]), int(row["report"]) - 1]
        assert float(row["value"]) == value


def test_predictions_are_those_of_the_networks(small):
    content, _ = taken(small, "predictions-csv", network="ensemble")
    rows, run = rows_of(content), small.run(-1)
    part = run.prepared.parts[0]
    assert len(rows) == 200
    assert sum(row["part"] == "validation" for row in rows) == len(part.split.validation) == 40
    each = said(run.prepared, run.weights, part.dataset.x, members=np.arange(3))
    for i in (0, 17, 199):
        assert float(rows[i]["x0"]) == part.dataset.x[i, 0]
        assert rows[i]["part"] == ("validation" if i in part.split.validation else "train")
        assert float(rows[i]["probability_1"]) == pytest.approx(each[:, i, 1].mean())
        assert rows[i]["class_predicted" if "class_predicted" in rows[i] else "class"] == str(
            int(each[:, i, 1].mean() > 0.5)
        )
    told = np.mean([row["class"] == row[run.prepared.parts[0].dataset.schema.target]
                    for row in rows if row["part"] == "validation"])  # fmt: skip
    assert 0.5 < told <= 1


def test_predictions_of_an_own_table_do_not_hide_its_columns(own):
    rows = rows_of(taken(own, "predictions-csv")[0])
    assert [row["class"] for row in rows[:4]] == ["a", "b", "a", "b"]
    assert {row["class_predicted"] for row in rows} <= {"a", "b"}


def test_values_of_numbers(page):
    document = copy.deepcopy(page().session.experiment)
    one = page()
    table = one.brought(b"a,b\n" + b"".join(b"%d,%d\n" % (k, 3 * k) for k in range(40)), "line.csv")
    document["data"] = {"file": f"{table.digest}.csv", "target": "b", "kind": "regression"}
    document["preprocess"] = {"scaling": "standard", "target_scaling": "standard"}
    document["network"]["layers"] = [{"units": 1, "activation": "identity"}]
    document["training"] |= {"epochs": 60}
    rows = rows_of(taken(page(document, table=table), "predictions-csv")[0])
    errors = [abs(float(row["value"]) - float(row["b"])) for row in rows]
    assert max(errors) < 12  # of values from 0 to 117: a line is learned


@pytest.mark.parametrize("name", charts_of_a_run())
def test_every_chart_of_a_run_is_drawn(small, name):
    """SVG and specification of each kind; light and dark differ."""
    light, document = taken(small, "chart-svg", chart=name)
    assert light.startswith(b"<svg")
    assert document["name"] == f"greater-{name}.svg"
    _, told = taken(small, "chart-spec", chart=name, dark=True)
    assert told["spec"]["$schema"].endswith("v6.json")
    assert taken(small, "chart-spec", chart=name)[1]["spec"] != told["spec"]


def test_png_is_a_picture(small):
    from PIL import Image

    content, _ = taken(small, "chart-png", chart="surface", dark=True)
    image = Image.open(io.BytesIO(content))
    assert image.size[0] > 600
    corner = image.convert("RGB").getpixel((2, 2))
    assert max(corner) < 60  # dark


def test_no_chart_or_an_unknown_one(small):
    with pytest.raises(InputError, match="`chart` must name a kind of chart"):
        taken(small, "chart-png")
    with pytest.raises(InputError, match=r"there is no chart 'surfaces'\. Did you mean 'surface'"):
        taken(small, "chart-png", chart="surfaces")


def test_the_animation_moves(small):
    from PIL import Image

    content, document = taken(small, "animation-gif")
    image = Image.open(io.BytesIO(content))
    assert document["mime"] == "image/gif"
    assert 10 < image.n_frames <= 60
    assert image.size == (800, 400)
    assert len(content) < 2_000_000


@pytest.mark.slow
def test_the_report_opens_offline_and_names_the_table(own):
    content, document = taken(own, "report-html")
    page = content.decode()
    assert document["name"] == "points-report.html"
    assert "points.csv" in page
    assert f"{own.session.table.digest}.csv" not in page
    assert "What the doctor found" in page
    assert not re.search(r"(src|href)=[\"']https?:", page)


def test_no_such_file_or_network(small):
    with pytest.raises(InputError, match="Did you mean 'experiment-toml'"):
        taken(small, "experiment-tom")
    with pytest.raises(InputError, match="`network` must be from 0 to 2; got 9"):
        taken(small, "model", network=9)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("../../etc/passwd", "passwd"), ("con.csv", "con-"), ("표.csv", "표"), ("a\nb.csv", "a-b"),
     ("..", "table"), ("x" * 120, "x" * 60)],
)  # fmt: skip
def test_names_are_safe(page, name, stem):
    one = page()
    table = one.brought(POINTS.encode(), name)
    document = {
        **one.session.experiment,
        "data": {"file": f"{table.digest}.csv", "target": "class"},
    }
    told = taken(page(document, table=table), "experiment-json")[1]["name"]
    assert told == f"{stem}.json"
    assert Path(told).name == told


@pytest.mark.parametrize(
    "kind", [each.kind for each in files_to_take() if each.group == "code"]
)  # fmt: skip
def test_programs_name_the_table_as_the_person_does(small, own, kind):
    assert taken(small, kind)[1]["name"].startswith("greater.")
    for page in (small, own):
        content, document = taken(page, kind)
        text = content.decode()
        assert not re.search("[0-9a-f]{64}\\.csv", text)
        assert ("points.csv" in text) == (page is own)
        assert content.strip()
        assert document["name"].endswith(".py")
        compile(content, document["name"], "exec")


def test_the_session_is_not_touched(small):
    before = Session(**small.session.model_dump())
    taken(small, "experiment-toml")
    assert small.session == before
    assert carry_out(prepare(small.experiment()), threads=1).digest == small.run(-1).digest

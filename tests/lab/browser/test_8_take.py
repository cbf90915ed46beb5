"""Item 8, take away: every file is saved as a person saves it, and read back; links too."""

from __future__ import annotations

import ast
import csv
import json
import struct
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import shoal
from shoal import Experiment

SETTING = {
    "data": {"task": "greater", "samples": 120},
    "network": {"layers": [
        {"units": 2, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 3, "optimizer": {"name": "adam", "learning_rate": 0.03}},
    "population": {"size": 3},
}  # fmt: skip
POINTS = [[0.1, 0.9], [0.9, 0.1], [0.45, 0.5]]


@pytest.fixture
def setting():
    return Experiment.read(SETTING, source="a test")


@pytest.fixture
def take(desk, setting, tmp_path):
    """Save a file of the panel by its name there."""
    at = desk(setting)
    at.tool("Take away")

    def save(name, group):
        section = at.page.locator(".sh-take-group").filter(
            has=at.page.get_by_role("heading", name=group, exact=True)
        )
        button = section.get_by_role("button").filter(has_text=name).first
        return at.download(button.click, tmp_path)

    save.at = at
    return save


def test_the_experiment_as_toml_and_json_is_the_same_experiment(take, setting):
    path = take("TOML", "Experiment")
    assert path.suffix == ".toml"
    tomllib.loads(path.read_text())
    assert Experiment.load(path).run().digest == setting.run().digest
    document = json.loads(take("JSON", "Experiment").read_text())
    again = Experiment.read(document, source="the file")
    assert again.run().digest == setting.run().digest


def test_the_code_in_python_repeats_the_run(take, setting, tmp_path):
    path = take("Python with shoal", "Code")
    ast.parse(path.read_text())
    done = subprocess.run(
        [sys.executable, path.name], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert f"digest {setting.run().digest}" in done.stdout
    for name in ("Keras", "PyTorch", "NumPy"):
        ast.parse(take(name, "Code").read_text())


def test_the_model_predicts_what_the_network_on_the_page_predicts(take, setting):
    run = setting.run()
    model = shoal.load(take("shoal model", "Model"))
    best = run.best
    assert model.predict_proba(POINTS) == pytest.approx(best.predict_proba(POINTS), abs=1e-7)
    take.at.page.get_by_text("All together", exact=True).click()
    both = shoal.load(take("shoal model", "Model"))
    assert both.predict_proba(POINTS) == pytest.approx(run.ensemble.predict_proba(POINTS), abs=1e-7)


def test_a_model_without_libraries_is_imported_by_its_name_and_predicts_the_same(
    take, setting, tmp_path
):
    path = take("Python, no libraries", "Model")
    asked = "\n".join(f"print(repr(predict_proba({point!r})))" for point in POINTS)
    script = f"import sys\nsys.path.insert(0, '.')\nfrom {path.stem} import predict_proba\n{asked}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = setting.run().best.predict_proba(POINTS)
    for line, wanted in zip(done.stdout.splitlines(), expected, strict=True):
        said = ast.literal_eval(line)
        values = list(said.values()) if isinstance(said, dict) else np.ravel(said)
        assert float(values[-1]) == pytest.approx(float(wanted[-1]), abs=1e-5)


def test_tables_hold_every_figure_and_every_row(take, setting):
    history = setting.run().history
    with take("Every figure at every report", "Tables").open(newline="") as file:
        figures = list(csv.DictReader(file))
    assert len(figures) == 3 * 3 * len(history)  # networks, epochs
    for row in figures:
        values = history[row["figure"]][int(row["network"])]
        assert float(row["value"]) == pytest.approx(values[int(row["report"]) - 1])
    with take("Every row with its prediction", "Tables").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120


@pytest.mark.slow
def test_pictures_and_the_report_open(take, desk):
    png = take("PNG", "Pictures").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width > 400 < height
    root = ElementTree.fromstring(take("SVG", "Pictures").read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    gif = take("Animation of the training", "Pictures").read_bytes()
    assert gif[:6] == b"GIF89a"
    assert gif.count(b"\x21\xf9\x04") > 1  # a control block for each of several frames
    report = take("The whole result as one page", "Report")
    page = take.at.page.context.new_page()
    page.goto(report.as_uri())
    assert "greater" in page.locator("body").inner_text()
    page.close()


@pytest.mark.slow
def test_everything_that_is_offered_is_saved(take, tmp_path):
    """Those that are not read back above at least come, and are not empty."""
    buttons = take.at.page.locator(".sh-take .sh-file")
    names = buttons.locator(".sh-file-title").all_inner_texts()
    assert len(names) > 15
    for k, name in enumerate(names):
        path = take.at.download(buttons.nth(k).click, tmp_path)
        assert path.stat().st_size > 50, name


def test_a_shared_link_opens_the_same_session_for_somebody_else(desk, setting):
    at = desk(setting)
    at.panel("Training")
    at.type("Learning rate", 0.1)
    at.view("Answers", "Confusion matrix")
    before = at.settled()
    link = at.address()
    other = desk(url=None, settle=False)  # another browser context: another person
    other.settled()
    other.page.locator(".sh-topbar").get_by_role("button", name="Share").click()
    other.page.get_by_role("textbox", name="Open a link").fill(link)
    other.page.get_by_role("button", name="Open", exact=True).click()
    other.page.locator(".sh-matrix").wait_for()
    assert other.settled() == before
    counts = ".sh-matrix tbody td b"
    assert other.page.locator(counts).all_inner_texts() == at.page.locator(counts).all_inner_texts()


def test_a_link_that_is_cut_off_is_told_and_changes_nothing(desk, setting):
    at = desk(setting)
    before = at.headline()
    link = at.address()
    at.page.locator(".sh-topbar").get_by_role("button", name="Share").click()
    at.page.get_by_role("textbox", name="Open a link").fill(link[:-9])
    at.page.get_by_role("button", name="Open", exact=True).click()
    at.page.get_by_text("This is no link of the lab, or it is cut off").wait_for()
    at.page.get_by_role("button", name="Close", exact=True).click()
    assert at.settled() == before


def test_a_link_is_what_the_command_line_opens(desk, setting, lab_server):
    at = desk(setting)
    at.panel("Training")
    at.type("Learning rate", 0.1)
    before = at.settled()
    again = lab_server(at.address())
    assert desk(url=again.url).headline() == before


def test_own_data_is_not_in_a_link_and_that_is_said(desk):
    at = desk()
    at.page.get_by_text("Own table", exact=True).click()
    at.drop("mine.csv", b"a,b,answer\n" + b"".join(
        b"%d,%d,%s\n" % (k, (7 * k) % 5, b"yes" if k % 3 else b"no") for k in range(40)
    ))  # fmt: skip
    at.page.get_by_role("button", name="Train with this table").click()
    at.page.get_by_text("32 train, 8 validate").wait_for()
    at.settled()
    link = at.address()
    at.page.locator(".sh-topbar").get_by_role("button", name="Share").click()
    at.page.get_by_text("The table “mine.csv” is not in it: give the file too.").wait_for()
    assert len(link) < 4000

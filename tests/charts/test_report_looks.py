"""What a reader sees of a report: words for names of figures, one size of type, no wide tables."""

import base64
import html
import re
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from shoal.charts.report import content
from shoal.charts.report_comparison import question
from shoal.charts.report_parts import COLUMN, WHOLE, in_page
from shoal.charts.report_words import READ
from shoal.charts.theme import DARK, LIGHT, contrast
from shoal.experiments.comparison import compare
from shoal.experiments.comparison.goals import Goal
from shoal.experiments.document import Experiment

pytest.importorskip("vl_convert")
NAMES = re.compile(r"\b(train|validation|test|evaluations|steps|seconds|label|learning)_\w+")


class Page:
    """A report: its text, its tables by caption, its drawings, and the width of its pictures."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.tables = {
            plain(re.findall(r"<caption>(.*?)</caption>", each)[0]): [
                [plain(cell) for cell in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row)]
                for row in re.findall(r"<tr\b[^>]*>(.*?)</tr>", each)
            ]
            for each in re.findall(r"<table>(.*?)</table>", raw, re.S)
        }
        uris = re.findall(r'data:image/svg\+xml;base64,([^"]+)"', raw)
        self.drawings = [base64.b64decode(each).decode() for each in uris]
        self.widths = [int(each) for each in re.findall(r'<img[^>]* width="(\d+)"', raw)]


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def experiment(**training: Any) -> Experiment:
    return Experiment.read({
        "data": {"task": "greater", "samples": 200, "label_noise": 0.1},
        "network": {"layers": [{"units": 3, "activation": "tanh"},
                               {"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 6, "batch_size": 30, **training,
                     "optimizer": {"name": "adam", "learning_rate": 0.03}},
        "population": 2,
    }, source="experiment")  # fmt: skip


@pytest.fixture(scope="module")
def raced():
    arms = [experiment(), experiment(epochs=2), experiment(epochs=3)]
    return compare(arms, names=["sort_a", "sort_b", "sort_c"], pairs=8, threads=1,
                   target="train_loss<0.6")  # fmt: skip


@pytest.fixture(scope="module")
def pages(run, swept, comparison, raced):
    records = {"run": run, "sweep": swept, "comparison": comparison, "race": raced}
    return {k: Page(content(v, doctor=False).decode()) for k, v in records.items()}


KINDS = pytest.mark.parametrize("kind", ["run", "sweep", "comparison", "race"])


@KINDS
def test_type_is_legible_and_alike(pages, kind):
    """Charts are shown in the size they are drawn in, where no type is below 12 pixels."""
    page = pages[kind]
    assert set(page.widths) <= {COLUMN, WHOLE}
    for drawing in page.drawings:
        sizes = [float(each) for each in re.findall(r'font-size="([\d.]+)px"', drawing)]
        assert sizes
        assert min(sizes) >= 12


@KINDS
def test_drawings_stay_within_their_frame(pages, kind):
    for drawing in pages[kind].drawings:
        root = ElementTree.fromstring(drawing)
        _, _, width, height = (float(each) for each in root.attrib["viewBox"].split())
        assert (width, height) == (float(root.attrib["width"]), float(root.attrib["height"]))
        assert width <= WHOLE
        assert height <= 480


@KINDS
def test_prose_has_words_for_figures(pages, kind):
    page = pages[kind]
    text = re.sub(r"<(pre|style|script)\b.*?</\1>", "", page.raw, flags=re.S)
    prose = re.findall(r"<(?:h1|h3|figcaption|caption|th|dt|p)\b[^>]*>(.*?)</", text, re.S)
    prose = [re.sub(r"\b(?:label_noise|learning_rate)=", "", each) for each in prose]  # changes
    assert [each for each in prose if NAMES.search(each)] == []


@KINDS
def test_every_chart_says_what_it_shows(pages, kind):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", pages[kind].raw, re.S)
    assert len(captions) == len(pages[kind].widths) > 0
    told = set(READ.values())
    for each in captions:
        heading, words = re.findall(r"<h3>(.*?)</h3><p>(.*?)</p>", each)[0]
        assert heading
        assert words in told


@KINDS
def test_numbers_are_written_out(pages, kind):
    cells = [cell for rows in pages[kind].tables.values() for row in rows[1:] for cell in row]
    assert not [cell for cell in cells if re.search(r"\d[eE][+-]?\d", cell)]


def test_the_table_of_verdicts_has_what_decides(pages, comparison):
    page = pages["comparison"]
    head, row = page.tables["Verdicts"]
    (second,) = [rows[0] for told, rows in page.tables.items() if "over all pairs" in told]
    assert head == ["verdict", "outcome", "wins", "losses", "ties", "p",
                    "by a median of (95 % interval)"]  # fmt: skip
    (verdict,) = comparison.verdicts
    assert sorted(map(int, row[2:5])) == sorted([verdict.wins, verdict.losses, verdict.ties])
    if np.isfinite(verdict.effect):
        assert "points" in row[-1]
    assert "p (Wilcoxon)" in second
    opinions = page.raw.index("Second opinions, which never decide")
    assert page.raw.rindex("<details>", 0, opinions) < opinions < page.raw.index("p (Wilcoxon)")


def test_a_time_that_decides_stands_in_one_table(pages, raced):
    page = pages["race"]
    (rows,) = [rows for told, rows in page.tables.items() if "training loss" in told]
    assert rows[0][:5] == ["side", "fastest", "median", "slowest", "reached it"]
    for row, arm in zip(rows[1:], raced.arms, strict=True):
        values = arm.figures["evaluations_to_target"]
        reached = int(np.isfinite(values).sum())
        assert row[4] == f"{reached} of 8"
        middle = np.median(np.where(np.isfinite(values), values, np.inf))
        if np.isfinite(middle):
            assert float(row[2].replace(",", "")) == pytest.approx(middle, rel=5e-3)
        else:
            assert row[2] == "not reached"
    clocks = re.findall(r"<h3>(\w+)[^<]* to training loss &lt; 0.6</h3>", page.raw)
    assert clocks == ["Evaluations", "Steps"]


@pytest.mark.parametrize(
    ("figure", "names", "higher", "asked"),
    [
        ("validation_accuracy", ("optimizer=adam", "optimizer=sgd"), True,
         "Which has the higher validation accuracy: adam or sgd?"),
        ("train_loss", ("a", "b", "c"), False, "Which has the lowest training loss: a, b or c?"),
        ("evaluations_to_target", ("points_a", "points_b", "points_c"), False,
         "Which needs the fewest evaluations to reach training loss < 0.2: a, b or c?"),
        ("steps_to_target", ("a", "b"), False,
         "Which needs fewer steps to reach training loss < 0.2: a or b?"),
        ("seconds_to_target", ("a", "b"), False,
         "Which needs the shorter time to reach training loss < 0.2: a or b?"),
    ],
    ids=["accuracy", "loss", "evaluations", "steps", "seconds"],
)  # fmt: skip
def test_the_question_of_a_comparison(figure, names, higher, asked):
    goal = Goal(figure="train_loss", level=0.2, is_above=False)
    record = SimpleNamespace(figure=figure, names=names, higher_is_better=higher, goal=goal)
    assert question(record) == asked


def test_points_stand_out_from_a_surface(run):
    """A point of a class has another colour than the surface where networks are sure of it."""
    for dark, colours in ((False, LIGHT), (True, DARK)):
        layers = run.plot.surface().themed(dark=dark).to_dict()["layer"]
        ground = layers[0]["encoding"]["color"]["scale"]["range"]
        for sure, point in ((ground[0], colours.classes[0]), (ground[-1], colours.classes[1])):
            assert contrast(sure, point) > 1.5


def test_a_chart_in_a_page_has_no_titles_of_its_own(run):
    chart = run.plot.curves()
    assert "title" in chart.to_dict()
    assert "title" not in in_page(chart).to_dict()
    assert in_page(chart).title == chart.title


def test_long_titles_of_axes_are_broken_before_their_unit(run):
    titles = [
        run.plot.curves().themed(height=height).to_dict()["layer"][-1]["encoding"]["y"]["title"]
        for height in (800, 340)
    ]
    whole = "accuracy (share of rows that are right)"
    assert titles == [whole, ["accuracy", "(share of rows that are right)"]]


def test_the_third_key_of_a_sweep_makes_lines_of_its_own():
    from shoal.experiments.sweep import Sweep

    document = experiment().document() | {
        "sweep": {"data.multiply": [1.0, 10.0, 1000.0], "data.label_noise": [0.0, 0.1],
                  "training.epochs": [1, 2]},
        "population": {"size": 1},
    }  # fmt: skip
    swept = Sweep.read(document).run(threads=1)
    chart = swept.plot.sweep()
    places = list(zip(chart.data["data.multiply"],
                      chart.data["data.label_noise, training.epochs"], strict=True))  # fmt: skip
    assert len(set(places)) == len(places) == 12
    scale = next(each["encoding"]["x"]["scale"] for each in chart.to_dict()["layer"])
    assert scale["type"] == "log"  # over two powers of ten
    assert swept.plot.sweep(log="").to_dict()["layer"][0]["encoding"]["x"]["scale"].get(
        "type") is None  # fmt: skip
    assert "where epochs = 1" in swept.plot.heatmap().subtitle

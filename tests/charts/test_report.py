"""The report: its numbers are the record's, it loads nothing, and no name can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import shoal
from shoal.charts.html import legible, markup, tag
from shoal.charts.report import content, report
from shoal.charts.report_parts import experiment_toml, toml
from shoal.errors import ArgumentError, InputError, OutputExistsError
from shoal.experiments.comparison.contest import compare
from shoal.experiments.sweep import Sweep

pytest.importorskip("vl_convert")

SMALL = {
    "data": {"task": "greater", "samples": 80, "label_noise": 0.1},
    "network": {"layers": [{"units": 2, "activation": "tanh"},
                           {"units": 1, "activation": "sigmoid"}]},
    "training": {"epochs": 4, "batch_size": 16, "optimizer": {"name": "adam",
                                                              "learning_rate": 0.05}},
    "population": 4,
}  # fmt: skip
EVIL = "<script>alert(1)</script>"
WORSE = "\"'><img src=x onerror=alert(1)>"
VOCABULARIES = r"http://www\.w3\.org/(2000/svg|1999/xhtml|1998/Math/)"
"""Names that elements of a kind are made by; nothing is fetched from there."""


class Page(HTMLParser):
    """What a page consists of: elements with attributes, tables by caption, text by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.text: dict[str, str] = {}
        self.inside: list[tuple[str, str | None]] = []
        self.raw = text
        self.feed(text)
        self.close()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.elements.append((name, found))
        if name in ("img", "meta", "source", "br", "hr", "input"):
            return
        self.inside.append((name, found.get("id")))
        if name == "tr":
            self._rows.append([])
        elif name in ("td", "th"):
            self._rows[-1].append("")
        elif name == "table":
            self._rows: list[list[str]] = []

    def handle_endtag(self, name: str) -> None:
        assert self.inside[-1][0] == name, (self.inside[-3:], name)
        self.inside.pop()
        if name == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        names = [name for name, _ in self.inside]
        if "caption" in names:
            self._caption = data
        elif "td" in names or ("th" in names and "table" in names):
            self._rows[-1][-1] += data
        for _, key in self.inside:
            if key:
                self.text[key] = self.text.get(key, "") + data.replace("\xa0", " ")

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == name]

    def column(self, caption: str, head: str) -> dict[str, str]:
        """The cells of a column by what stands first in their row."""
        (rows,) = [rows for told, rows in self.tables.items() if told.startswith(caption)]
        at = rows[0].index(head)
        return {row[0]: row[at] for row in rows[1:]}


def value(text: str) -> float:
    """A figure of a table: accuracies are shown in per cent."""
    return float(text.removesuffix(" %")) / 100 if text.endswith(" %") else float(text)


def drawings(page: Page, kind: str = "") -> list[str]:
    """The charts that are SVG: of "img" (light), of "source" (dark), or both."""
    every = [(n, a.get("src") or a.get("srcset")) for n, a in page.elements
             if n in ("img", "source") and kind in n]  # fmt: skip
    drawn = [str(uri) for _, uri in every if "image/svg+xml" in str(uri)]
    return [base64.b64decode(uri.partition("base64,")[2]).decode() for uri in drawn]


def check_offline(page: Page) -> None:
    """Nothing that a browser would fetch or run but what the policy names by its hash."""
    for name, attributes in page.elements:
        for key, value in attributes.items():
            assert not key.startswith("on"), (name, key)
            assert key != "style"
            if key in ("src", "srcset", "href", "action", "data", "poster"):
                assert str(value).startswith(("data:image/", "#")), (name, value)
    assert not {"link", "iframe", "object", "embed", "base", "form"} & {n for n, _ in page.elements}
    policy = page.all("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    for name in ("style", "script"):
        (inner,) = re.findall(rf"<{name}>(.*?)</{name}>", page.raw, re.S)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
        assert "url(" not in inner
        assert "http" not in re.sub(VOCABULARIES, "", inner)
    for drawing in drawings(page):
        for element in ElementTree.fromstring(drawing).iter():
            assert element.tag.rpartition("}")[2] != "script"
            assert not any(key.lower().startswith("on") for key in element.attrib)


def made(**changes: Any) -> shoal.Run:
    return shoal.Experiment.read({**SMALL, **changes}).run()


@pytest.fixture(scope="module")
def run() -> shoal.Run:
    return made()


@pytest.fixture(scope="module")
def page(run: shoal.Run) -> Page:
    return Page(content(run, doctor=False).decode())


def test_the_figures_are_those_of_the_run(run: shoal.Run, page: Page):
    names = {"validation accuracy": "validation_accuracy", "training accuracy": "train_accuracy",
             "validation loss": "validation_loss", "training loss": "train_loss"}  # fmt: skip
    for head, expected in (("median", 50), ("5 %", 5), ("95 %", 95)):
        column = page.column("Figures over the networks", head)
        for told, name in names.items():
            wanted = np.percentile(run.final(name), expected)
            assert value(column[told]) == pytest.approx(wanted, abs=6e-5, rel=5e-3)
    each = page.column("Each network", "validation accuracy")
    assert [value(text) for text in each.values()] == pytest.approx(
        run.final("validation_accuracy").tolist(), abs=6e-5
    )
    assert list(page.column("Each network", "seed").values()) == [str(seed) for seed in run.seeds]


def test_baselines_stand_beside(run: shoal.Run, page: Page):
    part = run.prepared.parts[0]
    frequent = float(np.mean(part.train.y) > 0.5)
    guess = np.mean(part.validation.y == frequent)  # type: ignore[union-attr]
    column = page.column("Figures over the networks", "median")
    assert value(column["constant guess (validation accuracy)"]) == pytest.approx(guess, abs=6e-5)
    assert value(column["attainable (validation accuracy)"]) == 0.9  # a tenth of labels flipped
    assert value(column["linear model (validation accuracy)"]) > 0.8


def test_the_answer_has_the_median(run: shoal.Run, page: Page):
    median = 100 * np.median(run.final("validation_accuracy"))
    assert page.text["answer"].startswith(
        f"The median network is right on {median:.1f} % of the validation rows"
    )
    (title,) = re.findall(r"<h1>(.*?)</h1>", page.raw)
    assert title == "How well do 4 networks 2-2-1 learn greater with adam 0.05, 4 epochs?"


def test_it_opens_offline(page: Page):
    check_offline(page)


def test_charts_are_light_and_dark_with_words(page: Page):
    pictures, others = page.all("img"), page.all("source")
    assert len(pictures) == len(others) >= 4
    assert {each["media"] for each in others} == {"screen and (prefers-color-scheme: dark)"}
    assert all(len(str(each["alt"])) > 20 for each in pictures)
    for kind, colour in (("img", "#ffffff"), ("source", "#15181d")):
        found = [ElementTree.fromstring(each)[0].attrib["fill"] for each in drawings(page, kind)]
        assert set(found) == {colour}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_one_look_only(run: shoal.Run, dark: bool):
    page = Page(content(run, doctor=False, dark=dark).decode())
    assert page.all("source") == []
    assert page.all("meta")[3]["content"] == ("dark" if dark else "light")
    # the script of a replay asks for it too, where nothing is settled
    assert "prefers-color-scheme" not in page.raw.partition("<script>")[0]


def test_it_is_made_for_readers(page: Page):
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 0
    for each in page.all("section"):
        assert str(each["aria-labelledby"]) in page.text
    targets = {str(each["href"])[1:] for each in page.all("a")}
    assert targets == {str(each["id"]) for each in page.all("section")}
    assert {each.get("scope") for each in page.all("th")} == {"row", "col"}


def test_the_experiment_comes_back_from_the_page(run: shoal.Run, page: Page):
    (text,) = re.findall(r"<code>(.*?)</code>", page.raw, re.S)[:1]
    import html

    document = tomllib.loads(html.unescape(re.sub(r"<[^>]+>", "", text)))
    assert shoal.Experiment.read(document) == run.experiment
    assert run.digest in page.text["repeat"]
    assert "shoal run experiment.toml" in page.text["repeat"]


def evil_file(folder: Path) -> Path:
    rows = "".join(f"{k % 7 / 7},{k % 5 / 5},{'a' if k % 7 > 3 else WORSE.replace(',', '')!r}\n"
                   for k in range(40))  # fmt: skip
    quoted = rows.replace("'\"", '"""').replace("alert(1)>'", 'alert(1)>"')
    file = folder / "<b>rows</b>.csv".replace("/", "")
    file.write_text(f'"{EVIL}",x2,y\n{quoted}')
    return file


def test_names_of_the_data_cannot_act(tmp_path: Path):
    file = evil_file(tmp_path)
    document = {**SMALL, "data": {"file": str(file), "target": "y", "validation": 0.25},
                "training": {"epochs": 2}}  # fmt: skip
    run = shoal.Experiment.read(document).run()
    names = run.prepared.parts[0].dataset.schema
    assert EVIL in names.feature_names
    assert any("onerror" in name for name in names.classes)
    page = Page(content(run, title=f"{EVIL}\u202e", doctor=False).decode())
    check_offline(page)
    assert len([each for each in page.all("script") if "type" not in each]) == 1
    assert "<script>alert" not in page.raw
    assert "\u202e" not in page.raw
    assert str(tmp_path) not in page.raw
    assert not any(str(tmp_path) in drawing for drawing in drawings(page))


def test_the_doctor_tells_what_it_found_and_tried():
    data = {"task": "greater", "samples": 400, "multiply": 500}
    training = {"epochs": 10, "optimizer": {"name": "adam", "learning_rate": 0.03}}
    with pytest.warns(shoal.ShoalWarning, match="unscaled"):
        run = made(data=data, training=training, population=16)
    page = Page(content(run).decode())
    told = page.text["doctor"]
    assert "Fault" in told
    assert "preprocess.scaling=standard" in told
    assert re.search(r"Tried: .*better in \d+ of \d+ pairs", told)
    check_offline(page)


def test_a_sweep():
    sweep = Sweep.read({**SMALL, "sweep": {"data.label_noise": [0.0, 0.2],
                                           "training.epochs": [1, 3]}})  # fmt: skip
    swept = sweep.run()
    page = Page(content(swept, doctor=False).decode())
    check_offline(page)
    assert page.text["answer"] == swept.sentence
    ((caption, rows),) = page.tables.items()
    assert caption == "Validation accuracy of every cell"
    cells = rows[1:5]
    assert rows[0][:3] == ["label noise", "epochs", "median"]
    assert [row[:2] for row in cells] == [["0", "1"], ["0", "3"], ["0.2", "1"], ["0.2", "3"]]
    values, numbers = swept.columns["validation_accuracy"], swept.columns["cell"]
    medians = [np.median(values[numbers == k]) for k in range(4)]
    assert [float(row[2]) for row in cells] == pytest.approx(medians, abs=6e-5)
    attainable = rows[0].index("attainable")
    assert [row[attainable] for row in cells] == ["1.0000", "1.0000", "0.8000", "0.8000"]
    linear = rows[0].index("linear model")
    assert len({row[linear] for row in cells}) == 2  # one for each data, whatever the epochs
    assert "How does validation accuracy depend on label noise and epochs?" in page.raw
    assert "label_noise" in page.text["experiment"]


def test_a_comparison():
    arms = [shoal.Experiment.read({**SMALL, "training": {"epochs": n, "batch_size": 8}})
            for n in (1, 20)]  # fmt: skip
    found = compare(arms, names=["short", EVIL], pairs=8)
    page = Page(content(found).decode())
    check_offline(page)
    assert page.text["answer"].lower() == found.sentence.lower()
    medians = page.column("Validation accuracy of every side", "median")
    for arm in found.arms:
        wanted = np.median(arm.figures["validation_accuracy"])
        assert value(medians[arm.name]) == pytest.approx(wanted, abs=6e-5)
    one, other = (arm.figures["validation_accuracy"] for arm in found.arms)
    told = [page.column("Verdicts", head)[f"{EVIL} against short"]
            for head in ("wins", "losses", "ties")]  # fmt: skip
    assert told == [str((other > one).sum()), str((other < one).sum()), str((other == one).sum())]
    assert (
        "shoal compare A.toml B.toml --figure validation_accuracy --pairs 8" in page.text["repeat"]
    )


def test_every_network_diverged():
    training = {"epochs": 1, "optimizer": {"name": "sgd", "learning_rate": 1e30}}
    run = made(training={**training, "loss": "squared_error"},
               network={"layers": [{"units": 1, "activation": "identity"}]})  # fmt: skip
    page = Page(content(run, doctor=False).decode())
    assert page.text["answer"] == "No answer: every network diverged."
    assert "Network 3" in page.raw


def test_a_run_of_one_network_on_numbers(tmp_path: Path):
    (tmp_path / "line.csv").write_text("a,y\n" + "".join(f"{k / 9},{k / 7}\n" for k in range(20)))
    data = {"file": str(tmp_path / "line.csv"), "target": "y", "kind": "regression",
            "validation": 0.25}  # fmt: skip
    run = made(data=data, network={"layers": [{"units": 1, "activation": "identity"}]},
               training={"epochs": 3, "loss": "squared_error"}, population=1)  # fmt: skip
    page = Page(content(run, doctor=False).decode())
    assert page.text["answer"].startswith("The network has a validation R² of ")
    check_offline(page)


def test_nothing_is_written_where_it_fails(run: shoal.Run, tmp_path: Path):
    with pytest.raises(InputError, match=r"x\.pdf: must end in \.html\. Give"):
        report(run, tmp_path / "x.pdf")
    (tmp_path / "x.html").write_text("mine")
    with pytest.raises(OutputExistsError):
        report(run, tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text() == "mine"
    with pytest.raises(ArgumentError) as caught:
        report(3, tmp_path / "y.html")
    wanted = (
        "report: `record` must be a run, a sweep, a comparison or a diagnosis; got int."
        " Give a value of that kind."
    )
    assert str(caught.value) == wanted
    assert not (tmp_path / "y.html").exists()


def test_functions_that_no_file_can_name_are_said():
    experiment = shoal.Experiment.read(SMALL)
    stop = shoal.Predicate(lambda history: False)
    changed = experiment.model_copy(
        update={"training": experiment.training.model_copy(update={"stop": (stop,)})}
    )
    assert experiment_toml(changed).startswith("# ")


def test_text_is_escaped_wherever_it_stands():
    assert tag("a", "<b>&\"'", title="\"><i onclick='x'>") == (
        '<a title="&quot;&gt;&lt;i onclick=&#x27;x&#x27;&gt;">&lt;b&gt;&amp;&quot;&#x27;</a>'
    )
    assert markup([None, "<", [tag("br"), "\x00"]]) == "&lt;<br>\\x00"
    assert legible("種類\ttab\nline") == "種類\ttab\nline"
    assert legible("\u202edlrow") == "\\u202edlrow"


@pytest.mark.parametrize("text", ['a = "</script><b>"  # <i>', "[a]\nb = [1, 2.5e-3, true]", "'x"])
def test_marking_toml_changes_no_letter(text: str):
    import html

    assert html.unescape(re.sub(r"</?span[^>]*>", "", toml(text))) == text


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_legible(scheme: str):
    from shoal.charts.report_look import style

    colours = dict(re.findall(r"--(\w+):(#\w{6})", style(scheme)))
    for ink in set(colours) - {"back", "raised", "line"}:
        for ground in ("back", "raised"):
            levels = sorted(luminance(colours[name]) for name in (ink, ground))
            assert (levels[1] + 0.05) / (levels[0] + 0.05) >= 4.5, (ink, ground)


def test_a_diagnosis_is_told_as_it_is(run: shoal.Run):
    from shoal.experiments.doctor import diagnose

    found = diagnose(run, prove=False)
    page = Page(content(found, doctor=False).decode())
    assert found.sentence in page.text["doctor"]
    assert found.curve in page.text["doctor"]
    assert page.text["answer"].startswith("The median network")


def test_a_sweep_is_told_by_the_figure_that_is_asked_for(swept):
    page = content(swept, figure="train_loss", doctor=False).decode()
    assert "How does training loss depend on" in page
    assert "Best training loss with" in page
    assert "validation accuracy" not in page
    with pytest.raises(ArgumentError) as error:
        content(swept, figure="loss")
    assert error.value.argument == "figure"


def test_other_records_have_no_figure_to_choose(run):
    with pytest.raises(ArgumentError) as error:
        content(run, figure="train_loss")
    assert (
        str(error.value) == "report: `figure` is chosen for sweeps only; got 'train_loss'."
        " Leave one of the two out."
    )

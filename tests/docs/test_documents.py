"""Docs: every fenced block runs, every file that is named is there, every member has its line."""

import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from shoal.codes import CODES
from shoal.network import LOSSES
from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES, Regularization, Training

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
PAGES = [ROOT / name for name in TOP]
PAGES += sorted((ROOT / "docs").glob("*.md"))
BY_NAME = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
TYPED_FIRST = ("README.md", "tutorial.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""What newcomers type: carried out by `make test`, the other pages by `make test-wide`."""
BLOCKS = pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=() if page.name in TYPED_FIRST else pytest.mark.pages)
        for page in PAGES
    ],
    ids=lambda page: page.name,
)
LONG = ("gallery.md",)
"""Pages that take half a minute; `make docs` carries them out too."""


@BY_NAME
def test_every_code_that_is_named_is_one(page):
    named = set(re.findall(r"\b[A-Z]\d{3}\b", page.read_text("utf-8")))
    made_up = {"D999"} if page.name == "errors.md" else set()
    assert named - made_up <= set(CODES), page.name


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def file_of(block):
    """Return the name of the file that a block begins with, if it does: ``# rules.py``."""
    named = re.match(r"# (\w+\.(?:py|toml))\n", block)
    return named and named[1]


def written(page, folder):
    """Write the blocks that are files into a folder, and return the experiments among them."""
    (folder / "examples").symlink_to(ROOT / "examples")
    for text in blocks(page, "python"):
        if file_of(text):
            (folder / file_of(text)).write_text(text, "utf-8")
    experiments = []
    for number, text in enumerate(blocks(page, "toml"), 1):
        name = file_of(text) or f"block{number}.toml"
        (folder / name).write_text(text, "utf-8")
        experiments.append(name)
    return experiments


def commands(page):
    lines = "".join(blocks(page, "sh")).splitlines()
    return [line.split(" #")[0].strip() for line in lines if line.startswith("shoal ")]


def steps_of(page, experiments):
    """Return what a page has to be carried out, in order, as [kind, text]."""
    steps = [["python", text] for text in blocks(page, "python")]
    steps += [["sh", command] for command in commands(page)]
    steps += [["toml", name] for name in experiments]
    sessions = "\n".join(blocks(page, "pycon"))
    return [*steps, ["pycon", sessions]] if sessions else steps


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.name in LONG else [])
        for page in PAGES
    ],
)
def test_blocks(page, tmp_path):
    """All of a page in one folder: Python, commands, experiments, sessions."""
    folder, plan = tmp_path / "page", tmp_path / "steps.json"
    folder.mkdir()
    steps = steps_of(page, written(page, folder))
    if not steps:
        return
    plan.write_text(json.dumps(steps), "utf-8")
    made = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "docs" / "carry_out.py"), str(plan)],
        cwd=folder, capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


def test_what_the_tutorial_says_of_its_numbers(monkeypatch):
    """Its sentences about a median and two verdicts hold for the commands above them."""
    from typer.testing import CliRunner

    from shoal import Experiment
    from shoal.cli.app import app

    monkeypatch.chdir(ROOT)
    run = Experiment.load("examples/or.toml", ["training.epochs=1"]).run()
    right = run.history["validation_accuracy"][:, -1]
    assert np.median(right) == 0.75  # three of the four points are a 1
    assert right.max() == 1.0
    asked = [line for line in commands(ROOT / "docs" / "tutorial.md") if " compare " in line]
    told = [CliRunner().invoke(app, [*line.split()[1:], "--no-store"]).output for line in asked]
    assert told[0].startswith("undecided: about ")
    assert "16 of 16 seeds" in told[1].partition("\n")[0]


def test_the_pages_are_read():
    """A pattern that finds nothing would pass everything."""
    found = {page.name: len(commands(page)) + len(blocks(page, "pycon")) for page in PAGES}
    assert {name for name, n in found.items() if n} >= {
        "README.md", "training.md", "tape.md", "data.md",
    }  # fmt: skip
    assert len(commands(ROOT / "README.md")) > 8


def rows_of(page, heading):
    """Return the rows of the tables under a heading, by what stands in their first cell."""
    text = page.read_text("utf-8")
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", section, re.M)
    return dict(reversed(rows))


def settings_of(record):
    """Return the settings with a default, as a table names them."""
    found = {}
    for name, field in record.model_fields.items():
        if name == "name" or field.is_required() or field.default is None:
            continue
        value = field.default
        text = f'"{value}"' if isinstance(value, str) else str(value).lower()
        found[name] = text.replace("e-0", "e-")
    return found


@pytest.mark.parametrize(
    ("heading", "members"),
    [
        ("Learning rules", {name: entry.record for name, entry in OPTIMIZERS.items()}),
        ("Schedules", {name: entry.record for name, entry in SCHEDULES.items()}),
        ("Stop rules", {name: entry.record for name, entry in STOP_RULES.items()}),
        ("Losses", {name: entry.record for name, entry in LOSSES.items()}),
    ],
)
def test_every_member_has_its_line(heading, members):
    rows = rows_of(ROOT / "docs" / "training.md", heading)
    assert rows.keys() == members.keys()
    of_adam = settings_of(OPTIMIZERS["adam"].record)
    for name, record in members.items():
        told = dict(re.findall(r"`(\w+) = ([^`]+)`", rows[name]))
        if "those of `adam`" in rows[name]:
            told = of_adam | told
        same = {key: float(value) if value[0].isdigit() else value for key, value in told.items()}
        wanted = {
            key: float(value) if value[0].isdigit() else value
            for key, value in settings_of(record).items()
        }
        assert same == wanted, name


@pytest.mark.parametrize("record", [Training, Regularization])
def test_every_setting_is_told(record):
    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    for name in record.model_fields:
        assert f"`{name}`" in text, name


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), (page.name, target)


def anchor(title):
    """Return what a heading is linked by, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def test_anchors():
    assert anchor("Is a network worth it here?") == "is-a-network-worth-it-here"
    assert anchor("`shoal.run` and more") == "shoalrun-and-more"


@BY_NAME
def test_links_and_paths(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    for link, part in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", text):
        target = page.parent / link if link else page
        assert target.exists() or link in made_pages(), link
        if not target.exists():
            continue
        titles = re.findall(r"^#+ (.*)", target.read_text("utf-8"), re.M) if part else []
        assert not part or part in [anchor(title) for title in titles], part
    for path in re.findall(r"`((?:src|cpp|tests|tools|docs|examples)/[\w./-]*)`", text):
        assert (ROOT / path).exists() or is_made(path), path


@cache
def made_pages():
    """Return what leads to the pages that a build makes."""
    from shoaldocs import reference_pages

    return {f"reference/{name}" for name in reference_pages()}


def is_made(path):
    """Return whether a path is made by a build, and git leaves it out."""
    return path.startswith(("docs/reference/", "docs/_drawn/"))


def test_every_page_is_on_a_shelf_once():
    text = (ROOT / "docs" / "index.md").read_text("utf-8")
    trees = re.findall(r"^```\{toctree\}\n:caption: (.*)\n.*\n\n([^`]+)```", text, re.M)
    shelves = [caption for caption, _ in trees]
    assert shelves == ["Tutorial", "How-to guides", "Reference", "Explanation"]
    listed = [name for _, names in trees for name in names.split() if "/" not in name]
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert sorted(listed) == sorted(pages)


def test_the_gallery_shows_every_kind_of_chart():
    from shoal.charts.registry import CHARTS

    text = (ROOT / "docs" / "gallery.md").read_text("utf-8")
    drawn = set(re.findall(r"(\w+)\.svg", text))
    assert drawn >= set(CHARTS)
    for kind in CHARTS:
        assert re.search(rf"^### .*\b{kind}\b", text, re.M), kind


def test_community_files():
    yaml = pytest.importorskip("yaml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= cited.keys()
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert all(author.keys() & {"name", "family-names"} for author in cited["authors"])
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [form.stem for form in forms] == ["bug", "config", "idea", "question"]
    for form in forms:
        told = yaml.safe_load(form.read_text("utf-8"))
        if form.stem == "config":
            continue
        assert {"name", "description", "body"} <= told.keys()
        inputs = [each for each in told["body"] if each["type"] != "markdown"]
        assert len({each["id"] for each in inputs}) == len(inputs)
        assert all(each["attributes"]["label"] for each in inputs)


def test_every_example_is_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for example in (ROOT / "examples").glob("**/*.toml"):
        assert f"({example.relative_to(ROOT)})" in readme, example.name

"""Docs: every fenced block runs, every file that is named is there, every member has its line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shoal.network import LOSSES
from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES, Regularization, Training

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
BY_NAME = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


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


@BY_NAME
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


@BY_NAME
def test_links_and_paths(page):
    text = page.read_text("utf-8")
    for link, part in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", text):
        target = page.parent / link if link else page
        assert target.exists(), link
        titles = re.findall(r"^#+ (.*)", target.read_text("utf-8"), re.M) if part else []
        assert not part or part in [title.lower().replace(" ", "-") for title in titles], part
    for path in re.findall(r"`((?:src|cpp|tests|tools|docs|examples)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_every_example_is_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for example in (ROOT / "examples").glob("**/*.toml"):
        assert f"({example.relative_to(ROOT)})" in readme, example.name

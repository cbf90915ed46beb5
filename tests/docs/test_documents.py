"""Docs: every fenced block runs, every file that is named is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


PYTHON = [(page.name, text) for page in PAGES for text in blocks(page, "python")]
COMMANDS = [
    line.split(" #")[0].strip()
    for page in PAGES
    for text in blocks(page, "sh")
    for line in text.splitlines()
    if line.startswith("shoal ")
]


@pytest.mark.parametrize(("page", "code"), PYTHON)
def test_python_blocks(page, code, tmp_path):
    made = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr


def test_commands_of_the_readme(tmp_path):
    """All in one folder, in order: later ones use what earlier ones wrote."""
    assert len(COMMANDS) > 8
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        made = subprocess.run(
            command, shell=True, cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"PATH": path},
        )  # fmt: skip
        assert made.returncode == 0, (command, made.stderr)
        assert made.stdout or made.stderr, command


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), (page.name, target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths(page):
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:src|cpp|tests|tools|docs|examples)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_every_example_is_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for example in (ROOT / "examples").glob("*.toml"):
        assert f"(examples/{example.name})" in readme, example.name

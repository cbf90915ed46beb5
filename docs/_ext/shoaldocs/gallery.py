"""Pictures that the pages' own blocks draw: below a block stands what it made, light and dark.

On the pages of `PAGES` every ``sh`` or ``python`` block is carried out as it stands, and below it
comes each ``.svg`` that it writes. Nothing is drawn again while pages and code are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PAGES = ("index", "gallery")
"""The pages whose blocks draw."""
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```\n", re.M | re.S)
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[A-Z]\w+\.md\)")
PICTURE = re.compile(r"[\w-]+\.svg")


def steps_of(text: str) -> list[tuple[str, str]]:
    """Return what a page's blocks do, in order: kind and text.

    Example:
        >>> steps_of("```sh\\nshoal plot network x.toml -o n.svg  # a picture\\n```\\n")
        [('sh', 'shoal plot network x.toml -o n.svg')]
    """
    steps = []
    for kind, block in BLOCK.findall(text):
        if kind == "python":
            steps.append((kind, block))
        else:
            lines = (line.split(" #")[0].strip() for line in block.splitlines())
            steps += [(kind, line) for line in lines if line.startswith("shoal ")]
    return steps


def draw(app: Any) -> None:
    """Draw the pictures of the pages that have some."""
    for page in PAGES:
        text = (Path(app.srcdir) / f"{page}.md").read_text("utf-8")
        folder = Path(app.srcdir) / "_drawn" / page
        state = digest(text)
        kept = folder / "state.txt"
        if kept.exists() and kept.read_text("utf-8") == state:
            continue
        carry_out(steps_of(text), folder)
        kept.write_text(state, "utf-8")


def digest(text: str) -> str:
    """Return what pictures depend on: the page, the package's sources, the examples."""
    found = hashlib.sha256(text.encode("utf-8"))
    for part in ("src/shoal", "cpp", "examples", "docs/_ext"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in (".py", ".hpp", ".cpp", ".toml", ".csv"):
                found.update(path.read_bytes())
    return found.hexdigest()


def carry_out(steps: list[tuple[str, str]], folder: Path) -> None:
    """Carry steps out in a folder of their own, with a store of their own.

    Raises:
        RuntimeError: one of them failed; says what it printed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "examples").symlink_to(ROOT / "examples")
    plan = folder / "steps.json"
    plan.write_text(json.dumps(steps), "utf-8")
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "shoaldocs.draw", plan.name],
        cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": path, "SHOAL_HOME": str(folder / "home"), "COLUMNS": "80"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"a picture of the documentation: {done.stdout}{done.stderr}")


def with_pictures(app: Any, docname: str, source: list[str]) -> None:
    """Put below every block what it drew; files beside the pages are named, not linked."""
    source[0] = OUTSIDE.sub(r"\1", source[0])
    if docname not in PAGES:
        return
    folder = Path(app.srcdir) / "_drawn" / docname
    titles = json.loads((folder / "titles.json").read_text("utf-8"))
    app.env.note_dependency(str(folder / "state.txt"), docname=docname)

    def shown(found: re.Match[str]) -> str:
        names = dict.fromkeys(PICTURE.findall(found[2]))
        return found[0] + "".join(picture(docname, name, titles[name]) for name in names)

    source[0] = BLOCK.sub(shown, source[0])


def picture(page: str, name: str, title: str) -> str:
    """Return the Markdown of a picture in both themes."""
    stem = name.removesuffix(".svg")
    told = " ".join(title.split())
    return "".join(
        f"\n```{{image}} _drawn/{page}/{stem}{end}.svg\n"
        f":class: drawn only-{theme}\n:alt: {told}\n```\n"
        for theme, end in (("light", ""), ("dark", "-dark"))
    )

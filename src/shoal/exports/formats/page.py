"""One web page with a control for every column, which predicts as they move; it loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from shoal.errors import InputError
from shoal.exports.formats import templates
from shoal.exports.formats.javascript import (
    constants,
    functions,
    literal,
    node_version,
    tables,
)
from shoal.exports.formats.plain import about, check_size
from shoal.exports.formats.templates import pieces
from shoal.exports.portable import Portable
from shoal.exports.proof import Proof, judged
from shoal.exports.running import program, run

SUFFIX: Final = ".html"
MOST_COLUMNS: Final = 200
"""Controls that a person can look through."""
MARGIN: Final = 0.1
"""How far a slider goes beyond the training rows, as a part of their range."""

SILENT: Final = (
    "This page has not computed anything: its script was changed after it was made, or "
    "JavaScript is switched off here."
)
"""What stands there until the script, which the policy lets run unchanged only, takes it away."""

_ASK: Final = r"""
const { readFileSync } = require("node:fs");
const page = readFileSync(process.argv[2], "utf8");
const script = page.match(/<script>([\s\S]*?)<\/script>/)[1];
const found = new Function(`${script}\nreturn { everyone, mean, selfTest };`)();
const [largest, allowed] = found.selfTest();
if (!(largest <= allowed)) process.exitCode = 1;
const rows = JSON.parse(readFileSync(process.argv[3], "utf8"));
console.log(JSON.stringify(rows.map((row) => found.mean(found.everyone(row)))));
"""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{about}</p></header>
<main>
<section aria-labelledby="inputs-title">
<h2 id="inputs-title">Inputs</h2>
<div id="controls"></div>
<button type="button" id="typical">Back to a typical row</button>
</section>
<section class="result{numbers}" aria-labelledby="result-title">
<h2 id="result-title">{result}</h2>
<p id="answer" aria-hidden="true"></p>
<p id="problem" role="alert">{silent}</p>
<table><caption class="spoken">{caption}</caption><tbody id="answers"></tbody></table>
<p id="hint"></p>
<p id="spoken" class="spoken" role="status" aria-live="polite"></p>
</section>
</main>
<footer>
<p id="self-test" class="failed">Self-test: FAILED, it did not run.</p>
<p>{origin}</p>
</footer>
<script>{script}</script>
</body>
</html>
"""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the page.

    Raises:
        InputError: there are too many columns or weights, or an activation is unknown here.
    """
    check_size(portable, "a web page")
    if len(portable.columns) > MOST_COLUMNS:
        raise InputError(
            f"export: a page with controls for {len(portable.columns):,} columns would help "
            f"nobody; at most {MOST_COLUMNS}. Take .js.",
            code="T102",
        )
    script, style = _script(portable), _style()
    first, *origin = about(portable)
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _PAGE.format(
        policy=policy,
        title=html.escape(portable.name),
        style=style,
        about=html.escape(first),
        numbers=" numbers" if portable.kind == "regression" else "",
        result=html.escape(_shown(", ".join(portable.targets))),
        caption=_caption(portable),
        silent=SILENT,
        origin=html.escape(" ".join(origin)),
        script=script,
    )
    return {SUFFIX: page.encode()}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the page's own script on the vectors, with node if it is here."""
    node = program("node")
    if node is None:
        return None
    path = paths[SUFFIX]
    folder = path.parent
    (folder / "ask.cjs").write_text(_ASK)
    (folder / "rows.json").write_text(json.dumps(portable.vectors.x.tolist()))
    command = [node, "ask.cjs", path.name, "rows.json"]
    told = run(command, folder=folder, purpose="export: the page in node")
    return judged(node_version(node), portable.vectors, json.loads(told))


def _script(portable: Portable) -> str:
    ranges = ",\n".join(f"  {literal(_range(portable, i))}" for i in range(len(portable.columns)))
    text = "\n\n".join(
        [
            '"use strict";',
            constants(portable),
            functions(portable),
            tables(portable),
            "// what the controls go from and to: low and high are those of the training rows\n"
            f"const RANGES = [\n{ranges},\n];",
            pieces("page_script")["page"],
        ]
    )
    assert re.search("</script|<!--", text, re.IGNORECASE) is None
    return f"\n{text}\n"


def _style() -> str:
    name = templates.__name__
    return files(name).joinpath("page_style.txt").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _caption(portable: Portable) -> str:
    if portable.kind == "regression":
        return "Values, with the standard deviation over the networks"
    return "Probabilities in per cent, with the standard deviation over the networks"


def _shown(text: str) -> str:
    """Return a heading on one line, without characters that turn its direction."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _range(portable: Portable, place: int) -> dict[str, Any]:
    """Return what the control of a column goes from and to, and where it starts."""
    column, summary = portable.columns[place], portable.model.summary
    if column.categories is not None:
        shares = summary.columns[place].shares if summary is not None else (1.0,)
        return {"start": column.categories[shares.index(max(shares))]}
    before = sum(len(each.feature_names) for each in portable.columns[:place])
    if summary is None or portable.multiply == 0:
        center, scale = float(portable.centers[0, before]), float(portable.scales[0, before])
        ends = sorted(_raw(portable, center + side * 3 * scale) for side in (-1, 1))
        return _slider(ends[0], ends[1], _raw(portable, center), known=False)
    raw = sorted(_raw(portable, q) for q in summary.columns[place].quantiles)
    whole = all(value == round(value) for value in raw)
    return _slider(raw[0], raw[-1], raw[len(raw) // 2], known=True, whole=whole)


def _slider(
    low: float, high: float, start: float, *, known: bool, whole: bool = False
) -> dict[str, Any]:
    """Return a slider from somewhat below `low` to somewhat above `high`, in round steps."""
    width = (high - low) or max(abs(low), 1.0)
    step = max(1.0, _round_step(width / 200)) if whole else _round_step(width / 200)
    bounds = {
        "min": _neat(math.floor((low - MARGIN * width) / step) * step, step),
        "max": _neat(math.ceil((high + MARGIN * width) / step) * step, step),
        "step": step,
        "start": start if known and whole else _neat(round(start / step) * step, step),
    }
    return bounds | ({"low": low, "high": high} if known else {})


def _round_step(width: float) -> float:
    """Return the next of 1, 2, 5, 10, ... times a power of ten."""
    power = math.floor(math.log10(width))
    found = next(n for n in (1, 2, 5, 10) if n * 10.0**power >= width * (1 - 1e-9))
    return float(f"{found}e{power}")


def _neat(value: float, step: float) -> float:
    """Return a multiple of `step` without the last bits of noise."""
    return round(value, max(0, -math.floor(math.log10(step)))) if step < 1 else float(value)


def _raw(portable: Portable, seen: float) -> float:
    """Return a number as it stands in the table, from what scalers see."""
    return (seen - portable.add) / portable.multiply if portable.multiply else 0.0

"""Write docs/errors.md from the table of codes: `python tools/error_codes.py`."""

# ruff: noqa: E501 - the page has one sentence a line
from __future__ import annotations

from pathlib import Path

from shoal.cli.exits import EXIT_CODES
from shoal.cli.help_code import shown
from shoal.codes import CODES, KINDS, Code

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"

HEAD = """# Errors and exit codes

Every error has a code, a sentence that says what is wrong and where, and a sentence that says what cures it.
On the command line it stands on standard error, one line for each thing that is wrong:

```text
shoal [X101]: or.toml, training.optimiser: unknown key. Did you mean 'optimizer'?
```

A letter says what kind of thing is wrong, and three digits which.
Codes keep their meaning from version to version; no code is used again for something else.
`shoal help` tells what one means, and lists them all without a code:

```sh
shoal help X101
shoal help X101 --json
```

In Python every exception that shoal raises on purpose is a `shoal.errors.ShoalError` and has the code as `.code`; its text is the same sentence without the code.
An `ExperimentError` holds every problem of an experiment, each with its own code.

```python
import shoal

try:
    shoal.Experiment.read({"data": {"task": "or"}, "training": {"epochs": 0}})
except shoal.errors.ExperimentError as error:
    assert [problem.code for problem in error.problems] == ["X103"]
```

The service answers with the code beside the sentence: `{"error": "...", "code": "V103"}`.
Bad input is told before anything is written; `SHOAL_DEBUG=1` shows where in the program an error was raised.

## Exit codes

| code | meaning |
| ---: | --- |
"""


def page() -> str:
    """Return the text of the page."""
    exits = "".join(f"| {code} | {told} |\n" for code, told in EXIT_CODES.items())
    parts = [HEAD + exits]
    for letter, kind in KINDS.items():
        parts.append(f"## {letter}: {kind}\n")
        parts += [_entry(each) for each in CODES.values() if each.code[0] == letter]
    return "\n".join(parts)


def _entry(code: Code) -> str:
    more = "" if code.page == "errors" else f"More: [{code.page}.md]({code.page}.md).\n"
    return (
        f"### {code.code}: {code.name}\n\n{code.cause}\n{code.cure}\n{more}\n"
        f"```text\n{shown(code)}\n```\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

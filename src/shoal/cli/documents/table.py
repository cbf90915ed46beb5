"""Which command prints which documents; a table of names, so that a list of them costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Document(NamedTuple):
    """What a command prints with ``--json``.

    Attributes:
        homes: where its schemas are, module and name with a colon between; one, or several where
            its options decide what is printed.
        example: a command that prints it.
        lines: whether it is one document a line, or one line and then nothing more.
    """

    homes: tuple[str, ...]
    example: str
    lines: bool = False


_MODEL = "flowers.safetensors"
DOCUMENTS: Final[Mapping[str, Document]] = MappingProxyType({
    "new": Document(("others:NEW",), "shoal new or.toml --task or --json"),
    "run": Document(("training:RUN",), "shoal run examples/or.toml --json"),
    "resume": Document(
        ("training:RUN", "training:SWEEP"), "shoal resume @last training.epochs=10 --json"
    ),
    "spread": Document(("training:SPREAD",), "shoal spread examples/or.toml --json"),
    "sweep": Document(
        ("training:SWEEP", "training:FORECAST"), "shoal sweep examples/sweep_or.toml --json"
    ),
    "search": Document(
        ("training:HALVING", "training:OPTUNA"), "shoal search examples/sweep_or.toml --json"
    ),
    "compare": Document(
        ("training:COMPARISON",),
        "shoal compare examples/or.toml training.optimizer.name=sgd,adam --json",
    ),
    "doctor": Document(("training:DIAGNOSIS",), "shoal doctor examples/or.toml --json"),
    "train": Document(("training:RUN",), "shoal train flowers.csv --target species --json"),
    "worth": Document(("models:WORTH",), "shoal worth flowers.csv --target species --json"),
    "replay": Document(("training:REPLAY",), "shoal replay @last --json"),
    "show": Document(("models:SHOWN",), f"shoal show {_MODEL} --json"),
    "predict": Document(
        ("models:PREDICTED",), f"shoal predict {_MODEL} flowers.csv --json", lines=True
    ),
    "evaluate": Document(
        ("models:EVALUATION",), f"shoal evaluate {_MODEL} flowers.csv --json"
    ),
    "trace": Document(("arithmetic:TRACE",), "shoal trace examples/or.toml --row 4 --json"),
    "importance": Document(
        ("models:IMPORTANCE", "models:ATTRIBUTION"),
        f"shoal importance {_MODEL} flowers.csv --json",
    ),
    "monitor": Document(
        ("models:MONITOR", "models:HISTORY"), f"shoal monitor {_MODEL} flowers.csv --json"
    ),
    "export": Document(
        ("models:WRITTEN", "models:FORMATS"), f"shoal export {_MODEL} -o flowers.py --json"
    ),
    "code": Document(
        ("others:CODE", "others:TARGETS"), "shoal code examples/or.toml --to numpy --json"
    ),
    "import": Document(
        ("models:IMPORTED",), "shoal import flowers.json -o again.safetensors --json"
    ),
    "serve": Document(("others:SERVE",), f"shoal serve {_MODEL} --json", lines=True),
    "lab": Document(("others:LAB",), "shoal lab --no-browser --json", lines=True),
    "lessons": Document(("others:LAB",), "shoal lessons --no-browser --json", lines=True),
    "lessons open": Document(
        ("others:LAB",), "shoal lessons open 3 --no-browser --json", lines=True
    ),
    "lessons list": Document(("others:LESSONS",), "shoal lessons list --json"),
    "lessons export": Document(
        ("others:LESSON_FILES",), "shoal lessons export 1 -o or.html --json"
    ),
    "lessons sheet": Document(
        ("others:SHEETS",), "shoal lessons sheet 1 --students 2 -o sheet.html --json"
    ),
    "plot": Document(
        ("others:PLOT", "others:KINDS"), "shoal plot activations -o activations.svg --json"
    ),
    "animate": Document(("others:FILM",), "shoal animate examples/or.toml -o or.gif --json"),
    "report": Document(("others:REPORT",), "shoal report examples/or.toml -o or.html --json"),
    "tasks": Document(("others:TASKS",), "shoal tasks --json"),
    "functions": Document(("others:FUNCTIONS",), "shoal functions sigmoid --json"),
    "schema": Document(("others:SCHEMA",), "shoal schema run --json"),
    "runs": Document(("training:ENTRIES",), "shoal runs --json"),
    "runs show": Document(("training:SHOWN",), "shoal runs show @last --json"),
    "runs rm": Document(("training:REMOVED",), "shoal runs rm @last --yes --json"),
    "runs tag": Document(("training:ENTRY",), "shoal runs tag @last +good --json"),
    "runs note": Document(("training:ENTRY",), 'shoal runs note @last "a note" --json'),
    "runs export": Document(("training:EXPORTED",), "shoal runs export @last -o or.csv --json"),
    "help": Document(
        ("others:CODE_TOLD", "others:CODES_TOLD", "others:COMMAND_TOLD"),
        "shoal help D104 --json",
    ),
})  # fmt: skip
"""What every command prints, by its name."""

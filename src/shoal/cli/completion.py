"""What the Tab key offers: references, tags, tasks, kinds. Light: no arrays are loaded for it.

Whatever goes wrong here offers nothing; a shell is no place for errors.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shoal.store.entry import Entry

Offer = tuple[str, str]
"""What can stand there, and its line of help."""

FIXED: Final[Sequence[Offer]] = (
    ("@last", "the newest"),
    ("@best", "the best of the newest one's name"),
    ("@last~1", "the one before the newest"),
)
EXPERIMENTS: Final = (".toml", ".json")
MODELS: Final = (".safetensors",)
CHECKPOINTS: Final = (".checkpoint",)
KEYS: Final = (
    "data.task=", "data.samples=", "data.label_noise=", "data.dummies=", "preprocess.scaling=",
    "population=", "seed=", "training.epochs=", "training.batch_size=", "training.optimizer=",
    "training.optimizer.learning_rate=",
)  # fmt: skip
"""Of the experiment, those that are changed most."""
TASKS: Final = (
    "or", "and", "nand", "xor", "majority", "greater", "points", "circle", "gaussians", "moons",
    "spiral", "digits",
)  # fmt: skip
"""The names in the table of tasks, which is too heavy to load for a Tab key; a test compares."""
VALUES: Final[Mapping[str, Sequence[str]]] = {
    "data.task": TASKS,
    "training.optimizer": (
        "sgd", "momentum", "nesterov", "rprop", "lion", "perceptron", "adagrad", "rmsprop",
        "adam", "adamw", "nadam", "amsgrad", "lbfgs", "random_perturbation",
        "finite_difference", "annealing", "evolution",
    ),
    "training.loss": (
        "binary_crossentropy", "categorical_crossentropy", "squared_error", "absolute_error",
        "huber", "hinge", "poisson",
    ),
    "preprocess.scaling": ("none", "standard", "minmax"),
}  # fmt: skip
"""What can stand after a key; a test compares these too."""
MEASURES: Final = ("accuracy", "loss", "r2", "mean_absolute_error")
FIGURES: Final = tuple(f"{rows}_{what}" for what in MEASURES for rows in ("validation", "train"))
"""Of the reports; a test compares."""
STREAMS: Final = ("data", "noise", "split", "init", "order", "dropout", "search")


def _quietly(complete: Callable[[str], Iterable[Offer]]) -> Callable[[str], list[Offer]]:
    """Turn every failure into no offers."""

    @wraps(complete)
    def run(incomplete: str) -> list[Offer]:
        with contextlib.suppress(Exception):
            return list(complete(incomplete))
        return []

    return run


@_quietly
def complete_refs(incomplete: str) -> Iterator[Offer]:
    """Offer references to stored runs."""
    from shoal.store.store import Store

    store = Store.open()
    if incomplete.startswith(("@last:", "@best:")):
        which = incomplete[:6]
        words = {**dict.fromkeys(store.names(incomplete[6:])), **dict.fromkeys(store.tags())}
        yield from ((which + w, "") for w in words if w.startswith(incomplete[6:]))
        return
    if not incomplete or incomplete.startswith("@"):
        yield from ((ref, told) for ref, told in FIXED if ref.startswith(incomplete))
    yield from ((entry.id, describe(entry)) for entry in store.begins(incomplete, limit=30))


@_quietly
def complete_targets(incomplete: str) -> Iterator[Offer]:
    """Offer references to stored runs, and experiments and checkpoints in the folder."""
    yield from complete_refs(incomplete)
    yield from _files(incomplete, (*EXPERIMENTS, *CHECKPOINTS))


@_quietly
def complete_models(incomplete: str) -> Iterator[Offer]:
    """Offer references to stored runs, and models in the folder."""
    yield from complete_refs(incomplete)
    yield from _files(incomplete, MODELS)


@_quietly
def complete_shown(incomplete: str) -> Iterator[Offer]:
    """Offer references to stored runs, models and experiments in the folder."""
    yield from complete_refs(incomplete)
    yield from _files(incomplete, (*MODELS, *EXPERIMENTS))


@_quietly
def complete_experiments(incomplete: str) -> Iterator[Offer]:
    """Offer experiments in the folder."""
    yield from _files(incomplete, EXPERIMENTS)


@_quietly
def complete_changes(incomplete: str) -> Iterator[Offer]:
    """Offer keys of the experiment, and what can stand after them, such as tasks.

    Of several values with commas between, the last one is completed.
    """
    key, equals, value = incomplete.partition("=")
    if not equals:
        yield from ((each, "") for each in KEYS if each.startswith(incomplete))
        return
    *before, last = value.split(",")
    begin = f"{key}=" + "".join(f"{each}," for each in before)
    known = VALUES.get(key.removesuffix(".name"), ())
    yield from ((begin + each, "") for each in known if each.startswith(last))


@_quietly
def complete_sides(incomplete: str) -> Iterator[Offer]:
    """Offer experiments, stored runs, and changes: what is compared."""
    yield from complete_experiments(incomplete)
    yield from complete_refs(incomplete)
    if incomplete:
        yield from complete_changes(incomplete)


@_quietly
def complete_figures(incomplete: str) -> Iterator[Offer]:
    """Offer the figures of the reports."""
    yield from ((name, "") for name in FIGURES if name.startswith(incomplete))


@_quietly
def complete_streams(incomplete: str) -> Iterator[Offer]:
    """Offer random streams; after a comma the next."""
    begin, comma, last = incomplete.rpartition(",")
    yield from ((begin + comma + name, "") for name in STREAMS if name.startswith(last))


@_quietly
def complete_names(incomplete: str) -> Iterator[Offer]:
    """Offer names of stored runs."""
    from shoal.store.store import Store

    yield from ((name, "") for name in Store.open().names(incomplete))


@_quietly
def complete_tags(incomplete: str) -> Iterator[Offer]:
    """Offer tags that are in use, after + or - too."""
    from shoal.store.store import Store

    sign = incomplete[:1] if incomplete[:1] in "+-" else ""
    for tag, count in Store.open().tags().items():
        if tag.startswith(incomplete[len(sign) :]):
            yield sign + tag, f"{count} runs" if count != 1 else "1 run"


@_quietly
def complete_kinds(incomplete: str) -> Iterator[Offer]:
    """Offer kinds of records."""
    from shoal.store.entry import KINDS

    yield from ((kind, "") for kind in KINDS if kind.startswith(incomplete))


@_quietly
def complete_charts(incomplete: str) -> Iterator[Offer]:
    """Offer kinds of charts."""
    from shoal.charts.registry import CHARTS

    yield from ((n, kind.help) for n, kind in CHARTS.items() if n.startswith(incomplete))


@_quietly
def complete_sorts(incomplete: str) -> Iterator[Offer]:
    """Offer what runs can be sorted by."""
    from shoal.store.entry import SORTS

    yield from ((name, "") for name in SORTS if name.startswith(incomplete))


def describe(entry: Entry) -> str:
    """Return an entry in a few words."""
    what = entry.name if entry.kind == "run" else f"{entry.kind} {entry.name}"
    figure = f", {entry.figure.replace('_', ' ')} {entry.value:.4g}" if entry.value else ""
    return f"{what}{figure}, {entry.created.astimezone():%d %b %H:%M}"


def answer_bash(app: Callable[[], object]) -> None:
    """Answer bash, which takes words apart at @, : and = before it asks.

    Args:
        app: what answers, from the environment, on standard output.
    """
    words = os.environ.get("COMP_WORDS", "").split("\n")
    place = os.environ.get("COMP_CWORD", "")
    whole, at = rejoined(words, int(place) if place.isdigit() else len(words) - 1)
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(whole), str(at)
    current = whole[at] if at < len(whole) else ""
    # what stands before the last : or = stays on the line; an @ is part of what we complete
    kept = current[: max(current.rfind(sign) for sign in ":=") + 1]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            app()
    finally:
        for line in said.getvalue().splitlines():
            print(line.removeprefix(kept))


def rejoined(words: Sequence[str], at: int) -> tuple[list[str], int]:
    """Return words with the pieces at @, : and = put together, and which is under the cursor.

    Example:
        >>> rejoined(["shoal", "resume", "@", "last", ":", "o"], 5)
        (['shoal', 'resume', '@last:o'], 2)
    """
    whole: list[str] = []
    glue, cursor = False, at
    for number, word in enumerate(words):
        sign = bool(word) and not word.strip(":=")
        if whole and (glue or (sign and number > 1)):
            whole[-1] += word
        else:
            whole.append(word)
        glue = sign or word == "@"
        if number == at:
            cursor = len(whole) - 1
    return whole, cursor if at < len(words) else len(whole)


def _files(incomplete: str, endings: Sequence[str]) -> Iterator[Offer]:
    """Offer files in this folder; without an offer the shell completes paths itself."""
    if "/" not in incomplete:
        for name in sorted(os.listdir()):
            if name.startswith(incomplete) and name.endswith(tuple(endings)):
                yield name, ""

"""What the Tab key offers: references, tags, tasks, kinds. Light: no arrays are loaded for it.

Whatever goes wrong here offers nothing; a shell is no place for errors.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import islice
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
TABLES: Final = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")
NETWORKS: Final = (".keras", ".safetensors", ".json", ".edn")
TASKS: Final = (
    "or", "and", "nand", "xor", "majority", "greater", "points", "circle", "gaussians", "moons",
    "spiral", "digits",
)  # fmt: skip
"""The names in the table of tasks, which is too heavy to load for a Tab key; a test compares."""
MEASURES: Final = ("accuracy", "loss", "r2", "mean_absolute_error")
FIGURES: Final = tuple(f"{rows}_{what}" for what in MEASURES for rows in ("validation", "train"))
"""Of the reports; a test compares."""
MOST_LOOKED_AT: Final = 200
"""Names of a folder below this one."""
SPECIAL: Final = re.compile(r"^[#~]|[\s\\'\"`$&|;<>()*?\[\]{}!]")
"""What means something to a shell where it is not quoted."""
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
def complete_changes(incomplete: str) -> Iterator[Offer]:
    """Offer keys of the experiment, level by level, and what can stand after them.

    Of several values with commas between, the last one is completed.
    """
    from shoal.cli.offers import ITEM, offered_keys

    key, equals, value = incomplete.partition("=")
    if not equals:
        yield from _keys(incomplete)
        return
    *before, last = value.split(",")
    begin = f"{key}=" + "".join(f"{each}," for each in before)
    path = ".".join(ITEM if part.isdigit() else part for part in key.split("."))
    known = offered_keys().get(path)
    names = known.values if known is not None else ()
    yield from ((begin + each, "") for each in names if each.startswith(last))


def _keys(incomplete: str) -> Iterator[Offer]:
    """Offer the keys of one table; where there is one alone, what comes after it too.

    A shell puts a space behind the only offer there is, and none behind the beginning that
    several have in common.
    """
    from shoal.cli.offers import ITEM, offered_keys

    above, _, begun = incomplete.rpartition(".")
    table = "".join(f"{ITEM if part.isdigit() else part}." for part in above.split(".") if part)
    before = f"{above}." if above else ""
    found: dict[str, str] = {}
    for path, known in offered_keys().items():
        name, dot, _ = path.removeprefix(table).partition(".")
        if not path.startswith(table) or not _continues(name, begun):
            continue
        shown = before + ("0" if name == ITEM else name)
        if dot:
            found.setdefault(f"{shown}.", "an item of the list" if name == ITEM else "its keys")
        else:
            found[f"{shown}=" if known.takes else f"{shown}."] = known.about
    only = next(iter(found)) if len(found) == 1 else ""
    if only.endswith("."):
        yield from _keys(only)
    else:
        yield from found.items()
        if only:
            yield from complete_changes(only) or [(f"{only}VALUE", "")]


def _continues(name: str, begun: str) -> bool:
    from shoal.cli.offers import ITEM

    return begun == "" or begun.isdigit() if name == ITEM else name.startswith(begun)


@_quietly
def complete_sides(incomplete: str) -> Iterator[Offer]:
    """Offer stored runs, experiments and changes: what is compared."""
    yield from complete_targets(incomplete)
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


@_quietly
def complete_tables(incomplete: str) -> Iterator[Offer]:
    """Offer tables in the folder."""
    yield from _files(incomplete, TABLES)


@_quietly
def complete_networks(incomplete: str) -> Iterator[Offer]:
    """Offer networks of other libraries in the folder."""
    yield from _files(incomplete, NETWORKS)


@_quietly
def complete_exports(incomplete: str) -> Iterator[Offer]:
    """Offer a file of every format that a model can be written in."""
    from shoal.cli.offers import offered_formats

    yield from _outputs(incomplete, offered_formats())


def complete_output(*suffixes: str) -> Callable[[str], list[Offer]]:
    """Return what offers a file with each of some suffixes, once its name is begun."""

    @_quietly
    def complete(incomplete: str) -> Iterator[Offer]:
        yield from _outputs(incomplete, dict.fromkeys(suffixes, ""))

    return complete


def _outputs(incomplete: str, suffixes: Mapping[str, str]) -> Iterator[Offer]:
    folder, slash, name = incomplete.rpartition("/")
    stem, dot, rest = name.partition(".")
    if not stem or name.startswith("@"):
        return
    for suffix, about in suffixes.items():
        if suffix.startswith(f"{dot}{rest}"):
            yield f"{folder}{slash}{stem}{suffix}", about


@_quietly
def complete_which(incomplete: str) -> Iterator[Offer]:
    """Offer the best network."""
    yield from ((name, "the best of the population") for name in ("best",)
                if name.startswith(incomplete))  # fmt: skip


@_quietly
def complete_functions(incomplete: str) -> Iterator[Offer]:
    """Offer names of functions, and of their families."""
    from shoal.cli.offers import offered_functions

    yield from ((name, "") for name in offered_functions() if name.startswith(incomplete))


@_quietly
def complete_lessons(incomplete: str) -> Iterator[Offer]:
    """Offer lessons by name, or by number where a number is begun."""
    from shoal.lessons.shelf import LESSONS

    for number, lesson in LESSONS.items():
        name = str(number) if incomplete[:1].isdigit() else lesson.short
        if name.startswith(incomplete):
            yield name, lesson.title


@_quietly
def complete_documents(incomplete: str) -> Iterator[Offer]:
    """Offer commands whose documents have a schema."""
    from shoal.cli.documents.table import DOCUMENTS

    yield from ((name, "") for name in DOCUMENTS if name.startswith(incomplete))


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
    is_quoted = current.removeprefix(kept)[:1] in ("'", '"')
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            app()
    finally:
        for line in said.getvalue().splitlines():
            offer = line.removeprefix(kept)
            print(offer if is_quoted else SPECIAL.sub(r"\\\g<0>", offer))


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
    """Offer files in this folder and those below it; a shell completes other paths itself.

    A folder alone is not offered: a shell would put a space behind it.
    """
    if "/" in incomplete:
        return
    for name in sorted(os.listdir()):
        if not name.startswith(incomplete) or (name[0] == "." and not incomplete):
            continue
        if name.endswith(tuple(endings)):
            yield from _offered(name)
        elif os.path.isdir(name):
            with contextlib.suppress(OSError), os.scandir(name) as inside:
                found = sorted(each.name for each in islice(inside, MOST_LOOKED_AT))
                for each in found:
                    if each.endswith(tuple(endings)):
                        yield from _offered(f"{name}/{each}")


def _offered(name: str) -> Iterator[Offer]:
    if name.isprintable():  # an offer is a line
        yield name, ""

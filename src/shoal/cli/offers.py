"""What the Tab key can offer of keys, functions and formats, as a table in a file.

To read the schema takes a second, and a Tab key has a tenth of one. So the table is made once,
when it is first asked for, and kept in the user's folder for caches; it is made again when
the package has changed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from shoal.errors import ShoalError
from shoal.files import write_bytes

PACKAGE: Final = Path(__file__).parents[1]
ITEM: Final = "#"
"""What stands in a key for the number of an item."""
LONGEST: Final = 72
"""Signs of a line of help."""
DEEPEST: Final = 8


class Offered(NamedTuple):
    """What is known of a key.

    Attributes:
        about: what it means, in a line.
        values: names that may stand behind it; its default where there are none.
        takes: whether it can be given a value itself; a table cannot, unless a name stands for
            it.
    """

    about: str
    values: tuple[str, ...]
    takes: bool


def offered_keys() -> dict[str, Offered]:
    """Return every key of the experiment, by its path: items of lists have `ITEM` in it."""
    keys = table()["keys"]
    return {key: Offered(about, tuple(values), takes) for key, (about, values, takes) in keys}


def offered_functions() -> list[str]:
    """Return the names of functions that ``shoal functions`` knows."""
    found: list[str] = table()["functions"]
    return found


def offered_formats() -> dict[str, str]:
    """Return the suffixes that a model can be exported as, each with what it is."""
    found: dict[str, str] = table()["formats"]
    return found


@cache
def table() -> dict[str, Any]:
    """Return the table: the one that is kept, or a new one, which is kept if it can be."""
    stamp, file = _stamp(), cache_file()
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept: dict[str, Any] = json.loads(file.read_bytes())
        if kept["made_of"] == stamp:
            return kept
    found = {"made_of": stamp, **made()}
    with contextlib.suppress(OSError, ShoalError):  # it is only slower without
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, json.dumps(found).encode(), force=True)
    return found


def cache_file() -> Path:
    """Return where the table is kept: ``shoal/tab.json`` in the folder for caches of the user."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    # the specification: a path that is not absolute is to be ignored
    base = named if os.path.isabs(named) else os.path.expanduser("~/.cache")
    # of a user without a home there is no such folder, and nothing is kept
    return Path(base if os.path.isabs(base) else os.devnull) / "shoal" / "tab.json"


def _stamp() -> list[Any]:
    """Return what the table depends on: this package, and when its source was last changed."""
    found = [
        os.stat(os.path.join(folder, name)).st_mtime_ns
        for folder, _, names in os.walk(PACKAGE)
        for name in names
        if name.endswith(".py")
    ]
    return [str(PACKAGE), len(found), max(found, default=0)]


def made() -> dict[str, Any]:
    """Return the table, made of the schema and of the registries."""
    from shoal.charts.functions_told import FAMILIES
    from shoal.experiments.document import Experiment
    from shoal.exports.registry import FORMATS

    schema = Experiment.model_json_schema()
    keys: dict[str, Offered] = {}
    for path, about, values, takes in _walk(schema, schema["$defs"], "", 0):
        had = keys.get(path, Offered(about, (), False))
        names = tuple(dict.fromkeys([*had.values, *values]))
        keys[path] = Offered(had.about, names, had.takes or takes)
    functions = (name for members, _ in FAMILIES.values() for name in members)
    return {
        "keys": [[path, list(each)] for path, each in keys.items()],
        "functions": list(dict.fromkeys([*FAMILIES, *functions])),
        "formats": {each.suffix: each.help for each in FORMATS.values()},
    }


def _walk(
    schema: Mapping[str, Any], defs: Mapping[str, Any], path: str, depth: int
) -> Iterator[tuple[str, str, list[str], bool]]:
    """Yield path, meaning, values, and whether it takes one, of every key below a schema."""
    from shoal.cli.keys import keys_of, leaves, meaning, names_of, tables_of

    if depth > DEEPEST:  # no table holds itself
        raise AssertionError(path)
    for table in tables_of(schema, defs):
        for key in keys_of(table):
            here = f"{path}.{key.name}".lstrip(".")
            found = list(leaves(key.schema, defs))
            flags = ["true", "false"] if any(e.get("type") == "boolean" for e in found) else []
            values = [name for name in names_of(key.schema, defs) if name != "python"] + flags
            default = key.schema.get("default")
            if not values and isinstance(default, int | float) and not isinstance(default, bool):
                values = [json.dumps(default)]
            takes = any("properties" not in each for each in found)
            yield here, _short(meaning(key.schema)), values, takes
            yield from _walk(key.schema, defs, here, depth + 1)
            for each in found:
                if each.get("type") == "array" and tables_of(each["items"], defs):
                    yield from _walk(each["items"], defs, f"{here}.{ITEM}", depth + 1)


def _short(told: str) -> str:
    """Return the first sentence, or what fits of it."""
    first = told.partition(". ")[0].partition("; ")[0]
    first = first if first.endswith("..") else first.removesuffix(".")
    return first if len(first) <= LONGEST else first[: LONGEST - 4].rpartition(" ")[0] + " ..."

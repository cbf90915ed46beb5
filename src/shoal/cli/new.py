"""``shoal new``: an experiment file whose every key says what it means."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shoal.cli.keys import Key, allowed, keys_of, meaning, names_of, tables_of
from shoal.cli.output import check_files, print_json
from shoal.cli.table_file import read_table_file, targets_in
from shoal.cli.tables import label
from shoal.cli.train import default_document
from shoal.data.dataset import Dataset, Feature
from shoal.data.file_recipe import FileData, fingerprint_file
from shoal.data.formulas import Derived
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.files import write_bytes
from shoal.lab.starts import STARTS

WIDTH: Final = 79
USUAL: Final = "greater"
"""The task where none is named, with the defaults of everything."""
COMMON: Final = frozenset({
    "seed", "data.task", "data.samples", "data.rows", "data.batches", "data.features",
    "data.label_noise", "data.dummies", "data.noise", "data.spread", "data.turns", "data.bits",
    "data.file", "data.target", "data.drop", "data.missing", "data.kind", "data.validation",
    "data.test", "preprocess.scaling", "preprocess.target_scaling", "network.layers",
    "network.layers.units", "network.layers.activation", "network.initializer",
    "training.optimizer", "training.optimizer.name", "training.optimizer.learning_rate",
    "training.loss", "training.batch_size", "training.epochs", "training.schedule",
    "training.stop", "training.restore_best", "training.regularization.l2",
    "training.regularization.dropout", "population.size",
})  # fmt: skip
"""Keys that are written where not all are wanted."""
EXAMPLES: Final[Mapping[str, Any]] = {
    "data.encoding": "utf-8", "data.separator": ",", "data.kind": "classification",
    "network.layers.initializer": "he_uniform", "network.layers.alpha": 0.01,
    "network.layers.at_zero": 1.0, "training.clip_norm": 1.0, "training.clip_value": 0.5,
    "training.class_weight": "balanced", "training.schedule": "cosine",
    "training.frozen": ["layers.0.bias"], "training.dtype": "float64",
    "training.stop": [{"name": "plateau", "patience": 10}],
}  # fmt: skip
"""What stands, as a comment, for a key that has no value."""


MEANINGS: Final[Mapping[str, str]] = {
    "data": "The rows: a task, or a file.",
    "data.task": "Which task. What each is: shoal tasks.",
    "network.layers": "The layers in their order; the last one gives the outputs.",
    "network.layers.units": "How many outputs the layer has.",
    "network.layers.activation": "What becomes of its weighted sums. Charts: shoal functions.",
    "training": "How the networks learn.",
    "training.loss": "What is made small; where it is not given, what fits the last layer.",
    "training.optimizer": "The rule that turns gradients, or losses, into new weights.",
    "training.optimizer.name": "Which one; its settings are the keys below.",
    "training.schedule": "How the learning rate changes on the way.",
    "training.restore_best": "A figure: the weights it was best with are kept, not the last ones.",
    "population": "How many networks, and what differs between them.",
    "population.size": "All are trained side by side, each from first weights of its own.",
    "seed": "What all that is random follows from: the same seed gives the same result.",
}
"""What keys mean, where the schema says it in the words of Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An experiment that is to be written.

    Attributes:
        experiment: what the file says.
        schema: of experiments.
        everything: whether every key is written.
        heads: lines that stand first.
        fitting: examples of values that depend on the experiment, by key.
    """

    experiment: Experiment
    schema: Mapping[str, Any]
    everything: bool
    heads: tuple[str, ...]
    fitting: Mapping[str, Any]

    @property
    def defs(self) -> Mapping[str, Any]:
        """The definitions of the schema."""
        found: Mapping[str, Any] = self.schema["$defs"]
        return found

    def has(self, path: str) -> bool:
        """Return whether a key is written."""
        return self.everything or path in COMMON


def write_new(
    file: Path | None,
    *,
    task: str | None,
    data: Path | None,
    table: Mapping[str, Any],
    everything: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Write an experiment file, or print it.

    Args:
        file: where it goes; None: to standard output.
        task: a built-in task, if one was named.
        data: a table in place of a task.
        table: how to read it: keys of `FileData`, None where nothing was said.
        everything: whether every key is written.
        as_json: print a JSON document in place of the text.
        force: replace a file that exists.

    Raises:
        InputError: options that do not fit each other, or a file that cannot be written.
    """
    asked = {
        name: value
        for name, value in table.items()
        if value not in (None, FileData.model_fields[name].default)
    }
    _check(task, data, asked)
    if file is not None:
        check_files([file], {".toml": "an experiment"}, force=force)
    if data is None:
        experiment, found, named = experiment_of(task or USUAL), None, task or USUAL
    else:
        experiment, found = _of_table(data, asked, file)
        named = data.name
    text = new_text(
        experiment, named, None if file is None else str(file), everything=everything, found=found
    )
    if file is not None:
        write_bytes(file, text.encode(), force=force)
    if as_json:
        print_json({
            "task": None if data is not None else task or USUAL,
            "data": None if data is None else str(data),
            "keys": written_keys(text), "text": text if file is None else None,
        }, files=[] if file is None else [file])  # fmt: skip
    elif file is None:
        print(text, end="")
    else:
        print(f"wrote {label(str(file))}")
        print(f"to carry it out: {_command(str(file))}", file=sys.stderr)


def _command(file: str) -> str:
    """Return the command that carries a file out, as a shell takes it."""
    return f"shoal run {label(shlex.quote(file))}"


def _check(task: str | None, data: Path | None, asked: Mapping[str, Any]) -> None:
    if task is not None and data is not None:
        raise InputError(
            f"--data: --task {task} has rows of its own. Leave one of the two out.", code="U107"
        )
    if data is not None and "target" not in asked:
        raise InputError("--data: needs the column to predict. Give --target COLUMN.", code="U104")
    if data is None and asked:
        name = next(iter(asked))
        told = "is a column of a table" if name == "target" else "says how to read a table"
        raise InputError(f"--{name}: {told}. Name the table: --data FILE.", code="U107")


def experiment_of(task: str) -> Experiment:
    """Return the experiment of a task: with the defaults, or what it takes to learn the task."""
    document = {"data": {"task": task}} if task == USUAL else STARTS[task]
    return Experiment.read(document, source="shoal new")


def _of_table(
    data: Path, asked: Mapping[str, Any], file: Path | None
) -> tuple[Experiment, Dataset]:
    """Return the experiment that ``shoal train`` would carry out, and the rows."""
    recipe = {**asked, "file": str(data), "target": targets_in(asked["target"])}
    dataset = read_table_file(recipe, "new")
    folder = Path() if file is None else file.parent
    recipe["file"] = str(data) if data.is_absolute() else os.path.relpath(data, folder)
    document = default_document(recipe, dataset)
    return Experiment.read(document, source="shoal new", folder=folder), dataset


def new_text(
    experiment: Experiment,
    named: str,
    file: str | None,
    *,
    everything: bool,
    found: Dataset | None = None,
) -> str:
    """Return an experiment as commented TOML.

    Args:
        experiment: what it says.
        named: the task or the table.
        file: where it goes, if anywhere.
        everything: whether every key is written.
        found: the rows of a table.
    """
    more = "" if everything else " Every key there is: shoal new --all."
    heads = [
        f"An experiment of shoal on {label(named)}. To carry it out: {_command(file or 'FILE')}",
        f"A key that is left out has its default; one behind a # has no value.{more}",
    ]
    wanted = Wanted(
        experiment=experiment, schema=Experiment.model_json_schema(), everything=everything,
        heads=tuple(heads), fitting=_fitting(experiment, found),
    )  # fmt: skip
    return "\n".join(_lines(wanted)) + "\n"


def written_keys(text: str) -> list[str]:
    """Return every key that a commented experiment sets.

    Example:
        >>> written_keys("seed = 0\\n[[network.layers]]\\nunits = 3\\n[population]\\nsize = 4\\n")
        ['seed', 'network.layers.0.units', 'population.size']
    """
    import tomllib

    return list(_paths(tomllib.loads(text), ""))


def _paths(value: Any, before: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _paths(each, f"{before}.{name}" if before else name)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, each in enumerate(value):
            yield from _paths(each, f"{before}.{number}")
    else:
        yield before


def _fitting(experiment: Experiment, found: Dataset | None) -> dict[str, Any]:
    """Return examples that are right for this experiment."""
    data, last = experiment.data, experiment.network.layers[-1]
    loss = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
    judged = "validation" if data.validation > 0 else "train"
    names = list(getattr(data, "column_names", ()))
    fitting = {
        **EXAMPLES,
        "training.loss": loss.get(last.activation, "squared_error"),
        "training.restore_best": f"{judged}_loss",
        "network.inputs": len(names),
        **{f"streams.{name}": 0 for name in type(experiment.streams).model_fields},
    }
    if found is not None:
        assert isinstance(data, FileData)
        names = [each.name for each in found.schema.columns if each.categories is None]
        every = [each.name for each in found.schema.columns]
        fitting |= {
            "data.features": every, "data.drop": every[-1:], "data.weights": (names or every)[0],
            "data.types": {c.name: _type(c) for c in found.schema.columns[:1]},
            "data.fingerprint": fingerprint_file(str(experiment.folder / data.file)),
            "network.inputs": len(found.schema.feature_names),
        }  # fmt: skip
    squares = [Derived(formula="square", of=(each,)).name for each in names[:1]]
    return fitting | {"data.derived": squares}


def _type(column: Feature) -> str:
    return "number" if column.categories is None else "category"


def _lines(wanted: Wanted) -> Iterator[str]:
    for head in wanted.heads:
        yield from _comment(head)
    document = wanted.experiment.model_dump(mode="json")
    yield from _table(wanted, wanted.schema, document, "")


def _table(wanted: Wanted, table: Mapping[str, Any], values: Mapping[str, Any], path: str) -> Any:
    """Yield the lines of a table: its own keys first, then the tables in it."""
    inner: list[tuple[Key, Any]] = []
    for key in keys_of(table):
        value, here = values.get(key.name), f"{path}.{key.name}".lstrip(".")
        is_table = isinstance(value, Mapping) and set(value) != {"name"} and not _is_free(key)
        if is_table or (isinstance(value, list) and value and isinstance(value[0], Mapping)):
            inner.append((key, value))
        elif wanted.has(here) or _is_chosen(key, value):
            yield ""
            yield from _entry(wanted, key, value, here)
    for key, value in inner:
        yield from _inner(wanted, key, value, f"{path}.{key.name}".lstrip("."))


def _is_chosen(key: Key, value: Any) -> bool:
    """Return whether a key has another value than it would have if it were left out."""
    return value is not None and value != key.schema.get("default", value)


def _is_free(key: Key) -> bool:
    """Return whether a value is a table whose keys are anybody's names, such as of columns."""
    return bool(key.schema.get("additionalProperties"))


def _inner(wanted: Wanted, key: Key, value: Any, path: str) -> Iterator[str]:
    if not any(wanted.everything or each.startswith(f"{path}.") for each in COMMON):
        return
    said = [MEANINGS.get(path) or meaning(key.schema)]
    if isinstance(value, Mapping):
        body = list(_table(wanted, _chosen(wanted, key, value), value, path))
        yield from ["", *_comment(*said), f"[{path}]", *body[1:]]
        return
    for number, each in enumerate(value):
        body = list(_table(wanted, _chosen(wanted, key, each), each, path))
        if number:  # what its keys mean has been said
            body = [line.partition("  # ")[0] for line in body if line and line[0] != "#"]
        yield from [
            "",
            *_comment(*(said if not number else [])),
            f"[[{path}]]",
            *body[not number :],
        ]


def _chosen(wanted: Wanted, key: Key, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the table that a value is, of those that it may be."""
    schema = key.schema
    for leaf in [schema, *(each["items"] for each in _lists(schema))]:
        for each in tables_of(leaf, wanted.defs):
            if _fits(each["properties"], value):
                return each
    raise AssertionError(f"no table for {key.name}")


def _lists(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [each for each in schema.get("anyOf", ()) if each.get("type") == "array"]
    return [schema] if schema.get("type") == "array" else found


def _fits(properties: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    if not set(value) <= set(properties):
        return False
    return all(
        properties[name].get("const", value[name]) == value[name]
        and value[name] in properties[name].get("enum", [value[name]])
        for name in ("task", "name")
        if name in value and name in properties
    )


def _entry(wanted: Wanted, key: Key, value: Any, path: str) -> Iterator[str]:
    """Yield a key with what it means; one without a value stands as a comment."""
    schema = _of_choice(wanted, key, path)
    is_open = value is None or value == []
    value = value["name"] if isinstance(value, Mapping) and not _is_free(key) else value
    told = allowed(schema, wanted.defs)
    default = key.schema.get("default")
    default = default.get("name") if isinstance(default, Mapping) else default
    if not (is_open or key.is_required or default is None or key.name in ("task", "name")):
        told += f"{'; ' if told else ''}default {toml(default)}"
    said = MEANINGS.get(path) or meaning(key.schema)
    line = f"#{key.name} = {toml(wanted.fitting[path])}" if is_open else (
        f"{key.name} = {toml(value)}")  # fmt: skip
    beside = f"{line}  # {told}" if told not in ("", "a text") else line
    yield from _comment(said)
    if len(beside) > WIDTH:
        yield from _comment(_begun(told) + ".")
    yield line if len(beside) > WIDTH else beside


def _of_choice(wanted: Wanted, key: Key, path: str) -> Mapping[str, Any]:
    """Return the schema of a key; of a name that chooses a table that of all names there are."""
    if key.name not in ("task", "name") or not path.count("."):
        return key.schema
    above: Any = wanted.schema
    for name in path.split(".")[:-1]:
        tables = tables_of(above, wanted.defs)
        above = next(each["properties"][name] for each in tables if name in each["properties"])
    names = names_of(above, wanted.defs)
    return {"enum": list(names)} if names else key.schema


def _begun(told: str) -> str:
    return told[:1].upper() + told[1:]


def _comment(*sentences: str) -> Iterator[str]:
    import textwrap

    text = " ".join(sentence for sentence in sentences if sentence)
    for line in textwrap.wrap(text, WIDTH - 2, break_on_hyphens=False, break_long_words=False):
        yield f"# {line}"


def toml(value: Any) -> str:
    """Return a value as TOML has it, on one line.

    Example:
        >>> toml({"name": "plateau", "patience": 10}), toml([0.5, True])
        ('{ name = "plateau", patience = 10 }', '[0.5, true]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(toml, value)) + "]"
    import tomli_w

    return tomli_w.dumps({"k": value}).removeprefix("k = ").rstrip("\n")


def _key(name: str) -> str:
    """Return a key as TOML has it: between quotes where it is no plain word."""
    import tomli_w

    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")


__all__ = ["experiment_of", "new_text", "write_new", "written_keys"]

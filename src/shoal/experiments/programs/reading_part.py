"""The part of a program that draws or reads the rows: tasks, tables and images."""

from __future__ import annotations

from typing import Final

from shoal.data.cells import GAPS, parse_number
from shoal.data.dataset import Feature
from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.opening import read_content
from shoal.data.separator import check_separator, guess_separator
from shoal.data.tasks import Digits, LogicTask, TaskRecipe
from shoal.errors import InputError
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, listed, number, quoted

WORDS: Final = {"or": "OR", "and": "AND", "nand": "NAND", "xor": "XOR"}
MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
"""What a text file that says its encoding begins with."""
Loading = tuple[list[str], list[str], list[str]]
"""Functions, imports and constants."""


def loading(outline: Outline, flags: set[str]) -> Loading:
    """Return functions, imports and constants of what draws or reads the rows.

    Args:
        outline: the experiment.
        flags: what the template is to heed.

    Raises:
        InputError: rows that no program can read.
    """
    recipe = outline.recipe
    if isinstance(recipe, FileData):
        return _from_file(outline, recipe, flags)
    if isinstance(recipe, ImageData):
        return _from_images(outline, recipe, flags)
    if not isinstance(recipe, TaskRecipe):
        raise InputError(
            "code: the rows were handed over in Python, and no program can read them again. Save "
            "them as a table, and name it in data.file.",
            code="T104",
        )
    if isinstance(recipe, Digits):
        return [pieces("data")["digits"]], ["from sklearn.datasets import load_digits"], []
    return [_task(recipe, flags)], [], _task_constants(recipe)


def _task(recipe: TaskRecipe, flags: set[str]) -> str:
    name = "logic" if isinstance(recipe, LogicTask) else recipe.task
    values = {}
    if isinstance(recipe, LogicTask):
        values = {"TASK": WORDS[recipe.task], "TABLE": repr(list(recipe.OUTPUTS))}
    return filled(pieces("data")[name], flags, **values)


def _task_constants(recipe: TaskRecipe) -> list[str]:
    told = {"spread": "  # of the Gaussian on both coordinates"}
    lines = []
    for key in ("samples", "features", "classes", "bits", "spread"):
        if key in type(recipe).model_fields:
            value = getattr(recipe, key)
            lines.append(f"{key.upper()} = {number(value)}{told.get(key, '')}")
    return lines


def _from_images(outline: Outline, recipe: ImageData, flags: set[str]) -> Loading:
    if outline.part.dataset.x.dtype != "uint8":
        raise InputError(
            "code: the images are not of bytes, which programs do not read. Hand over shoal's "
            "own rows: --with-data.",
            code="T104",
        )
    constants = [
        f"IMAGES = {quoted(outline.file)}",
        f"LABELS = {quoted(_beside(outline, recipe.labels))}",
    ]
    if recipe.validation_images is not None and recipe.validation_labels is not None:
        constants += [
            f"MORE_IMAGES = {quoted(_beside(outline, recipe.validation_images))}",
            f"MORE_LABELS = {quoted(_beside(outline, recipe.validation_labels))}",
        ]
    classes = [number(int(name)) for name in outline.schema.classes]
    constants.append(listed("CLASSES = ", classes))
    found = pieces("data")
    load = filled(found["images"], flags)
    return [found["idx"], load], ["import gzip"], constants


def _beside(outline: Outline, name: str) -> str:
    """Return a second file's name, in the folder that the first is called to be in."""
    recipe = outline.recipe
    first = recipe.images if isinstance(recipe, ImageData) else ""
    return outline.file.removesuffix(first) + name if outline.file.endswith(first) else name


def _from_file(outline: Outline, recipe: FileData, flags: set[str]) -> Loading:
    if recipe.file == "-":
        raise InputError(
            "code: the rows come from standard input, and are gone. Save them as a table first.",
            code="T104",
        )
    content = read_content(recipe.file, outline.experiment.folder)
    if content.startswith(b"PAR1"):
        raise InputError(
            f"code: {recipe.file} is a Parquet file, which programs do not read. Save it as CSV, "
            "or hand over shoal's own rows: --with-data.",
            code="T104",
        )
    found = pieces("data")
    own = [column for column in outline.schema.columns if not _is_dummy(outline, column.name)]
    plain = all(column.categories is None for column in own)
    more = {"plain": plain, "comma": recipe.decimal == ",", "drop": recipe.missing == "drop"}
    flags = flags | {name for name, holds in more.items() if holds}
    constants = _table_constants(outline, recipe, own)
    functions = [] if _cell(outline) == "float" else [filled(found["number"], flags)]
    functions += [] if plain else [filled(found["encoded"], flags, CELL=_cell(outline))]
    text = filled(
        found["file"], flags, CELL=_cell(outline), WHAT=_kind_word(outline),
        TARGETS=_target_line(outline), ENCODING=quoted(_encoding(recipe, content)),
        SEPARATOR=quoted(_separator(recipe, content)),
    )  # fmt: skip
    return [*functions, text], ["import csv"], constants


def _table_constants(outline: Outline, recipe: FileData, own: list[Feature]) -> list[str]:
    """Return the names of a table's columns, classes and gaps."""
    constants = [f"FILE = {quoted(outline.file)}"]
    schema = outline.schema
    plain = all(column.categories is None for column in own)
    names = [quoted(column.name) for column in own]
    if plain:
        constants.append(listed("FEATURES = ", names))
    else:
        kinds = [
            "None" if c.categories is None else f"[{', '.join(map(quoted, c.categories))}]"
            for c in own
        ]
        pairs = [f"{name}: {kind}" for name, kind in zip(names, kinds, strict=True)]
        constants += _table("COLUMNS", pairs, "{}", "  # and their categories; None: a number")
    constants += _target_constants(outline)
    if schema.weights is not None:
        constants.append(f"WEIGHTS = {quoted(schema.weights)}")
    if recipe.missing != "error":
        gaps = [quoted(gap) for gap in sorted(GAPS)]
        constants.append(listed("GAPS = ", gaps, "{}"))
    if recipe.missing == "drop":
        used = "FEATURES" if plain else "COLUMNS"
        more = "*TARGETS" if len(schema.targets) > 1 else "TARGET"
        weights = ", WEIGHTS" if schema.weights is not None else ""
        constants.append(f"USED = [*{used}, {more}{weights}]")
    return constants


def _table(name: str, items: list[str], ends: str, comment: str) -> list[str]:
    return [f"{name} = {ends[0]}{comment}", *(f"    {item}," for item in items), ends[1]]


def _is_dummy(outline: Outline, name: str) -> bool:
    known = {f"dummy{j + 1}" for j in range(outline.recipe.dummies)}
    return name in known


def _kind_word(outline: Outline) -> str:
    kind = outline.schema.kind
    return {"classification": "classes", "multilabel": "labels"}.get(kind, "numbers")


def _are_numbers(names: tuple[str, ...]) -> bool:
    return all(parse_number(name) is not None for name in names)


def _class_list(names: tuple[str, ...]) -> list[str]:
    """Return class names as source: numbers where all are."""
    if not _are_numbers(names):
        return [quoted(name) for name in names]
    values = [float(name) for name in names]
    return [number(int(v)) if v == int(v) else number(v) for v in values]


def _target_constants(outline: Outline) -> list[str]:
    schema = outline.schema
    if schema.kind == "classification":
        target = f"TARGET = {quoted(schema.target)}"
        return [target, listed("CLASSES = ", _class_list(schema.classes))]
    if schema.kind == "multilabel":
        pairs = zip(schema.targets, schema.label_classes, strict=True)
        yes = [f"{quoted(name)}: {_class_list(pair)[1]}" for name, pair in pairs]
        return _table("TARGETS", yes, "{}", "  # and what a yes is called")
    if len(schema.targets) == 1:
        return [f"TARGET = {quoted(schema.target)}"]
    return [listed("TARGETS = ", [quoted(name) for name in schema.targets])]


def _target_line(outline: Outline) -> str:
    schema = outline.schema
    if schema.kind == "classification":
        cell = f"{_cell(outline)}(row[TARGET])" if _are_numbers(schema.classes) else "row[TARGET]"
        return f"y = np.array([CLASSES.index({cell}) for row in rows])"
    if schema.kind == "multilabel":
        names = [name for pair in schema.label_classes for name in pair]
        cell = f"{_cell(outline)}(row[name])" if _are_numbers(tuple(names)) else "row[name]"
        return (
            f"y = [[{cell} == yes for name, yes in TARGETS.items()] for row in rows]\n"
            "y = np.array(y, float)"
        )
    if len(schema.targets) == 1:
        return f"y = np.array([[{_cell(outline)}(row[TARGET])] for row in rows])"
    return f"y = np.array([[{_cell(outline)}(row[name]) for name in TARGETS] for row in rows])"


def _cell(outline: Outline) -> str:
    """Return the function that makes a number of a cell."""
    recipe = outline.recipe
    plain = isinstance(recipe, FileData) and recipe.decimal == "." and recipe.missing != "mean"
    return "float" if plain else "number"


def _encoding(recipe: FileData, content: bytes) -> str:
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    return marked or recipe.encoding or "utf-8"


def _separator(recipe: FileData, content: bytes) -> str:
    """Return the character that shoal took the cells apart with."""
    if recipe.separator is not None:
        return check_separator(recipe.separator)
    text = content.decode(_encoding(recipe, content))
    lines = text.splitlines(keepends=True)
    fallback = ";" if recipe.decimal == "," else ","
    return guess_separator(lines[:100], whole=len(lines) <= 100, fallback=fallback)

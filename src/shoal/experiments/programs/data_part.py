"""The part of a program that draws, reads, divides and scales the rows, in NumPy for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.tasks import Points
from shoal.data.weights import class_weights
from shoal.errors import InputError
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.reading_part import WORDS, loading
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, listed, number, quoted

FORMULAS: Final = {
    "square": "{0} ** 2",
    "cube": "{0} ** 3",
    "product": "{0} * {1}",
    "sin": "np.sin({0})",
    "cos": "np.cos({0})",
    "abs": "np.abs({0})",
}
"""How features are derived from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPart:
    """Source of what comes before the network.

    Attributes:
        imports: modules, as lines.
        constants: lines at the top.
        functions: source of each function.
        main: lines that give `rows` and what else there is, with `rng` at hand.
        epochs: the expression of what training goes through.
    """

    imports: tuple[str, ...]
    constants: tuple[str, ...]
    functions: tuple[str, ...]
    main: tuple[str, ...]
    epochs: str


def data_part(outline: Outline, *, units: bool = True) -> DataPart:
    """Return the source that makes an experiment's rows.

    Args:
        outline: the experiment.
        units: whether figures are brought to a scaled target's own units.

    Raises:
        InputError: rows that no program can read.
    """
    if outline.data is not None:
        return _given(outline, units=units and is_scaled_target(outline))
    if outline.is_stream:
        return _stream(outline)
    return _fixed(outline, units=units and is_scaled_target(outline))


def classes_of(outline: Outline) -> int:
    """Return the number of classes, 2 at least."""
    return max(2, len(outline.schema.classes))


def is_scaled_target(outline: Outline) -> bool:
    """Whether figures must be brought to the target's own units."""
    scaling = outline.experiment.preprocess.target_scaling
    return outline.schema.is_regression and scaling != "none"


def _given(outline: Outline, *, units: bool) -> DataPart:
    """Return the source that reads what shoal itself begins with."""
    columns = ["x", "y"]
    columns += ["weights"] if outline.has_weights else []
    emphasis = ["emphasis"] if outline.has_emphasis else []
    main = [
        "given = np.load(Path(__file__).with_name(DATA))",
        _columns("rows", [*columns, *emphasis], "train"),
    ]
    main += [_columns(part, columns, part) for part in _parts(outline)]
    if units:
        main.append('unit = given["unit"]')
    epochs = "[rows] * EPOCHS"
    if not outline.is_full_batch:
        main.append('epochs = ([each[order] for each in rows] for order in given["orders"])')
        epochs = "epochs"
    return DataPart(
        imports=("from pathlib import Path",),
        constants=(f"DATA = {quoted(outline.data or '')}  # beside this program",),
        functions=(),
        main=tuple(main),
        epochs=epochs,
    )


def _columns(name: str, columns: list[str], part: str) -> str:
    each = ", ".join(f'given["{column}_{part}"]' for column in columns)
    return f"{name} = [{each}]"


def _parts(outline: Outline) -> list[str]:
    """Return the names of the parts that figures are made of, beside the training rows."""
    parts = ["validation"] if outline.has_validation else []
    return [*parts, *(["test"] if outline.has_test else [])]


def _stream(outline: Outline) -> DataPart:
    recipe, found = outline.recipe, pieces("data")
    flags = _flags(outline)
    task = getattr(recipe, "task", "")
    values = {
        "TASK": WORDS[task], "TABLE": repr(list(getattr(recipe, "OUTPUTS", ()))),
        "MOVED": _moved(outline), "TARGET": _target(outline), "FLIP": _flip(outline),
        "DERIVED": _derived(outline),
    }  # fmt: skip
    batches = f"BATCHES = {number(int(getattr(recipe, 'batches', 1)))}  # of an epoch"
    return DataPart(
        imports=(),
        constants=(batches, *_constants(outline)),
        functions=tuple(
            filled(found[name], flags, **values) for name in ("logic", "fresh", "stream")
        ),
        main=("validation = data(rng)",),
        epochs="epochs(rng)",
    )


def _fixed(outline: Outline, *, units: bool) -> DataPart:
    found, recipe = pieces("data"), outline.recipe
    functions, imports, constants = loading(outline, _flags(outline))
    flags = _flags(outline)
    has_split = recipe.validation > 0 or recipe.test > 0
    flags |= {"split"} if has_split else set()
    scales = _scalings(outline)
    flags |= {"both"} if units else set()
    if has_split:
        functions.append(_divided(outline))
    functions += [filled(found["scaled"], flags | {kind}) for kind in scales]
    functions.append(filled(found["data"], flags, **_data_values(outline, units=units)))
    epochs = "[rows] * EPOCHS"
    if not outline.is_full_batch:
        functions.append(found["epochs"])
        epochs = "epochs(rows, rng)"
    names = ["rows", *_parts(outline), *(["unit"] if units else [])]
    return DataPart(
        imports=tuple(imports),
        constants=(*constants, *_constants(outline)),
        functions=tuple(functions),
        main=(f"{', '.join(names)} = data(rng)",),
        epochs=epochs,
    )


def _flags(outline: Outline) -> set[str]:
    recipe, preprocess = outline.recipe, outline.experiment.preprocess
    flags = {
        "noise": recipe.label_noise > 0,
        "dummies": recipe.dummies > 0,
        "moved": recipe.multiply != 1 or recipe.add != 0,
        "scaling": preprocess.scaling != "none",
        "target_scaling": is_scaled_target(outline),
        "weights": outline.has_weights,
        "fill": isinstance(recipe, FileData) and recipe.missing == "mean",
        "second": isinstance(recipe, ImageData) and recipe.validation_images is not None,
        "bias_input": isinstance(recipe, Points) and recipe.bias_input,
    }
    needed = {"scaling", "target_scaling", "fill"} & {k for k, v in flags.items() if v}
    flags["needs_train"] = bool(needed) or outline.has_emphasis
    return {name for name, holds in flags.items() if holds}


def _scalings(outline: Outline) -> list[str]:
    """Return the kinds of scaling that are needed, each once.

    Raises:
        InputError: features and target are scaled in two ways, which is written twice nowhere.
    """
    preprocess = outline.experiment.preprocess
    kinds: list[str] = [preprocess.scaling] if preprocess.scaling != "none" else []
    if is_scaled_target(outline) and preprocess.target_scaling not in kinds:
        kinds.append(preprocess.target_scaling)
    if len(kinds) > 1:
        raise InputError(
            "code: preprocess.scaling and preprocess.target_scaling differ, which programs do "
            "not write out. Make them alike, or hand over shoal's own rows: --with-data.",
            code="T103",
        )
    return kinds


def _constants(outline: Outline) -> list[str]:
    recipe = outline.recipe
    lines = []
    if recipe.label_noise:
        lines.append(f"LABEL_NOISE = {number(recipe.label_noise)}  # share of labels flipped")
    if recipe.dummies:
        lines.append(f"DUMMIES = {number(recipe.dummies)}")
    return lines


def _moved(outline: Outline) -> str:
    recipe = outline.recipe
    moved = "x" if recipe.multiply == 1 else f"x * {number(recipe.multiply)}"
    return moved if recipe.add == 0 else f"{moved} + {number(recipe.add)}"


def _derived(outline: Outline) -> str:
    """Return the lines that add the features that are computed from others."""
    schema = outline.schema
    base, columns = schema.base_features, []
    for each in schema.derived:
        places = [f"x[:, {base.index(name)}]" for name in each.of]
        columns.append(FORMULAS[each.formula].format(*places))
    if not columns:
        return ""
    return f"x = np.column_stack([x, {', '.join(columns)}])"


def _target(outline: Outline) -> str:
    """Return the targets (N, C) as an expression of y."""
    if outline.schema.kind != "classification":
        return "y"
    return "y[:, np.newaxis]" if outline.sizes[-1] == 1 else f"np.eye({outline.sizes[-1]})[y]"


def _flip(outline: Outline) -> str:
    if not outline.recipe.label_noise:
        return ""
    if outline.schema.kind == "multilabel":
        return "y = np.where(rng.random(y.shape) < LABEL_NOISE, 1 - y, y)"
    n = classes_of(outline)
    if n == 2:
        return "y = np.where(rng.random(len(y)) < LABEL_NOISE, 1 - y, y)"
    return (
        "flipped = rng.random(len(y)) < LABEL_NOISE\n"
        f"y = np.where(flipped, (y + rng.integers(1, {n}, len(y))) % {n}, y)"
    )


def _data_values(outline: Outline, *, units: bool) -> dict[str, str]:
    is_split = bool(_parts(outline))
    every = "[each[train] for each in rows]" if is_split else "rows"
    if outline.has_emphasis:
        every = "[*(each[train] for each in rows), emphasis.astype(DTYPE)]"
        every = every if is_split else "[*rows, emphasis.astype(DTYPE)]"
    results = [every, *(f"[each[{part}] for each in rows]" for part in _parts(outline))]
    results += ["unit"] if units else []
    words = {"validation": "those that validate", "test": "those kept for the end"}
    told = ["the rows that train", *(words[part] for part in _parts(outline))]
    told += ["the target's unit"] if units else []
    joined = ", ".join(told[:-1]) + f" and {told[-1]}" if len(told) > 1 else told[0]
    return {
        "RETURNED": joined,
        "FLIP": _flip(outline),
        "MOVED": _moved(outline),
        "NAMES": ", ".join(["train", *_parts(outline)]),
        "FIRST": number(outline.part.split.validation[0].item()) if _is_second(outline) else "0",
        "EMPHASIS": _emphasis(outline),
        "TARGET": _target(outline),
        "DERIVED": _derived(outline),
        "RESULT": _returned(results),
    }


def _returned(results: list[str]) -> str:
    line = ", ".join(results)
    return line if len(line) <= 77 else listed("    ", results, "()").strip()


def _is_second(outline: Outline) -> bool:
    recipe = outline.recipe
    return isinstance(recipe, ImageData) and recipe.validation_images is not None


def _emphasis(outline: Outline) -> str:
    """Return the lines that say how much each training row counts in the gradient."""
    setting = outline.training.class_weight
    if not outline.has_emphasis:
        return ""
    own = "weights[train]" if outline.has_weights else ""
    if setting is None:
        return f"emphasis = {own} / {own}.mean()"
    schema = outline.schema
    if setting == "balanced":
        n, count = len(schema.classes), f"np.bincount(y[train]{', ' if own else ''}{own})"
        total = f"{own}.sum()" if own else "len(train)"
        factors = f"{total} / ({n} * {count})"
    else:
        each = class_weights(outline.part.train.y.astype(float), setting, schema.classes)
        factors = f"np.array([{', '.join(number(float(v)) for v in each)}])"
    lines = f"factors = {factors}  # of each class\n"
    if not own:
        return lines + "emphasis = factors[y[train]]"
    return lines + f"emphasis = {own} / {own}.mean() * factors[y[train]]"


def _divided(outline: Outline) -> str:
    recipe, found = outline.recipe, pieces("data")
    plain = "" if outline.schema.kind == "classification" else "_plain"
    if recipe.validation and recipe.test:
        values = {
            "SHARE": number(recipe.validation),
            "BOTH": number(round(recipe.validation + recipe.test, 12)),
        }
        return filled(found[f"divided_three{plain}"], **values)
    part, more = ("validation", "validate") if recipe.validation else ("test", "are kept")
    share = number(recipe.validation or recipe.test)
    return filled(found[f"divided{plain}"], SHARE=share, PART=part, MORE=more)

"""The experiment as a network from nothing: every formula written out, in NumPy alone."""

from __future__ import annotations

from typing import Final

from shoal.errors import InputError
from shoal.experiments.programs.arrays_part import (
    SLOTS,
    rate_lines,
    rate_of,
    report_block,
    reporting,
    reports_class,
    restraint_constants,
    training_constants,
    watches,
)
from shoal.experiments.programs.chain_rule import (
    backward_function,
    forward_function,
    losses_function,
    smoothed_line,
)
from shoal.experiments.programs.data_part import data_part, is_scaled_target
from shoal.experiments.programs.figures_part import figure_pieces
from shoal.experiments.programs.main_part import main_function
from shoal.experiments.programs.outline import ORACLES, Outline
from shoal.experiments.programs.source import Source
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, number
from shoal.experiments.programs.unrolled import (
    NUMPY,
    draws_in_training,
    initial_lines,
    parameter_names,
)

EXPRESSED: Final = frozenset(
    {
        "preprocess", "training.schedule", "training.regularization", "training.clip_norm",
        "training.clip_value", "training.class_weight", "training.stop", "training.report_every",
        "training.restore_best", "training.frozen",
    }
)  # fmt: skip
"""Settings that are written out, beside those that every program has."""


def write(outline: Outline) -> Source:
    """Return the program in its parts.

    Raises:
        InputError: a learning rule that is not a few lines of NumPy.
    """
    rows = data_part(outline)
    source = Source(imports=_imports(outline, rows.imports))
    dtype = f"DTYPE = np.{outline.training.dtype}"
    source.constants = [
        *training_constants(outline), *restraint_constants(outline), dtype, *rows.constants,
    ]  # fmt: skip
    source.expressed = EXPRESSED
    source.functions = [
        *rows.functions, *_network(outline), *_learning(outline), *figure_functions(outline),
        train_function(outline), main_function(outline, rows, start_of(outline), _random(outline)),
    ]  # fmt: skip
    return source


def is_oracle(outline: Outline) -> bool:
    """Return whether the rule asks for losses."""
    return outline.optimizer.name in ORACLES


def _random(outline: Outline) -> str:
    return "rng" if draws_in_training(outline) else ""


def start_of(outline: Outline) -> str:
    if outline.data is None:
        return "initial(rng)"
    n = len(parameter_names(outline))
    return f'[given[f"start_{{k}}"] for k in range({n})]'


def _imports(outline: Outline, others: tuple[str, ...]) -> list[str]:
    needs = {need for layer in outline.layers for need in NUMPY[layer.activation].needs}
    names = set(others)
    names |= {"import math"} if "math" in needs or "normal" in needs else set()
    names |= {"import math"} if any(name == "cosine" for name, _, _ in outline.stages) else set()
    names |= {"import time"} if outline.seconds is not None else set()
    return [*sorted(names), "import numpy as np"]


def _network(outline: Outline) -> list[str]:
    """Return the activations, the first weights, and the way forward."""
    found = pieces("numpy")
    needed: dict[str, None] = {}
    for layer in outline.layers:
        needed |= dict.fromkeys(NUMPY[layer.activation].needs)
    functions = [found[name] for name in needed if name in found]
    if outline.data is None:
        lines = ",\n".join(initial_lines(outline))
        functions.append(filled(found["initial"], LINES=f"{lines},"))
    functions.append(forward_function(outline))
    return [*functions, losses_function(outline)]


def _learning(outline: Outline) -> list[str]:
    """Return what turns the rows of a batch into new parameters."""
    functions = []
    if outline.stages:
        lines = rate_lines(outline, cos="math.cos", pi="math.pi", least="min")
        functions.append(filled(pieces("numpy")["rate"], LINES="\n".join(lines)))
    if is_oracle(outline):
        return [*functions, *_asking(outline)]
    functions.append(backward_function(outline))
    rule, found = outline.optimizer.name, pieces("rules")
    flags = {"rates"} if outline.stages or outline.reductions else set()
    if rule in SLOTS:
        functions.append(filled(found[rule], flags, XP="np"))
    elif rule not in ("sgd", "perceptron"):
        raise no_rule(rule, "NumPy")
    if outline.per_layer("max_norm"):
        functions.append(filled(pieces("numpy")["limited"], LIMITS=limits_of(outline)))
    return [*functions, *frozen_functions(outline, "np"), _step(outline)]


def frozen_functions(outline: Outline, xp: str) -> list[str]:
    """Return what keeps frozen weights as they are, if there are any."""
    if not outline.training.frozen:
        return []
    lines = [f"moves[{place}].flat[{low}:{high}] = False" for place, low, high in outline.frozen()]
    return [filled(pieces("numpy")["frozen"], LINES="\n".join(lines), XP=xp)]


def no_rule(rule: str, library: str) -> InputError:
    """Return the error for a learning rule that is not written for a library."""
    can = "python" if rule == "python" else "python or pytorch" if rule == "lbfgs" else "numpy"
    can = "numpy, jax or pytorch" if rule == "perceptron" else can
    can = "python, numpy, jax or pytorch" if rule == "perceptron" else can
    return InputError(
        f"code: the optimizer {rule} is not written for {library}. It is for --to {can}.",
        code="T103",
    )


def _asking(outline: Outline) -> list[str]:
    """Return a rule that asks for losses, and what it asks."""
    regular = outline.training.regularization
    if outline.per_layer("dropout") or regular.input_noise:
        raise InputError(
            f"code: the optimizer {outline.optimizer.name} with dropout or noise is not written "
            "for NumPy. It is for --to python.",
            code="T103",
        )
    if outline.training.frozen:
        raise InputError(
            f"code: the optimizer {outline.optimizer.name} with frozen weights is not written for "
            "NumPy. It is for --to python.",
            code="T103",
        )
    name = outline.optimizer.name
    flags = {"elitist"} if getattr(outline.optimizer, "elitist", False) else set()
    functions = [_objective(outline), filled(pieces("rules")[name], flags)]
    if outline.per_layer("max_norm"):
        functions.insert(0, filled(pieces("numpy")["limited"], LIMITS=limits_of(outline)))
    return functions


def _objective(outline: Outline) -> str:
    first = "loss.mean()" if outline.training.reduction == "mean" else "loss.sum()"
    lines, names = [], parameter_names(outline)
    for key, term in (("l1", "{f} * np.abs({w}).sum()"), ("l2", "{f} / 2 * ({w} ** 2).sum()")):
        for k, factor in enumerate(outline.per_layer(key), 1):
            if factor:
                place = f"parameters[{names.index(f'w{k}')}]"
                lines.append(f"total += {term.format(f=number(factor), w=place)}")
    lines = [f"total = {first}", *lines, "return total"] if lines else [f"return {first}"]
    flags = {"emphasis"} if outline.has_emphasis else set()
    return filled(
        pieces("numpy")["objective"],
        flags,
        SMOOTHED=smoothed_line(outline),
        OBJECTIVE="\n".join(lines),
    )


def limits_of(outline: Outline) -> str:
    names, limits = parameter_names(outline), outline.per_layer("max_norm")
    pairs = [
        f"({names.index(f'w{k}')}, {number(most)})" for k, most in enumerate(limits, 1) if most
    ]
    return f"[{', '.join(pairs)}]"


def _step(outline: Outline) -> str:
    training, rule = outline.training, outline.optimizer.name
    flags = {
        "slots": rule in SLOTS,
        "rng": draws_in_training(outline),
        "clip_value": training.clip_value is not None,
        "clip_norm": training.clip_norm is not None,
        "weight_decay": training.regularization.weight_decay > 0,
        "max_norm": bool(outline.per_layer("max_norm")),
        "frozen": bool(outline.training.frozen),
    }
    return filled(
        pieces("numpy")["take_step"], [name for name, holds in flags.items() if holds],
        PAIRS=pairs_line(rule) if rule in SLOTS else "",
    )  # fmt: skip


def pairs_line(rule: str, rate: str = "rate") -> str:
    """Return the line that applies a rule to every parameter."""
    call = f"{rule}(w, g, s, step, {rate})"
    return f"pairs = [{call} for w, g, s in zip(parameters, gradients, slots)]"


def figure_functions(outline: Outline) -> list[str]:
    """Return what makes figures, what heeds them, and what cuts batches."""
    batches = []
    if not outline.is_full_batch:
        batches = [pieces("data")["batches" if is_nested(outline) else "all_batches"]]
    return [*figure_pieces(outline, "np"), *reports_class(outline, "parameters"), *batches]


def training_arguments(outline: Outline, source: str) -> list[str]:
    """Return the arguments of ``train``, the source of random numbers last."""
    arguments = ["parameters", "epochs"]
    arguments += ["validation"] if outline.has_validation else []
    arguments += ["unit"] if is_scaled_target(outline) else []
    return [*arguments, *([source] if source else [])]


def train_function(outline: Outline) -> str:
    arguments = training_arguments(outline, "rng" if draws_in_training(outline) else "")
    setup = []
    rule = outline.optimizer.name
    if rule in SLOTS:
        setup.append(f"slots = [{first_slots(rule)} for w in parameters]")
    if watches(outline):
        setup.append("reports = Reports()")
    if outline.seconds is not None:
        setup.append("began = time.perf_counter()")
    each = outline.is_full_batch and outline.reports_epochs
    flags = {
        "batches": not outline.is_full_batch, "before": outline.keeps_before, "each": each,
        "seconds": outline.seconds is not None, "limit": outline.is_limited,
    }  # fmt: skip
    piece = pieces("numpy")["train_nested" if is_nested(outline) else "train_flat"]
    return filled(
        piece, [name for name, holds in flags.items() if holds], ARGUMENTS=", ".join(arguments),
        SETUP="\n".join(setup), ADVANCE=_advance(outline), BLOCK=report_block(outline),
        REPORTING=reporting(outline), FINISH=finish(outline),
    )  # fmt: skip


def is_nested(outline: Outline) -> bool:
    """Return whether the loop over epochs holds one over batches."""
    plain = outline.seconds is None and not outline.keeps_before
    return outline.reports_epochs and not outline.is_full_batch and plain


def first_slots(rule: str) -> str:
    slots = SLOTS[rule]
    return f"({', '.join(slots)},)" if len(slots) == 1 else f"({', '.join(slots)})"


def _advance(outline: Outline) -> str:
    batch = "rows" if outline.is_full_batch else "batch"
    if outline.has_weights:
        batch = f"[*{batch}[:2], {batch}[3]]"
    rng = ", rng" if draws_in_training(outline) else ""
    rate = rate_of(outline) if outline.has_rate else ""
    rule = outline.optimizer.name
    if rule in SLOTS:
        call = f"take_step(parameters, slots, {batch}, step, {rate}{rng})"
        return f"parameters, slots = {call}"
    step = ", step" if rule == "annealing" else ""
    rate = f", {rate}" if rate else ""
    line = f"parameters = take_step(parameters, {batch}{step}{rate}{rng})"
    if is_oracle(outline) and outline.per_layer("max_norm"):
        return f"{line}\nparameters = limited(parameters)"
    return line


def finish(outline: Outline) -> str:
    """Return the end of ``train``: which parameters are delivered."""
    lines = []
    if outline.keeps_before:
        lines += ["if reports.reached:", "    parameters = before  # the last step is not taken"]
    if outline.training.restore_best:
        lines += ["if reports.kept is not None:", "    parameters = reports.kept"]
    return "\n".join([*lines, "return parameters, history"])

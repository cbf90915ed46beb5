"""The experiment in JAX: grad for the slopes, jit and scan for the loop, no other library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
from shoal.experiments.programs.chain_rule import smoothed_line
from shoal.experiments.programs.data_part import data_part, is_scaled_target
from shoal.experiments.programs.figures_part import figure_pieces
from shoal.experiments.programs.main_part import main_function
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.source import Source
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, number
from shoal.experiments.programs.to_numpy import (
    EXPRESSED,
    finish,
    first_slots,
    frozen_functions,
    is_nested,
    limits_of,
    no_rule,
    pairs_line,
    start_of,
    training_arguments,
)
from shoal.experiments.programs.unrolled import initial_lines, parameter_names, setting, unpacked
from shoal.network.worked.spelling import completed

ACTIVATIONS: Final[Mapping[str, str]] = completed(
    {
        "identity": "{z}",
        "step": "jnp.heaviside({z}, {p})",
        "sigmoid": "jax.nn.sigmoid({z})",
        "tanh": "jnp.tanh({z})",
        "relu": "jax.nn.relu({z})",
        "leaky_relu": "jax.nn.leaky_relu({z}, {p})",
        "elu": "jax.nn.elu({z}, {p})",
        "gelu": "jax.nn.gelu({z}, approximate=False)",
        "silu": "jax.nn.silu({z})",
        "softplus": "jax.nn.softplus({z})",
        "exponential": "jnp.exp({z})",
        "softmax": "jax.nn.softmax({z})",
    },
    "jax",
    z="{z}",
)
LOSSES: Final[Mapping[str, tuple[str, str]]] = {
    "binary_crossentropy": ("binary cross-entropy", "jax.nn.softplus(z) - y * z"),
    "categorical_crossentropy": ("categorical cross-entropy", "-(y * jax.nn.log_softmax(z))"),
    "squared_error": ("squared error", "(a - y) ** 2"),
    "absolute_error": ("absolute error", "jnp.abs(a - y)"),
    "huber": ("Huber's, squared near the target", ""),
    "hinge": ("hinge, with labels 0 and 1 as -1 and 1", "jax.nn.relu(1 - (2 * y - 1) * a)"),
    "poisson": ("Poisson's, without what no weight changes", "a - y * z"),
}


def write(outline: Outline) -> Source:
    """Return the program in its parts.

    Raises:
        InputError: a learning rule that asks for losses.
    """
    rule = outline.optimizer.name
    if rule not in SLOTS and rule not in ("sgd", "perceptron"):
        raise no_rule(rule, "JAX")
    rows = data_part(outline)
    plain = {"import math"} if any(name == "cosine" for name, _, _ in outline.stages) else set()
    plain |= {"import time"} if outline.seconds is not None else set()
    imports = [*rows.imports, *plain, "import jax", "import jax.numpy as jnp", "import numpy as np"]
    double = outline.training.dtype == "float64"
    return Source(
        imports=imports,
        constants=[
            *(['jax.config.update("jax_enable_x64", True)\n'] if double else []),
            *training_constants(outline), *restraint_constants(outline),
            f"DTYPE = np.{outline.training.dtype}", *rows.constants,
        ],
        functions=[
            *rows.functions, *_network(outline), *_learning(outline), *_reporting(outline),
            _training(outline), main_function(outline, rows, start_of(outline), _random(outline)),
        ],
        expressed=EXPRESSED,
    )  # fmt: skip


def _random(outline: Outline) -> str:
    return "jax.random.key(SEED)" if _draws(outline) else ""


def _draws(outline: Outline) -> bool:
    return bool(outline.per_layer("dropout") or outline.training.regularization.input_noise)


def _network(outline: Outline) -> list[str]:
    functions: list[str] = []
    if outline.data is None:
        first = ",\n".join(initial_lines(outline))
        functions.append(filled(pieces("numpy")["initial"], LINES=f"{first},"))
    kept = outline.per_layer("dropout")
    if kept:
        functions.append(pieces("jax")["dropped"])
    before, lines = "x", [unpacked(parameter_names(outline), "parameters")]
    for k, layer in enumerate(outline.layers, 1):
        sums = f"{before} @ w{k}" + (f" + b{k}" if layer.bias else "")
        if k == len(outline.layers):
            lines.append(f"z = {sums}")
            break
        value = ACTIVATIONS[layer.activation]
        if value.count("{z}") > 1 or "=" in value:
            lines.append(f"z = {sums}")
            sums = "z"
        text = value.format(z=sums, p=setting(layer))
        if kept and kept[k - 1]:
            text = f"dropped({text}, {number(kept[k - 1])}, key, {k})"
        lines.append(f"a = {text}")
        before = "a"
    last = ACTIVATIONS[outline.last.activation].format(z="z", p=setting(outline.last))
    flags = {"masks"} if kept else set()
    functions.append(filled(pieces("jax")["forward"], flags, LINES="\n".join(lines), LAST=last))
    return [*functions, _losses(outline)]


def _losses(outline: Outline) -> str:
    words, each = LOSSES[outline.loss]
    unit = is_scaled_target(outline)
    if outline.loss == "categorical_crossentropy":
        lines = [f"return {each}.sum(axis=1)"]
    elif outline.loss == "huber":
        lines = [
            "e = jnp.abs(a - y)",
            "each = jnp.where(e <= DELTA, e * e / 2, DELTA * (e - DELTA / 2))",
            f"return {'(each * unit**2)' if unit else 'each'}.mean(axis=1)",
        ]
    else:
        scale = {"squared_error": " * unit**2", "absolute_error": " * unit"}.get(outline.loss, "")
        lines = [f"return ({each}{scale if unit else ''}).mean(axis=1)"]
    piece = pieces("numpy")["losses_unit" if unit else "loss"]
    return filled(piece, LOSS=words, LINES="\n".join(lines))


def _flags(outline: Outline) -> set[str]:
    training, rule = outline.training, outline.optimizer.name
    flags = {
        "slots": rule in SLOTS,
        "steps": rule in SLOTS,
        "rates": bool(outline.stages or outline.reductions),
        "perceptron": rule == "perceptron",
        "key": _draws(outline),
        "masks": bool(outline.per_layer("dropout")),
        "noise": training.regularization.input_noise > 0,
        "emphasis": outline.has_emphasis,
        "mean": training.reduction == "mean",
        "bias": outline.last.bias,
        "clip_value": training.clip_value is not None,
        "clip_norm": training.clip_norm is not None,
        "weight_decay": training.regularization.weight_decay > 0,
        "max_norm": bool(outline.per_layer("max_norm")),
        "flat": not is_nested(outline),
        "frozen": bool(outline.training.frozen),
    }
    return {name for name, holds in flags.items() if holds}


def _learning(outline: Outline) -> list[str]:
    found, flags, functions = pieces("jax"), _flags(outline), []
    rule = outline.optimizer.name
    if outline.stages:
        lines = rate_lines(outline, cos="math.cos", pi="math.pi", least="min")
        functions.append(filled(pieces("numpy")["rate"], LINES="\n".join(lines)))
    if rule == "perceptron":
        functions.append(filled(found["perceptron"], flags))
    else:
        functions.append(_objective(outline, flags))
    if rule in SLOTS:
        functions.append(filled(pieces("rules")[rule], flags, XP="jnp"))
    if "max_norm" in flags:
        limited = filled(pieces("numpy")["limited"], LIMITS=limits_of(outline))
        functions.append(limited.replace("np.", "jnp."))
    functions += frozen_functions(outline, "jnp")
    rate = ", rate" if "rates" in flags else ""
    key = ", key" if "key" in flags else ""
    now = "rate" if rate else "LEARNING_RATE"
    pairs = pairs_line(rule, now) if rule in SLOTS else ""
    functions.append(filled(found["take_step"], flags, RATEKEY=rate + key, NOW=now, PAIRS=pairs))
    if "flat" not in flags:
        more = (", rates" if rate else "") + (", keys" if key else "")
        text = filled(found["run"], flags, RATESKEYS=more, RATESKEYSCOMMA=more or ",")
        functions += [text, found["stacked"]]
    return functions


def _objective(outline: Outline, flags: set[str]) -> str:
    first = "loss.mean()" if "mean" in flags else "loss.sum()"
    lines, names = [], parameter_names(outline)
    for key, term in (("l1", "{f} * jnp.abs({w}).sum()"), ("l2", "{f} / 2 * ({w} ** 2).sum()")):
        for k, factor in enumerate(outline.per_layer(key), 1):
            if factor:
                place = f"parameters[{names.index(f'w{k}')}]"
                lines.append(f"total += {term.format(f=number(factor), w=place)}")
    lines = [f"total = {first}", *lines, "return total"] if lines else [f"return {first}"]
    mask_key = ", key" if "masks" in flags else ""
    return filled(
        pieces("jax")["objective"], flags, SMOOTHED=smoothed_line(outline), MASKKEY=mask_key,
        OBJECTIVE="\n".join(lines),
    )  # fmt: skip


def _reporting(outline: Outline) -> list[str]:
    measure, report = figure_pieces(outline, "jnp")
    measure = f"@jax.jit\n{measure}".replace(
        "forward(parameters, x)[-2:]", "forward(parameters, x)"
    )
    batches = []
    if not outline.is_full_batch and not is_nested(outline):
        batches = [pieces("data")["all_batches"]]
    return [measure, report, *reports_class(outline, "parameters"), *batches]


def _training(outline: Outline) -> str:
    flags = _flags(outline)
    arguments = training_arguments(outline, "key" if "key" in flags else "")
    setup = []
    if "slots" in flags:
        slots = first_slots(outline.optimizer.name).replace("np.", "jnp.")
        setup.append(f"slots = [{slots} for w in parameters]")
    setup += ["reports = Reports()"] if watches(outline) else []
    setup += ["began = time.perf_counter()"] if outline.seconds is not None else []
    if is_nested(outline):
        columns = "[*rows[:2], rows[3]]" if outline.has_weights else "rows"
        return filled(
            pieces("jax")["train_nested"], flags, ARGUMENTS=", ".join(arguments),
            SETUP="\n".join(setup), ADVANCE=_advance(outline, flags), BLOCK=report_block(outline),
            FINISH=finish(outline), COLUMNS=columns, RATEOF=rate_of(outline),
        )  # fmt: skip
    flags |= {"batches"} if not outline.is_full_batch else set()
    flags |= {"before"} if outline.keeps_before else set()
    flags |= {"each"} if outline.is_full_batch and outline.reports_epochs else set()
    flags |= {"seconds"} if outline.seconds is not None else set()
    flags |= {"limit"} if outline.is_limited else set()
    return filled(
        pieces("numpy")["train_flat"], flags, ARGUMENTS=", ".join(arguments),
        SETUP="\n".join(setup), ADVANCE=_advance_flat(outline, flags), BLOCK=report_block(outline),
        REPORTING=reporting(outline), FINISH=finish(outline),
    )  # fmt: skip


def _advance(outline: Outline, flags: set[str]) -> str:
    more = (", rates" if "rates" in flags else "") + (", keys" if "key" in flags else "")
    if "slots" in flags:
        return f"parameters, slots = run(parameters, slots, batches, steps{more})"
    return f"parameters = run(parameters, batches{more})"


def _advance_flat(outline: Outline, flags: set[str]) -> str:
    batch = "rows" if outline.is_full_batch else "batch"
    batch = f"[*{batch}[:2], {batch}[3]]" if outline.has_weights else batch
    rate = f", {rate_of(outline)}" if "rates" in flags else ""
    key = ", jax.random.fold_in(key, step)" if "key" in flags else ""
    if "slots" in flags:
        return f"parameters, slots = take_step(parameters, slots, {batch}, step{rate}{key})"
    return f"parameters = take_step(parameters, {batch}{rate}{key})"

"""The experiment in Keras 3: Sequential, compile and fit, with callbacks where they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shoal.errors import InputError
from shoal.experiments.programs.arrays_part import (
    rate_lines,
    restraint_constants,
    training_constants,
)
from shoal.experiments.programs.data_part import data_part, is_scaled_target
from shoal.experiments.programs.main_part import END
from shoal.experiments.programs.outline import Outline, Watched
from shoal.experiments.programs.source import Source
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, number
from shoal.experiments.programs.to_numpy import no_rule
from shoal.experiments.programs.unrolled import setting
from shoal.network.initializers import Constant, Initializer, Normal, Scaled, Uniform, Zeros
from shoal.network.worked.spelling import completed
from shoal.training import Divergence, NAdam, Plateau, ReduceOnPlateau, Target, goes_up

LAYERS: Final[Mapping[str, str]] = {
    "leaky_relu": "LeakyReLU(negative_slope={p})",
    "elu": "ELU(alpha={p})",
}
"""Activations that are a layer of their own, for their setting."""
NAMES: Final[Mapping[str, str]] = {
    name: f"lambda z: {told}" for name, told in completed({}, "keras").items()
} | {
    name: f'"{name}"'
    for name in (
        "step", "sigmoid", "tanh", "relu", "gelu", "silu", "softplus", "exponential", "softmax",
    )
}  # fmt: skip
"""The others by the names that Keras has, or as a function."""
LOSSES: Final[Mapping[str, tuple[str, str]]] = {
    "binary_crossentropy": ("BinaryCrossentropy({})", "binary_crossentropy"),
    "categorical_crossentropy": ("CategoricalCrossentropy({})", "categorical_crossentropy"),
    "squared_error": ("MeanSquaredError({})", "mean_squared_error"),
    "absolute_error": ("MeanAbsoluteError({})", "mean_absolute_error"),
    "huber": ("Huber({})", "huber"),
    "hinge": ("Hinge({})", "hinge"),
    "poisson": ("Poisson({})", "poisson"),
}
OPTIMIZERS: Final[Mapping[str, tuple[str, str]]] = {
    "sgd": ("keras.optimizers.SGD", "{rate}"),
    "momentum": ("keras.optimizers.SGD", "{rate}, momentum=MOMENTUM"),
    "nesterov": ("keras.optimizers.SGD", "{rate}, momentum=MOMENTUM, nesterov=True"),
    "adagrad": (
        "keras.optimizers.Adagrad", "{rate}, initial_accumulator_value=INITIAL, epsilon=EPSILON**2"
    ),
    "rmsprop": ("keras.optimizers.RMSprop", "{rate}, rho=RHO, epsilon=EPSILON**2"),
    "adam": ("keras.optimizers.Adam", "{rate}, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON"),
    "adamw": (
        "keras.optimizers.AdamW",
        "{rate}, WEIGHT_DECAY, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON",
    ),
    "amsgrad": (
        "keras.optimizers.Adam",
        "{rate}, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON, amsgrad=True",
    ),
    "nadam": ("NAdam", "{rate}"),
    "rprop": ("Rprop", "{rate}"),
    "lion": (
        "keras.optimizers.Lion",
        "{rate}, beta_1=BETA_1, beta_2=BETA_2, weight_decay=WEIGHT_DECAY",
    ),
}  # fmt: skip
"""Rules of Keras, and those that are written out: the class, and its arguments."""
EPSILONS: Final = {
    "adagrad": "Keras has epsilon inside the root: its square stands there.",
    "rmsprop": "Keras has epsilon inside the root: its square stands there.",
    "adam": "Keras adds epsilon before the mean of squares is corrected, shoal after.",
    "adamw": "Keras adds epsilon before the mean of squares is corrected, shoal after.",
    "amsgrad": "Keras adds epsilon before the mean of squares is corrected, shoal after.",
}
MANY_EPOCHS: Final = 200
"""Of which Keras need not tell one by one."""


def write(outline: Outline) -> Source:
    """Return the program in its parts.

    Raises:
        InputError: a learning rule, or a layer, that Keras does not train.
    """
    if outline.optimizer.name not in OPTIMIZERS:
        raise no_rule(outline.optimizer.name, "Keras")
    if any(layer.activation == "step" for layer in outline.layers):
        raise InputError(
            'code: "step" has no slope, so Keras cannot train it. Use --to numpy.', code="T103"
        )
    rows = data_part(outline, units=False)
    plain = {"import math"} if any(name == "cosine" for name, _, _ in outline.stages) else set()
    plain |= {"import time"} if outline.seconds is not None else set()
    imports = [*rows.imports, *plain, "import keras", "import numpy as np", "from keras import ops"]
    double = outline.training.dtype == "float64"
    constants = [
        *(['keras.config.set_floatx("float64")\n'] if double else []),
        *training_constants(outline), *restraint_constants(outline),
        f"DTYPE = np.{outline.training.dtype}", *rows.constants,
    ]  # fmt: skip
    drawn = [each for each in rows.functions if "def epochs(rows" not in each]
    functions = [
        *drawn, *_rules(outline), _build(outline), *_watching(outline),
        _filled("figures", outline), _train(outline), _main(outline),
    ]  # fmt: skip
    return Source(
        imports=imports,
        constants=_needed(constants, functions),
        functions=functions,
        notes=_notes(outline),
        expressed=_expressed(outline),
    )


def _needed(constants: list[str], functions: list[str]) -> list[str]:
    """Return the constants without those that stand as numbers in layers."""
    body = "\n".join(functions)
    names = [line.partition(" = ")[0] for line in constants]
    return [
        line
        for line, name in zip(constants, names, strict=True)
        if name not in ("INPUT_NOISE", "STEPS") or name in body
    ]


def _expressed(outline: Outline) -> frozenset[str]:
    training = outline.training
    keys = {
        "preprocess", "training.regularization.l1", "training.regularization.l2",
        "training.regularization.dropout", "training.regularization.input_noise",
        "training.regularization.max_norm", "training.clip_norm", "training.class_weight",
        "training.stop", "training.restore_best", "training.schedule",
    }  # fmt: skip
    if training.clip_norm is None:
        keys.add("training.clip_value")
    if outline.optimizer.name not in ("adamw", "lion"):
        keys.add("training.regularization.weight_decay")
    if "crossentropy" in outline.loss:
        keys.add("training.regularization.label_smoothing")
    if outline.report_every == outline.steps_per_epoch or not _watches(outline):
        keys.add("training.report_every")
    return frozenset(keys)


def _notes(outline: Outline) -> list[str]:
    rule = outline.optimizer.name
    notes = [
        "The loss that fit reports is a mean over the epoch while the weights move; the figures "
        "at the end, and shoal's, are of the weights as they are then."
    ]
    notes += [EPSILONS[rule]] if rule in EPSILONS else []
    if outline.loss.endswith("crossentropy"):
        notes.append("Keras holds probabilities 1e-7 away from 0 and 1 in the loss.")
    if rule in ("momentum", "nesterov") and (outline.stages or outline.reductions):
        notes.append("Keras's momentum holds the learning rates of the steps that made it.")
    if outline.stages and outline.reductions:
        notes.append("The schedule reduce_on_plateau is left out: it would replace the other.")
    if outline.keeps_before:
        notes.append("The weights that reached the target are kept, not those of the step before.")
    if is_scaled_target(outline):
        notes.append("Figures are in units of the scaled target.")
    if outline.schema.kind == "multilabel":
        notes.append(
            "Accuracy counts each label by itself; shoal counts rows with all labels right."
        )
    return notes


def _watches(outline: Outline) -> bool:
    return bool(outline.stops or outline.reductions or outline.training.restore_best)


def _is_paced(outline: Outline) -> bool:
    """Return whether rows come epoch by epoch."""
    return outline.is_stream or (outline.data is not None and not outline.is_full_batch)


def _is_plain(outline: Outline) -> bool:
    """Return whether a loss without penalties, weights and sums must be measured beside."""
    regular, training = outline.training.regularization, outline.training
    penalties = bool(outline.per_layer("l1") or outline.per_layer("l2"))
    summed = training.reduction == "sum"
    return penalties or summed or outline.has_weights or regular.label_smoothing > 0


def _flags(outline: Outline) -> set[str]:
    flags = {
        "paced": _is_paced(outline),
        "full": outline.is_full_batch and not _is_paced(outline),
        "validation": outline.has_validation,
        "weights": outline.has_weights,
        "emphasis": outline.has_emphasis,
        "plain": _is_plain(outline),
        "steps": outline.is_limited,
        "seconds": outline.seconds is not None,
        "watch": bool(_endings(outline)),
    }
    return {name for name, holds in flags.items() if holds}


def _filled(name: str, outline: Outline, **values: str) -> str:
    return filled(pieces("keras")[name], _flags(outline), **values)


def _rules(outline: Outline) -> list[str]:
    """Return what Keras has not: a schedule of several, and two learning rules."""
    found, functions = pieces("keras"), []
    if outline.stages:
        lines = rate_lines(outline, cos="ops.cos", pi="math.pi", least="ops.minimum")
        functions.append(filled(found["rate"], LINES="\n".join(lines)))
    if outline.optimizer.name in ("rprop", "nadam"):
        functions.append(found[outline.optimizer.name])
    return functions


def _build(outline: Outline) -> str:
    regular = outline.training.regularization
    lines = [f"keras.Input(({outline.sizes[0]},)),"]
    if regular.input_noise:
        lines.append(f"keras.layers.GaussianNoise({number(regular.input_noise)}),")
    kept = outline.per_layer("dropout")
    for k in range(len(outline.layers)):
        lines += _layer(outline, k)
        if kept and kept[k]:
            lines.append(f"keras.layers.Dropout({number(kept[k])}),")
    weighted = "weighted_metrics" if outline.has_weights else "metrics"
    return _filled(
        "build", outline, LAYERS="\n".join(lines), OPTIMIZER="\n".join(_optimizer(outline)),
        LOSS=_loss(outline), METRICS=f"{weighted}=[{', '.join(_metrics(outline))}],",
    )  # fmt: skip


def _layer(outline: Outline, k: int) -> list[str]:
    layer = outline.layers[k]
    first = [str(layer.units)]
    own = layer.activation in LAYERS
    if not own and layer.activation != "identity":
        first.append(NAMES[layer.activation])
    more = [] if layer.bias else ["use_bias=False"]
    initializer = outline.initializer(k)
    if initializer != Scaled("glorot_uniform"):
        more.append(f"kernel_initializer={_begin(initializer)}")
    bias = outline.network.bias_initializer
    if layer.bias and bias != Zeros():
        more.append(f"bias_initializer={_begin(bias)}")
    l1, l2 = outline.per_layer("l1"), outline.per_layer("l2")
    penalties = [f"l1={number(l1[k])}"] if l1 and l1[k] else []
    penalties += [f"l2={number(l2[k])} / 2"] if l2 and l2[k] else []
    if penalties:
        more.append(f"kernel_regularizer=keras.regularizers.L1L2({', '.join(penalties)})")
    most = outline.per_layer("max_norm")
    if most and most[k]:
        more.append(f"kernel_constraint=keras.constraints.MaxNorm({number(most[k])})")
    lines = [f"keras.layers.Dense({', '.join([*first, *more])}),"]
    if own:
        lines.append(f"keras.layers.{LAYERS[layer.activation].format(p=setting(layer))},")
    return lines


def _begin(initializer: Initializer) -> str:
    if isinstance(initializer, Zeros):
        return '"zeros"'
    module = "keras.initializers"
    if isinstance(initializer, Constant):
        return f"{module}.Constant({number(float(initializer.value))})"
    if isinstance(initializer, Uniform):
        return f"{module}.RandomUniform({number(initializer.low)}, {number(initializer.high)})"
    if isinstance(initializer, Normal):
        return f"{module}.RandomNormal({number(initializer.mean)}, {number(initializer.stddev)})"
    family, _, kind = initializer.name.partition("_")
    if kind == "uniform":
        return f'"{initializer.name}"'
    scale = {"glorot": "1", "he": "2", "lecun": "1"}[family]
    mode = "fan_avg" if family == "glorot" else "fan_in"
    # Keras cuts normal distributions off at two standard deviations unless told otherwise
    return f'{module}.VarianceScaling({scale}, "{mode}", "untruncated_normal")'


def _optimizer(outline: Outline) -> list[str]:
    training = outline.training
    name, arguments = OPTIMIZERS[outline.optimizer.name]
    if isinstance(outline.optimizer, NAdam) and outline.optimizer.name != "nadam":
        name = "keras.optimizers.Nadam"
    arguments = arguments.format(rate="Rate()" if outline.stages else "LEARNING_RATE")
    if training.clip_norm is not None:
        arguments += ", global_clipnorm=CLIP_NORM"
    elif training.clip_value is not None:
        arguments += ", clipvalue=CLIP_VALUE"
    decays = training.regularization.weight_decay and outline.optimizer.name not in (
        "adamw", "lion",
    )  # fmt: skip
    arguments += ", weight_decay=DECAY" if decays else ""
    lines = [f"optimizer = {name}({arguments})"]
    if decays:
        lines.append('optimizer.exclude_from_weight_decay(var_names=["bias"])')
    return lines


def _loss(outline: Outline) -> str:
    arguments = []
    if outline.loss == "huber":
        arguments.append("delta=DELTA")
    smoothing = outline.training.regularization.label_smoothing
    if smoothing and "crossentropy" in outline.loss:
        arguments.append("label_smoothing=LABEL_SMOOTHING")
    if outline.training.reduction == "sum":
        arguments.append('reduction="sum"')
    return f"keras.losses.{LOSSES[outline.loss][0].format(', '.join(arguments))}"


def _metrics(outline: Outline) -> list[str]:
    if outline.schema.is_regression:
        metrics = [
            'keras.metrics.MeanAbsoluteError("mean_absolute_error")',
            'keras.metrics.R2Score(name="r2")',
        ]
    elif outline.is_argmax:
        metrics = ['keras.metrics.CategoricalAccuracy("accuracy")']
    else:
        threshold = number(outline.threshold)
        metrics = [f'keras.metrics.BinaryAccuracy("accuracy", threshold={threshold})']
    if _is_plain(outline):
        function = f"keras.losses.{LOSSES[outline.loss][1]}"
        if outline.loss == "huber":
            function = "lambda y, a: keras.losses.huber(y, a, DELTA)"
        metrics.append(f'keras.metrics.MeanMetricWrapper({function}, "plain_loss")')
    return metrics


def monitor(outline: Outline, figure: str) -> str:
    """Return what Keras calls a figure of a report."""
    part, _, name = figure.partition("_")
    if part == "train":
        return figure
    return f"val_plain_{name}" if name == "loss" and _is_plain(outline) else f"val_{name}"


def _endings(outline: Outline) -> list[str]:
    """Return the conditions of targets and divergence."""
    found = []
    for each in outline.stops:
        name = monitor(outline, each.figure)
        if isinstance(each.rule, Target):
            sign = "<=" if each.rule.above is None else ">="
            found.append(f'logs["{name}"] {sign} {number(each.rule.level)}')
        elif isinstance(each.rule, Divergence):
            found.append(f'not logs["{name}"] < {number(each.rule.above)}')
    return found


def _watching(outline: Outline) -> list[str]:
    """Return the callbacks that Keras has not."""
    functions = (
        [_filled("Epochs", outline, COLUMNS=_columns(outline))] if _is_paced(outline) else []
    )
    if _asks_for_training(outline):
        functions.append(_filled("TrainFigures", outline))
    if outline.is_limited or outline.seconds is not None or _endings(outline):
        functions.append(_filled("Stop", outline, ENDING=" or ".join(_endings(outline))))
    return functions


def _columns(outline: Outline) -> str:
    if outline.has_weights:
        return "[*self.rows[:2], self.rows[3]]"
    return "self.rows"


def _asks_for_training(outline: Outline) -> bool:
    figures = [each.figure for each in (*outline.stops, *_reductions(outline))]
    best = outline.training.restore_best
    return any(name.startswith("train_") for name in [*figures, *([best] if best else [])])


def _reductions(outline: Outline) -> tuple[Watched, ...]:
    return () if outline.stages else outline.reductions


def _callbacks(outline: Outline) -> list[str]:
    callbacks = ["TrainFigures(rows)"] if _asks_for_training(outline) else []
    if outline.is_limited or outline.seconds is not None or _endings(outline):
        callbacks.append("Stop()")
    best, is_kept = outline.training.restore_best, False
    for each in outline.stops:
        if isinstance(each.rule, Plateau):
            keeps = each.figure == best and each.rule.gain == 0
            is_kept = is_kept or keeps
            callbacks.append(_early_stopping(outline, each.figure, each.rule, keeps=keeps))
    callbacks += [
        _reducing(outline, each.figure, each.rule)
        for each in _reductions(outline)
        if isinstance(each.rule, ReduceOnPlateau)
    ]
    if best and not is_kept:
        callbacks.append(_early_stopping(outline, best, None, keeps=True))
    if _is_paced(outline):
        callbacks.append("keras.callbacks.LambdaCallback(on_epoch_end=rows.go_on)")
    return callbacks


def _early_stopping(outline: Outline, figure: str, rule: Plateau | None, *, keeps: bool) -> str:
    """Return the callback; without a rule it only keeps the best weights, and never stops."""
    arguments = [f'"{monitor(outline, figure)}"']
    if rule is not None and rule.gain:
        arguments.append(f"min_delta={number(rule.gain)}")
    arguments.append(f"patience={'EPOCHS' if rule is None else rule.patience}")
    arguments.append(f'mode="{"max" if goes_up(figure) else "min"}"')
    arguments += ["restore_best_weights=True"] if keeps else []
    return f"keras.callbacks.EarlyStopping({', '.join(arguments)})"


def _reducing(outline: Outline, figure: str, rule: ReduceOnPlateau) -> str:
    arguments = [
        f'"{monitor(outline, figure)}"', f"factor={number(rule.factor)}",
        f"patience={rule.patience}", f'mode="{"max" if goes_up(figure) else "min"}"',
        f"min_delta={number(rule.gain)}",
        f"min_lr={f'{number(rule.least)} * LEARNING_RATE' if rule.least else '0'}",
    ]  # fmt: skip
    return f"keras.callbacks.ReduceLROnPlateau({', '.join(arguments)})"


def _train(outline: Outline) -> str:
    callbacks = _callbacks(outline)
    lines = f"callbacks=[{', '.join(callbacks)}]," if callbacks else ""
    verbose = "2" if outline.training.epochs <= MANY_EPOCHS else "0"
    return _filled("train", outline, CALLBACKS=lines, VERBOSE=verbose)


def _main(outline: Outline) -> str:
    rows = data_part(outline, units=False)
    lines = []
    if outline.data is None:
        lines += ["rng = np.random.default_rng(SEED)", "keras.utils.set_random_seed(SEED)"]
    lines += [*rows.main, "model = build()"]
    if outline.data is not None:
        start = 'given[f"start_{k}"] for k in range(len(model.weights))'
        lines.append(f"model.set_weights([{start}])")
    given = "rows"
    if _is_paced(outline):
        lines.append(f"batches = Epochs({rows.epochs})")
        given = "batches"
    validation = ", validation" if outline.has_validation else ""
    lines.append(f"train(model, {given}{validation})")
    shown = "batches.rows" if _is_paced(outline) else "rows"
    parts = [f'"train": {shown}']
    parts += ['"validation": validation'] if outline.has_validation else []
    parts += ['"test": test'] if outline.has_test else []
    lines += [
        f"parts = {{{', '.join(parts)}}}",
        "for part, each in parts.items():",
        "    for name, value in figures(model, each).items():",
        '        print(f"{part}_{name} {value:.6g}")',
        "return model",
    ]
    body = "\n".join(f"    {line}" for line in lines)
    says = '"""Train one network, say how well it does, and return it."""'
    return f"def main():\n    {says}\n{body}\n\n\n{END}"

"""The experiment in PyTorch: nn.Sequential, an optimizer of torch.optim, and a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shoal.experiments.programs.arrays_part import (
    columns,
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
from shoal.experiments.programs.main_part import main_function
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.source import Source
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, number
from shoal.experiments.programs.to_numpy import EXPRESSED, is_nested, no_rule
from shoal.experiments.programs.unrolled import setting
from shoal.network.initializers import Constant, Initializer, Normal, Uniform, Zeros
from shoal.network.worked.activations import general
from shoal.network.worked.spelling import completed

MODULES: Final[Mapping[str, str]] = {
    "identity": "", "step": "Step()", "sigmoid": "nn.Sigmoid()", "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()", "leaky_relu": "nn.LeakyReLU({p})", "elu": "nn.ELU({p})",
    "gelu": "nn.GELU()", "silu": "nn.SiLU()", "softplus": "nn.Softplus()",
    "exponential": "Exp()", "softmax": "nn.Softmax(dim=1)",
}  # fmt: skip
OWN: Final[Mapping[str, str]] = {
    name: told for name, told in completed({}, "pytorch").items() if name not in MODULES
}
"""What PyTorch has no module for: each becomes a class of the program."""
INSIDE: Final[Mapping[str, tuple[str, str]]] = {
    "binary_crossentropy": ("nn.BCEWithLogitsLoss()", "torch.sigmoid(z)"),
    "categorical_crossentropy": ("nn.CrossEntropyLoss()", "torch.softmax(z, dim=1)"),
    "poisson": ("nn.PoissonNLLLoss()", "torch.exp(z)"),
}
"""Losses that take the weighted sums: the last activation is in them."""
PLAIN: Final[Mapping[str, str]] = {
    "squared_error": "nn.MSELoss()", "absolute_error": "nn.L1Loss()",
    "huber": "nn.HuberLoss(delta=DELTA)",
}  # fmt: skip
ROWS: Final[Mapping[str, str]] = {
    "binary_crossentropy": 'F.binary_cross_entropy_with_logits(z, y, reduction="none")',
    "categorical_crossentropy": 'F.cross_entropy(z, y, reduction="none")',
    "poisson": 'F.poisson_nll_loss(z, y, reduction="none")',
    "squared_error": "(z - y) ** 2",
    "absolute_error": "(z - y).abs()",
    "huber": 'F.huber_loss(z, y, reduction="none", delta=DELTA)',
    "hinge": "F.relu(1 - (2 * y - 1) * z)",
}
"""Every loss, output by output; z is what the network says, weighted sums for those inside."""
OPTIMIZERS: Final[Mapping[str, str]] = {
    "sgd": "torch.optim.SGD({w}, lr=LEARNING_RATE)",
    "perceptron": "torch.optim.SGD({w}, lr=LEARNING_RATE)",
    "momentum": "torch.optim.SGD({w}, lr=LEARNING_RATE, momentum=MOMENTUM)",
    "nesterov": "torch.optim.SGD({w}, lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True)",
    "adagrad": "torch.optim.Adagrad({w}, LEARNING_RATE, initial_accumulator_value=INITIAL, "
    "eps=EPSILON)",
    "rmsprop": "torch.optim.RMSprop({w}, lr=LEARNING_RATE, alpha=RHO, eps=EPSILON)",
    "adam": "torch.optim.Adam({w}, LEARNING_RATE, (BETA_1, BETA_2), eps=EPSILON)",
    "adamw": "torch.optim.AdamW({w}, LEARNING_RATE, (BETA_1, BETA_2), eps=EPSILON, "
    "weight_decay=WEIGHT_DECAY)",
    "nadam": "torch.optim.NAdam({w}, LEARNING_RATE, (BETA_1, BETA_2), eps=EPSILON, "
    "momentum_decay=MOMENTUM_DECAY)",
    "amsgrad": "torch.optim.Adam({w}, LEARNING_RATE, (BETA_1, BETA_2), eps=EPSILON, amsgrad=True)",
    "rprop": "torch.optim.Rprop({w}, LEARNING_RATE, (ETA_MINUS, ETA_PLUS), "
    "step_sizes=(LEAST, MOST))",
    "lion": "Lion({w}, LEARNING_RATE)",
    "lbfgs": "torch.optim.LBFGS({w}, LEARNING_RATE, max_iter=1, history_size=MEMORY)",
}
"""Every rule that PyTorch has, or that is a few lines."""
LOSS_WORDS: Final = {
    "binary_crossentropy": "binary cross-entropy", "poisson": "Poisson's",
    "categorical_crossentropy": "categorical cross-entropy", "squared_error": "squared error",
    "absolute_error": "absolute error", "huber": "Huber's", "hinge": "hinge",
}  # fmt: skip


def write(outline: Outline) -> Source:
    """Return the program in its parts.

    Raises:
        InputError: a learning rule that asks for losses.
    """
    if outline.optimizer.name not in OPTIMIZERS:
        raise no_rule(outline.optimizer.name, "PyTorch")
    rows = data_part(outline)
    plain = {"import math"} if any(name == "cosine" for name, _, _ in outline.stages) else set()
    plain |= {"import time"} if outline.seconds is not None else set()
    plain |= {"import copy"} if outline.keeps_before or outline.training.restore_best else set()
    source = Source(
        imports=[
            *rows.imports, *plain, "import numpy as np", "import torch",
            "import torch.nn.functional as F", "from torch import nn",
        ],
        expressed=EXPRESSED - ({"training.frozen"} if outline.optimizer.name == "lbfgs" else set()),
        notes=_notes(outline),
    )  # fmt: skip
    source.constants = [
        *training_constants(outline), *restraint_constants(outline),
        f"DTYPE = torch.{outline.training.dtype}", *rows.constants,
    ]  # fmt: skip
    draws = ["torch.manual_seed(SEED)"] if outline.data is None or _is_noisy(outline) else []
    arrays = [each.replace(".astype(DTYPE)", "") for each in rows.functions]
    source.functions = [
        *arrays, *_network(outline), *_learning(outline), *_reporting(outline), _training(outline),
        main_function(outline, rows, "model", before=[*draws, *_model(outline)], subject="model"),
    ]  # fmt: skip
    return source


def is_inside(outline: Outline) -> bool:
    """Return whether the last activation is in the loss."""
    return outline.loss in INSIDE


def _is_noisy(outline: Outline) -> bool:
    return bool(outline.per_layer("dropout") or outline.training.regularization.input_noise)


def _notes(outline: Outline) -> list[str]:
    rule, notes = outline.optimizer.name, []
    if outline.training.clip_norm:
        notes.append("PyTorch adds 1e-6 to the norm of a gradient before it clips it.")
    if rule == "rprop" and (outline.stages or outline.reductions):
        notes.append("PyTorch's Rprop heeds no learning rate after the first step.")
    if any(layer.activation == "softplus" for layer in outline.layers):
        notes.append("PyTorch's softplus is z itself for z above 20.")
    if rule == "lbfgs" and any(stop.name == "evaluations" for stop in outline.training.stop):
        notes.append("L-BFGS is not held to a number of evaluations.")
    return notes


def _modules(outline: Outline) -> list[tuple[str, int | None]]:
    """Return the modules in their order, each with the number of its layer if it is one."""
    found: list[tuple[str, int | None]] = []
    if outline.training.regularization.input_noise:
        found.append(("Noise()", None))
    kept, n = outline.per_layer("dropout"), len(outline.layers)
    for k, layer in enumerate(outline.layers):
        bias = "" if layer.bias else ", bias=False"
        found.append((f"nn.Linear({outline.sizes[k]}, {outline.sizes[k + 1]}{bias})", k))
        name = layer.activation
        module = f"{_title(name)}()" if name in OWN else MODULES[name].format(p=setting(layer))
        if module and not (k == n - 1 and is_inside(outline)):
            found.append((module, None))
        if kept and kept[k]:
            found.append((f"nn.Dropout({number(kept[k])})", None))
    return found


def places(outline: Outline) -> list[int]:
    """Return where in the model each layer's weights are."""
    return [place for place, (_, k) in enumerate(_modules(outline)) if k is not None]


def _network(outline: Outline) -> list[str]:
    found, modules = pieces("pytorch"), _modules(outline)
    classes = []
    if any(text == "Step()" for text, _ in modules):
        zero = next(setting(each) for each in outline.layers if each.activation == "step")
        classes.append(found["Step"].replace("AT_ZERO", zero))
    classes += [
        found[name] for name in ("Exp", "Noise") if any(text == f"{name}()" for text, _ in modules)
    ]
    used = dict.fromkeys(layer.activation for layer in outline.layers)
    classes += [_own_class(name) for name in used if name in OWN]
    lines = [f"{text}," for text, _ in modules]
    if is_inside(outline):
        lines.append(f"# and {INSIDE[outline.loss][1]}, which the loss does")
    ending = "" if outline.training.dtype == "float32" else ".to(DTYPE)"
    begun = "\n".join(_begin_lines(outline)) if outline.data is None else ""
    text = filled(found["build"], LAYERS="\n".join(lines), ENDING=ending, BEGUN=begun)
    return [*classes, text, *_losses(outline)]


def _title(activation: str) -> str:
    """Return the name of an activation's class."""
    return "".join(part.capitalize() for part in activation.split("_"))


def _own_class(activation: str) -> str:
    """Return the class of an activation that PyTorch has no module for."""
    return (
        f"class {_title(activation)}(nn.Module):\n"
        f'    """The activation {activation} as a layer."""\n\n'
        "    def forward(self, z):\n"
        f'        """Return {general(activation)}."""\n'
        f"        return {OWN[activation]}"
    )


def _begin_lines(outline: Outline) -> list[str]:
    """Return the lines that draw the first weights, in a loop where all layers are alike."""
    alike = len({repr(outline.initializer(k)) for k in range(len(outline.layers))}) == 1
    biases = {layer.bias for layer in outline.layers}
    bias = outline.network.bias_initializer
    if alike and len(biases) == 1 and len(outline.layers) > 1:
        lines = ["for layer in model:", "    if isinstance(layer, nn.Linear):"]
        lines.append(f"        {_begin(outline.initializer(0), 'layer.weight')}")
        if biases == {True}:
            lines.append(f"        {_begin(bias, 'layer.bias')}")
        return lines
    lines = []
    for k, place in enumerate(places(outline)):
        lines.append(_begin(outline.initializer(k), f"model[{place}].weight"))
        if outline.layers[k].bias:
            lines.append(_begin(bias, f"model[{place}].bias"))
    return lines


def _begin(initializer: Initializer, what: str) -> str:
    if isinstance(initializer, Zeros):
        return f"nn.init.zeros_({what})"
    if isinstance(initializer, Constant):
        return f"nn.init.constant_({what}, {number(float(initializer.value))})"
    if isinstance(initializer, Uniform):
        return f"nn.init.uniform_({what}, {number(initializer.low)}, {number(initializer.high)})"
    if isinstance(initializer, Normal):
        return f"nn.init.normal_({what}, {number(initializer.mean)}, {number(initializer.stddev)})"
    family, _, kind = initializer.name.partition("_")
    if family == "glorot":
        return f"nn.init.xavier_{kind}_({what})"
    gain = "relu" if family == "he" else "linear"
    return f'nn.init.kaiming_{kind}_({what}, nonlinearity="{gain}")'


def _is_plain(outline: Outline) -> bool:
    """Return whether a loss of torch.nn does, for training and for figures."""
    mean = outline.training.reduction == "mean"
    weighted = outline.has_weights or outline.has_emphasis
    return mean and not weighted and not is_scaled_target(outline) and outline.loss != "hinge"


def _losses(outline: Outline) -> list[str]:
    if _is_plain(outline):
        name = INSIDE[outline.loss][0] if is_inside(outline) else PLAIN[outline.loss]
        return [f"losses = {name}"]
    each = ROWS[outline.loss]
    unit = is_scaled_target(outline)
    if outline.loss == "categorical_crossentropy":
        line = f"return {each}"
    else:
        factor = {"squared_error": " * unit**2", "huber": " * unit**2", "absolute_error": " * unit"}
        scale = factor.get(outline.loss, "") if unit else ""
        simple = each.endswith(")") and not scale and " " not in each.partition("(")[0]
        simple = simple and "**" not in each
        line = f"return {each}.mean(dim=1)" if simple else f"return ({each}{scale}).mean(dim=1)"
    flags = {"unit"} if unit else set()
    words = LOSS_WORDS[outline.loss]
    return [filled(pieces("pytorch")["loss_rows"], flags, LOSS=words, LINES=line)]


def _flags(outline: Outline) -> set[str]:
    training, rule = outline.training, outline.optimizer.name
    flags = {
        "rates": bool(outline.stages or outline.reductions),
        "steps": bool(outline.stages),
        "perceptron": rule == "perceptron",
        "emphasis": outline.has_emphasis,
        "weights": outline.has_weights,
        "validation": outline.has_validation,
        "unit": is_scaled_target(outline),
        "mean": training.reduction == "mean",
        "bias": outline.last.bias,
        "mode": _is_noisy(outline),
        "clip_value": training.clip_value is not None,
        "clip_norm": training.clip_norm is not None,
        "weight_decay": training.regularization.weight_decay > 0,
        "max_norm": bool(outline.per_layer("max_norm")),
        "frozen": bool(outline.training.frozen) and rule != "lbfgs",
    }
    return {name for name, holds in flags.items() if holds}


def _learning(outline: Outline) -> list[str]:
    found, flags, functions = pieces("pytorch"), _flags(outline), []
    rule = outline.optimizer.name
    if outline.stages:
        lines = rate_lines(outline, cos="math.cos", pi="math.pi", least="min")
        functions.append(filled(pieces("numpy")["rate"], LINES="\n".join(lines)))
    if rule == "lion":
        functions.append(found["Lion"])
    if rule == "perceptron":
        functions.append(filled(found["perceptron"], flags))
    else:
        functions.append(_objective(outline, flags))
    if "max_norm" in flags:
        limits = zip(places(outline), outline.per_layer("max_norm"), strict=True)
        pairs = ", ".join(f"({place}, {number(most)})" for place, most in limits if most)
        functions.append(filled(found["limit"], LIMITS=f"[{pairs}]"))
    if "frozen" in flags:
        lines = [f"moves[{p}].view(-1)[{low}:{high}] = False" for p, low, high in outline.frozen()]
        functions.append(filled(found["frozen"], LINES="\n".join(lines)))
    rate = ", rate" if "rates" in flags else ""
    now = "rate" if rate else "LEARNING_RATE"
    piece = found["take_step_lbfgs" if rule == "lbfgs" else "take_step"]
    return [*functions, filled(piece, flags, RATE=rate, NOW=now)]


def _objective(outline: Outline, flags: set[str]) -> str:
    rows = "losses(z, y)" + (" * emphasis" if "emphasis" in flags else "")
    first = (
        rows if _is_plain(outline) else f"({rows}).mean()" if " * " in rows else f"{rows}.mean()"
    )
    if "mean" not in flags:
        first = first.removesuffix(".mean()") + ".sum()"
    lines = []
    where = places(outline)
    for key, term in (("l1", "{f} * {w}.abs().sum()"), ("l2", "{f} / 2 * ({w} ** 2).sum()")):
        for k, factor in enumerate(outline.per_layer(key)):
            if factor:
                lines.append(
                    f"total += {term.format(f=number(factor), w=f'model[{where[k]}].weight')}"
                )
    lines = [f"total = {first}", *lines, "return total"] if lines else [f"return {first}"]
    return filled(
        pieces("pytorch")["objective"], flags, SMOOTHED=smoothed_line(outline),
        LINES="\n".join(lines),
    )  # fmt: skip


def _reporting(outline: Outline) -> list[str]:
    found, flags = pieces("pytorch"), _flags(outline)
    unit = ", unit" if "unit" in flags else ""
    functions = [
        filled(found["measure"], flags, UNIT=unit, FIGURES=_figures(outline)),
        filled(found["report"], flags, COLUMNS=str(columns(outline))),
        found["tensors"],
        *reports_class(outline, "copy.deepcopy(parameters)"),
    ]
    if not outline.is_full_batch:
        functions.append(pieces("data")["batches" if is_nested(outline) else "all_batches"])
    return functions


def _figures(outline: Outline) -> str:
    """Return the body of the function that makes figures of what the network says."""
    weighted, unit = outline.has_weights, is_scaled_target(outline)
    mean = "({} * weights).sum() / weights.sum()" if weighted else "{}.mean()"
    loss = f"losses(z, y{', unit' if unit else ''})"
    loss = loss if _is_plain(outline) else mean.format(loss)
    lines = []
    if outline.schema.is_regression:
        said = INSIDE[outline.loss][1] if is_inside(outline) else "z"
        scale = " * unit" if unit else ""
        lines.append(f"e = ({said} - y){scale}" if scale else f"e = {said} - y")
        if weighted:
            lines += [
                "share = (weights / weights.sum())[:, None]",
                _square("(share * y).sum(dim=0)", scale),
                "r2 = 1 - (share * e**2).sum(dim=0) / (share * square).sum(dim=0)",
            ]
            distance = "(share * e.abs()).sum(dim=0).mean()"
        else:
            lines.append(_square("y.mean(dim=0)", scale))
            lines.append("r2 = 1 - (e**2).mean(dim=0) / square.mean(dim=0)")
            distance = "e.abs().mean()"
        figures = {"loss": loss, "mean_absolute_error": distance, "r2": "r2.mean()"}
    else:
        if outline.is_argmax:
            right = "z.argmax(dim=1) == y.argmax(dim=1)"
        else:
            threshold = 0 if outline.loss == "binary_crossentropy" else outline.threshold
            right = f"((z > {number(threshold)}) == (y > 0.5)).all(dim=1)"
        lines.append(f"right = ({right}).to(z.dtype)" if "==" in right and "all" not in right
                     else f"right = {right}.to(z.dtype)")  # fmt: skip
        figures = {"loss": loss, "accuracy": mean.format("right")}
    pairs = [f'"{name}": {value}' for name, value in figures.items()]
    lines.append(f"return {{{', '.join(pairs)}}}")
    return "\n".join(lines)


def _square(centre: str, scale: str) -> str:
    distance = f"y - {centre}"
    return f"square = (({distance}){scale}) ** 2" if scale else f"square = ({distance}) ** 2"


def _optimizer(outline: Outline) -> str:
    call = OPTIMIZERS[outline.optimizer.name].format(w="model.parameters()")
    if outline.optimizer.name == "lbfgs" and getattr(outline.optimizer, "line_search", False):
        # 26: of the start, and 25 trials, as shoal has it
        call = f'{call[:-1]}, max_eval=26, line_search_fn="strong_wolfe")'
    return f"optimizer = {call}"


def _training(outline: Outline) -> str:
    flags = _flags(outline)
    arguments = ["model", "epochs"]
    arguments += ["validation"] if outline.has_validation else []
    arguments += ["unit"] if is_scaled_target(outline) else []
    setup = [_optimizer(outline)]
    setup += ["reports = Reports()"] if watches(outline) else []
    setup += ["began = time.perf_counter()"] if outline.seconds is not None else []
    nested = is_nested(outline)
    held = {
        "batches": not outline.is_full_batch, "before": outline.keeps_before,
        "each": outline.is_full_batch and outline.reports_epochs,
        "seconds": outline.seconds is not None, "limit": outline.is_limited,
    }  # fmt: skip
    flags |= {name for name, holds in held.items() if holds}
    piece = pieces("pytorch")["train_nested" if nested else "train_flat"]
    block = report_block(outline).replace("report(parameters", "report(model")
    block = block.replace("end(history[-1], parameters)", "end(history[-1], model.state_dict())")
    return filled(
        piece, flags, ARGUMENTS=", ".join(arguments), SETUP="\n".join(setup),
        ADVANCE=_advance(outline, nested, flags), BLOCK=block, REPORTING=reporting(outline),
        FINISH=_finish(outline), ROWS=_batch(outline, "rows"),
    )  # fmt: skip


def _batch(outline: Outline, rows: str) -> str:
    return f"[*{rows}[:2], {rows}[3]]" if outline.has_weights else rows


def _advance(outline: Outline, nested: bool, flags: set[str]) -> str:
    batch = "batch" if nested else _batch(outline, "rows" if outline.is_full_batch else "batch")
    batch = batch if nested else f"tensors({batch})"
    rate = f", {rate_of(outline)}" if "rates" in flags else ""
    return f"take_step(model, optimizer, {batch}{rate})"


def _finish(outline: Outline) -> str:
    lines = []
    if outline.keeps_before:
        lines += [
            "if reports.reached:",
            "    model.load_state_dict(before)  # the last step is not taken",
        ]
    if outline.training.restore_best:
        lines += ["if reports.kept is not None:", "    model.load_state_dict(reports.kept)"]
    return "\n".join([*lines, "return history"])


def _model(outline: Outline) -> list[str]:
    lines = ["model = build()"]
    if outline.data is not None:
        lines += [
            "with torch.no_grad():",
            "    for k, w in enumerate(model.parameters()):",
            '        w.copy_(torch.as_tensor(given[f"start_{k}"].T))',
        ]
    return lines

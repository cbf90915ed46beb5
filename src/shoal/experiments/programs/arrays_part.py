"""What programs in NumPy and in JAX have in common: rules, reports, loops and their figures."""

from __future__ import annotations

from typing import Final

from shoal.experiments.programs.data_part import is_scaled_target
from shoal.experiments.programs.outline import Outline, Watched
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import WIDTH, filled, number
from shoal.training import Divergence, Plateau, ReduceOnPlateau, Target
from shoal.training.schedules import SCHEDULES

SLOTS: Final = {
    "momentum": ("np.zeros_like(w)",),
    "nesterov": ("np.zeros_like(w)",),
    "adagrad": ("np.full_like(w, INITIAL)",),
    "rmsprop": ("np.zeros_like(w)",),
    "adam": ("np.zeros_like(w)",) * 2,
    "adamw": ("np.zeros_like(w)",) * 2,
    "nadam": ("np.zeros_like(w)", "np.zeros_like(w)", "1.0"),
    "amsgrad": ("np.zeros_like(w)",) * 3,
    "rprop": ("np.zeros_like(w)", "np.full_like(w, LEARNING_RATE)"),
    "lion": ("np.zeros_like(w)",),
}
"""What a rule carries along for a parameter w, before the first step; nothing for the others."""

FACTORS: Final = {
    "step": "{number} ** (step // {n})",
    "exponential": "{number} ** (step / {n})",
    "cosine": "{number} + {half} * (1 + {cos}({pi} * {min}(1, step / {n})))",
    "linear_warmup": "{min}(1, (step + 1) / {n})",
    "inverse_scaling": "(1 + step / {n}) ** -{number}",
}
"""The factor of each schedule at a step, counted from 0."""
assert set(FACTORS) | {"constant", "reduce_on_plateau"} == set(SCHEDULES)


def hyper_constants(outline: Outline) -> list[str]:
    """Return the numbers of the learning rule, a line each."""
    lines = []
    for name in type(outline.optimizer).model_fields:
        value = getattr(outline.optimizer, name)
        if name != "name" and not isinstance(value, bool) and isinstance(value, int | float):
            lines.append(f"{name.upper()} = {number(value)}")
    return lines


def training_constants(outline: Outline) -> list[str]:
    """Return the lines with seed, epochs, batch, and what training is restrained by."""
    training, schedule = outline.training, outline.prepared.schedule
    lines = [f"SEED = {number(outline.experiment.seed)}", f"EPOCHS = {number(training.epochs)}"]
    if not outline.is_full_batch:
        lines.append(f"BATCH_SIZE = {number(schedule.batch)}")
    if outline.is_limited:
        lines.append(f"STEPS = {number(outline.total_steps)}  # and no more")
    elif not outline.reports_epochs and "STEPS" in reporting(outline):
        told = "" if outline.is_full_batch else f"  # {number(outline.steps_per_epoch)} an epoch"
        lines.append(f"STEPS = {number(outline.total_steps)}{told}")
    if outline.seconds is not None:
        lines.append(f"SECONDS = {number(outline.seconds)}")
    return [*lines, *hyper_constants(outline)]


def restraint_constants(outline: Outline) -> list[str]:
    """Return the lines with clipping, decay and the like."""
    training, regular = outline.training, outline.training.regularization
    found = {
        "CLIP_VALUE": training.clip_value,
        "CLIP_NORM": training.clip_norm,
        "DECAY": regular.weight_decay,
        "INPUT_NOISE": regular.input_noise,
        "LABEL_SMOOTHING": regular.label_smoothing,
        "DELTA": outline.huber_delta if outline.loss == "huber" else None,
    }
    return [f"{name} = {number(value)}" for name, value in found.items() if value]


def rate_lines(outline: Outline, *, cos: str, pi: str, least: str) -> list[str]:
    """Return the body of the function that gives the learning rate of a step."""
    lines, per_epoch = [], outline.steps_per_epoch
    for place, (name, n, value) in enumerate(outline.stages):
        length = n / per_epoch
        factor = FACTORS[name].format(
            number=number(value), half=number((1 - value) / 2), n=number(int(n)), cos=cos, pi=pi,
            min=least,
        ).removeprefix("0.0 + ")  # fmt: skip
        sign = "*=" if place else "="
        what = f"{length:g} epoch" + ("" if length == 1 else "s")
        line = f"factor {sign} {factor}"
        told = f"{line}  # {what}"
        lines.append(told if len(told) <= WIDTH - 8 else line)
    return [*lines, "return LEARNING_RATE * factor"]


def rate_of(outline: Outline, step: str = "step - 1") -> str:
    """Return the learning rate in a step as an expression."""
    rate = f"rate({step})" if outline.stages else "LEARNING_RATE"
    return f"{rate} * reports.factor" if outline.reductions else rate


def watches(outline: Outline) -> bool:
    """Return whether figures decide anything."""
    return bool(outline.stops or outline.reductions or outline.training.restore_best)


def worse(figure: str) -> str:
    """Return a figure as something that is better the smaller it is."""
    from shoal.training import goes_up

    sign = "-" if goes_up(figure) else ""
    return f'{sign}figures["{figure}"]'


def reports_class(outline: Outline, copy: str) -> list[str]:
    """Return the classes that decide by figures, nothing where none does.

    Args:
        outline: the experiment.
        copy: what is kept of the best parameters, as an expression.
    """
    if not watches(outline):
        return []
    found, restore = pieces("reports"), outline.training.restore_best
    patient = [
        each for each in (*outline.stops, *outline.reductions)
        if isinstance(each.rule, Plateau | ReduceOnPlateau)
    ]  # fmt: skip
    first, rules, endings = [], [], []
    for place, each in enumerate(patient):
        name = _name(each, place, len(patient))
        rule = each.rule
        assert isinstance(rule, Plateau | ReduceOnPlateau)
        first.append(f"self.{name} = Patience({rule.patience}, {number(rule.gain)})")
        ask = f"self.{name}.runs_out({worse(each.figure)})"
        if isinstance(rule, Plateau):
            rules.append(f"{name}_over = {ask}")
            endings.append(f"{name}_over")
        else:
            rules += _reducing(rule, name, ask)
    for each in outline.stops:
        if isinstance(each.rule, Target):
            sign = "<=" if each.rule.above is None else ">="
            condition = f'figures["{each.figure}"] {sign} {number(each.rule.level)}'
            if each.rule.keep == "before":
                rules.append(f"self.reached = self.reached or {condition}")
                condition = "self.reached"
            endings.append(condition)
        elif isinstance(each.rule, Divergence):
            endings.append(f'not figures["{each.figure}"] < {number(each.rule.above)}')
    flags = {"restore": bool(restore), "reduce": bool(outline.reductions),
             "before": outline.keeps_before}  # fmt: skip
    flags["state"] = any(flags.values()) or bool(patient)
    text = filled(
        found["reports"],
        [name for name, holds in flags.items() if holds],
        PATIENCE="\n".join(first),
        RULES="\n".join(rules),
        BETTER=worse(restore) if restore else "",
        COPY=copy,
        ENDING=" or ".join(endings) or "False",
    )
    return [found["patience"], text] if patient else [text]


def _name(watched: Watched, place: int, n: int) -> str:
    name = "plateau" if isinstance(watched.rule, Plateau) else "slow"
    return name if n == 1 else f"{name}_{place + 1}"


def _reducing(rule: ReduceOnPlateau, name: str, ask: str) -> list[str]:
    factor = f"self.factor * {number(rule.factor)}"
    factor = f"max({number(rule.least)}, {factor})" if rule.least else factor
    return [f"if {ask}:", f"    self.factor, self.{name}.waited = {factor}, 0"]


def report_block(outline: Outline) -> str:
    """Return the lines of a loop that make figures and heed them."""
    lines = [f"history.append({reported(outline)})"]
    every = max(1, -(-outline.total_steps // outline.report_every) // 10)
    if outline.total_steps // outline.report_every > 1:
        what = "epoch" if outline.reports_epochs else "report"
        shown = f"{what} {{len(history)}}: train_loss {{history[-1]['train_loss']:.6g}}"
        lines += [f"if len(history) % {number(every)} == 0:", f'    print(f"{shown}")']
    if watches(outline):
        kept = ", parameters" if outline.training.restore_best else ""
        lines += [f"if reports.end(history[-1]{kept}):", "    break"]
    return "\n".join(lines)


def reported(outline: Outline, parameters: str = "parameters") -> str:
    """Return the call that makes figures."""
    validation = ", validation" if outline.has_validation else ""
    unit = ", unit" if is_scaled_target(outline) else ""
    return f"report({parameters}, rows{validation}{unit})"


def reporting(outline: Outline) -> str:
    """Return the condition of a report in a loop over steps."""
    every, total = outline.report_every, outline.total_steps
    if every == total:
        return "step == STEPS"
    last = "" if total % every == 0 else " or step == STEPS"
    return f"step % {number(every)} == 0{last}"


def columns(outline: Outline) -> int:
    """Return how many columns of the training rows figures take."""
    return 3 if outline.has_weights else 2

"""The end of a program: train one network, and print how well it does."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.experiments.programs.data_part import DataPart, is_scaled_target
from shoal.experiments.programs.outline import Outline

END = 'if __name__ == "__main__":\n    main()'


def main_function(
    outline: Outline,
    rows: DataPart,
    start: str,
    random: str = "",
    *,
    before: Sequence[str] = (),
    subject: str = "parameters",
) -> str:
    """Return ``main`` and the call of it.

    Args:
        outline: the experiment.
        rows: where rows come from.
        start: what training begins with, as an expression.
        random: the source of random numbers that training is handed, if any.
        before: lines before training, once the rows are there.
        subject: what is trained: parameters, which training returns, or a model that it changes.
    """
    arguments = [start, rows.epochs]
    arguments += ["validation"] if outline.has_validation else []
    arguments += ["unit"] if is_scaled_target(outline) else []
    arguments += [random] if random else []
    needs_rng = random == "rng" or outline.data is None
    trained = "parameters, history" if subject == "parameters" else "history"
    lines = ["rng = np.random.default_rng(SEED)"] if needs_rng else []
    lines += [*rows.main, *before, f"{trained} = train({', '.join(arguments)})"]
    lines += final_lines(outline, subject)
    body = "\n".join(f"    {line}" if line else "" for line in "\n".join(lines).split("\n"))
    says = '"""Train one network, say how well it does, and return it."""'
    return f"def main():\n    {says}\n{body}\n\n\n{END}"


def final_lines(outline: Outline, subject: str) -> list[str]:
    """Return the lines that print the figures of the delivered weights."""
    again = outline.keeps_before or outline.seconds is not None
    best = outline.training.restore_best
    validation = ", validation" if outline.has_validation else ""
    unit = ", unit" if is_scaled_target(outline) else ""
    lines = ["figures = history[-1]"]
    if best:
        sign = "-" if best.endswith(("accuracy", "r2")) else ""
        lines = [f'figures = min(history, key=lambda each: {sign}each["{best}"])']
    elif again and not outline.is_stream:
        lines = [f"figures = report({subject}, rows{validation}{unit})"]
    if outline.has_test:
        test = "*test" if not unit else "unit, *test"
        test = test if subject == "parameters" else f"*tensors([{test}])"
        lines += [
            f"for name, value in measure({subject}, {test}).items():",
            '    figures[f"test_{name}"] = float(value)',
        ]
    told = ["for name, value in figures.items():", '    print(f"{name} {value:.6g}")']
    return [*lines, *told, f"return {subject}, history"]

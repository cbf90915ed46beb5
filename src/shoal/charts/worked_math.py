"""Formulas of worked arithmetic as MathML and as LaTeX, with the same numbers in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from shoal.charts.html import Content, Markup, tag
from shoal.network.worked import (
    Call,
    Div,
    Equation,
    Formula,
    Name,
    Neg,
    Num,
    Pow,
    Prod,
    Slope,
    Sum,
    number,
    without_sign,
)

GREEK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alpha": "α", "beta": "β", "epsilon": "ε", "eta": "η", "mu": "μ", "rho": "ρ",
        "theta": "θ", "pi": "π",
    }
)  # fmt: skip
LATEX_FUNCTIONS: Final = frozenset({"exp", "log", "max", "min", "tanh"})
SIGNED: Final[Mapping[str, str]] = MappingProxyType({"plus": "+", "minus": "-"})
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


# ---- LaTeX


def latex(of: Formula) -> str:
    """Return a formula as LaTeX, without dollar signs.

    Example:
        >>> from shoal.network.worked.formula import add, divide, multiply
        >>> print(latex(divide(1, add(0.5, multiply(-2e-08, 3)))))
        \\frac{1}{0.5 - 2\\times 10^{-8} \\cdot 3}
    """
    return _latex(of)[0]


def latex_equation(of: Equation) -> str:
    """Return an equation: name, letters, numbers and value."""
    parts = [latex(of.name), *(latex(each) for each in (of.formula, of.numbers) if each)]
    if not isinstance(of.numbers, Num):
        parts.append(latex_number(of.value))
    return " = ".join(parts)


def latex_number(value: float) -> str:
    """Return a number as LaTeX, with all its digits.

    Example:
        >>> print(latex_number(-1.5e-07), latex_number(0.25))
        -1.5\\times 10^{-7} 0.25
    """
    mantissa, _, exponent = number(value).partition("e")
    return f"{mantissa}\\times 10^{{{int(exponent)}}}" if exponent else mantissa


def latex_text(text: str) -> str:
    """Return words as LaTeX, with all that has a meaning there written out.

    Example:
        >>> print(latex_text("50% of a_b & {c}"))
        50\\% of a\\_b \\& \\{c\\}
    """
    return "".join(_SPECIAL.get(c, c if c.isprintable() else " ") for c in text)


_SPECIAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#",
        "$": r"\$", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
        "→": r"$\rightarrow$", "×": r"$\times$", "·": r"$\cdot$", "−": "$-$", "…": r"\ldots{}",
        "≤": r"$\leq$", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
        "[": "{[}", "]": "{]}", "*": "{*}",  # after the end of a line these would be its options
    }
)  # fmt: skip


def _latex(of: Formula) -> tuple[str, int]:
    match of:
        case Num(value, together):
            told = latex_number(value)
            if together:
                told = f"\\underbrace{{{told}}}_{{{together}\\text{{ more}}}}"
            return told, _SUM if value < 0 else _PRODUCT if "times" in told else _ATOM
        case Name() | Slope():
            return _latex_name(of), _ATOM
        case Neg(inner):
            return "-" + _latex_within(inner, _PRODUCT), _SUM
        case Sum(terms):
            return _latex_sum(terms), _SUM
        case Prod(factors):
            is_minus, bare = without_sign(of)
            if is_minus:
                return "-" + _latex_within(bare, _PRODUCT), _SUM
            return " \\cdot ".join(_latex_within(each, _PRODUCT) for each in factors), _PRODUCT
        case Div(top, bottom):
            return f"\\frac{{{latex(top)}}}{{{latex(bottom)}}}", _POWER
        case Pow(base, exponent):
            return f"{_latex_within(base, _ATOM)}^{{{latex(exponent)}}}", _POWER
        case Call(function, arguments):
            return _latex_call(function, [latex(each) for each in arguments]), _ATOM


def _latex_sum(terms: Sequence[Formula]) -> str:
    parts: list[str] = []
    for place, term in enumerate(terms):
        is_minus, bare = without_sign(term)
        told = _latex_within(bare, _PRODUCT)
        if place:
            parts.append(f" {'-' if is_minus else '+'} {told}")
        else:
            parts.append(f"-{told}" if is_minus else told)
    return "".join(parts)


def _latex_call(function: str, arguments: Sequence[str]) -> str:
    inside = ", ".join(arguments)
    if function == "sqrt":
        return f"\\sqrt{{{inside}}}"
    if function == "abs":
        return f"\\left|{inside}\\right|"
    name = f"\\{function}" if function in LATEX_FUNCTIONS else f"\\operatorname{{{function}}}"
    return f"{name}\\left({inside}\\right)"


def _latex_within(of: Formula, least: int) -> str:
    told, closeness = _latex(of)
    return told if closeness >= least else f"\\left({told}\\right)"


def _latex_name(of: Name | Slope) -> str:
    if isinstance(of, Slope):
        return f"\\frac{{\\partial {_latex_name(of.of)}}}{{\\partial {_latex_name(of.by)}}}"
    base, below = _base_of(of)
    told = _latex_base(base, below)
    above = f"^{{({of.layer})}}" if of.layer else ""
    sub = _latex_sub(below, of.sub)
    return told + above + (f"_{{{sub}}}" if sub else "")


def _latex_base(base: str, below: str) -> str:
    if base in GREEK:
        return f"\\{base}"
    if len(base.rstrip("'")) == 1:
        return f"\\hat{{{base}}}" if below == "hat" else base
    return f"\\text{{{latex_text(base)}}}"


def _latex_sub(below: str, sub: str) -> str:
    if below in ("", "hat"):
        return sub
    told = below if below.isdigit() else SIGNED.get(below) or f"\\text{{{latex_text(below)}}}"
    return f"{told},{sub}" if sub else told


def _base_of(of: Name) -> tuple[str, str]:
    """Return the letter of a name and what stands below it: of words all, and nothing.

    Example:
        >>> _base_of(Name("w_new")), _base_of(Name("beta_1")), _base_of(Name("learning_rate"))
        (('w', 'new'), ('beta', '1'), ('learning rate', ''))
    """
    base, _, below = of.text.partition("_")
    if base in GREEK or len(base.rstrip("'")) == 1:
        return base, below.replace("_", " ")
    return of.text.replace("_", " "), ""


# ---- MathML


def mathml(of: Formula) -> Markup:
    """Return a formula as a MathML element, without ``math`` around it."""
    return _mathml(of)[0]


def math(*parts: Content) -> Markup:
    """Return MathML elements as formula of a page."""
    return tag("math", tag("mrow", *parts), displaystyle="true")


def math_equation(of: Equation) -> Markup:
    """Return an equation: name, letters, numbers and value, each of which a line may end with."""
    steps = [mathml(each) for each in (of.formula, of.numbers) if each is not None]
    if not isinstance(of.numbers, Num):
        steps.append(tag("mrow", math_number(of.value), class_="sh-value"))
    first, *others = steps
    parts = [math(_name(of.name), _sign("="), first), *(math(_sign("="), one) for one in others)]
    return Markup(" ".join(parts))


def math_number(value: float) -> Markup:
    """Return a number as MathML, with all its digits."""
    mantissa, _, exponent = number(abs(value)).partition("e")
    told = tag("mn", mantissa)
    if exponent:
        power = int(exponent)
        above = [_sign("−"), tag("mn", str(-power))] if power < 0 else [tag("mn", str(power))]
        ten = tag("msup", tag("mn", "10"), tag("mrow", *above))
        told = tag("mrow", told, _sign("×"), ten)
    return tag("mrow", _sign("−"), told) if value < 0 else told


def _mathml(of: Formula) -> tuple[Markup, int]:
    match of:
        case Num(value, together):
            told = math_number(value)
            if together:
                braced = tag("munder", told, _sign("⏟"))
                told = tag("munder", braced, tag("mtext", f"{together:,} more"))
            return told, _SUM if value < 0 else _PRODUCT if "msup" in told else _ATOM
        case Name() | Slope():
            return _name(of), _ATOM
        case Neg(inner):
            return tag("mrow", _sign("−"), _math_within(inner, _PRODUCT)), _SUM
        case Sum(terms):
            return _math_sum(terms), _SUM
        case Prod(factors):
            is_minus, bare = without_sign(of)
            if is_minus:
                return tag("mrow", _sign("−"), _math_within(bare, _PRODUCT)), _SUM
            return tag("mrow", _between([_math_within(f, _PRODUCT) for f in factors])), _PRODUCT
        case Div(top, bottom):
            return tag("mfrac", tag("mrow", mathml(top)), tag("mrow", mathml(bottom))), _POWER
        case Pow(base, exponent):
            under = tag("mrow", _math_within(base, _ATOM))
            return tag("msup", under, tag("mrow", mathml(exponent))), _POWER
        case Call(function, arguments):
            return _math_call(function, [mathml(each) for each in arguments]), _ATOM


def _between(parts: Sequence[Markup], sign: str = "·") -> list[Content]:
    told: list[Content] = []
    for place, part in enumerate(parts):
        told += [_sign(sign), part] if place else [part]
    return told


def _math_call(function: str, arguments: Sequence[Markup]) -> Markup:
    if function == "sqrt":
        return tag("msqrt", *arguments)
    if function == "abs":
        return tag("mrow", _sign("|"), *arguments, _sign("|"))
    return tag("mrow", tag("mi", function), _bracketed(*_between(arguments, ",")))


def _math_within(of: Formula, least: int) -> Markup:
    told, closeness = _mathml(of)
    return told if closeness >= least else _bracketed(told)


def _bracketed(*inside: Content) -> Markup:
    """Return something in parentheses, in a row of their own: so they grow with what is inside."""
    return tag("mrow", _sign("("), *inside, _sign(")"))


def _math_sum(terms: Sequence[Formula]) -> Markup:
    parts: list[Content] = []
    for place, term in enumerate(terms):
        is_minus, bare = without_sign(term)
        if is_minus or place:
            parts.append(_sign("−" if is_minus else "+"))
        parts.append(_math_within(bare, _PRODUCT))
    return tag("mrow", *parts)


def _name(of: Name | Slope) -> Markup:
    if isinstance(of, Slope):
        above = tag("mrow", tag("mo", "∂"), _name(of.of))
        return tag("mfrac", above, tag("mrow", tag("mo", "∂"), _name(of.by)))
    base, below = _base_of(of)
    letter = GREEK.get(base, base)
    told = tag("mi", letter) if len(letter.rstrip("'")) == 1 else tag("mtext", letter)
    if below == "hat":
        told = tag("mover", told, tag("mo", "^"))
    parts = [part for part in ("" if below == "hat" else below, of.sub) if part]
    sub = ",".join(SIGNED.get(part, part) for part in parts)
    under = tag("mtext", sub) if sub else None
    over = tag("mtext", f"({of.layer})") if of.layer else None
    if under and over:
        return tag("msubsup", told, under, over)
    if under:
        return tag("msub", told, under)
    return tag("msup", told, over) if over else told


def _sign(text: str) -> Markup:
    return tag("mo", text)


__all__ = [
    "latex",
    "latex_equation",
    "latex_number",
    "latex_text",
    "math",
    "math_equation",
    "math_number",
    "mathml",
]

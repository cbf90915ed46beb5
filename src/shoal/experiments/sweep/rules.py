"""Values by rule, such as ``int(1.2 * features + 1)``: arithmetic, and nothing else."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shoal.errors import InputError, did_you_mean

NAMES: Final = ("features", "outputs", "rows", "samples")
"""What a rule may speak of: features and outputs of the data, training rows, all rows."""
FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "int": int, "round": round, "ceil": math.ceil, "floor": math.floor, "min": min, "max": max,
    "sqrt": math.sqrt, "log2": math.log2, "abs": abs,
}  # fmt: skip
OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
LONGEST: Final = 200
LARGEST: Final = 1e15
"""No number on the way is larger, so that no rule takes long."""

Number = int | float


@dataclass(frozen=True, slots=True)
class Rule:
    """A value that follows from the data.

    Example:
        >>> Rule.read("int(1.2 * features + 1)").of({"features": 10})
        13
    """

    text: str

    @classmethod
    def read(cls, text: object) -> Rule:
        """Return the rule that a text is.

        Raises:
            InputError: it holds anything but numbers, `NAMES`, `FUNCTIONS` and arithmetic.
        """
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
            told = f'must be arithmetic such as "int(1.2 * features + 1)"; got {text!r}.'
            raise InputError(
                told if len(told) < 2 * LONGEST else "is too long for a rule.", code="X112"
            )
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(f"'{text}' is not arithmetic.", code="X112") from None
        _check(tree, text)
        return cls(text)

    def of(self, facts: Mapping[str, Number]) -> Number:
        """Return the value where `NAMES` have the values in `facts`.

        Raises:
            InputError: a division by zero, a root of a negative number, or too large a number.
        """
        try:
            found = _value(ast.parse(self.text.strip(), mode="eval").body, facts)
        except (ArithmeticError, ValueError, TypeError) as error:
            given = ", ".join(f"{name} = {value}" for name, value in facts.items())
            raise InputError(
                f"'{self.text}' has no value for {given}: {error}.", code="X112"
            ) from None
        return found


def _check(node: ast.AST, text: str) -> None:
    """Raise at the first thing that is no arithmetic."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return
    if isinstance(node, ast.Name):
        if node.id not in NAMES:
            raise InputError(_unknown(node.id, text, NAMES, "name"), code="X112")
        return
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            raise InputError(
                _unknown(name or "that", text, tuple(FUNCTIONS), "function"), code="X112"
            )
        if not node.args or node.keywords:
            raise InputError(f"'{text}': {name} needs numbers in its brackets.", code="X112")
        below: list[ast.expr] = node.args
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        below = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        below = [node.operand]
    else:
        raise InputError(
            f"'{text}' is not arithmetic: only numbers, names and + - * / // **.", code="X112"
        )
    for each in below:
        _check(each, text)


def _unknown(name: str, text: str, known: tuple[str, ...], what: str) -> str:
    cure = did_you_mean(name, known) or f"Known: {', '.join(known)}."
    return f"'{text}': there is no {what} '{name}'. {cure}"


def _value(node: ast.AST, facts: Mapping[str, Number]) -> Number:
    if isinstance(node, ast.Constant):
        found: Any = node.value
    elif isinstance(node, ast.Name):
        found = facts[node.id]
    elif isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        found = FUNCTIONS[node.func.id](*(_value(each, facts) for each in node.args))
    elif isinstance(node, ast.BinOp):
        left, right = _value(node.left, facts), _value(node.right, facts)
        if isinstance(node.op, ast.Pow) and abs(right) > 64:
            raise ValueError("a power above 64")
        found = OPERATORS[type(node.op)](left, right)
    else:
        assert isinstance(node, ast.UnaryOp)
        found = OPERATORS[type(node.op)](_value(node.operand, facts))
    if isinstance(found, complex) or not abs(found) <= LARGEST:
        raise ValueError("a number that is too large, or none")
    plain: Number = found
    return plain

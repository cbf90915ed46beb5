"""The whole of a worked row: where it comes from, inputs, forward, answer, loss, back, update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shoal.network.worked.document import trace_document
from shoal.network.worked.records import (
    BackwardWorked,
    InputsWorked,
    LayerForward,
    LossWorked,
    OutputWorked,
    Source,
    UpdateWorked,
)
from shoal.views import view


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trace:
    """One row worked through one network, with the actual numbers.

    ``print(trace)`` writes it as the terminal shows it, a notebook shows it as a page, and
    `to_dict` is its document.

    Attributes:
        source: where row and network come from.
        dtype: the precision.
        inputs: the features, scaled.
        layers: the way forward.
        output: what the outputs mean.
        loss: None where the target is not known.
        backward: the way back; None if it was not asked for.
        update: the update that follows; None if it was not asked for.
    """

    source: Source
    dtype: str
    inputs: InputsWorked
    layers: tuple[LayerForward, ...]
    output: OutputWorked
    loss: LossWorked | None = None
    backward: BackwardWorked | None = None
    update: UpdateWorked | None = None

    def __repr__(self) -> str:
        return f"<Trace: {self.source.title}>"

    def __str__(self) -> str:
        return self.to_text()

    def to_dict(self) -> dict[str, Any]:
        """Return the document: see docs/arithmetic.md."""
        return trace_document(
            self.source, self.dtype, self.inputs, self.layers, self.output, self.loss,
            self.backward, self.update,
        )  # fmt: skip

    def to_text(self, width: int = 80) -> str:
        """Return it as the terminal shows it, without colours."""
        return str(view("worked")(self, "text", width=width))

    def to_html(self) -> str:
        """Return it as a piece of a page, formulas in MathML."""
        return str(view("worked")(self, "html"))

    def to_latex(self) -> str:
        """Return it as a LaTeX document."""
        return str(view("worked")(self, "latex"))

    def _repr_html_(self) -> str:
        return self.to_html()


__all__ = ["Trace"]

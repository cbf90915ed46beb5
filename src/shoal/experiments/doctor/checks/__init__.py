"""Every check of the doctor, by the name of its finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shoal.experiments.doctor.checks.columns import id_as_feature, leak
from shoal.experiments.doctor.checks.curves import (
    divergence,
    overfitting,
    rate_too_high,
    rate_too_low,
    too_few_steps,
)
from shoal.experiments.doctor.checks.data import (
    class_imbalance,
    duplicate_rows,
    unlearnable,
    unscaled_inputs,
    unscaled_target,
)
from shoal.experiments.doctor.checks.output import loss_misfit, output_range
from shoal.experiments.doctor.checks.weights import (
    dead_layer,
    dead_units,
    saturated_units,
    symmetric_start,
)
from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.records import Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that may be the matter.

    Attributes:
        name: of the finding.
        title: in a few words.
        help: what is looked for, in a sentence.
        function: returns what it noticed, or None.
    """

    name: str
    title: str
    help: str
    function: Callable[[Examined], Hint | None]


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        check.name: check
        for check in (
            Check(
                name="unscaled_inputs",
                title="Inputs are not scaled",
                help="Features beyond 20, far from 0 for how much they vary, or hardly varying.",
                function=unscaled_inputs,
            ),
            Check(
                name="unscaled_target",
                title="The target is not scaled",
                help="The same of a numeric target.",
                function=unscaled_target,
            ),
            Check(
                name="output_range",
                title="The last layer cannot reach the target",
                help="Numeric targets outside what the last activation can give.",
                function=output_range,
            ),
            Check(
                name="loss_misfit",
                title="The loss does not fit the answer",
                help="A loss for numbers where the answer is a class.",
                function=loss_misfit,
            ),
            Check(
                name="symmetric_start",
                title="All units begin alike",
                help="A hidden layer whose units have the same weights in and out at the start.",
                function=symmetric_start,
            ),
            Check(
                name="dead_layer",
                title="A layer is dead",
                help="A layer of relu units that all give 0 for every row, in a quarter of the "
                "networks or more.",
                function=dead_layer,
            ),
            Check(
                name="dead_units",
                title="Dead units cost loss",
                help="Two fifths or more of a relu layer dead, and a remedy proves better.",
                function=dead_units,
            ),
            Check(
                name="saturated_units",
                title="Units are stuck at their ends",
                help="Half or more of a tanh or sigmoid layer with hardly any slope on nearly "
                "every row, and a remedy proves better.",
                function=saturated_units,
            ),
            Check(
                name="divergence",
                title="Networks diverged",
                help="Networks whose numbers became too large to calculate with.",
                function=divergence,
            ),
            Check(
                name="rate_too_high",
                title="The learning rate is too high",
                help="A loss that jumps or settles high, and a smaller rate proves better.",
                function=rate_too_high,
            ),
            Check(
                name="rate_too_low",
                title="The learning rate is too low",
                help="A loss that stays high, and a larger rate proves better, even with "
                "10 times the epochs.",
                function=rate_too_low,
            ),
            Check(
                name="too_few_steps",
                title="Too few epochs",
                help="A loss that still falls at the end, and 4 times the epochs prove better.",
                function=too_few_steps,
            ),
            Check(
                name="overfitting",
                title="The networks learn by heart",
                help="A validation loss that rises or stays far above the training loss, and "
                "ending earlier or a penalty proves better.",
                function=overfitting,
            ),
            Check(
                name="class_imbalance",
                title="A rare class is hardly ever predicted",
                help="A rare class of which less than a fifth is found, and weighting the "
                "classes proves better.",
                function=class_imbalance,
            ),
            Check(
                name="unlearnable",
                title="Not everything can be learned",
                help="A task whose best attainable accuracy is below 98 %, or equal rows with "
                "different classes.",
                function=unlearnable,
            ),
            Check(
                name="leak",
                title="One column gives the answer",
                help="A column that alone is right on 95 % of the rows, or explains 98 % of a "
                "numeric target.",
                function=leak,
            ),
            Check(
                name="duplicate_rows",
                title="Validation rows are copies of training rows",
                help="5 % or more of the validation rows, and more than chance makes.",
                function=duplicate_rows,
            ),
            Check(
                name="id_as_feature",
                title="A row number is used as a feature",
                help="Whole numbers that count the rows, and shuffling them does no harm.",
                function=id_as_feature,
            ),
        )
    }
)
"""Every check, causes before what may come of them."""

"""The document of a row worked through a network: `shoal trace`; see docs/arithmetic.md."""

from __future__ import annotations

from typing import Final

from shoal.cli.documents.models import SETTINGS
from shoal.cli.documents.parts import (
    Maybe,
    Schema,
    flag,
    listed,
    number,
    record,
    text,
    unknown,
    whole,
)
from shoal.cli.documents.training import OUTPUTS
from shoal.network.worked.document import FORMAT, VERSION

EXPRESSION: Final = text("what a calculator is given: the formula with the numbers in it")
FOLDED: Final = unknown(
    record(
        "what is left out; null for nothing",
        n=whole("how many"),
        what=text("of what"),
        together=Maybe(number("what they add up to")),
        largest=Maybe(number("the largest of them, by size")),
    )
)


def equation(about: str) -> Schema:
    """Return the schema of an equation."""
    return record(
        about,
        name=text("what it is called"),
        formula=unknown(text("in names")),
        expression=unknown(EXPRESSION),
        value=number("what comes out"),
        note=Maybe(text("what is to be said of it")),
    )


TERMS: Final = listed(
    "products of weights and values",
    record(
        "a term of a sum",
        index=whole("of the unit or feature that it comes from"),
        name=text("of that"),
        parameter=whole("the number of the weight among all"),
        weight=number("the weight"),
        value=number("what it is multiplied by"),
        product=number("of the two"),
    ),
)
FORWARD: Final = record(
    "a layer on the way forward",
    index=whole("from 1"),
    activation=text("its function"),
    settings=SETTINGS,
    formula=text("of the function"),
    slope_formula=text("of its slope"),
    n_inputs=whole("how many inputs"),
    n_units=whole("how many units"),
    shared=listed("equations that its units share", equation("an equation")),
    units=listed(
        "its units",
        record(
            "a unit",
            unit=whole("from 0"),
            name=text("what it is called"),
            sum=record(
                "what goes in",
                bias=unknown(number("added to the products")),
                terms=TERMS,
                folded=FOLDED,
                expression=unknown(EXPRESSION),
                z=number("the sum"),
            ),
            z=number("the sum"),
            a=number("what comes out"),
            formula=unknown(text("of a")),
            expression=unknown(EXPRESSION),
            da_dz=unknown(number("the slope there")),
            da_dz_expression=unknown(EXPRESSION),
        ),
    ),
    folded=FOLDED,
)
WEIGHT: Final = record(
    "a derivative by a weight or a bias, as a product",
    index=unknown(whole("of the input; null for a bias")),
    name=text("of the input"),
    parameter=whole("its number among all"),
    weight=number("its value"),
    factors=listed(
        "what is multiplied",
        record("a factor", name=text("what it is"), value=number("its value")),
    ),
    expression=unknown(EXPRESSION),
    gradient=number("the derivative"),
    check=unknown(number("the same by a finite difference")),
    difference=unknown(number("the one less the other")),
    check_from=unknown(
        record(
            "what the finite difference is of",
            above=number("the loss above"),
            below=number("the loss below"),
            h=number("how far from the weight"),
            at_kink=flag("whether a kink of an activation lies between them"),
        )
    ),
)
BACKWARD: Final = record(
    "the way back; null where it was not asked for",
    kind=text("what it follows"),
    h=unknown(number("of the finite differences")),
    layers=listed(
        "the last first",
        record(
            "a layer",
            index=whole("from 1"),
            shared=listed("equations that its units share", equation("an equation")),
            units=listed(
                "its units",
                record(
                    "a unit",
                    unit=whole("from 0"),
                    name=text("what it is called"),
                    dL_da=unknown(equation("the derivative by what comes out")),
                    terms=TERMS,
                    folded=FOLDED,
                    da_dz=unknown(number("the slope")),
                    dL_dz=equation("the derivative by the sum"),
                    weights=listed("by its weights", WEIGHT),
                    bias=unknown(WEIGHT),
                    weights_folded=FOLDED,
                ),
            ),
            folded=FOLDED,
        ),
    ),
)
UPDATE: Final = record(
    "the update that follows; null where it was not asked for",
    step=whole("that it makes"),
    epoch=whole("in which it is, from 1"),
    optimizer=text("the rule"),
    settings=SETTINGS,
    kind=text("what it follows"),
    n_rows=whole("of its batch"),
    has_row=flag("whether this row is among them"),
    reduction=text("whether gradients are averaged or summed"),
    sentences=listed("what is to be said of it", text("a sentence")),
    formulas=listed("of the rule", text("a formula")),
    constants=listed("what all parameters share", equation("an equation")),
    parameters=listed(
        "weights and biases",
        record(
            "a weight or a bias",
            parameter=whole("its number among all"),
            name=text("where it is"),
            layer=whole("from 1"),
            unit=whole("from 0"),
            input=unknown(whole("from 0; null for a bias")),
            before=number("its value"),
            row_gradient=unknown(number("of this row")),
            batch_gradient=unknown(number("of the batch")),
            equations=listed("the rule with its numbers", equation("an equation")),
            change=unknown(number("what is added")),
            after=unknown(number("its new value by these numbers")),
            run=unknown(number("its new value in the run")),
            difference=unknown(number("the one less the other")),
        ),
    ),
    folded=FOLDED,
)
TRACE: Final = record(
    "One row worked through one network, with the actual numbers.",
    format=text("what this document is", FORMAT),
    version={"description": "of its form", "const": VERSION},
    title=text("which row, network and step"),
    row=unknown(whole("its number, from 0")),
    part=unknown(text("train, validation or test")),
    step=unknown(whole("updates done")),
    total_steps=unknown(whole("of the whole run")),
    network=unknown(whole("its number in the population")),
    seed=unknown(whole("of the network")),
    dtype=text("the precision", "float32", "float64"),
    notes=listed("what is to be said of it", text("a sentence")),
    scaling=text("of the features"),
    inputs=listed(
        "the features",
        record(
            "a feature",
            index=whole("from 0"),
            name=text("its column"),
            raw=number("as it came"),
            mean=number("that is taken away"),
            scale=number("that it is divided by"),
            expression=EXPRESSION,
            scaled=number("what the network sees"),
        ),
    ),
    inputs_folded=FOLDED,
    layers=listed("the way forward", FORWARD),
    output=record(
        "what the outputs mean",
        kind=text("of the target"),
        equations=listed("from outputs to answers", equation("an equation")),
        answers=listed(
            "what is answered",
            record("an answer", name=text("what it is of"), value=number("what is said")),
        ),
        folded=FOLDED,
        answer=unknown(text("the class")),
        sentence=text("the same in words"),
    ),
    loss=unknown(
        record(
            "the loss of the row; null where its target is not known",
            name=text("which loss"),
            sentence=text("its formula in words"),
            targets=listed(
                "by output",
                record(
                    "a target",
                    unit=whole("the output"),
                    name=text("what it is called"),
                    given=number("as it came"),
                    expression=unknown(EXPRESSION),
                    y=number("as the loss sees it"),
                ),
            ),
            folded=FOLDED,
            equations=listed("of the loss", equation("an equation")),
            weight=number("how much the row counts"),
            value=number("the loss"),
        )
    ),
    backward=unknown(BACKWARD),
    update=unknown(UPDATE),
    files=OUTPUTS,
)

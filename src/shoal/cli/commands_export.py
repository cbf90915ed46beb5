"""The commands that carry models to other formats and from them: their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_exports, complete_networks, complete_output
from shoal.cli.exits import guarded
from shoal.cli.options import Force, Json, ModelFile, Quiet, Which, choice, wants_json


def _list_formats(context: typer.Context, wanted: bool) -> None:
    """Print every format and end the command."""
    if not wanted:
        return
    from shoal.cli.export import list_formats

    list_formats(as_json=wants_json(context))
    raise typer.Exit


@guarded
def export(
    model: ModelFile,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_exports, help="Where to; its suffix chooses the format.",
        ),
    ],
    network: Which = None,
    proof: Annotated[
        bool, typer.Option("--proof/--no-proof", help="Run the file on rows of its own first.")
    ] = True,
    list_formats: Annotated[
        bool,
        typer.Option(
            "--list", is_eager=True, callback=_list_formats, help="List the formats, and end."
        ),
    ] = False,
    json: Json = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Write a model as a file of another format, which proves itself.

    Formats: .py .js .c .html .sql .json .onnx .pt.py .keras.py; what each
    is: shoal export --list. All networks go along and predict together as
    they do here. The file is run on test rows first, where what runs it
    is installed, and is not written if it says something else.

    \b
    Examples:
      shoal export flowers.safetensors -o flowers.html
      shoal export @last -o greater.c --network best
      shoal export --list
    """
    from shoal.cli.export import export_model

    export_model(str(model), output, which=network, prove=proof, as_json=json, force=force)


@guarded
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", show_default=False, autocompletion=complete_networks,
            help="A network: .keras, .safetensors of a PyTorch state dict, .json or .edn.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".safetensors"),
            help="The model to write (.safetensors).",
        ),
    ],
    features: Annotated[
        str | None,
        typer.Option(
            "--features", metavar="A,B,...", show_default=False,
            help="Names of the inputs, in order; x0,x1,... by default.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", "-t", metavar="NAME", show_default=False,
            help="What is predicted; A,B,... for several outputs.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes", metavar="A,B,...", show_default=False,
            help="Names of the classes, in order; of no and yes for labels.",
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", show_default=False,
            **choice("classification", "multilabel", "regression"),
            help="classification, multilabel or regression; told by the last activation.",
        ),
    ] = None,
    logits: Annotated[
        bool | None,
        typer.Option(
            "--logits/--no-logits", show_default=False,
            help="Whether a linear last layer gives logits, for softmax or sigmoid.",
        ),
    ] = None,
    activations: Annotated[
        str | None,
        typer.Option(
            "--activations", metavar="A,B,...", show_default=False,
            help="Of a state dict, which names none: one a layer, as relu,leaky_relu:0.2,softmax.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            "--layers", metavar="A,B,...", show_default=False,
            help="Of a state dict: its layers in order, where names and shapes do not tell.",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Read a network of another library and write it as a model.

    Files are read as data: nothing in them is run. scikit-learn's networks come from Python:
    shoal.import_model(estimator).save("model.safetensors").

    \b
    Examples:
      shoal import digits.keras -o digits.safetensors --logits
      shoal import net.safetensors -o iris.safetensors --activations relu,softmax
      shoal import flowers.json -o flowers.safetensors
    """
    from shoal.cli.import_ import import_file as read_file
    from shoal.cli.import_ import wishes_of

    wishes = wishes_of(
        features=features, targets=target, classes=classes, activations=activations,
        layers=layers, kind=kind, logits=logits,
    )  # fmt: skip
    read_file(file, wishes, output=output, force=force, as_json=json, quiet=quiet)


import_file.__name__ = "import"  # the command's name; Python keeps the word to itself

"""An experiment as a program: checked, outlined, written for a library, put together."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from shoal.experiments.document import Experiment
from shoal.experiments.programs.differing import differing, shown
from shoal.experiments.programs.outline import Outline, outline_of
from shoal.experiments.programs.registry import ProgramTarget, target_of
from shoal.experiments.programs.source import Source, assembled
from shoal.experiments.programs.text import printable
from shoal.training import Predicate

OF_DATA: Final = (
    "task", "samples", "features", "classes", "bits", "spread", "bias_input", "stream", "batches",
    "label_noise", "dummies", "multiply", "add", "derived", "validation", "test", "file", "target",
    "drop", "types", "weights", "kind", "missing", "encoding", "separator", "decimal",
    "fingerprint", "images", "labels", "validation_images", "validation_labels",
)  # fmt: skip
"""Keys of a data recipe that every program heeds."""
EVERYWHERE: Final = frozenset(
    {
        "seed", "network.layers", "network.initializer", "network.bias_initializer",
        "network.inputs", "training.optimizer", "training.loss", "training.reduction",
        "training.batch_size", "training.epochs", "training.dtype", "population.size",
        "population.vary",
        *(f"data.{key}" for key in OF_DATA),
    }
)  # fmt: skip
"""Keys that every program heeds, or tells of in a note of its own; those below them too."""
OF_LAYERS: Final = frozenset({"units", "activation", "bias", "initializer", "alpha", "at_zero"})
"""Settings of a layer that every program heeds."""


def code(
    experiment: Experiment, to: str = "python", *, file: str | None = None, data: str | None = None
) -> str:
    """Return an experiment as a program for another library, to be read, run and changed.

    What the program does not do as shoal does stands in its docstring.

    Args:
        experiment: the document. Its data is read, and nothing is trained.
        to: "python" for shoal itself, "numpy", "jax", "pytorch" or "keras".
        file: what the table's file is called in the program; as in the document if not given.
        data: what the archive is called that `shoal code --with-data` writes beside the
            program: with it the program takes shoal's own rows, first weights and orders of
            epochs from there, and its figures are shoal's.

    Raises:
        InputError: no such library, or something that it cannot be told; says what can.
        ExperimentError: layers that do not fit the data or the loss.
        DataError: data that cannot be read or used.

    Example:
        >>> print(code(Experiment(population=1), to="numpy").splitlines()[0])
        \"""experiment: the task greater, as a program in NumPy.
    """
    target = target_of(to)
    return text_of(outline_of(experiment, file=file, data=data), target)


def text_of(outline: Outline, target: ProgramTarget) -> str:
    """Return the program that an outline is written as.

    Raises:
        InputError: something that the library cannot be told; says what can.
    """
    source = target.writer.write(outline)
    what = _task_words(outline)
    title = f"{outline.name}: {what}, as a program {_in(target)}."
    return assembled(source, title, _about(outline, target), _notes(outline, target, source))


def _in(target: ProgramTarget) -> str:
    return "for shoal" if target.name == "python" else f"in {target.title}"


def _task_words(outline: Outline) -> str:
    recipe = outline.recipe
    task = getattr(recipe, "task", None)
    if task is not None:
        return f"the task {task}"
    name = str(getattr(recipe, "file", None) or getattr(recipe, "images", "a table"))
    return f"the rows of {printable(PurePath(name.replace(chr(92), '/')).name)}"


def _about(outline: Outline, target: ProgramTarget) -> str:
    import shoal

    where = f"Written by shoal {shoal.__version__} from the experiment {outline.name}"
    seed = f"(seed {outline.experiment.seed})"
    if target.name == "python":
        return f"{where} {seed}. It gives the same networks, to the bit."
    if outline.data is not None:
        return (
            f"{where} {seed}. It begins with shoal's own rows, first weights and orders of epochs "
            f"of network 0, in the file {printable(outline.data)} beside it."
        )
    return f"{where} {seed}."


def _notes(outline: Outline, target: ProgramTarget, source: Source) -> list[str]:
    """Return what the program does otherwise, settings that it does not heed first."""
    if target.name == "python":
        return source.notes
    notes = []
    for key, value in differing(outline.experiment).items():
        known = EVERYWHERE | source.expressed
        if not any(key == each or key.startswith(f"{each}.") for each in known):
            notes.append(f"{key} = {shown(value)} is left out.")
    notes += [
        f"network.layers[{place}].{key} = {shown(value)} is left out."
        for place, layer in enumerate(outline.layers)
        for key, value in layer.model_dump(exclude_defaults=True).items()
        if key not in OF_LAYERS
    ]
    return [*notes, *_general(outline), *source.notes]


def _general(outline: Outline) -> list[str]:
    experiment = outline.experiment
    size = experiment.population.size
    notes = []
    if size > 1:
        notes.append(f"One network is trained; shoal trains {size:,}, each with seeds of its own.")
    notes += [
        f"The stop rule {printable(rule.function.code)} is left out."
        for rule in outline.training.stop
        if isinstance(rule, Predicate)
    ]
    if outline.is_stream and experiment.preprocess.scaling != "none":
        notes.append(f"preprocess.scaling = {shown(experiment.preprocess.scaling)} is left out.")
    if outline.is_stream and outline.training.class_weight is not None:
        notes.append("training.class_weight is left out.")
    if outline.data is None:
        notes.append(
            "Random numbers are another generator's: rows, first weights and orders differ from "
            "shoal's, and so do the last digits of the figures. SEED chooses others."
        )
    return notes

"""The experiment in Python with shoal itself: records, with what differs from their defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.tasks import TaskRecipe
from shoal.errors import InputError
from shoal.experiments.document import Experiment, GivenData, Population
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.source import Source
from shoal.experiments.programs.text import WIDTH, literal
from shoal.fields import NamedRecord
from shoal.network import INITIALIZERS
from shoal.training import OPTIMIZERS, Training, UserFunction

TASKS: Final = {"or": "or_", "and": "and_"}
"""Tasks whose names Python keeps to itself."""
POSITIONAL: Final = {"Dense": ("units", "activation"), "Network": ("layers",)}
"""Arguments that stand without their names, by record."""
INITIAL: Final = tuple({entry.record for entry in INITIALIZERS.values()})


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or a list, as source that can be broken into lines.

    Attributes:
        name: what is called; nothing for a list.
        items: the arguments: source before the value (``units=``), and the value.
    """

    name: str
    items: tuple[tuple[str, Call | str], ...]

    @property
    def ends(self) -> str:
        """The brackets."""
        return "()" if self.name else "[]"

    def line(self) -> str:
        """Return it on one line."""
        items = ", ".join(f"{head}{flat(value)}" for head, value in self.items)
        return f"{self.name}{self.ends[0]}{items}{self.ends[1]}"

    def text(self, margin: int, head: str = "", tail: str = "") -> Iterator[str]:
        """Yield its lines, broken where ruff breaks them."""
        whole, indent = f"{head}{self.line()}{tail}", " " * margin
        if margin + len(whole) <= WIDTH:
            yield indent + whole
            return
        yield f"{indent}{head}{self.name}{self.ends[0]}"
        inside = ", ".join(f"{before}{flat(value)}" for before, value in self.items)
        if self.name and margin + 4 + len(inside) <= WIDTH:
            yield f"{indent}    {inside}"
        else:
            for before, value in self.items:
                if isinstance(value, Call):
                    yield from value.text(margin + 4, before, ",")
                else:
                    yield f"{indent}    {before}{value},"
        yield f"{indent}{self.ends[1]}{tail}"


def flat(value: Call | str) -> str:
    """Return a value on one line."""
    return value if isinstance(value, str) else value.line()


def write(outline: Outline) -> Source:
    """Return the program in its parts.

    Raises:
        InputError: it is to read rows that shoal has anyway, or a function has no name.
    """
    if outline.data is not None:
        raise InputError(
            "code: --with-data is for other libraries; --to python has shoal's rows.", code="U107"
        )
    experiment = outline.experiment
    experiment.check_portable()
    made = _record(_with_file(experiment, outline.file))
    text = "\n".join(made.text(0, "experiment = "))
    allowed = "allow_python=True" if experiment.training.functions else ""
    return Source(imports=["import shoal"], constants=[text], functions=[_main(allowed)])


def _main(allowed: str) -> str:
    return "\n".join(
        [
            'if __name__ == "__main__":',
            f"    run = experiment.run({allowed})",
            "    print(run)",
            "    for name in run.history:",
            '        print(f"{name} of the best network: {run.final(name)[run.best_index]:.6g}")',
            '    print(f"digest {run.digest}")',
        ]
    )


def _with_file(experiment: Experiment, file: str) -> Experiment:
    """Return the document with the name that its table has in the program."""
    data = experiment.data
    if isinstance(data, FileData) and file and file != data.file:
        return experiment.model_copy(update={"data": data.model_copy(update={"file": file})})
    return experiment


def _record(record: BaseModel) -> Call:
    """Return the call that makes a record, with what differs from the defaults."""
    kind = type(record)
    items: list[tuple[str, Call | str]] = []
    for name, field in kind.model_fields.items():
        value = getattr(record, name)
        if (name == "name" and isinstance(record, NamedRecord)) or _is_usual(record, name, field):
            continue
        positional = name in POSITIONAL.get(kind.__name__, ())
        items.append(("" if positional else f"{name}=", _value(value)))
    return Call(f"shoal.{_called(record)}", tuple(items))


def _is_usual(record: BaseModel, name: str, field: Any) -> bool:
    value = getattr(record, name)
    if isinstance(record, Training) and name == "dtype":
        return bool(value == OPTIMIZERS[record.optimizer.name].default_dtype)
    if isinstance(record, TaskRecipe) and name == "task":
        return True
    if field.is_required():
        return False
    return bool(value == field.get_default(call_default_factory=True, validated_data={}))


def _called(record: BaseModel) -> str:
    if isinstance(record, TaskRecipe):
        return f"tasks.{TASKS.get(record.task, record.task)}"
    return type(record).__name__


def _value(value: object) -> Call | str:
    """Return a value of a document as source."""
    if isinstance(value, GivenData):
        raise InputError(
            "code: the rows were handed over in Python; hand them to run().", code="T104"
        )
    if isinstance(value, UserFunction):
        return literal(value.code) if value.sha256 is None else _record(value)
    if isinstance(value, ImageData):
        return literal(value.model_dump(mode="json", exclude_defaults=True))
    if isinstance(value, Population) and set(_given(value)) <= {"size"}:
        return literal(value.size)
    if isinstance(value, INITIAL):
        settings = value.model_dump(mode="json")
        return literal(value.name) if len(settings) == 1 else literal(settings)
    if isinstance(value, BaseModel):
        return _record(value)
    if isinstance(value, tuple | list):
        if len(value) == 1 and isinstance(value[0], NamedRecord):
            return _record(value[0])
        return Call("", tuple(("", _value(each)) for each in value))
    return literal(value)


def _given(record: BaseModel) -> list[str]:
    fields = type(record).model_fields
    return [name for name, field in fields.items() if not _is_usual(record, name, field)]

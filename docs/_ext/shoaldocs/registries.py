"""The pages of the registries: every member of every table from name to record."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shoal.records import arguments_of
from shoaldocs import rst


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A registry.

    Attributes:
        name: of its page.
        title: of its page.
        told: what its members are, and where a document names them.
        members: what is said of each, as reStructuredText.
    """

    name: str
    title: str
    told: str
    members: Mapping[str, str]


def registries() -> tuple[Registry, ...]:
    """Return all registries, in the order of the pages."""
    return tuple(make() for make in MAKERS)


def pages() -> dict[str, str]:
    """Return the pages by their path."""
    found = registries()
    made = {f"registries/{each.name}": page(each) for each in found}
    rows = [
        (f":doc:`{each.title} <{each.name}>`", str(len(each.members)), each.told) for each in found
    ]
    index = [
        rst.title("Registries"),
        "A registry is a table from a name to what does the work.",
        "Documents, the command line, the lab, the tests and these pages all take from it.\n",
        rst.listing(("registry", "members", "what they are"), rows, "30 10 60"),
        rst.toctree([each.name for each in found], hidden=True),
    ]
    return {"registries/index": "\n".join(index), **made}


def page(registry: Registry) -> str:
    """Return the page of a registry."""
    links = [f":member:`{name} <{registry.name}: {name}>`" for name in registry.members]
    parts = [rst.title(registry.title), registry.told + "\n", " · ".join(links) + "\n"]
    for name, text in registry.members.items():
        parts.append(rst.directive("member", f"{registry.name}: {name}", text))
    return "\n".join(parts)


def activations() -> Registry:
    """Return the activations, each with its formula and slope."""
    from shoal.network import ACTIVATIONS
    from shoal.network.worked.activations import SLOPE_WORDS, WORDS

    return Registry(
        name="activation",
        title="Activations",
        told="What a layer makes of its weighted sums z: ``network.layers[].activation``.",
        members={
            name: _fields(
                described(entry.function.__doc__),
                Formula=rst.literal(f"a = {WORDS[name]}"),
                Slope=rst.literal(SLOPE_WORDS[name]),
                Settings=_settings(entry.settings),
            )
            for name, entry in ACTIVATIONS.items()
        },
    )


def losses() -> Registry:
    """Return the losses."""
    from shoal.network import LOSSES

    return Registry(
        name="loss",
        title="Losses",
        told="What training makes small: ``training.loss``.",
        members={
            name: _fields(
                described(entry.rows.__doc__),
                Needs=f"{rst.literal(entry.activation)} in the last layer"
                if entry.activation
                else "",
                For=entry.kind or "classes and numbers",
                Settings=_settings(entry.settings),
            )
            for name, entry in LOSSES.items()
        },
    )


def initializers() -> Registry:
    """Return the initializers."""
    from shoal.network import INITIALIZERS

    return Registry(
        name="initializer",
        title="Initializers",
        told="How weights and biases begin: ``network.initializer``, ``network.bias_initializer``, "
        "``network.layers[].initializer``.",
        members={name: _of_record(entry.record) for name, entry in INITIALIZERS.items()},
    )


def optimizers() -> Registry:
    """Return the learning rules."""
    from shoal.training import OPTIMIZERS

    return Registry(
        name="optimizer",
        title="Learning rules",
        told="How gradients or losses become new weights: ``training.optimizer``.",
        members={name: _of_record(entry.record) for name, entry in OPTIMIZERS.items()},
    )


def schedules() -> Registry:
    """Return the schedules."""
    from shoal.training import SCHEDULES

    return Registry(
        name="schedule",
        title="Schedules",
        told="How the learning rate changes on the way: ``training.schedule``.",
        members={name: _of_record(entry.record) for name, entry in SCHEDULES.items()},
    )


def stop_rules() -> Registry:
    """Return the stop rules."""
    from shoal.training import STOP_RULES

    return Registry(
        name="stop",
        title="Stop rules",
        told="What ends a network before its last epoch: ``training.stop``.",
        members={name: _of_record(entry.record) for name, entry in STOP_RULES.items()},
    )


def tasks() -> Registry:
    """Return the built-in tasks."""
    from shoal.tasks import TASKS

    return Registry(
        name="task",
        title="Tasks",
        told="Built-in data with known truth: ``data.task``.",
        members={name: _of_record(record) for name, record in TASKS.items()},
    )


def checks() -> Registry:
    """Return the checks of the doctor."""
    from shoal.experiments.doctor import CHECKS

    return Registry(
        name="check",
        title="Checks of the doctor",
        told="What ``shoal doctor`` looks for; an uncertain finding stands if its remedy helps.",
        members={
            name: f"{each.title}: {rst.escaped(each.help)}\n" for name, each in CHECKS.items()
        },
    )


def charts() -> Registry:
    """Return the kinds of charts."""
    from shoal.charts.registry import CHARTS

    return Registry(
        name="chart",
        title="Kinds of charts",
        told="What ``shoal plot KIND`` draws; :doc:`/gallery` shows each.",
        members={
            name: _fields(described(each.makes.__doc__, each.options), **{"Made of": each.taken})
            for name, each in CHARTS.items()
        },
    )


def formats() -> Registry:
    """Return the formats that models are exported to."""
    from shoal.exports import FORMATS

    return Registry(
        name="format",
        title="Formats of exports",
        told="What ``shoal export MODEL -o FILE`` writes, by the suffix of the file.",
        members={
            each.suffix: _fields(
                f"{each.name}: {rst.escaped(each.help)}\n",
                **{"Proved by": each.runtime, "Self-test": rst.literal(each.self_test)},
            )
            for each in FORMATS.values()
        },
    )


def programs() -> Registry:
    """Return the libraries that an experiment is written for."""
    from shoal.experiments.programs import TARGETS

    return Registry(
        name="program",
        title="Libraries for programs",
        told="What ``shoal code FILE --to NAME`` writes.",
        members={
            name: f"{each.title}: {rst.escaped(each.help)}\n" for name, each in TARGETS.items()
        },
    )


def figures() -> Registry:
    """Return the figures that outputs are judged by."""
    from shoal.metrics import METRICS

    return Registry(
        name="figure",
        title="Figures",
        told="What outputs are judged by; histories have them of both parts of the rows.",
        members={
            name: _fields(
                described(each.function.__doc__),
                For=each.kind,
                Better="larger" if each.more_is_better else "smaller",
            )
            for name, each in METRICS.items()
        },
    )


def formulas() -> Registry:
    """Return the formulas of derived features."""
    from shoal.data.formulas import FORMULAS

    return Registry(
        name="formula",
        title="Formulas of derived features",
        told="What features can be made of others: ``data.derived``.",
        members={
            name: f"Written {rst.literal(each.written.format('a', 'b'))}.\n"
            for name, each in FORMULAS.items()
        },
    )


def streams() -> Registry:
    """Return the random streams."""
    from shoal.experiments import Streams
    from shoal.records import meanings

    return Registry(
        name="stream",
        title="Random streams",
        told="Where randomness comes from: ``streams`` and ``population.vary``.",
        members={name: rst.prose(text) + "\n" for name, text in meanings(Streams).items()},
    )


MAKERS: tuple[Callable[[], Registry], ...] = (
    activations, losses, initializers, optimizers, schedules, stop_rules, tasks, charts, checks,
    figures, formats, programs, formulas, streams,
)  # fmt: skip


def _of_record(record: type) -> str:
    told = described(record.__doc__)
    name = public_name(record)
    link = f":In Python: :py:obj:`{name}`\n" if name else ""
    return f"{told}\n\n{link}"


def described(docstring: str | None, options: Collection[str] | None = None) -> str:
    """Return a docstring whose arguments are a list: these entries are no functions.

    Args:
        docstring: of the record or the function.
        options: those of its arguments that one gives by name; None for settings, which all are.
    """
    text = inspect.cleandoc(docstring or "")
    listed = "\n".join(
        f"   - {rst.literal(name)}: {rst.prose(told)}"
        for name, told in arguments_of(text).items()
        if options is None or name in options
    )
    left_out = "Args" if options is None else "Args|Raises|Returns"
    rest = re.sub(rf"^(?:{left_out}):\n((?:    .*\n?|\n)+)", "", text, flags=re.M)
    called = "Settings" if options is None else "Options"
    return rst.docstring(rest) + (f"\n\n:{called}:\n{listed}\n" if listed else "")


def public_name(record: type) -> str:
    """Return the name that a class is documented under; "" where it is not."""
    from shoaldocs.public import entries

    for page_ in entries().values():
        for each in page_:
            if each.value is record:
                return each.name
    return ""


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(rst.literal(f"{key} = {value}") for key, value in settings.items())


def _fields(told: str, **fields: str) -> str:
    lines = [f":{name}: {text}" for name, text in fields.items() if text]
    return told + "\n\n" + "\n".join(lines) + "\n"


def all_members() -> Iterator[tuple[str, str]]:
    """Yield every registry's name with every member's."""
    for registry in registries():
        for name in registry.members:
            yield registry.name, name

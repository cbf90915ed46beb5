"""Files to take away: what there is (`FILES`), and the making of each.

A file is made in memory or in a folder of its own and travels as bytes; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from shoal.charts.registry import CHARTS, RUN
from shoal.errors import InputError, MissingExtraError, did_you_mean
from shoal.experiments.programs.registry import TARGETS
from shoal.exports.registry import FORMATS
from shoal.lab.actions import taking_data, taking_models, taking_pictures, taking_text
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.actions.taken import Made, Taking
from shoal.lab.messages import FileToTake, Take

Group = Literal["experiment", "code", "model", "picture", "data", "report"]
SINGLE_CHARTS: Final = ("surface_difference",)
"""Charts of a run that need something beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A kind of file.

    Attributes:
        title: what it is, in a few words.
        suffix: of its name.
        group: where the page lists it.
        make: from what was asked to the file.
        needs: libraries without which it cannot be made, by what they are imported as.
        extra: the extra that installs them.
        charts: whether it is of a chart that must be named.
    """

    title: str
    suffix: str
    group: Group
    make: Callable[[Taking], Made]
    needs: tuple[str, ...] = ()
    extra: str = ""
    charts: bool = False

    @property
    def is_there(self) -> bool:
        """Whether what it needs is installed."""
        return all(find_spec(name) is not None for name in self.needs)


def _code_entries() -> dict[str, Entry]:
    return {
        f"code-{name}": Entry(
            title=f"{target.title}: {target.help}",
            suffix=".py" if name == "python" else f".{name}.py",
            group="code",
            make=taking_text.code_of(name),
            needs=(f"shoal.experiments.programs.{target.module}",),
        )
        for name, target in TARGETS.items()
    }


def _export_entries() -> dict[str, Entry]:
    needs = {".onnx": ("onnx",)}
    return {
        f"export{suffix.replace('.', '-')}": Entry(
            title=f"{form.name}: {form.help}",
            suffix=taking_models.suffix_of(form),
            group="model",
            make=taking_models.export_of(form),
            needs=needs.get(suffix, ()),
            extra="export",
        )
        for suffix, form in FORMATS.items()
    }


VIZ: Final = ("vl_convert",)
FILES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "experiment-toml": Entry(
            title="The experiment as TOML: shoal run repeats it to the bit.",
            suffix=".toml", group="experiment", make=taking_text.toml,
        ),
        "experiment-json": Entry(
            title="The experiment as JSON.",
            suffix=".json", group="experiment", make=taking_text.json_document,
        ),
        **_code_entries(),
        "model": Entry(
            title="The trained model with its scaler: shoal predict and serve take it.",
            suffix=".safetensors", group="model", make=taking_models.model,
        ),
        **_export_entries(),
        "history-csv": Entry(
            title="Every figure of every network at every report.",
            suffix=".csv", group="data", make=taking_data.history,
        ),
        "predictions-csv": Entry(
            title="Every row with what is said of it.",
            suffix=".csv", group="data", make=taking_data.predictions,
        ),
        "chart-png": Entry(
            title="A chart as PNG.", suffix=".png", group="picture",
            make=taking_pictures.png, needs=VIZ, extra="viz", charts=True,
        ),
        "chart-svg": Entry(
            title="A chart as SVG.", suffix=".svg", group="picture",
            make=taking_pictures.svg, needs=VIZ, extra="viz", charts=True,
        ),
        "chart-spec": Entry(
            title="A chart as Vega-Lite, with its data.", suffix=".vl.json", group="picture",
            make=taking_pictures.spec, charts=True,
        ),
        "animation-gif": Entry(
            title="The training as an animation.", suffix=".gif", group="picture",
            make=taking_pictures.animation, needs=("PIL",), extra="viz",
        ),
        "report-html": Entry(
            title="The whole result as one page that opens offline.",
            suffix=".html", group="report", make=taking_pictures.report, needs=VIZ, extra="viz",
        ),
    }
)  # fmt: skip
"""Every kind of file, by the name that a page asks for it."""


def files_to_take() -> tuple[FileToTake, ...]:
    """Return the kinds of file that can be made here, as the catalogue tells them."""
    return tuple(
        FileToTake(
            kind=kind, title=entry.title, suffix=entry.suffix, group=entry.group,
            charts=entry.charts,
        )
        for kind, entry in FILES.items()
        if entry.is_there
    )  # fmt: skip


def charts_of_a_run() -> tuple[str, ...]:
    """Return the kinds of chart that a run alone can be shown as."""
    return tuple(
        name for name, kind in CHARTS.items() if RUN in kind.takes and name not in SINGLE_CHARTS
    )


def take(surroundings: Surroundings, message: Take) -> Outcome:
    """Return a file: its bytes, a safe name, its kind, and what must be said of it.

    Raises:
        InputError: there is no such kind of file or network, or it cannot be made of this run.
        MissingExtraError: what makes it is not installed.
    """
    entry = FILES.get(message.kind)
    if entry is None:
        cure = did_you_mean(message.kind, FILES) or f"There are {', '.join(FILES)}."
        raise InputError(f"take: there is no kind of file '{message.kind}'. {cure}", code="G101")
    if not entry.is_there:
        raise MissingExtraError(entry.title.rstrip("."), entry.needs[0], entry.extra)
    taking = Taking(surroundings=surroundings, message=message)
    surroundings.tell("making the file")
    made = entry.make(taking)
    document = {
        "name": taking.named(made.what, entry.suffix),
        "mime": made.mime,
        "note": made.note,
        **made.beside,
    }
    return Outcome(document=document, arrays={"file": np.frombuffer(made.content, np.uint8)})


__all__ = ["FILES", "Entry", "charts_of_a_run", "files_to_take", "take"]

"""The experiment as TOML and JSON, and as code of other libraries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from shoal.experiments import Experiment
from shoal.experiments.programs.writing import code
from shoal.lab.actions.taken import Made, Taking, mime_of


def toml(taking: Taking) -> Made:
    """Return the experiment as TOML."""
    import tomli_w

    experiment = taking.experiment()
    experiment.check_portable()
    document = taking.with_own_names(experiment.document())
    name = taking.named("", ".toml")
    head = [f"# shoal run {name}" if " " not in name else f'# shoal run "{name}"']
    note = _note(taking, document)
    head += [f"# {sentence}" for sentence in note]
    text = "\n".join(head) + "\n\n" + tomli_w.dumps(document)
    return Made(content=text.encode(), mime=mime_of(".toml"), note=" ".join(note))


def json_document(taking: Taking) -> Made:
    """Return the experiment as JSON."""
    experiment = taking.experiment()
    experiment.check_portable()
    document = taking.with_own_names(experiment.document())
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    note = " ".join(_note(taking, document))
    return Made(content=f"{text}\n".encode(), mime=mime_of(".json"), note=note)


def code_of(library: str) -> Callable[[Taking], Made]:
    """Return what writes an experiment as a program for a library."""

    def make(taking: Taking) -> Made:
        given = taking.experiment()
        document = given.document()
        named = Experiment.read(document, source=taking.stem, folder=given.folder)
        own = taking.own_tables.get(document["data"].get("file"))
        taking.surroundings.tell("writing the program")
        text = code(named, library, file=own)
        for digest, name in taking.own_tables.items():  # in its notes
            text = text.replace(digest, name)
        note = " ".join(_note(taking, taking.with_own_names(document)))
        return Made(content=text.encode(), mime=mime_of(".py"), note=note)

    return make


def _note(taking: Taking, document: Mapping[str, Any]) -> list[str]:
    """Return what must be said of an experiment that goes out."""
    told = []
    if document["data"].get("file") in taking.own_tables.values():
        told.append(f"Put {document['data']['file']} beside this file.")
    if taking.message.run >= 0:
        at = taking.surroundings.session.branches[taking.message.run].at
        told.append(f"A branch from step {at:,}: this is its setting, not the way there.")
    return told


__all__ = ["code_of", "json_document", "toml"]

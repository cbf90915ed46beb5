"""The generated reference has an entry for everything that is public, and each says something."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest
import shoaldocs
from shoaldocs import commands, keys, public, registries

import shoal
from shoal.records import meanings

ROOT = Path(__file__).parents[2]
PARTS = [path.stem for path in (ROOT / "docs" / "_ext" / "shoaldocs").glob("[a-z]*.py")]


@pytest.fixture(scope="module")
def pages():
    return shoaldocs.reference_pages()


def directives(text, kind):
    return re.findall(rf"^ *\.\. {kind}:: (.*)$", text, re.M)


def test_every_name_of_the_package_has_an_entry(pages):
    text = "\n".join(page for name, page in pages.items() if name.startswith("names/"))
    told = {
        line.partition("(")[0]
        for kind in ("py:class", "py:exception", "py:function", "py:data", "py:module")
        for line in directives(text, kind)
    }
    assert {f"shoal.{name}" for name in shoal.__all__} <= told
    assert {each.name for listed in public.entries().values() for each in listed} <= told


@pytest.mark.parametrize(
    "entry", [each for listed in public.entries().values() for each in listed], ids=lambda e: e.name
)
def test_every_name_is_told_in_a_line(entry):
    told = inspect.cleandoc(entry.told)
    line, _, rest = told.partition("\n")
    assert line.endswith((".", ":", '".')), line
    assert not rest or rest.startswith("\n"), "the first sentence is one line"
    if entry.is_function:
        first = line.split()[0]
        assert not re.fullmatch(r"[A-Z][a-z]+(?:[^s]s|ing)", first), (
            "imperative: Return, not Returns"
        )


def test_signatures_name_nothing_private():
    for each in (each for listed in public.entries().values() for each in listed):
        if each.is_class or each.is_function:
            parameters = re.findall(r"[:\[,|>] *(_\w+)", public.signature_of(each.value))
            assert not parameters, each.name


def test_a_kind_of_chart_lists_what_one_may_ask_for(pages):
    text = pages["registries/chart"]
    curves = text.partition("chart: curves\n")[2].partition(".. member::")[0]
    assert re.findall(r"- ``(\w+)``:", curves) == ["figure", "network", "log"]  # not the run
    assert ":Raises" not in text
    assert ":raises" not in text


def test_every_command_and_option_has_an_entry(pages):
    n_options = 0
    for name, (_, command) in commands.tree():
        page = pages[f"commands/{name.replace(' ', '_')}"]
        assert f"shoal {name}" in pages["commands/index"]
        told = " ".join(directives(page, "option"))
        for each in command.params:
            if getattr(each, "hidden", False):
                continue
            n_options += 1
            known = each.opts[0] if each.opts[0].startswith("-") else each.metavar or each.name
            assert str(known).upper() in told.upper(), (name, each.opts)
    assert n_options > 200


def test_every_command_has_examples():
    for name, (_, command) in commands.tree():
        told, examples = commands.parts_of(command.help or "")
        assert told, name
        if not hasattr(command, "list_commands"):
            assert examples.startswith("shoal "), name


def properties_of(schema):
    """All keys with the schema's own walk: `$defs` by reference, not our page's."""
    for title, record in {"Experiment": schema, **schema["$defs"]}.items():
        for key, field in record.get("properties", {}).items():
            yield title, key, field


def test_every_key_has_an_entry_and_a_meaning(pages):
    told = {path.split()[0].split(".")[-1] for path in directives(pages["keys"], "key")}
    schema = keys.schema()
    for title, key, field in properties_of(schema):
        assert key in told, (title, key)
        assert field.get("description"), f"{title}.{key} has no meaning"
    entries = directives(pages["keys"], "key")
    for key in keys.every_key():
        assert key.name in entries
        assert key.kind, key.name


def test_keys_are_those_of_a_document():
    """`training.batch_size` of the page is the key of a document, and the other way round."""
    told = {key.path for key in keys.every_key() if not key.of and "[]" not in key.path}
    experiment = shoal.Experiment()
    found = set(type(experiment).model_fields)
    for table in ("network", "training", "population", "preprocess", "streams"):
        found |= {f"{table}.{key}" for key in type(getattr(experiment, table)).model_fields}
    assert found <= told
    assert {path for path in told if path.count(".") < 2} == found


def test_bounds_are_in_words():
    told = {key.name: key for key in keys.every_key()}
    assert told["training.batch_size"].kind == 'whole number, at least 1 or "full"'
    assert told["training.batch_size"].default == "32"
    assert told["training.optimizer.beta_1 (adam)"].kind == "number, at least 0, below 1"
    assert told["data.file (file)"].default == keys.REQUIRED


def test_every_member_of_a_registry_has_an_entry(pages):
    from shoal.charts.registry import CHARTS
    from shoal.data.tasks import TASKS
    from shoal.experiments.doctor import CHECKS
    from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES
    from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES

    tables = {
        "activation": ACTIVATIONS, "loss": LOSSES, "initializer": INITIALIZERS,
        "optimizer": OPTIMIZERS, "schedule": SCHEDULES, "stop": STOP_RULES, "task": TASKS,
        "check": CHECKS, "chart": CHARTS,
    }  # fmt: skip
    for name, table in tables.items():
        text = pages[f"registries/{name}"]
        assert directives(text, "member") == [f"{name}: {member}" for member in table]
    for registry, member in registries.all_members():
        assert f".. member:: {registry}: {member}" in pages[f"registries/{registry}"]
    for registry in registries.registries():
        assert all(text.strip() for text in registry.members.values()), registry.name


def test_every_exit_code_and_error_code_is_told():
    from shoal.cli.exits import EXIT_CODES
    from shoal.codes import CODES

    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert {str(code) for code in EXIT_CODES} <= set(re.findall(r"^\| (\d+) \|", text, re.M))
    assert re.findall(r"^### (\w\d+):", text, re.M) == list(CODES)


def test_every_member_of_every_document_is_told(pages):
    from shoal.cli.documents import DOCUMENTS
    from shoal.cli.documents.assembling import schema_of

    for name, document in DOCUMENTS.items():
        page = pages[f"commands/{name.replace(' ', '_')}"]
        _, _, told = page.partition("\nJSON\n----\n")
        assert document.example in told
        rows = re.findall(r"^   \* - ``(.*?)``$", told, re.M)
        schema = schema_of(name)
        for each in schema.get("anyOf", [schema]):
            items = each.get("items", each)
            begin = "[]." if each.get("type") == "array" else ""
            for member in items.get("properties", {}):
                assert {f"{begin}{member}", f"{begin}{member}?"} & set(rows), (name, member)


def test_a_document_reaches_to_its_last_member(pages):
    told = pages["commands/run"].partition("\nJSON\n----\n")[2]
    for path in ("networks[].FIGURE?", "summary{}.p95", "diverged[].last_train_loss", "files?"):
        assert f"``{path}``" in told
    assert ":doc:`experiment </reference/keys>`" in told
    assert "A document a line" in pages["commands/predict"]


def test_entries_say_where_they_are_written():
    by_name = {each.name: each for listed in public.entries().values() for each in listed}
    adam = by_name["shoal.Adam"]
    lines = (ROOT / "src" / (adam.home.replace(".", "/") + ".py")).read_text("utf-8").splitlines()
    assert lines[adam.line - 1].startswith("class Adam(")
    table = by_name["shoal.network.ACTIVATIONS"]
    lines = (ROOT / "src" / (table.home.replace(".", "/") + ".py")).read_text("utf-8").splitlines()
    assert lines[table.line - 1].startswith("ACTIVATIONS")


def test_meanings_come_from_bases_and_below_fields():
    found = meanings(shoal.FileData)
    assert found["fingerprint"].startswith("SHA-256")  # below the field
    assert found["label_noise"].startswith("Share of labels")  # of the base
    assert meanings(shoal.Adam)["name"]  # of NamedRecord


@pytest.mark.parametrize("part", PARTS)
def test_examples_of_the_extension(part):
    assert doctest.testmod(importlib.import_module(f"shoaldocs.{part}")).failed == 0

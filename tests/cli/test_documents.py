"""What ``--json`` prints: every command has it, every member is described, and nothing else is."""

from __future__ import annotations

import contextlib
import itertools
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from shoal.cli.app import app
from shoal.cli.documents import DOCUMENTS
from shoal.cli.documents.assembling import schema_of
from shoal.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
OR = f"{EXAMPLES}/or.toml"
LABELS = "a,b,hot,wet\n" + "".join(
    f"{k / 10},{k % 3},{'yes' if k > 6 else 'no'},{'yes' if k % 2 else 'no'}\n" for k in range(12)
)
SMALL = "population=2 training.epochs=2"
RESULT = "--no-store"

CASES = {
    "new": ["new", "new a.toml --task xor", "new b.toml --data flowers.csv -t species --all"],
    "run": [
        f"run {OR} population=2 -o m.safetensors -o m.json {RESULT}",
        # a rate at which nothing is left to tell: every network diverges
        f"run {OR} {SMALL} training.optimizer.name=sgd training.optimizer.learning_rate=1e30 "
        f"training.loss=squared_error network.layers.1.activation=identity {RESULT}",
        f"run prices.toml {SMALL} {RESULT}",
        f"run {OR} {SMALL} training.restore_best=train_loss data.label_noise=0.25 data.test=0.25 "
        "training.stop=plateau training.schedule=cosine data.stream=false "
        f"data.validation=0.25 seed=1 {RESULT}",
    ],
    "train": [
        f"train labels.csv --target hot,wet {SMALL} -o l.safetensors",
        f"train flowers.csv --target species {SMALL} -o f.safetensors",
    ],
    "resume": ["resume @last:or training.epochs=5", "resume @last:sweep"],
    "spread": [f"spread {OR} --networks 3"],
    "sweep": [
        f"sweep {OR} {SMALL} training.optimizer=sgd,adam -o s.json -o s.csv {RESULT}",
        f"sweep prices.toml {SMALL} seed=1,2 {RESULT}",
        f"sweep {OR} {SMALL} training.optimizer.learning_rate=0.01,1e30 "
        f"training.loss=squared_error network.layers.1.activation=identity {RESULT}",
        f"sweep {OR} {SMALL} training.optimizer=sgd,adam --dry-run",
    ],
    "search": [
        f"search {OR} {SMALL} training.optimizer=sgd,adam -o best.toml",
        f"search {OR} {SMALL} training.optimizer.learning_rate=0.01,0.1 --method optuna --trials 2",
    ],
    "compare": [
        f"compare {OR} training.optimizer.name=sgd,adam --pairs 4 -o c.json {RESULT}",
        f"compare prices.toml training.epochs=2,3 --pairs 3 {RESULT}",
        f"compare {OR} training.optimizer.learning_rate=0.01,1e30 training.loss=squared_error "
        f"network.layers.1.activation=identity training.optimizer.name=sgd --pairs 4 {RESULT}",
        f"compare {OR} training.optimizer.name=sgd,adam --pairs 4 --target 'train_loss<0.3' "
        f"{RESULT}",
    ],
    "doctor": [
        f"doctor {EXAMPLES}/greater_multiplied.toml population=4 training.epochs=3 "
        f"data.samples=500 --pairs 6 {RESULT}",
        f"doctor prices.toml population=2 training.epochs=2 --no-proof {RESULT}",
    ],
    "worth": [
        "worth flowers.csv --target species --folds 2 --repeats 1 -o w.json",
        "worth prices.csv --target c --decimal , --folds 2 --repeats 1",
    ],
    "replay": ["replay @last:or"],
    "show": [
        "show flowers.safetensors", "show prices.safetensors --weights --network best",
        f"show {OR}", f"show {OR} --weights", "show @last:or --network 0",
    ],
    "predict": [
        "predict flowers.safetensors flowers.csv",
        "predict prices.safetensors prices.csv --decimal ,",
        "predict or.safetensors input1=0 input2=1 --abstain-below 0.999",
        "predict labels.safetensors labels.csv",
    ],
    "evaluate": [
        "evaluate flowers.safetensors flowers.csv --resamples 20 --by species -o e.json",
        "evaluate prices.safetensors prices.csv --decimal , --resamples 20",
        "evaluate labels.safetensors labels.csv --resamples 20",
        "evaluate or.safetensors or.csv --costs 1,5 --coverage 0.5 --resamples 20",
        "evaluate flowers.safetensors flowers.csv --resamples 0 --min-accuracy 0.9 --worst 0",
    ],
    "trace": [
        f"trace {OR} {SMALL} --row 1 --step 3 --backward --update",
        "trace or.safetensors --input input1=0,input2=1 -o t.json -o t.tex",
        f"trace prices.toml {SMALL} --row 1 --backward --update",
        f"trace {OR} {SMALL} --row 1 --update training.optimizer.name=finite_difference",
        f"trace {EXAMPLES}/digits.toml {SMALL} --row 1 --backward",
        "trace flowers.safetensors --row 1 --rows flowers.csv --backward",
    ],
    "importance": [
        "importance flowers.safetensors flowers.csv --repeats 2 --rows 40 -o i.json",
        "importance prices.safetensors prices.csv --decimal , --repeats 2",
        "importance flowers.safetensors flowers.csv --row 3",
        "importance or.safetensors --row input1=0 --row input2=1",
    ],
    "monitor": [
        "monitor flowers.safetensors flowers.csv --min-accuracy 0.5 -o d.svg --save-unlike u.csv",
        "monitor prices.safetensors prices.csv --decimal , --max-drift 0.2 --no-history",
        "monitor ja.safetensors ja.csv --no-history", "monitor flowers.safetensors --history",
    ],
    "export": [
        "export or.safetensors -o or.py", "export or.safetensors -o or.json --no-proof",
        "export --list",
    ],
    "code": [f"code {OR}", f"code {OR} --to numpy --with-data -o or_np.py", "code --list"],
    "import": ["import flowers.json -o again.safetensors"],
    "plot": ["plot", "plot activations -o a.svg"],
    "animate": [f"animate {OR} {SMALL} -o or.gif --frames 2 --size 320x240"],
    "report": [f"report {OR} {SMALL} -o or.html --no-doctor --no-replay"],
    "tasks": ["tasks"],
    "functions": ["functions", "functions sigmoid", "functions losses"],
    "schema": ["schema", "schema runs show"],
    "lessons list": ["lessons list"],
    "help": ["help", "help X101", "help run"],
    "runs": ["runs", "runs --name nothing-is-called-so"],
    "runs show": ["runs show @last:or", "runs show @last:sweep", "runs show @last:comparison",
                  "runs show @last:diagnosis"],
    "runs tag": ["runs tag @last +good"],
    "runs note": ["runs note @last 'a note'"],
    "runs export": ["runs export @last:or -o rows.csv"],
    "runs rm": ["runs rm @last --yes"],
}  # fmt: skip
"""Commands, good ones and odd ones, in the order in which they are carried out."""
SLOW = {"worth", "report"}
ELSEWHERE = {"serve", "lab", "lessons", "lessons open", "lessons export", "lessons sheet"}
"""Commands that serve, or write a lesson: their documents are looked at below and by theirs."""


def names_in_tree(group: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command below a group, with its name."""
    group = typer.main.get_command(app) if group is None else group
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from names_in_tree(command, f"{before}{name} ")


def test_every_command_has_json_and_a_schema() -> None:
    found = dict(names_in_tree())
    without = [
        name
        for name, command in found.items()
        if not any("--json" in param.opts for param in command.params)
    ]
    assert without == []
    assert set(DOCUMENTS) == set(found)
    assert set(CASES) | ELSEWHERE == set(found)


@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_member_is_described(command: str) -> None:
    schema = schema_of(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"].startswith(f"shoal {command} --json")
    silent = [where for where, each in members(schema, "") if not each.get("description")]
    assert silent == []
    assert "model" not in schema
    assert json.loads(json.dumps(schema)) == schema


def members(schema: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every member of every object of a schema, beside the experiment's own records."""
    if isinstance(schema, list):
        for each in schema:
            yield from members(each, where)
    elif isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            yield f"{where}.{name}", each
        for key, each in schema.items():
            yield from members(each, f"{where}.{key}" if key in schema else where)


@dataclass(frozen=True)
class Printed:
    """What a command printed."""

    line: str
    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def printed(
    trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], list[Printed]]:
    """What every case of a command printed; all are carried out once, in one folder."""
    import shutil

    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    (folder / "labels.csv").write_text(LABELS)
    (folder / "or.csv").write_text("input1,input2,label\n" + "0,0,0\n0,1,1\n1,0,1\n1,1,1\n" * 4)
    environment = {
        "COLUMNS": "80", "SHOAL_HOME": str(folder / "home"), "SHOAL_NO_STORE": "",
    }  # fmt: skip
    found: dict[str, list[Printed]] = {}

    def call(line: str, *more: str) -> Printed:
        with contextlib.chdir(folder):
            result = CliRunner().invoke(app, [*shlex.split(line), *more], env=environment)
        return Printed(line, result.exit_code, result.stdout, result.stderr)

    for line in (
        f"sweep {EXAMPLES}/or.toml {SMALL} training.optimizer=sgd,adam -q",
        f"compare {OR} training.optimizer.name=sgd,adam --pairs 3 -q",
        f"doctor {OR} population=2 --no-proof -q", f"train labels.csv -t hot,wet {SMALL} -q",
        f"run {OR} {SMALL} -q", "export flowers.safetensors -o flowers.json --no-proof",
    ):  # fmt: skip
        made = call(line)
        assert made.code == 0, made

    def of(command: str) -> list[Printed]:
        if command not in found:
            found[command] = [call(line.format(), "--json") for line in CASES[command]]
        return found[command]

    return of


@pytest.mark.parametrize(
    "command",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CASES],
)
def test_what_is_printed_is_what_the_schema_says(
    printed: Callable[[str], list[Printed]], command: str
) -> None:
    validator = jsonschema.Draft202012Validator(schema_of(command))
    for made in printed(command):
        assert made.code in (0, 1), made
        documents = made.stdout.splitlines() if DOCUMENTS[command].lines else [made.stdout]
        for text in documents:
            document = json.loads(text, parse_constant=no_constant)
            problems = [
                f"{made.line}: {list(each.absolute_path)}: {each.message[:300]}"
                for each in validator.iter_errors(document)
            ]
            assert problems == []


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_a_member_that_nobody_described_is_found(printed: Callable[[str], list[Printed]]) -> None:
    found = json.loads(printed("run")[0].stdout)
    validator = jsonschema.Draft202012Validator(schema_of("run"))
    for spoilt in (
        found | {"more": 1},
        {key: value for key, value in found.items() if key != "digest"},
        found | {"networks": [found["networks"][0] | {"validation_f1": 0.5}]},
        found | {"experiment": found["experiment"] | {"sede": 1}},
    ):
        assert not validator.is_valid(spoilt)
    assert validator.is_valid(found)


def test_special_cases_were_among_them(printed: Callable[[str], list[Printed]]) -> None:
    """The cases above are worth something only if they are what they are called."""
    runs = [json.loads(each.stdout) for each in printed("run")]
    assert [len(each["diverged"]) for each in runs[:3]] == [0, 2, 0]
    assert runs[1]["summary"] == {}
    assert printed("run")[1].code == 1
    assert "validation_r2" in runs[2]["summary"] or "train_r2" in runs[2]["summary"]
    assert {"clean_accuracy", "best_step"} <= runs[3]["networks"][0].keys()
    assert [each["path"] for each in runs[0]["files"]] == ["m.safetensors", "m.json"]
    assert json.loads(printed("runs")[1].stdout) == []
    kinds = [json.loads(each.stdout)["kind"] for each in printed("importance")[:2]]
    assert kinds == ["classification", "regression"]
    assert json.loads(printed("evaluate")[2].stdout)["labels"] != []
    traced = [json.loads(each.stdout) for each in printed("trace")]
    assert traced[3]["update"]["kind"] != traced[0]["update"]["kind"]


WRITTEN = {"run", "sweep", "search", "compare", "evaluate", "trace", "importance", "monitor",
           "animate", "code", "export", "import", "plot", "train", "runs export"}  # fmt: skip


@pytest.mark.parametrize("command", sorted(WRITTEN))
def test_every_file_that_was_asked_for_is_in_the_document(
    printed: Callable[[str], list[Printed]], command: str
) -> None:
    n_files = 0
    for made in printed(command):
        words = shlex.split(made.line)
        asked = {b for a, b in itertools.pairwise(words) if a in ("-o", "--save-unlike")}
        if not asked:
            continue
        files = json.loads(made.stdout)["files"]
        assert {each["path"] for each in files} >= asked
        assert all(each["bytes"] > 0 for each in files)
        n_files += len(asked)
    assert n_files


@pytest.mark.parametrize(
    "line", [f"sweep {OR} {SMALL} seed=1,2 --no-store", "monitor or.safetensors or.csv"]
)
def test_the_answer_is_not_lost_where_a_file_cannot_be_written(
    models: Path, shoal: Any, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """The disk is full once all is computed."""
    from shoal.cli import monitor, sweep

    def full(*_: Any, **__: Any) -> None:
        raise InputError("s.html: cannot be written: No space left on device.", code="O104")

    monkeypatch.setattr(sweep, "write_report", full)
    monkeypatch.setattr(monitor, "write_report", full)
    (models / "or.csv").write_text("input1,input2,label\n0,0,0\n1,1,1\n")
    result = shoal(*shlex.split(line), "-o", "s.html", "--json")
    assert result.exit_code == 2
    assert "shoal [O104]: s.html: cannot be written" in result.stderr
    found = json.loads(result.stdout)
    assert found["files"] == []
    jsonschema.validate(found, schema_of(line.split()[0]))


def test_all_else_goes_to_standard_error(printed: Callable[[str], list[Printed]]) -> None:
    (first, *_) = printed("train")
    assert "read as" in first.stderr  # the note, and where it is stored
    assert "stored as" in first.stderr
    assert first.stdout.startswith("{")
    assert first.stdout.endswith("}\n")


def test_where_models_are_served_and_where_the_lab_is(models: Path) -> None:
    from shoal.cli.lab import _document
    from shoal.cli.serve import sources_of
    from shoal.lab.host.run import Opened
    from shoal.serving.catalogue import Catalogue

    opened = Opened(address="http://127.0.0.1:8517/", token="abc", ticket="def", note="")
    found = _document("http://127.0.0.1:8517/?token=abc", opened)
    jsonschema.validate(found, schema_of("lab"))
    assert (found["port"], found["note"]) == (8517, None)
    assert list(Catalogue.open(sources_of(["or.safetensors"])).models) == ["or"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve or.safetensors --port 0", "lab --port 0 --no-browser"])
def test_a_server_prints_one_line_when_it_is_up(models: Path, command: str) -> None:
    import subprocess
    import sys
    import urllib.error
    import urllib.request

    words = [sys.executable, "-m", "shoal", *command.split(), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        found = json.loads(server.stdout.readline())
        jsonschema.validate(found, schema_of(command.split()[0]))
        try:
            with urllib.request.urlopen(found["url"], timeout=10) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
        assert status in (200, 401)  # it answers, if only to ask for the token
        server.terminate()
        assert server.stdout.read() == b""


def test_schema_prints_it_and_knows_no_other_command(shoal: Any) -> None:
    assert json.loads(shoal("schema", "runs", "show").stdout) == schema_of("runs show")
    assert json.loads(shoal("schema").stdout)["title"] == "Experiment"
    result = shoal("schema", "rnu")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no command 'rnu'. Did you mean 'run'?" in result.stderr

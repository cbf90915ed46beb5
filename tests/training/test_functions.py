"""Python functions in documents: by name and hash, never imported unless that is allowed."""

import hashlib
import inspect
import json
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.errors import InputError, did_you_mean
from shoal.training import UserFunction, check_portable
from shoal.training.functions import FunctionField, call

FIELD = TypeAdapter(FunctionField)
SOURCE = "def rule(a):\n    return a + 1\n\n\nclass Rules:\n    @staticmethod\n    def inner(a):\n        return a\n\n\nnumber = 3\n"  # noqa: E501


@pytest.fixture
def module(tmp_path):
    """A module beside an experiment; forgotten afterwards."""
    (tmp_path / "own_rules.py").write_text(SOURCE)
    yield tmp_path
    sys.modules.pop("own_rules", None)


def find(function, folder, allow_python=True):
    return function.found(allow_python=allow_python, where="training.stop[0].function",
                          folder=folder)  # fmt: skip


def refusal(action):
    with pytest.raises(InputError) as error:
        action()
    return str(error.value)


def test_a_function_is_stored_as_its_name_and_the_hash_of_its_source():
    found = FIELD.validate_python(did_you_mean)
    digest = hashlib.sha256(inspect.getsource(did_you_mean).encode()).hexdigest()
    assert FIELD.dump_python(found) == {"code": "shoal.errors:did_you_mean", "sha256": digest}
    assert found.function is did_you_mean
    assert found.is_portable
    check_portable(found, "training.optimizer.function")


def test_reading_a_document_imports_nothing(module):
    found = FIELD.validate_python("own_rules:rule")
    assert (found.code, found.sha256, found.function) == ("own_rules:rule", None, None)
    assert "own_rules" not in sys.modules
    assert FIELD.validate_json(FIELD.dump_json(found)) == found


def test_it_is_imported_only_if_that_is_allowed(module):
    function = UserFunction(code="own_rules:rule")
    assert refusal(lambda: find(function, module, allow_python=False)) == (
        "training.stop[0].function: the experiment names Python code 'own_rules:rule', which is "
        "only run if you allow it. Look at it, then give --allow-python (in Python: "
        "allow_python=True)."
    )
    assert "own_rules" not in sys.modules
    before = list(sys.path)
    found = find(function, module)
    assert found.function(2) == 3
    assert sys.path == before
    # what was found is written with its hash, and the record that was given stays as it was
    source = "def rule(a):\n    return a + 1\n"
    assert found.sha256 == hashlib.sha256(source.encode()).hexdigest()
    assert (function.function, function.sha256) == (None, None)
    again = FIELD.validate_python(FIELD.dump_python(found))
    assert find(again, module) == found
    assert find(UserFunction(code="own_rules:Rules.inner"), module).function(5) == 5


def test_another_source_is_refused(module):
    function = UserFunction(code="own_rules:rule", sha256="0" * 64)
    digest = hashlib.sha256(b"def rule(a):\n    return a + 1\n").hexdigest()
    assert refusal(lambda: find(function, module)) == (
        "training.stop[0].function: the source of 'own_rules:rule' has changed since the "
        f"experiment was made: its SHA-256 begins with {digest[:12]}, not with 000000000000. "
        "Bring the old source back, or leave sha256 out to use the new one."
    )


def test_what_cannot_be_found(module):
    assert refusal(lambda: find(UserFunction(code="no_such.mod:rule"), module)) == (
        "training.stop[0].function: the module of 'no_such.mod:rule' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such'. Put no_such/mod.py beside the "
        "experiment, or install it."
    )
    assert refusal(lambda: find(UserFunction(code="own_rules:rul"), module)) == (
        "training.stop[0].function: 'own_rules:rul': there is no 'rul'. Did you mean 'rule'?"
    )
    assert refusal(lambda: find(UserFunction(code="own_rules:number"), module)) == (
        "training.stop[0].function: 'own_rules:number' is not a function; got 3."
        " Put the module beside the experiment, or install it."
    )


def test_a_module_that_raises_is_told(tmp_path):
    (tmp_path / "own_broken.py").write_text("1 / 0\n")
    told = refusal(lambda: find(UserFunction(code="own_broken:rule"), tmp_path))
    assert "cannot be imported: ZeroDivisionError: division by zero." in told


def test_functions_without_a_place_in_a_module_run_but_cannot_be_written():
    def inner(a):
        return a

    for function, code in (
        (lambda a: a, "<lambda>"),
        (inner, "inner"),
        (print, "builtins:print"),
        (type("Rule", (), {"__call__": lambda self, a: a})(), "<Rule>"),
    ):
        made = FIELD.validate_python(function)
        assert code in made.code
        assert find(made, None, allow_python=False).function is function
        assert refusal(lambda made=made: check_portable(made, "training.stop[0].function")) == (
            f"training.stop[0].function: '{made.code}' cannot be written into a file: only a "
            "function that is defined with def at the top of a module can be found again. Move "
            "it into a module of its own and import it from there."
        )


def test_equal_are_functions_of_one_name_and_source():
    assert UserFunction.of(did_you_mean) == UserFunction.of(did_you_mean)
    assert UserFunction.of(did_you_mean) == FIELD.validate_python(
        FIELD.dump_python(UserFunction.of(did_you_mean))
    )
    one, other = (lambda a: a), (lambda a: a)
    assert UserFunction.of(one) == UserFunction.of(one)
    assert UserFunction.of(one) != UserFunction.of(other)
    assert len({UserFunction.of(did_you_mean), UserFunction.of(did_you_mean)}) == 1


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("rule", (), "must be a Python function by name, \"module:name\"; got 'rule'"),
        ("a:b c", (), "must be a Python function by name, \"module:name\"; got 'a:b c'"),
        (3, (), 'must be a Python function by name, "module:name"; got 3'),
        ({"code": "a:<lambda>"}, ("code",),
         "must be a Python function by name, \"module:name\"; got 'a:<lambda>'"),
        ({"code": "a:b", "hash": "0"}, ("hash",), "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_wrong_names_are_told(document, path, message):
    with pytest.raises(ValidationError) as error:
        FIELD.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


def line_of(function, text="raise "):
    """The number of a line of a function in this file."""
    lines, first = inspect.getsourcelines(function)
    return first + next(k for k, line in enumerate(lines) if text in line)


def test_what_a_function_raises_is_told_with_its_place():
    def broken(a):
        raise KeyError("train_lose")

    function = UserFunction.of(broken)
    assert refusal(lambda: call("training.stop[0].function", function, {})) == (
        f"training.stop[0].function: '{function.code}' raised KeyError: 'train_lose' "
        f"(test_functions.py, line {line_of(broken)})."
        " Mend the function; what was trained until then is kept."
    )
    assert refusal(lambda: call("here", UserFunction(code="a:b"), {})) == (
        "here: 'a:b' has not been imported yet."
        " Put the module beside the experiment, or install it."
    )


def test_the_line_is_the_deepest_in_the_file_of_the_function():
    def helper(text):
        return json.loads(text)  # fails in files of its own

    def broken(text):
        return helper(text)

    line = line_of(helper, "json.loads")
    assert refusal(lambda: call("here", UserFunction.of(broken), "[")).endswith(
        f"raised JSONDecodeError: Expecting value: line 1 column 2 (char 1) (test_functions.py, "
        f"line {line})."
        " Mend the function; what was trained until then is kept."
    )
    told = refusal(lambda: call("here", UserFunction.of(len), 3))
    assert (
        told == "here: 'builtins:len' raised TypeError: object of type 'int' has no len()."
        " Mend the function; what was trained until then is kept."
    )


@pytest.mark.parametrize("kind", [SystemExit, BaseException, StopIteration])
def test_whatever_is_raised_is_told_of_in_one_line(kind):
    def broken(text):
        raise kind(text)

    where = (
        f"(test_functions.py, line {line_of(broken)})."
        " Mend the function; what was trained until then is kept."
    )
    function = UserFunction.of(broken)
    for text, shown in (
        ("one\nand more", f"{kind.__name__}: one {where}"),
        ("x" * 300, f"{kind.__name__}: {'x' * 199}… {where}"),
        ("", f"{kind.__name__} {where}"),
    ):
        told = refusal(lambda text=text: call("here", function, text))
        assert told == f"here: '{function.code}' raised {shown}"


def test_ctrl_c_is_not_an_error_of_the_function():
    def broken():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call("here", UserFunction.of(broken))


def test_a_module_that_ends_the_process_is_told(tmp_path):
    (tmp_path / "own_exit.py").write_text("import sys\nsys.exit(3)\n")
    told = refusal(lambda: find(UserFunction(code="own_exit:rule"), tmp_path))
    assert "cannot be imported: SystemExit: 3. Put own_exit.py beside" in told

"""``shoal code``: printed, written, with rows, and what it refuses."""

import runpy

import numpy as np
import pytest

from shoal.cli.commands_code import LIBRARIES
from shoal.experiments.programs import TARGETS


def test_the_libraries_of_the_help_are_those_of_the_table():
    assert tuple(TARGETS) == LIBRARIES


def test_it_is_printed_plain(shoal, or_file):
    result = shoal("code", or_file, "--to", "numpy")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith('"""or: the task or, as a program in NumPy.\n')
    assert "\x1b" not in result.stdout
    compile(result.stdout, "program", "exec")


def test_shoal_itself_is_the_default(shoal, or_file):
    assert "shoal.Experiment(" in shoal("code", or_file).stdout


def test_changes_behind_the_file_and_by_option(shoal, or_file):
    text = shoal(
        "code", or_file, "data.batches=7", "--set", "training.epochs=9", "--seed", "5",
        "--to", "numpy",
    ).stdout  # fmt: skip
    assert {"BATCHES = 7  # of an epoch", "EPOCHS = 9", "SEED = 5"} <= set(text.splitlines())


def test_a_program_with_its_rows(shoal, or_file, folder, capsys):
    result = shoal(
        "code", or_file, "data.batches=20", "training.epochs=1", "--to", "numpy", "--with-data",
        "-o", "or.py",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    lines = (folder / "or.py").read_text("utf-8").count("\n")
    size = (folder / "or.npz").stat().st_size
    assert result.stdout == f"wrote or.py, {lines} lines\nwrote or.npz, {size:,} bytes\n"
    parameters, history = runpy.run_path(str(folder / "or.py"), run_name="program")["main"]()
    assert [each.shape for each in parameters] == [(2, 8), (8,), (8, 1), (1,)]
    assert f"train_loss {history[-1]['train_loss']:.6g}" in capsys.readouterr().out
    with np.load(folder / "or.npz", allow_pickle=False) as rows:
        assert rows["x_train"].shape == (640, 2)


def test_the_table_is_found_from_here(shoal, folder):
    (folder / "deep").mkdir()
    table = "a,b,kind\n" + "1.5,2.5,x\n2.5,1.5,y\n" * 10
    (folder / "deep" / "t.csv").write_text(table, "utf-8")
    document = '[data]\nfile = "t.csv"\ntarget = "kind"\n'
    document += '[network]\nlayers = [{ units = 1, activation = "sigmoid" }]\n'
    (folder / "deep" / "e.toml").write_text(document, "utf-8")
    assert 'FILE = "deep/t.csv"' in shoal("code", "deep/e.toml", "--to", "jax").stdout


def test_a_list_of_libraries(shoal, folder):
    told = shoal("code", "--list").stdout
    assert all(name in told for name in TARGETS)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["--to", "torch"],
            "--to: must be python or numpy or jax or pytorch or keras; got torch. "
            "See: shoal code --help.",
        ),
        (["--with-data", "--to", "numpy"],
         "--with-data: needs a program to write it beside. Give -o FILE."),
        (["--with-data", "-o", "a.py"],
         "--with-data: is for other libraries; --to python has shoal's own rows."
         " Leave one out, or give the other too."),
        (["-o", "a.txt"], "a.txt: must end in .py. Give the file one of these endings."),
        (["-o", "none/a.py"], "none/a.py: the folder 'none' does not exist."
                              " Make the folder first, or name another."),
        (["--set", "training.optimizer=annealing", "--to", "jax", "-o", "a.py"],
         "code: the optimizer annealing is not written for JAX. It is for --to numpy."),
        (["--set", "training.optimizer=annealing", "--to", "numpy", "--with-data",
          "training.epochs=1000000", "-o", "a.py"],
         "--with-data: 1,000,000 epochs of 32,000 rows are too many to hand over. Ask for fewer "
         "epochs: training.epochs=10."),
        (["--set", "training.epoch=3"],
         "or.toml, training.epoch: unknown key. Did you mean 'epochs'?"),
    ],
)  # fmt: skip
def test_what_is_refused(refused, or_file, args, sentence):
    assert refused("code", or_file, *args) == sentence


def test_a_program_is_not_replaced_unasked(shoal, or_file, folder):
    (folder / "a.py").write_text("mine", "utf-8")
    result = shoal("code", or_file, "-o", "a.py")
    assert (result.exit_code, (folder / "a.py").read_text("utf-8")) == (2, "mine")
    assert shoal("code", or_file, "-o", "a.py", "--force").exit_code == 0

"""Carry out the steps of a page, each in a process of its own, forked from one that has imported
everything: a start costs milliseconds in place of half a second.

Usage: python carry_out.py STEPS.json, a list of [kind, text]; ends with 1 at the first that fails.
"""

import doctest
import json
import os
import shlex
import sys
import warnings
from pathlib import Path

import rich.table  # noqa: F401

import shoal
import shoal.cli.app
import shoal.cli.result
import shoal.cli.run
import shoal.experiments.launch
import shoal.models
from shoal.cli.targets import is_sweep
from shoal.experiments.sweep import Sweep


def run_command(text):
    """Carry out a line of a shell that begins with ``shoal``."""
    warnings.simplefilter("default")
    sys.argv = shlex.split(text)
    shoal.cli.app.main()


def run_python(text):
    """Carry out a block of Python as a module."""
    exec(compile(text, "block", "exec"), {"__name__": "block"})


def run_experiment(text):
    """Carry out the experiment, or the sweep, in a file."""
    kind = Sweep if is_sweep(text) else shoal.Experiment
    kind.load(text).run(allow_python=True)


def run_sessions(text):
    """Carry out sessions, and compare what they print."""
    Path("sessions.txt").write_text(text, "utf-8")
    if doctest.testfile("sessions.txt", module_relative=False).failed:
        raise SystemExit(1)


KINDS = {
    "sh": run_command,
    "python": run_python,
    "toml": run_experiment,
    "pycon": run_sessions,
}


def forked(kind, text, output):
    """Carry out a step in a process of its own, what it prints in a file; return its exit code."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.path.insert(0, "")  # modules of the page are beside it
    KINDS[kind](text)
    sys.exit(0)


def main():
    """Carry out all steps in order."""
    for kind, text in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        output = Path(f"{sys.argv[1]}.output")
        code = forked(kind, text, output)
        printed = output.read_text("utf-8")
        if code or (kind == "sh" and not printed):
            sys.exit(f"exit code {code}:\n{text}\n{printed or 'nothing was printed'}")


if __name__ == "__main__":
    main()

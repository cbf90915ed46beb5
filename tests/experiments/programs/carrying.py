"""Carry a program out as a module, from shoal's own rows, first weights and orders."""

from __future__ import annotations

import numpy as np

from shoal.experiments.programs import code


def module_of(experiment, to, **how):
    """Return the names of a program, which is not started."""
    text = code(experiment, to, **how)
    names = {"__name__": "program", "__file__": "/nowhere/program.py"}
    exec(compile(text, f"{to} program", "exec"), names)
    return names


def shoal_run(experiment):
    """Return what shoal makes of network 0 alone."""
    from shoal.experiments.launch import carry_out
    from shoal.experiments.prepare import prepare

    return carry_out(prepare(experiment, members=range(1)))


def rows_of(given, part):
    names = [f"{name}_{part}" for name in ("x", "y", "weights", "emphasis")]
    return [given[name] for name in names if name in given]


def epochs_of(given, n):
    rows = rows_of(given, "train")
    if "orders" in given:
        return [[each[order] for each in rows] for order in given["orders"]]
    return [rows] * n


def start_of(given):
    return [given[f"start_{k}"] for k in range(len(given)) if f"start_{k}" in given]


def flat(parameters):
    return np.concatenate([np.asarray(each).ravel() for each in parameters])

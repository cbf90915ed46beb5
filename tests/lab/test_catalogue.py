"""The catalogue says what the registries hold, and nothing that a page cannot ask for."""

from __future__ import annotations

from shoal.data.tasks import TASKS
from shoal.experiments import Experiment
from shoal.lab.catalogue import catalogue
from shoal.lab.limits import MAX_NETWORKS
from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES
from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES


def test_every_member_of_a_registry_is_there() -> None:
    told = catalogue(4)
    assert told.id == 4
    for choices, table in (
        (told.tasks, TASKS),
        (told.activations, ACTIVATIONS),
        (told.initializers, INITIALIZERS),
        (told.optimizers, OPTIMIZERS),
        (told.schedules, SCHEDULES),
        (told.losses, LOSSES),
        (told.stop_rules, STOP_RULES),
    ):
        assert [each.name for each in choices] == [name for name in table if name != "python"]


def test_settings_carry_defaults_bounds_and_words() -> None:
    told = catalogue(0)
    greater = next(each for each in told.tasks if each.name == "greater")
    samples = greater.schema_["properties"]["samples"]
    assert samples["default"] == 10_000
    assert samples["minimum"] == 1
    assert samples["description"] == "Number of rows."
    leaky = next(each for each in told.activations if each.name == "leaky_relu")
    assert leaky.schema_["properties"]["alpha"]["default"] == 0.01
    assert leaky.title == "leaky relu"


def test_formulas_stand_where_the_registries_have_them() -> None:
    told = catalogue(0)
    formulas = {each.name: each.formula for each in (*told.activations, *told.losses)}
    assert formulas["relu"] == "max(z, 0)"
    assert formulas["squared_error"] == "(a - y)^2"
    assert next(each for each in told.optimizers if each.name == "sgd").formula == (
        "w - learning_rate * g"
    )


def test_a_page_begins_with_greater_and_sixteen_networks() -> None:
    told = catalogue(0)
    started = Experiment.read(told.start.experiment)
    assert started.data.task == "greater"
    assert started.population.size == 16
    assert told.most_networks == MAX_NETWORKS
    assert told.files
    assert "surface" in told.charts

"""Experiments that together use every member of the registries that programs are written of."""

from __future__ import annotations

from shoal.experiments import Experiment
from shoal.network import ACTIVATIONS

LAYERS = [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
GRADIENT_RULES = {
    "sgd": {"learning_rate": 0.2},
    "momentum": {"learning_rate": 0.05, "momentum": 0.8},
    "nesterov": {"learning_rate": 0.05, "momentum": 0.8},
    "adagrad": {"learning_rate": 0.1, "initial": 0.2, "epsilon": 1e-4},
    "rmsprop": {"learning_rate": 0.01, "rho": 0.7, "epsilon": 1e-4},
    "adam": {"learning_rate": 0.03, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4},
    "adamw": {"learning_rate": 0.03, "weight_decay": 0.2},
    "nadam": {"learning_rate": 0.03, "beta_1": 0.8, "momentum_decay": 0.02},
    "amsgrad": {"learning_rate": 0.03, "beta_1": 0.8, "beta_2": 0.95},
    "rprop": {"learning_rate": 0.02, "most": 0.1},
    "lion": {"learning_rate": 0.01, "beta_1": 0.8, "weight_decay": 0.1},
}
ORACLES = {
    "random_perturbation": {"d": 0.05},
    "elitist": {"name": "random_perturbation", "d": 0.05, "elitist": True},
    "finite_difference": {"learning_rate": 0.5, "h": 1e-4},
    "annealing": {"spread": 0.1, "temperature": 0.05, "cooling": 0.9},
    "evolution": {"learning_rate": 0.3, "spread": 0.1, "pairs": 3},
}
LOSSES = {
    "binary_crossentropy": ("sigmoid", 1),
    "categorical_crossentropy": ("softmax", 3),
    "squared_error": ("sigmoid", 1),
    "squared_error of three": ("softmax", 3),
    "absolute_error": ("tanh", 1),
    "huber": ("identity", 3),
    "hinge": ("identity", 1),
    "hinge of three": ("tanh", 3),
}
RESTRAINTS = {
    "l1": {"regularization": {"l1": 0.01}},
    "l2 of one layer": {"regularization": {"l2": [0.2, 0.0]}},
    "weight_decay": {"regularization": {"weight_decay": 0.3}},
    "label_smoothing": {"regularization": {"label_smoothing": 0.2}},
    "max_norm": {"regularization": {"max_norm": [0.9, 1.1]}},
    "clip_value": {"clip_value": 0.02},
    "clip_norm": {"clip_norm": 0.05},
    "both clips": {"clip_value": 0.05, "clip_norm": 0.06},
    "sum": {"reduction": "sum"},
    "class_weight": {"class_weight": {"1": 3.0}},
    "balanced": {"class_weight": "balanced"},
}
FROZEN = {
    "frozen": {"frozen": ["layers.0.weights.1.2", "layers.1.bias", "layers.0.bias.1"]},
    "frozen and all else": {
        "frozen": ["layers.0.weights.0", "layers.1.weights.2.0"], "clip_norm": 0.05,
        "regularization": {"l2": 0.1, "weight_decay": 0.2},
    },
}  # fmt: skip
SCHEDULES = {
    "constant": "constant",
    "step": {"name": "step", "factor": 0.5, "epochs": 1},
    "exponential": {"name": "exponential", "factor": 0.25, "epochs": 2},
    "cosine": {"name": "cosine", "epochs": 3, "final": 0.1},
    "cosine of all": "cosine",
    "linear_warmup": {"name": "linear_warmup", "epochs": 2},
    "inverse_scaling": {"name": "inverse_scaling", "power": 0.7, "epochs": 0.5},
    "two": [{"name": "linear_warmup", "epochs": 1}, {"name": "step", "epochs": 2}],
    "reduce_on_plateau": {"name": "reduce_on_plateau", "patience": 1, "gain": 0.05},
    "reduced and decayed": [
        {"name": "reduce_on_plateau", "patience": 1, "gain": 0.05, "figure": "train_loss"},
        {"name": "exponential", "epochs": 2},
    ],
}
STOPS = {
    "target": {"stop": {"name": "target", "figure": "train_loss", "below": 0.6}},
    "target before": {
        "stop": {"name": "target", "figure": "train_loss", "below": 0.6, "keep": "before"},
        "report_every": 3,
    },
    "plateau": {"stop": {"name": "plateau", "patience": 2, "gain": 0.05}},
    "plateau of accuracy": {
        "stop": {"name": "plateau", "patience": 2, "figure": "validation_accuracy"},
        "restore_best": "validation_accuracy",
    },
    "divergence": {"stop": {"name": "divergence", "above": 0.1}},
    "steps": {"stop": {"name": "steps", "limit": 11}},
    "evaluations": {"stop": {"name": "evaluations", "limit": 11}},
    "reports of steps": {
        "report_every": 3, "stop": {"name": "plateau", "gain": 0.02, "patience": 4},
    },
    "report at the end": {"report_every": "end"},
    "restore_best": {
        "restore_best": "validation_loss", "optimizer": {"name": "sgd", "learning_rate": 3.0},
    },
    "seconds": {"stop": {"name": "seconds", "limit": 1000.0}},
}  # fmt: skip


def experiment(*, data=None, layers=None, network=None, preprocess=None, **training):
    """Return a small experiment in double precision: 40 rows, 4 epochs of 4 batches."""
    usual = {"optimizer": {"name": "sgd", "learning_rate": 0.3}, "dtype": "float64",
             "epochs": 4, "batch_size": 10}  # fmt: skip
    return Experiment.read(
        {
            "data": data or {"task": "moons", "samples": 50},
            "network": {"layers": layers or LAYERS} | (network or {}),
            "training": usual | training,
            "preprocess": preprocess or {},
            "population": {"size": 1},
        }
    )


def of_rule(name, rules=GRADIENT_RULES, **more):
    """Return the experiment of a learning rule."""
    return experiment(optimizer={"name": name} | rules[name], **more)


def of_loss(case, **more):
    """Return the experiment of a loss."""
    activation, units = LOSSES[case]
    name = case.split(" ")[0]
    loss = {"name": "huber", "delta": 0.3} if name == "huber" else name
    layers = [{"units": 4, "activation": "tanh"}, {"units": units, "activation": activation}]
    task = "moons" if units == 1 else "gaussians"
    data = {"task": task, "samples": 50} | ({"classes": 3} if units == 3 else {})
    return experiment(data=data, layers=layers, loss=loss, **more)


def of_activation(name, **more):
    """Return the experiment of an activation in a hidden layer, and with its setting changed."""
    first = {"units": 4, "activation": name}
    if "alpha" in ACTIVATIONS[name].settings:
        first["alpha"] = 0.3
    return experiment(layers=[first, {"units": 3, "activation": name, "bias": False},
                              {"units": 1, "activation": "sigmoid"}], **more)  # fmt: skip


ACTIVATIONS_WITH_SLOPE = [name for name in ACTIVATIONS if name != "step"]

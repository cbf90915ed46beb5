"""Networks as plain data, and what can be computed from them in NumPy.

The records describe a network, the tables list what it can be built of, and the reference
computes forward and backward pass stage by stage.
"""

from shoal.network.activations import ACTIVATIONS, Activation, ActivationName
from shoal.network.arrays import DType, FloatArray
from shoal.network.initializers import (
    INITIALIZERS,
    Constant,
    Initializer,
    InitializerEntry,
    Normal,
    Place,
    Scaled,
    Uniform,
    Zeros,
)
from shoal.network.interchange import FUNCTIONS, from_nodes, to_nodes
from shoal.network.layers import MAX_UNITS, Dense, Input
from shoal.network.layout import LayerLayout, Layout, Parameters, check_parameters
from shoal.network.losses import (
    LOSSES,
    Huber,
    Loss,
    LossChoice,
    LossName,
    PlainLoss,
    check_fit,
    loss_name,
    loss_settings,
    smoothed,
)
from shoal.network.network import MAX_LAYERS, MAX_PARAMETERS, LayerRow, Network
from shoal.network.reference import (
    ForwardPass,
    Reduction,
    Rule,
    backward,
    check_perceptron,
    forward_pass,
    loss_of,
    penalty_gradient,
    perceptron_delta,
    row_losses,
)

__all__ = [
    "ACTIVATIONS",
    "FUNCTIONS",
    "INITIALIZERS",
    "LOSSES",
    "MAX_LAYERS",
    "MAX_PARAMETERS",
    "MAX_UNITS",
    "Activation",
    "ActivationName",
    "Constant",
    "DType",
    "Dense",
    "FloatArray",
    "ForwardPass",
    "Huber",
    "Initializer",
    "InitializerEntry",
    "Input",
    "LayerLayout",
    "LayerRow",
    "Layout",
    "Loss",
    "LossChoice",
    "LossName",
    "Network",
    "Normal",
    "Parameters",
    "Place",
    "PlainLoss",
    "Reduction",
    "Rule",
    "Scaled",
    "Uniform",
    "Zeros",
    "backward",
    "check_fit",
    "check_parameters",
    "check_perceptron",
    "forward_pass",
    "from_nodes",
    "loss_name",
    "loss_of",
    "loss_settings",
    "penalty_gradient",
    "perceptron_delta",
    "row_losses",
    "smoothed",
    "to_nodes",
]

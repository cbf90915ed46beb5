"""Trained networks ready to predict: the model, its file, and how good it is."""

from shoal.models.ensemble import Prediction
from shoal.models.evaluate import Evaluation, evaluate
from shoal.models.file import load_model, save_model
from shoal.models.model import Model
from shoal.models.probabilities import nearest_probabilities, probabilities
from shoal.models.table import free_names, prediction_columns

__all__ = [
    "Evaluation",
    "Model",
    "Prediction",
    "evaluate",
    "free_names",
    "load_model",
    "nearest_probabilities",
    "prediction_columns",
    "probabilities",
    "save_model",
]

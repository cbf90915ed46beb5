"""Trained networks ready to predict: the model, its file, and how good it is."""

from shoal.models.assessment.assessing import Assessment, assess
from shoal.models.assessment.evaluation import Evaluation, evaluate
from shoal.models.ensemble import Prediction
from shoal.models.file import load_model, save_model
from shoal.models.importance.attribution import Attribution, attribute
from shoal.models.importance.dependence import Dependence, dependence_of
from shoal.models.importance.measuring import Importance, importance_of
from shoal.models.model import Model
from shoal.models.monitoring.looking import Watch, monitor
from shoal.models.monitoring.unlikeness import Unlike, unlike
from shoal.models.monitoring.watched import Bars, Watched
from shoal.models.probabilities import nearest_probabilities, probabilities
from shoal.models.table import free_names, prediction_columns

__all__ = [
    "Assessment",
    "Attribution",
    "Bars",
    "Dependence",
    "Evaluation",
    "Importance",
    "Model",
    "Prediction",
    "Unlike",
    "Watch",
    "Watched",
    "assess",
    "attribute",
    "dependence_of",
    "evaluate",
    "free_names",
    "importance_of",
    "load_model",
    "monitor",
    "nearest_probabilities",
    "prediction_columns",
    "probabilities",
    "save_model",
    "unlike",
]

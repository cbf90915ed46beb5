"""Pure figures on arrays: how good outputs are, and how a population spreads."""

from shoal.metrics.bands import Band, band
from shoal.metrics.figures import (
    METRICS,
    Metric,
    accuracy,
    binary_log_loss,
    categorical_log_loss,
    confusion_matrix,
    constant_guess_accuracy,
    hamming_loss,
    mean_absolute_error,
    mean_squared_error,
    predicted_classes,
    r2,
    subset_accuracy,
)

__all__ = [
    "METRICS",
    "Band",
    "Metric",
    "accuracy",
    "band",
    "binary_log_loss",
    "categorical_log_loss",
    "confusion_matrix",
    "constant_guess_accuracy",
    "hamming_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "predicted_classes",
    "r2",
    "subset_accuracy",
]

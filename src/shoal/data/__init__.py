"""Data: built-in tasks, tables from files and frames, splits and scaling."""

from shoal.data.dataset import Dataset, Feature, Schema, Truth
from shoal.data.encode import encode_rows, encode_targets, encode_values
from shoal.data.file_recipe import FileData, load_file, load_frame
from shoal.data.opening import read_tables
from shoal.data.scaling import Scaler, fit_scaler, unscaled_columns
from shoal.data.split import Split, split_rows
from shoal.data.tasks import TASKS, attainable_accuracy, fresh, load_task

__all__ = [
    "TASKS",
    "Dataset",
    "Feature",
    "FileData",
    "Scaler",
    "Schema",
    "Split",
    "Truth",
    "attainable_accuracy",
    "encode_rows",
    "encode_targets",
    "encode_values",
    "fit_scaler",
    "fresh",
    "load_file",
    "load_frame",
    "load_task",
    "read_tables",
    "split_rows",
    "unscaled_columns",
]

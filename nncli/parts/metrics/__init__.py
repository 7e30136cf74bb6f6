"""Metrics: scores and errors of predictions. Simple -> complex.

They are computed at every logged epoch: importing scikit-learn (over a second) and its input checks
would take longer than training a small network. Tests compare each of them with scikit-learn's.
"""

from collections.abc import Mapping

from nncli.parts.table import Task
from nncli.registry import members

# Simple -> complex: the order in which they are listed.
# isort: off
from nncli.parts.metrics.metric import UNBOUNDED, Bounds, Metric, deciding
from nncli.parts.metrics.classes import (
    Accuracy,
    BalancedAccuracy,
    F1Macro,
    F1Micro,
    HammingLoss,
    MacroMean,
    MatthewsCorrcoef,
    PrecisionMacro,
    PrecisionMicro,
    RecallMacro,
    RecallMicro,
    confusion,
)
from nncli.parts.metrics.probabilities import AveragePrecision, Brier, LogLoss, RocAuc
from nncli.parts.metrics.numbers import (
    R2,
    MaxError,
    MeanAbsoluteError,
    MeanSquaredError,
    MedianAbsoluteError,
    RootMeanSquaredError,
)
# isort: on

DEFAULTS: Mapping[Task, tuple[type[Metric], ...]] = {
    "binary": (Accuracy, F1Macro, LogLoss, RocAuc),
    "classification": (Accuracy, F1Macro, LogLoss),
    "multilabel": (Accuracy, F1Macro, F1Micro, HammingLoss, RocAuc),
    "regression": (RootMeanSquaredError, MeanAbsoluteError, R2),
}


def bounds_of(name: str) -> Bounds:
    """The lowest and the highest possible value of a metric; infinite for a loss."""
    found = members("metric").get(name)
    return found.bounds if found is not None and issubclass(found, Metric) else UNBOUNDED


__all__ = [
    "DEFAULTS",
    "Accuracy",
    "AveragePrecision",
    "BalancedAccuracy",
    "Brier",
    "F1Macro",
    "F1Micro",
    "HammingLoss",
    "LogLoss",
    "MacroMean",
    "MatthewsCorrcoef",
    "MaxError",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MedianAbsoluteError",
    "Metric",
    "PrecisionMacro",
    "PrecisionMicro",
    "RecallMacro",
    "RecallMicro",
    "RocAuc",
    "RootMeanSquaredError",
    "bounds_of",
    "confusion",
    "deciding",
]

"""Reports of made-up predictions, without a run."""

import numpy as np

from nncli.evaluation.intervals import resample
from nncli.evaluation.report import Report
from nncli.parts.metrics import Accuracy, F1Macro, MaxError, MeanAbsoluteError, RocAuc


def report(predictions, truth, classes=(), targets=(), baselines=None, **changes):
    """A report of predictions; baselines: {name: predictions}."""
    predictions, truth = np.asarray(predictions, float), np.asarray(truth)
    chosen = [MeanAbsoluteError(), MaxError()]
    if classes:
        chosen = [Accuracy(), F1Macro(), *([RocAuc()] if len(classes) == 2 else [])]
    metrics = {metric.name: metric for metric in chosen}

    def scored(each):
        return resample(metrics, np.asarray(each, float), truth, seed=0, resamples=200)

    given = {
        "run": "run-001",
        "name": "test",
        "loss": 0.5,
        "chosen": metrics,
        "network": scored(predictions),
        "baselines": {name: scored(each) for name, each in (baselines or {}).items()},
        "predictions": predictions,
        "truth": truth,
        "fitted_rows": 10,
        "training_rows": 10,
        "classes": tuple(classes),
        "targets": tuple(targets),
    }
    return Report(**{**given, **changes})


def classified(rows, classes, seed=0, **changes):
    """A report of a middling classifier; classes: their names."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, len(classes), rows)
    scores = random.standard_normal((rows, len(classes)))
    scores[np.arange(rows), truth] += 1
    powers = np.exp(scores)
    return report(powers / powers.sum(axis=1, keepdims=True), truth, classes, **changes)


def regressed(rows, targets=("y",), scale=1.0, **changes):
    """A report of a middling regression."""
    random = np.random.default_rng(0)
    truth = random.standard_normal((rows, len(targets)))
    noise = 0.1 * random.standard_normal(truth.shape)
    return report((truth + noise) * scale, truth * scale, targets=targets, **changes)

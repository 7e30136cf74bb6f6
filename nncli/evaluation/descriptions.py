"""Descriptions: the alternative text of each plot of a report."""

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from nncli.evaluation.report import Report

MAX_LISTED = 5  # classes, labels, targets


def alternatives(report: Report, files: Sequence[str]) -> dict[str, str]:
    """The alternative text of each plot among files."""
    plots = [file for file in files if not file.endswith(".json")]
    return {file: describe(PurePath(file).stem, report) for file in plots}


def describe(plot: str, report: Report) -> str:
    """The alternative text of a plot, by its name without suffix."""
    says = {
        "confusion": _confusion,
        "roc": _roc,
        "precision_recall": _precision_recall,
        "calibration": _calibration,
        "predicted_vs_true": _predicted,
        "residuals": _residuals,
    }
    return f"{says[plot](report)} ({report.run}, {report.what})"


def _confusion(report: Report) -> str:
    right, counts = int(np.trace(report.counts)), report.counts.copy()
    np.fill_diagonal(counts, 0)
    text = f"Confusion matrix: {right:,} of {report.rows:,} rows are on the diagonal, as predicted"
    if not counts.any():
        return text
    true, predicted = np.unravel_index(int(counts.argmax()), counts.shape)
    names = report.classes[int(true)], report.classes[int(predicted)]
    rows = int(counts[true, predicted])
    return f"{text}; most errors are '{names[0]}' taken for '{names[1]}', {rows:,}"


def _areas(names_and_areas: list[tuple[str, float]], what: str) -> str:
    each = [f"{name} {area:.3f}" for name, area in names_and_areas[:MAX_LISTED]]
    more = len(names_and_areas) - MAX_LISTED
    return f"{what}: {', '.join(each)}{f' and {more} more' if more > 0 else ''}"


def _roc(report: Report) -> str:
    return _areas([(c.name, c.area) for c in report.roc_curves], "ROC curves, area below")


def _precision_recall(report: Report) -> str:
    curves = [(c.name, c.area) for c in report.precision_recall_curves]
    return _areas(curves, "Precision over recall, average precision")


def _calibration(report: Report) -> str:
    bins = report.calibration
    assert bins is not None
    return (
        f"Calibration: predicted probabilities are {bins.error:.3g} off on average, from "
        f"{bins.probability.min():.2g} to {bins.probability.max():.2g}"
    )


def _predicted(report: Report) -> str:
    return f"Predicted over true values, dots near the diagonal where right{_errors(report)}"


def _residuals(report: Report) -> str:
    return f"True minus predicted values over predicted ones{_errors(report)}"


def _errors(report: Report) -> str:
    errors = np.abs(report.predictions - report.truth).mean(axis=0)
    each = [
        f"{name} {error:.4g}"
        for name, error in zip(report.targets[:MAX_LISTED], errors, strict=False)
    ]
    return f"; mean absolute error: {', '.join(each)}"

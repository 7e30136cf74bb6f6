"""Report files: a report beside the run it is of, in the folder `evaluation`.

The run's manifest doesn't list them: they say nothing that the run can't say again.
"""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.evaluation.pictures import to_png
from nncli.artifacts.evaluation.report import Report
from nncli.artifacts.files import reporting, to_json, write_atomic
from nncli.errors import FileFailure

FOLDER = "evaluation"
Draw = Callable[[Report, str], Any]


def save(report: Report, run: Path, *, has_plots: bool) -> tuple[list[str], list[str]]:
    """Write `evaluation/<name>.json` and the pictures beside it: (paths in the run, troubles).

    What can't be drawn or written is a trouble, and no error: the scores are known all the same.
    """
    files: list[str] = []
    troubles: list[str] = []
    name = f"{FOLDER}/{report.name}.json"
    try:
        for picture, content in _pictures(report, troubles) if has_plots else ():
            path = f"{FOLDER}/{report.name}/{picture}"
            _put(run / path, content)
            files.append(path)
        value = {"run": report.run, **report.to_json(), "files": [name, *files]}
        _put(run / name, to_json(value))
        files.insert(0, name)
    except FileFailure as error:
        troubles.append(f"not saved: {error}")
    return files, troubles


def _put(path: Path, content: bytes) -> None:
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, content)


def _pictures(report: Report, troubles: list[str]) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of each picture that belongs to the task and shows something."""
    if not report.is_finite:
        troubles.append("no plots: the predictions are not all finite")
        return
    from nncli.artifacts.evaluation import class_pictures, number_pictures

    drawings: dict[str, Draw] = {
        "predicted_vs_true.png": number_pictures.predicted_vs_true,
        "residuals.png": number_pictures.residuals,
    }
    if report.classes:
        drawings = {
            "confusion.png": class_pictures.confusion,
            "roc.png": class_pictures.roc,
            "calibration.png": class_pictures.reliability,
        }
    title = f"{report.run}, {report.what}"
    for name, draw in drawings.items():
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a letter the font lacks
            try:
                figure = draw(report, title)
                content = None if figure is None else to_png(figure)
            except (ArithmeticError, ValueError) as error:
                troubles.append(f"{name} could not be drawn: {error}")
                continue
        if content is None:
            troubles.append(f"no {name}: all rows are of one class")
        else:
            yield name, content

"""Report files: a report beside the run it is of, in the folder `evaluation`.

The run's manifest doesn't list them, since a run may be scored while it is trained: they have one
of their own.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.atomic_directory import MANIFEST, AtomicDirectory
from nncli.artifacts.files import reporting, to_json
from nncli.artifacts.path_safety import place_inside
from nncli.artifacts.pictures import own_style
from nncli.artifacts.run_directory import EVALUATION as FOLDER
from nncli.errors import CorruptRun, FileFailure
from nncli.evaluation.plots import to_png
from nncli.evaluation.report import Report

Draw = Callable[[Report, str], Any]


def save(report: Report, run: Path, *, has_plots: bool) -> tuple[list[str], list[str]]:
    """Write `evaluation/<name>.json` and the pictures beside it: (paths in the run, troubles).

    What can't be drawn or written is a trouble, and no error: the scores are known all the same.
    """
    troubles: list[str] = []
    pictures = dict(_pictures(report, troubles)) if has_plots else {}
    name = f"{report.name}.json"
    files = [f"{FOLDER}/{each}" for each in (name, *pictures)]
    value = {"run": report.run, **report.to_json(), "files": files}
    try:
        _commit(place_inside(run, FOLDER), {**pictures, name: to_json(value)})
    except (FileFailure, CorruptRun) as error:
        return [], [*troubles, f"not saved: {error}"]
    return files, troubles


def _commit(path: Path, contents: Mapping[str, bytes]) -> None:
    """Put the files into the folder, beside those of other rows, and write its manifest."""
    folder = AtomicDirectory(path)
    with reporting(path):
        path.mkdir(parents=True, exist_ok=True)
    folder.lock(waits=True)
    try:
        if (path / MANIFEST).exists():
            folder.recover()
        folder.commit({name: [content] for name, content in contents.items()})
    finally:
        folder.unlock()


def _pictures(report: Report, troubles: list[str]) -> Iterator[tuple[str, bytes]]:
    """(path in the folder, content) of each picture that suits the task and shows something."""
    if not report.is_finite:
        troubles.append("no plots: the predictions are not all finite")
        return
    from nncli.evaluation import class_plots, regression_plots

    drawings: dict[str, Draw] = {
        "predicted_vs_true.png": regression_plots.predicted_vs_true,
        "residuals.png": regression_plots.residuals,
    }
    if report.classes or report.labels:
        drawings = {
            "confusion.png": class_plots.confusion,
            "roc.png": class_plots.roc,
            "precision_recall.png": class_plots.precision_recall,
            "calibration.png": class_plots.reliability,
        }
    if report.labels:
        del drawings["confusion.png"]
    title, missing = f"{report.run}, {report.what}", []
    for name, draw in drawings.items():
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a letter the font lacks
            try:
                with own_style():
                    figure = draw(report, title)
                    content = None if figure is None else to_png(figure)
            except (ArithmeticError, ValueError) as error:
                troubles.append(f"{name} could not be drawn: {error}")
                continue
        if content is None:
            missing.append(name)
        else:
            yield f"{report.name}/{name}", content
    if missing:
        why = "all rows have the same labels" if report.labels else "all rows are of one class"
        troubles.append(f"no {' and '.join(missing)}: {why}")

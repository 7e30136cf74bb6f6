"""Report files: writes a report and its plots to the run's folder `evaluation`.

They have a manifest of their own: a run may be evaluated while it trains, so the run's manifest
doesn't list them.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.atomic_directory import MANIFEST, AtomicDirectory
from nncli.artifacts.files import to_json, translating_os_errors
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.rendering import content_of, own_style
from nncli.artifacts.run_directory import EVALUATION as FOLDER
from nncli.errors import CorruptRun, FileFailure
from nncli.evaluation.descriptions import alternatives, describe
from nncli.evaluation.report import Report

Draw = Callable[[Report, str], Any]


def save(
    report: Report, run: Path, plots: Mapping[str, bytes] | None = None
) -> tuple[list[str], list[str]]:
    """Write `evaluation/<name>.json` and plots: (paths in the run, problems).

    A file that can't be written is a problem, not an error: the scores are known all the same.
    """
    plots, name = plots or {}, f"{report.name}.json"
    files = [f"{FOLDER}/{each}" for each in (name, *plots)]
    described = {"files": files, "alt": alternatives(report, files)}
    value = {"run": report.run, **report.to_json(), **described}
    try:
        _commit(path_inside(run, FOLDER), {**plots, name: to_json(value)})
    except (FileFailure, CorruptRun) as error:
        return [], [f"not saved: {error}"]
    return files, []


def _commit(path: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files into the folder, next to those of other splits, and its manifest."""
    folder = AtomicDirectory(path)
    with translating_os_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    folder.lock(waits=True)
    try:
        if (path / MANIFEST).exists():
            folder.recover()
        folder.commit({name: [content] for name, content in contents.items()})
    finally:
        folder.unlock()


def plots_of(report: Report, suffix: str = ".png") -> tuple[dict[str, bytes], list[str]]:
    """(content by path in the folder, problems) of the plots for the task; baselines aren't drawn.

    A plot that would be empty, or can't be drawn, is a problem.
    """
    problems: list[str] = []
    return dict(_plots(report, suffix, problems)), problems


def _plots(report: Report, suffix: str, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    if not report.is_finite:
        problems.append("no plots: the predictions are not all finite")
        return
    title, missing = f"{report.run}, {report.what}", []
    for name, draw in _drawings(report).items():
        with np.errstate(all="ignore"), own_style():
            try:
                figure = draw(report, title)
                if figure is None:
                    missing.append(f"{name}{suffix}")
                    continue
                content = content_of(figure, suffix, describe(name, report))
            except (ArithmeticError, ValueError) as error:
                problems.append(f"{name}{suffix} could not be drawn: {error}")
                continue
        yield f"{report.name}/{name}{suffix}", content
    if missing:
        why = "all rows have the same labels" if report.labels else "all rows are of one class"
        problems.append(f"no {' and '.join(missing)}: {why}")


def _drawings(report: Report) -> dict[str, Draw]:
    """The functions that draw the task's plots, by name."""
    from nncli.evaluation import calibration_plot, class_plots, confusion_plot, regression_plots

    if report.targets:
        return {
            "predicted_vs_true": regression_plots.predicted_vs_true,
            "residuals": regression_plots.residuals,
        }
    curves: dict[str, Draw] = {
        "roc": class_plots.roc,
        "precision_recall": class_plots.precision_recall,
        "calibration": calibration_plot.reliability,
    }
    return curves if report.labels else {"confusion": confusion_plot.confusion, **curves}

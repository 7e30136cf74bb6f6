"""Runs overview: collect what a report says about several runs or a study."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from nncli import __version__
from nncli.artifacts.curve_bands import band
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.run_directory import RunDirectory
from nncli.comparison.comparison import Comparison, Group, compare
from nncli.comparison.pairing import OTHER_DATA
from nncli.engine.metric_columns import metric_of
from nncli.evaluation.formatted_numbers import between, listed, number
from nncli.report.curves import overlaid
from nncli.report.facts import Overview

MAX_SINGLE_CURVES = 10  # more runs are drawn as the mean of their group


def overview_of(paths: Sequence[Path]) -> Overview:
    """The overview of the runs at the paths.

    Raises UserError if nothing can be compared, CorruptRun.
    """
    comparison = compare(paths)
    return Overview(
        RunDirectory(paths[0]).name if len(paths) == 1 else "comparison",
        tuple(_headline(comparison)),
        comparison,
        overlaid([*_curves(comparison)], _scores(comparison)),
        (*comparison.notes, *_left_out(comparison)),
        __version__,
    )


def _headline(comparison: Comparison) -> list[str]:
    """Sentences on the best group, and on those not significantly worse."""
    best, rest = comparison.groups[0], comparison.groups[1:]
    runs = sum(len(group.runs.results) for group in comparison.groups)
    if not rest:
        value, found = number(best.mean.value), between(best.mean.interval)
        if runs == 1:
            return [f"{comparison.metric} is {value}."]
        said = f" (95% interval {found})" if found else ""
        return [f"{comparison.metric} is {value}{said}, the mean of {runs:,} runs."]
    apart = [each for each in rest if each.versus and each.versus.why == OTHER_DATA]
    rest = [each for each in rest if each not in apart]
    if not rest:
        return ["These learnt from different data: none is better or worse than another by this."]
    near = [
        g.name for g in rest if g.versus and (g.versus.p_holm is None or g.versus.p_holm >= 0.05)
    ]
    sentences = [f"The best {comparison.metric} is {number(best.mean.value)}, of {best.name}."]
    if len(near) == len(rest):
        sentences.append("None of the others is shown to be worse than it by more than chance.")
    elif near:
        shown = near[:3] + ([f"{len(near) - 3:,} more"] if len(near) > 3 else [])
        sentences.append(f"Not shown to be worse than it by more than chance: {listed(shown)}.")
    else:
        sentences.append("All others are worse by more than chance (p < 0.05).")
    if apart:
        names = [each.name for each in apart[:3]] + [f"{len(apart) - 3:,} more"] * (len(apart) > 3)
        sentences.append(f"From different data, and so no better or worse: {listed(names)}.")
    return sentences


def _curves(comparison: Comparison) -> Iterator[Curves]:
    """The curves of each run if they are few, else the mean curves of each group."""
    runs = sum(len(group.runs.results) for group in comparison.groups)
    for group in comparison.groups:
        if runs <= MAX_SINGLE_CURVES or len(group.runs.results) == 1:
            for result in group.runs.results:
                yield Curves(result.name, result.curves, loss="", best_epoch=None)
        else:
            name = f"{group.name}, mean of {len(group.runs.results):,}"
            yield Curves(name, _mean(group), loss="", best_epoch=None)


def _mean(group: Group) -> Mapping[str, Sequence[float]]:
    """A group's mean curves over its runs."""
    curves = [result.curves for result in group.runs.results if result.curves]
    columns = [name for name in (curves[0] if curves else ()) if name != "epoch"]
    found: dict[str, Sequence[float]] = {}
    for name in columns:
        epochs, _, mean, _ = band(curves, name)
        if not found:
            found["epoch"] = epochs.tolist()
        if len(epochs) == len(found["epoch"]):
            found[name] = np.asarray(mean).tolist()
    return found


def _scores(comparison: Comparison) -> list[str]:
    """The metrics for which higher is better."""
    results = [result for group in comparison.groups for result in group.runs.results]
    names = {name for result in results for name in result.curves}
    return [name for name in names if results[0].is_score(metric_of(name))]


def _left_out(comparison: Comparison) -> list[str]:
    found = [f"left out: {each.name}: {each.why}" for each in comparison.left_out]
    more = [f"and {len(found) - 8:,} more"] if len(found) > 8 else []
    return found[:8] + more

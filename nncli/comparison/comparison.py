"""Comparison: group runs by config, rank the groups, and test each against the best."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.comparison.compared_config import compared_config, differing_keys
from nncli.comparison.metric_choice import choose, loss_differs
from nncli.comparison.pairing import Difference, Runs, difference
from nncli.comparison.results import SECONDS, Result, result_of
from nncli.comparison.run_bundles import Bundle, renamed, runs_of, study_note
from nncli.engine.metric_columns import metric_of
from nncli.errors import UserError
from nncli.evaluation.statistics import Mean, deviation, holm
from nncli.frozen import frozen


@frozen
class Group:
    """Runs of one config. settings: its values of the keys that differ between groups.

    versus: the difference from the best group; None for the best itself.
    """

    name: str
    settings: dict[str, Any]
    runs: Runs
    mean: Mean
    std: float | None
    versus: Difference | None = None


@frozen
class LeftOut:
    """An excluded run, and why."""

    name: str
    why: str


@frozen
class Comparison:
    """Groups, the best first.

    keys: the config keys that differ.  tested: the number of differences with a p-value.
    """

    metric: str
    is_score: bool
    keys: Sequence[str]
    groups: Sequence[Group]
    left_out: Sequence[LeftOut]
    tested: int
    notes: Sequence[str] = ()


@dataclass
class _Gathered:
    """A group whose runs aren't read or checked yet. names: of its bundles."""

    names: list[str]
    settings: dict[str, Any]
    results: list[Result]


def compare(paths: Sequence[Path], metric: str | None = None) -> Comparison:
    """Compare the runs, cross-validations and studies at the paths.

    Raises UserError for any other path or an unknown metric, CorruptRun.
    """
    gathered, left_out = _gather(_found(paths), is_timed=metric == SECONDS)
    if not gathered:
        raise UserError(f"none of the runs can be read: {left_out[0].name}: {left_out[0].why}")
    chosen, notes = _metric(gathered, metric)
    notes += [note for note in map(study_note, paths) if note]
    keys, groups, others = _groups(gathered, chosen)
    left_out += others
    if not groups:
        raise UserError(f"no run has a {chosen}: {left_out[0].name}: {left_out[0].why}")
    is_score = groups[0].runs.results[0].is_score(chosen)
    groups.sort(key=lambda group: -group.mean.value if is_score else group.mean.value)
    if metric_of(chosen) == "loss" and loss_differs(keys):
        notes.append(f"the loss itself differs between groups: {chosen} isn't one thing")
    tested, compared = _beside_the_best(groups)
    return Comparison(chosen, is_score, list(keys), compared, left_out, tested, notes)


def _metric(gathered: Sequence[_Gathered], asked: str | None) -> tuple[str, list[str]]:
    """The column to compare by, and notes on it. Raises UserError."""
    ended = [group for group in gathered if any(not each.trouble for each in group.results)]
    results = [each for group in ended for each in group.results if not each.trouble]
    return choose(results, differing_keys([group.settings for group in ended]), asked)


def _groups(
    gathered: Sequence[_Gathered], metric: str
) -> tuple[dict[str, list[Any]], list[Group], list[LeftOut]]:
    """The differing keys, the groups of valid runs, and the excluded runs."""
    kept: list[tuple[_Gathered, Runs]] = []
    left_out: list[LeftOut] = []
    for each in gathered:
        counted, others = _counted(each.results, metric)
        left_out += others
        kept += [(each, Runs(counted, metric))] if counted else []
    keys = differing_keys([each.settings for each, _ in kept])
    groups = [
        _group(each.names, {key: values[place] for key, values in keys.items()}, runs)
        for place, (each, runs) in enumerate(kept)
    ]
    return keys, groups, left_out


def _found(paths: Sequence[Path]) -> list[Bundle]:
    """The bundles at the paths, each once; equal names get their folder as a prefix."""
    own = list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
    found = [(path, bundle) for path in own for bundle in runs_of(path)]
    names = [bundle.name for _, bundle in found]
    return [
        renamed(bundle, f"{path.parent}/{bundle.name}") if names.count(bundle.name) > 1 else bundle
        for path, bundle in found
    ]


def _gather(bundles: Sequence[Bundle], *, is_timed: bool) -> tuple[list[_Gathered], list[LeftOut]]:
    """Group bundles by config; runs that can't be read are excluded."""
    groups: dict[str, _Gathered] = {}
    left_out: list[LeftOut] = []
    for bundle in bundles:
        left_out += [LeftOut(name, why) for name, why in bundle.lost.items()]
        readers = {name: RunReader(RunDirectory.open(run)) for name, run in bundle.runs.items()}
        if not readers:
            continue
        settings = compared_config(next(iter(readers.values())), is_timed=is_timed)
        key = json.dumps([settings, bundle.is_folds], sort_keys=True)
        group = groups.setdefault(key, _Gathered([], settings, []))
        group.names.append(bundle.name)
        group.results += [
            result_of(reader, name, bundle.held_out.get(name)) for name, reader in readers.items()
        ]
    return list(groups.values()), left_out


def _counted(results: Sequence[Result], metric: str) -> tuple[list[Result], list[LeftOut]]:
    """Split results into those that count and those that are excluded, with the reason.

    Excluded are results without a finite value, and repeated runs: those with the same data, split
    and seeds as another run. A repeated run still counts for seconds.
    """
    first: dict[Any, Result] = {}
    counted, others = [], []
    for result in results:
        why = result.trouble
        if not why and metric not in result.values:
            why = f"no {metric}"
        elif not why and not math.isfinite(result.values[metric]):
            why = f"{metric} is undefined"
        elif (
            not why
            and metric != SECONDS
            and (twin := first.setdefault(result.pairing_key, result)) is not result
        ):
            why = f"the same config, split and seeds as {twin.name}"
        if why:
            others.append(LeftOut(result.name, why))
        else:
            counted.append(result)
    return counted, others


def _group(names: Sequence[str], settings: dict[str, Any], runs: Runs) -> Group:
    name = names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"
    return Group(name, settings, runs, runs.mean(), deviation(runs.values))


def _beside_the_best(groups: Sequence[Group]) -> tuple[int, list[Group]]:
    """The number of p-values, and the groups with their difference from the best group.

    The best group was chosen by the same values, so Holm's correction counts all pairs of groups.
    """
    pairs = list(combinations(range(len(groups)), 2))
    found = {(i, j): difference(groups[j].runs, groups[i].runs) for i, j in pairs}
    tested = [(pair, each.mean.p) for pair, each in found.items() if each.mean.p is not None]
    for (pair, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
        found[pair] = replace(found[pair], p_holm=p)
    rest = [replace(group, versus=found[0, i]) for i, group in enumerate(groups) if i]
    return len(tested), [groups[0], *rest]

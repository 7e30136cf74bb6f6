"""Split cache: keeps a process's last split table, which most trials of a study share."""

from dataclasses import replace
from typing import Any

from nncli.assembly.split_table import SplitTable, split_table
from nncli.config.experiment import Experiment
from nncli.config.load import Source
from nncli.errors import UserError
from nncli.study.task import DATA_CHANGED

_cached: list[tuple[Any, SplitTable]] = []


def cached_split(
    experiment: Experiment, source: Source, folds: int, *, are_members: bool = False
) -> SplitTable:
    """The experiment's data, loaded and split; see `split_table`."""
    path = experiment.data.path and experiment.data.path.absolute()
    data = replace(experiment.data, path=path)
    wanted = data, experiment.seeds.split, folds, are_members
    if not _cached or _cached[0][0] != wanted:
        _cached.clear()  # so that memory holds one table, not two
        whole = split_table(experiment, source, n_folds=folds, are_members=are_members)
        _cached.append((wanted, whole))
    return _cached[0][1]


def recorded_split(
    experiment: Experiment, source: Source, folds: int, sha256: str, *, are_members: bool = False
) -> SplitTable:
    """A study's data, loaded anew. Raises UserError if it has changed.

    sha256: the recorded one; "" for a study whose runs differ in their data.
    """
    forget_split()
    whole = cached_split(experiment, source, folds, are_members=are_members)
    if sha256 and whole.table.sha256() != sha256:
        raise UserError(DATA_CHANGED.format(source.path))
    return whole


def forget_split() -> None:
    """Empty the cache: the next study reads its files anew."""
    _cached.clear()

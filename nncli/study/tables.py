"""Tables: a process's last one is kept, split, for most trials of a study share it."""

from typing import Any

from nncli.assembly.split_table import SplitTable, split_table
from nncli.config.experiment import Experiment
from nncli.config.load import Source
from nncli.errors import UserError
from nncli.study.task import DATA_CHANGED

_last: list[tuple[Any, SplitTable]] = []


def split(
    experiment: Experiment, source: Source, folds: int, *, are_members: bool = False
) -> SplitTable:
    """The experiment's data, loaded and split; see `split_table`."""
    wanted = experiment.data, experiment.seeds.split, folds, are_members
    if not _last or _last[0][0] != wanted:
        _last.clear()  # two don't have to fit into memory
        whole = split_table(experiment, source, n_folds=folds, are_members=are_members)
        _last.append((wanted, whole))
    return _last[0][1]


def recorded(
    experiment: Experiment, source: Source, folds: int, sha256: str, *, are_members: bool = False
) -> SplitTable:
    """The same of a study that began before. Raises UserError if its data isn't what it was.

    sha256: "" for a study whose runs differ in their data.
    """
    _last.clear()
    whole = split(experiment, source, folds, are_members=are_members)
    if sha256 and whole.table.sha256() != sha256:
        raise UserError(DATA_CHANGED.format(source.path))
    return whole

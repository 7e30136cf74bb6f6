"""Tables: a process's last one is kept, split, for most trials of a study share it."""

from typing import Any

from nncli.assembly.split_table import SplitTable, split_table
from nncli.config.experiment import Experiment
from nncli.config.load import Source

_last: list[tuple[Any, SplitTable]] = []


def split(experiment: Experiment, source: Source, folds: int) -> SplitTable:
    """The experiment's data, loaded and split; see `split_table`."""
    wanted = experiment.data, experiment.seeds.split, folds
    if not _last or _last[0][0] != wanted:
        _last[:] = []  # two don't have to fit into memory
        _last[:] = [(wanted, split_table(experiment, source, n_folds=folds))]
    return _last[0][1]

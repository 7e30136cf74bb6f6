"""Split table: load an experiment's data and split its rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nncli.assembly.memory_check import check_dataset
from nncli.assembly.recorded_data import RecordedData
from nncli.config.data_keys import Data
from nncli.config.experiment import Experiment
from nncli.config.load import Source
from nncli.config.resolve import resolve_split
from nncli.data.data_checks import refuse_singleton_classes
from nncli.data.targets import as_task
from nncli.engine.state import stream
from nncli.frozen import frozen
from nncli.operating_system import give_back_memory
from nncli.parts.splits import Rows, Split
from nncli.parts.table import Table


@frozen
class SplitTable:
    """A table and its split.

    folds: the same table split for each fold of a cross-validation, or each ensemble member, if
    any.
    """

    table: Table
    split: Split
    rows: Rows
    folds: tuple["SplitTable", ...] = ()


def split_table(
    given: Experiment,
    source: Source,
    recorded: RecordedData | None = None,
    n_folds: int = 0,
    *,
    are_members: bool = False,
    may_be_constant: bool = False,
) -> SplitTable:
    """Load the data and split its rows.

    n_folds: 0 for none.  are_members: whether the folds are for ensemble members.
    may_be_constant: accept a constant target.
    Raises ConfigError at a key, TableError at a row; DataError if the data isn't as recorded.
    """
    data = recorded.typed(given.data) if recorded else given.data
    table = _load(data, source, may_be_constant=may_be_constant)
    split = resolve_split(given.data, table)
    if recorded:
        return SplitTable(recorded.adopt(table, source.path.parent), split, recorded.rows)
    random = stream("split", given.seeds.split)
    with source.errors_at("data.split"):
        rows = split.rows(table, random)
        if given.data.path is not None and len(rows.train) < len(table):
            refuse_singleton_classes(table)
        whole = SplitTable(table, split, rows)
        parts: Sequence[Rows] = ()
        if n_folds:
            from nncli.data.folds import folds, member_rows

            cut = member_rows if are_members else folds
            parts = cut(split, table, rows, n_folds, random)
    return _with_train_rows(whole, parts, given, source)


def _with_train_rows(
    whole: SplitTable, parts: Sequence[Rows], given: Experiment, source: Source
) -> SplitTable:
    """The split and its folds, with only `data.train_rows` training rows."""
    count = given.data.train_rows
    if count is None:
        return replace(whole, folds=tuple(replace(whole, rows=rows) for rows in parts))
    from nncli.data.fewer_rows import with_train_rows

    def fewer(rows: Rows) -> SplitTable:
        random = stream("split", given.seeds.split)  # a fresh stream: the split doesn't change
        rows = with_train_rows(whole.table, rows, count, random)
        return replace(whole, rows=rows)

    with source.errors_at("data.train_rows"):
        return replace(fewer(whole.rows), folds=tuple(map(fewer, parts)))


def _load(data: Data, source: Source, *, may_be_constant: bool) -> Table:
    dataset = data.source(may_be_constant=may_be_constant)
    check_dataset(dataset, source)
    try:
        with source.errors_at(data.source_key), np.errstate(all="ignore"):
            table = dataset.load()
            if data.path is None and data.features.is_chosen:
                from nncli.data.formulas.columns import chosen_columns

                table = chosen_columns(table, **data.features.chosen)
        finite = data.path is not None or bool(  # a file's cells are checked one by one
            np.isfinite(table.x).all() and np.isfinite(table.y).all()
        )
    except UnicodeEncodeError as error:
        message = f"this locale has no {error.encoding} spelling of the file's name"
        raise source.error([(data.source_key, message)]) from None
    except (
        MemoryError,
        ValueError,
        OverflowError,
    ) as error:  # NumPy raises these for too large arrays
        message = f"too large for this machine: {error}"
        raise source.error([(data.source_key, message)]) from None
    if not finite:
        raise source.error([(data.source_key, "its values overflow: use smaller numbers")])
    if table.is_large:
        give_back_memory()  # that the reader took
    with source.errors_at("data.task"):
        task = "classification" if data.classes else table.task
        folds = data.path is not None and any(map(data.parsers.folds_case, table.targets))
        asked = task if data.task == "auto" else data.task
        return as_task(table, asked, data.class_names, folds_case=folds)

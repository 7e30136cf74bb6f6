"""Recorded data: a run's split and fitted preprocessing, for reuse instead of a new fit."""

from dataclasses import replace
from pathlib import Path

from nncli.config.data_keys import Data
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.targets import with_pairs
from nncli.errors import CorruptRun, DataError
from nncli.frozen import frozen
from nncli.parts.splits import Rows
from nncli.parts.table import Table


@frozen
class RecordedData:
    """The rows of each split, the fitted preprocessing, and the data's SHA-256."""

    rows: Rows
    preprocessing: Preprocessing
    data_sha256: str

    def typed(self, data: Data) -> Data:
        """The config's data keys, with the types of the columns that were read as texts.

        Such a column is read as texts again, even if another version infers times, say.
        """
        texts = [f.name for f in self.preprocessing.features if f.kind == "categorical"]
        keys = {name: data.column_keys.get(name, ColumnKeys()) for name in texts}
        new = {n: replace(k, type="categorical") for n, k in keys.items() if k.type == "auto"}
        return replace(data, columns={**data.columns, **new}) if data.path else data

    def adopt(self, table: Table, folder: Path) -> Table:
        """Return the table, the two values of each label in their recorded order.

        Raises DataError if the data has changed, CorruptRun if the record doesn't fit it.
        """
        table = with_pairs(table, self.preprocessing.labels)
        if table.sha256() != self.data_sha256:
            raise DataError(f"{folder}: the data has changed since this run was trained")
        features = tuple(feature.name for feature in self.preprocessing.features)
        fitted = self.preprocessing
        if (features, fitted.targets, fitted.classes, fitted.labels) != (
            table.features,
            table.targets,
            table.classes,
            table.labels,
        ):
            raise CorruptRun(f"{folder}: its preprocessing was fitted on other columns")
        parts = (self.rows.train, self.rows.val, self.rows.test)
        if not len(self.rows.train) or any(len(p) and p.max() >= len(table) for p in parts):
            raise CorruptRun(f"{folder}: its split has rows that the data hasn't")
        return table

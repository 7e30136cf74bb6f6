"""Feature choice: which columns of a table are features, and of which kind."""

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import numpy as np

from nncli.data.column_names import listed
from nncli.data.column_types import (
    identifies_rows,
    is_id_name,
    kind_of,
    uninformative,
    uninformative_date,
)
from nncli.data.rare_categories import NO_RARE, RareRule
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.table_notes import category_hint
from nncli.errors import DataError
from nncli.frozen import frozen
from nncli.parts.table import Column, Kind

EMPTY = "empty: no value at all"
NEARLY_EMPTY = "nearly empty: so few values that the training rows may have none"
MIN_VALUES = 10  # of a column that isn't nearly empty
MAX_OTHER_SHARE = 0.3  # of rows that don't train: more values than that reach the training rows
ROW_LABELS = "row labels of the program that wrote the file"


@frozen
class FeatureChoice:
    """The rules that choose features among a table's columns.

    is_explicit: whether the config lists the features; then none is left out.  needed: columns
    that formulas read.  kinds: the kinds that the config sets.  drops_empty: whether a column
    without values, or with few, is left out; else none is an error.  row_indices: columns that may
    be row labels.
    non_features: columns that the file declares no features -> the reason.  others: columns with
    another role.  rare: the rule by which categories are merged.
    """

    path: Path
    is_explicit: bool
    needed: Container[str]
    kinds: Mapping[str, Kind]
    drops_empty: bool
    row_indices: frozenset[str]
    non_features: Mapping[str, str]
    others: Sequence[str]
    rare: RareRule = NO_RARE

    def features(
        self,
        encoded: EncodedTable,
        candidates: Sequence[str],
        dates: Container[str],
    ) -> tuple[dict[str, Kind], dict[str, str]]:
        """(feature -> kind, column left out -> the reason), for the candidates."""
        kinds: dict[str, Kind] = {}
        left_out: dict[str, str] = {}
        found: list[tuple[str, str]] = []
        for name in candidates:
            column = encoded.column(name)
            is_date = name in dates
            reason = self._reason_left_out(name, column, is_date=is_date)
            if reason:
                left_out[name] = reason
                if reason.startswith("constant") and (texts := encoded.markers.get(name)):
                    hint = category_hint(name, [*texts], "category")
                    left_out[name] = f"{reason} where it isn't missing; {hint}"
                continue
            try:
                kinds[name] = self._kind(name, column, is_date=is_date)
            except DataError as error:
                found += error.found
        if not kinds:  # a column of row numbers is better than no feature
            counting = [
                name
                for name, reason in left_out.items()
                if reason.startswith("id-like")
                and not (encoded.column(name).categories or is_id_name(name))
            ]
            kinds = dict.fromkeys(counting, "numeric")
            left_out = {name: why for name, why in left_out.items() if name not in kinds}
        if not kinds and not found:
            why = "; ".join(f"{name} is {reason}" for name, reason in left_out.items())
            why = why or f"all it has is {listed(self.others)}"
            found.append(("data.features", f"{self.path} has no column to learn from: {why}"))
        if found:
            raise DataError(found=found)
        return kinds, left_out

    def _reason_left_out(self, name: str, column: Column, *, is_date: bool) -> str:
        """Why a column is left out; empty if it isn't."""
        if self.drops_empty:
            count = int(np.count_nonzero(~np.isnan(column.values)))
            if count == 0:
                return EMPTY
            if count < min(MIN_VALUES, MAX_OTHER_SHARE * len(column.values)):
                return NEARLY_EMPTY
        if self.is_explicit or name in self.needed or name in self.kinds:
            return ""
        if name in self.non_features:
            return self.non_features[name]
        if len(column.values) == 1:
            return ""  # every column of a single row is constant
        if name in self.row_indices and identifies_rows(column):
            return ROW_LABELS
        return uninformative_date(column) if is_date else uninformative(name, column, self.rare)

    def _kind(self, name: str, column: Column, *, is_date: bool) -> Kind:
        """A feature's kind. Raises DataError for an empty column and a wrong `type: boolean`."""
        where = f"{self.path}: column '{name}'"
        if np.isnan(column.values).all():
            message = f"{where} has no values at all: leave it out"
            raise DataError(message, key="data.features.exclude")
        kind: Kind = "date" if is_date else kind_of(column)
        if self.kinds.get(name) == "boolean" != kind:
            raise DataError(f"{where} isn't boolean: it has other values", key="data.columns")
        return self.kinds.get(name) or kind

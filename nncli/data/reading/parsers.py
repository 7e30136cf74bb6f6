"""Parsers: the parser of each column's cells, by its config keys."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.date_cells import DateParser
from nncli.data.reading.number_formats import FormattedNumbers, NumberFormat
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.reading.text_format import MISSING_MARKERS
from nncli.frozen import frozen


@frozen
class Parsers:
    """The parsers of a table's columns.

    missing: the missing markers, of which a column's key `values` excludes some.  columns: config
    keys by column.  takes_unknown: whether ordinal columns may have unknown words.  fold_case:
    whether categories ignore case and spaces, unless a column's keys say otherwise.
    """

    missing: Sequence[str] = MISSING_MARKERS
    decimal: str = "."
    columns: Mapping[str, ColumnKeys] = field(default_factory=dict)
    takes_unknown: bool = False
    fold_case: bool = False

    def of(self, name: str) -> NumberParser:
        """The parser of a column."""
        keys = self.columns.get(name, ColumnKeys())
        missing = [text for text in self.missing if text not in (keys.values or ())]
        decimal = keys.decimal or self.decimal
        if keys.type == "date":
            return DateParser(missing, keys.format)
        if keys.type == "ordinal":
            unknown = self.takes_unknown
            folds = self.folds_case(name)
            return OrdinalParser(
                missing, keys.words, decimal, takes_unknown=unknown, folds_case=folds
            )
        if keys.type != "numeric":
            return NumberParser(missing, decimal)
        if keys.thousands == decimal:  # the other sign is the decimal separator
            decimal = "," if decimal == "." else "."
        format_ = NumberFormat(keys.thousands, keys.prefix, keys.suffix, decimal)
        return FormattedNumbers(missing, format_)

    def folds_case(self, name: str) -> bool:
        """Whether a column's categories ignore case and spaces."""
        fold_case = self.columns.get(name, ColumnKeys()).fold_case
        return self.fold_case if fold_case is None else fold_case

    def with_dates(self, formats: Mapping[str, str | None]) -> "Parsers":
        """Return a copy with these date columns. formats: by column, None for ISO 8601."""
        known = {name: self.columns.get(name, ColumnKeys()) for name in formats}
        new = {n: replace(known[n], type="date", format=form) for n, form in formats.items()}
        return replace(self, columns={**self.columns, **new})

    def has_values(self, name: str) -> bool:
        """Whether a column's key `values` is set."""
        return name in self.columns and self.columns[name].values is not None

    def with_values(self, values: Mapping[str, Sequence[str]]) -> "Parsers":
        """Return a copy with the key `values` set. values: by column, the markers to keep."""
        known = {name: self.columns.get(name, ColumnKeys()) for name in values}
        new = {name: replace(known[name], values=list(texts)) for name, texts in values.items()}
        return replace(self, columns={**self.columns, **new})

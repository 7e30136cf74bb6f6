"""Parsers: what reads the cells of each column, as its keys say."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.date_cells import DateParser
from nncli.data.reading.number_formats import FormattedNumbers, NumberFormat
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.reading.text_format import MISSING
from nncli.frozen import frozen


@frozen
class Parsers:
    """What reads the cells of each column.

    missing: the texts that mean no value, where a column's keys don't take some out.
    takes_unknown: whether a word that an order lacks is no error.
    fold_case: whether capitals and spaces make no difference, where a column's keys say nothing.
    """

    missing: Sequence[str] = MISSING
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
        if keys.thousands == decimal:  # and so it isn't before a fraction
            decimal = "," if decimal == "." else "."
        form = NumberFormat(keys.thousands, keys.prefix, keys.suffix, decimal)
        return FormattedNumbers(missing, form)

    def folds_case(self, name: str) -> bool:
        """Whether capitals and spaces make no difference in a column."""
        said = self.columns.get(name, ColumnKeys()).fold_case
        return self.fold_case if said is None else said

    def with_dates(self, formats: Mapping[str, str | None]) -> "Parsers":
        """The same with columns of dates, each with its format."""
        known = {name: self.columns.get(name, ColumnKeys()) for name in formats}
        new = {n: replace(known[n], type="date", format=form) for n, form in formats.items()}
        return replace(self, columns={**self.columns, **new})

    def is_settled(self, name: str) -> bool:
        """Whether a column's keys say which of its texts are values."""
        return name in self.columns and self.columns[name].values is not None

    def with_values(self, found: Mapping[str, Sequence[str]]) -> "Parsers":
        """The same with texts that are values in some columns, whatever data.missing says."""
        known = {name: self.columns.get(name, ColumnKeys()) for name in found}
        new = {name: replace(known[name], values=list(texts)) for name, texts in found.items()}
        return replace(self, columns={**self.columns, **new})

"""Column keys: how one column is read, where its cells alone mislead."""

from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from typing import Annotated, Literal

from nncli.constraints import Auto, Finite
from nncli.data.reading.chunks import MISSING, NumberParser
from nncli.data.reading.date_cells import DateParser
from nncli.data.reading.number_formats import FormattedNumbers, NumberFormat
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.targets import class_name
from nncli.frozen import frozen
from nncli.parts.table import Kind


@frozen(kw_only=True)
class ColumnKeys:
    """What a column of the table holds, and how it is written there."""

    type: Annotated[
        Kind | Literal["ordinal"] | Auto,
        "auto: told from the cells; ordinal: words of an order, which become one number",
    ] = "auto"
    order: Annotated[
        list[bool | Finite | str] | None, "the words of an ordinal column, from 0 upwards"
    ] = None
    values: Annotated[
        list[str] | None,
        "texts of data.missing that are values here; null: those that are quoted or too many",
    ] = None
    fold_case: Annotated[
        bool | None, "whether capitals and spaces make no difference; null: data.fold_case"
    ] = None
    thousands: Annotated[str, "the sign between thousands, as in 1'234"] = ""
    prefix: Annotated[str, "what may stand before a number, as in $12"] = ""
    suffix: Annotated[str, "what may stand behind a number, as in 70 kg"] = ""
    decimal: Annotated[
        Literal[".", ","] | None, "the sign before a fraction; null: data.decimal"
    ] = None

    format: Annotated[str | None, "of a date, as %d/%m/%Y; null: ISO 8601, such as 2026-03-01"] = (
        None
    )

    def __post_init__(self) -> None:
        if self.format is not None and self.type == "auto":
            object.__setattr__(self, "type", "date")
        if self.format is not None and self.type != "date":
            raise ValueError("format is for type: date")
        if self.is_formatted and self.type == "auto":
            object.__setattr__(self, "type", "numeric")
        if self.is_formatted and self.type != "numeric":
            raise ValueError("thousands, prefix, suffix and decimal are for type: numeric")
        if self.order is not None and self.type == "auto":
            object.__setattr__(self, "type", "ordinal")
        if (self.order is None) == (self.type == "ordinal"):
            raise ValueError("order is for type: ordinal, which needs it: order: [low, mid, high]")
        if len(self.words) < 2 * (self.order is not None) or len(set(self.words)) < len(self.words):
            raise ValueError("order: expected two words at least, each of them once")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same sign")

    @property
    def kind(self) -> Kind | None:
        """What the column holds, where that is said; places in an order are numbers."""
        if self.type == "ordinal":
            return "numeric"
        return None if self.type == "auto" else self.type

    @property
    def words(self) -> tuple[str, ...]:
        """The order's, as cells have them."""
        return tuple(map(class_name, self.order or ()))

    @property
    def is_formatted(self) -> bool:
        """Whether something is said of how its numbers are written."""
        return bool(self.thousands or self.prefix or self.suffix or self.decimal)

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that say something."""
        return tuple(key.name for key in fields(self) if getattr(self, key.name) != key.default)


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

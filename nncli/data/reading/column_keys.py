"""Column keys: the config's settings of one column, `data.columns.NAME`."""

from dataclasses import fields
from typing import Annotated, Literal

from nncli.constraints import Auto, Finite
from nncli.data.targets import cell_text
from nncli.frozen import frozen
from nncli.parts.table import Kind


@frozen(kw_only=True)
class ColumnKeys:
    """The type and format of one column."""

    type: Annotated[
        Kind | Literal["ordinal"] | Auto,
        "auto: inferred from the cells; ordinal: ordered texts, which become one number",
    ] = "auto"
    order: Annotated[
        list[bool | Finite | str] | None, "the texts of an ordinal column, from 0 upwards"
    ] = None
    values: Annotated[
        list[str] | None,
        "texts of data.missing that are values in this column; null: those that are quoted or "
        "frequent",
    ] = None
    fold_case: Annotated[bool | None, "ignore case and extra spaces; null: as data.fold_case"] = (
        None
    )
    thousands: Annotated[str, "the thousands separator, as in 1'234"] = ""
    prefix: Annotated[str, "text before a number, as in $12"] = ""
    suffix: Annotated[str, "text after a number, as in 70 kg"] = ""
    decimal: Annotated[Literal[".", ","] | None, "the decimal separator; null: data.decimal"] = None

    format: Annotated[
        str | None, "the format of dates, as %d/%m/%Y; null: ISO 8601, such as 2026-03-01"
    ] = None

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
        """The column's kind, numeric for ordinals; None for auto."""
        if self.type == "ordinal":
            return "numeric"
        return None if self.type == "auto" else self.type

    @property
    def words(self) -> tuple[str, ...]:
        """The words of `order`, as they are written in cells."""
        return tuple(map(cell_text, self.order or ()))

    @property
    def is_formatted(self) -> bool:
        """Whether a number format is set."""
        return bool(self.thousands or self.prefix or self.suffix or self.decimal)

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that differ from their default."""
        return tuple(key.name for key in fields(self) if getattr(self, key.name) != key.default)

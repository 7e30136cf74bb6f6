"""Feature keys: `data.features`: which columns are features, and what is derived from them."""

from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Annotated, Any

from nncli.constraints import Bounds, Length, Readable
from nncli.data.column_names import nfc
from nncli.frozen import frozen

if TYPE_CHECKING:
    from nncli.data.formulas.derived import Derivation


def _parse(formula: str) -> object:
    """Parses a formula; the parser is imported when the first one is read."""
    from nncli.data.formulas.parse import parse

    return parse(formula)


Formula = Annotated[str, Readable(_parse)]
Degree = Annotated[int, Bounds(ge=2, le=100)]


@frozen(kw_only=True)
class PolynomialKeys:
    """All products of powers of some columns."""

    degree: Annotated[Degree, "the highest sum of exponents in a product"]
    of: Annotated[
        Annotated[list[str], Length(1)] | None, "the columns; null: every numeric feature"
    ] = None


@frozen(kw_only=True)
class Features:
    """Which columns are features, and what is derived from them."""

    include: Annotated[
        list[str] | None,
        "the feature columns; null: all but the target, constant and id-like columns",
    ] = None
    exclude: Annotated[list[str], "columns to leave out; formulas may still name them"] = field(
        default_factory=list
    )
    derive: Annotated[
        dict[str, Formula],
        "derived columns by formula: x1^2, x1*x2, sin(x1), log(1 + `petal length`)",
    ] = field(default_factory=dict)
    polynomial: Annotated[
        Degree | PolynomialKeys | None,
        "polynomial features: all products of columns up to this degree",
    ] = None

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that a dump shows: derive and polynomial only if they are given."""
        optional = ("derive", "polynomial")
        names = [key.name for key in fields(self)]
        return tuple(name for name in names if name not in optional or getattr(self, name))

    def as_nfc(self) -> "Features":
        """A copy with column names normalized to NFC, as the readers of tables do."""

        def normalized(names: list[str] | None) -> Any:
            return names and [*map(nfc, names)]

        polynomial = self.polynomial
        if isinstance(polynomial, PolynomialKeys):
            polynomial = replace(polynomial, of=normalized(polynomial.of))
        derive = {nfc(name): nfc(text) for name, text in self.derive.items()}
        return Features(
            include=normalized(self.include),
            exclude=normalized(self.exclude),
            derive=derive,
            polynomial=polynomial,
        )

    @property
    def derivation(self) -> "Derivation":
        """The derived columns."""
        from nncli.data.formulas.derived import Derivation

        given, hidden = self.polynomial, frozenset(self.exclude) & self.derive.keys()
        if not isinstance(given, PolynomialKeys):
            return Derivation(self.derive, given or 0, None, hidden)
        of = None if given.of is None else tuple(given.of)
        return Derivation(self.derive, given.degree, of, hidden)

    @property
    def makes_columns(self) -> bool:
        """Whether there are derived columns."""
        return bool(self.derive) or self.polynomial is not None

    @property
    def is_chosen(self) -> bool:
        """Whether columns are included or excluded by name."""
        return self.include is not None or bool(self.exclude)

    @property
    def chosen(self) -> dict[str, Any]:
        """include, exclude and formulas for TableFile, without the names of derived columns."""

        def of_table(names: list[str]) -> tuple[str, ...]:
            return tuple(name for name in names if name not in self.derive)

        return {
            "include": None if self.include is None else of_table(self.include),
            "exclude": of_table(self.exclude),
            "formulas": self.derivation.needed if self.makes_columns else {},
        }

"""Derived columns: resolves the formulas of a config to expressions of a table's columns."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from nncli.data.formulas.expression import Expression
from nncli.data.formulas.parse import MAX_DEPTH, MAX_SIZE, parse
from nncli.data.formulas.polynomial import MAX_TERMS, count_of_terms, terms
from nncli.errors import DataError, did_you_mean, few, printable
from nncli.frozen import frozen
from nncli.parts.table import Table

KEY = "data.features.derive"
POLYNOMIAL_KEY = "data.features.polynomial"


def key_of(name: str) -> str:
    """The config key of a derived column."""
    return f"{KEY}.{printable(name)}"


_HOLDS = {"categorical": "holds text", "date": "holds dates"}


@frozen
class Derivation:
    """The derived columns of a config.

    formulas: name -> formula, which may refer to earlier names.  degree: of a polynomial, 0 for
    none.  of: the columns of the polynomial; None for all numeric features.  hidden: names that
    only other formulas use.
    """

    formulas: Mapping[str, str] = field(default_factory=dict)
    degree: int = 0
    of: tuple[str, ...] | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def needed(self) -> dict[str, tuple[str, ...]]:
        """Config key -> the table's columns that its formula uses."""
        found = {
            key_of(name): tuple(n for n in parse(text).columns if n not in self.formulas)
            for name, text in self.formulas.items()
        }
        return found | ({POLYNOMIAL_KEY: self.of} if self.of else {})

    def columns(self, table: Table) -> dict[str, Expression]:
        """The expression of each derived column, in terms of the table's columns only.

        Raises DataError with every problem, each at its key.
        """
        found: dict[str, Expression] = {}
        problems: list[tuple[str, str]] = []
        for name, text in self.formulas.items():
            problems += [
                (key_of(name), message)
                for message in self._formula_problems(name, text, table, found)
            ]
            found[name] = parse(text).substitute(found)
            if found[name].size > MAX_SIZE or found[name].depth > 2 * MAX_DEPTH:
                message = (
                    f"with the formulas it refers to written out it has more than {MAX_SIZE:,}"
                )
                problems.append((key_of(name), f"{message} steps: make it shorter"))
                break
        if not problems:
            found = {name: each for name, each in found.items() if name not in self.hidden}
            problems += [(POLYNOMIAL_KEY, message) for message in self._polynomial_problems(table)]
        if problems:
            raise DataError(found=problems)
        return found | self._polynomial(table, found)

    def _formula_problems(
        self, name: str, text: str, table: Table, found: Mapping[str, Expression]
    ) -> Iterator[str]:
        shown = printable(name)
        if name in table.features or name in table.targets:
            yield f"'{shown}' is a column of the table already: another name"
        for column in parse(text).columns:
            if column not in found:
                yield from self._column_problems(column, name, table, found)

    def _column_problems(
        self, column: str, name: str, table: Table, found: Mapping[str, Expression]
    ) -> Iterator[str]:
        shown = f"'{printable(column)}'"
        known = [*table.features, *found]
        if column in table.features:
            if what := _what_it_holds(table, column):
                yield f"column {shown} {what}: formulas are of numbers"
        elif column == name:
            yield f"{shown} refers to itself"
        elif column in self.formulas:
            yield f"{shown} comes later: formulas refer to earlier ones only"
        elif column in table.targets:
            yield f"{shown} is what is to be predicted: a feature can't be made of it"
        else:
            yield f"no column {shown}{did_you_mean(column, known) or f'; known: {few(known)}'}"

    def _polynomial_columns(self, table: Table) -> list[str]:
        """The columns of the polynomial."""
        if self.of is not None:
            return [*dict.fromkeys(self.of)]
        return [
            name
            for name in table.features
            if name not in table.for_formulas
            and table.kind(name) == "numeric"
            and name not in table.orders
        ]

    def _polynomial_problems(self, table: Table) -> Iterator[str]:
        if not self.degree:
            return
        for column in self.of or ():
            yield from self._column_problems(column, "", table, {})
        names = self._polynomial_columns(table)
        if not names:
            yield "no feature holds numbers"
        count = count_of_terms(len(names), self.degree)
        if count > MAX_TERMS:
            degrees = range(self.degree - 1, 1, -1)
            lower = (d for d in degrees if count_of_terms(len(names), d) <= MAX_TERMS)
            fixes = [f"degree {d} makes {count_of_terms(len(names), d):,}" for d in lower][:1]
            fixes += ["of: [...] chooses columns"] * (len(names) > 1)
            yield (
                f"degree {self.degree} of {len(names):,} columns makes {count:,} columns, and "
                f"{MAX_TERMS:,} is the most ({'; '.join(fixes)})"
            )

    def _polynomial(self, table: Table, found: Mapping[str, Expression]) -> dict[str, Expression]:
        """The terms of the polynomial that no formula makes. Raises DataError for a name in use."""
        made = terms(self._polynomial_columns(table), self.degree) if self.degree else []
        named = {str(each): each for each in made if each not in found.values()}
        taken = [name for name in named if name in found or name in table.features]
        if taken:
            message = f"it makes a column '{printable(taken[0])}', and there is one: another name"
            raise DataError(message, key=POLYNOMIAL_KEY)
        return named


def _what_it_holds(table: Table, column: str) -> str:
    """What a column holds that formulas can't use; empty for numbers."""
    if column in table.orders:
        return "holds words in an order"
    return _HOLDS.get(table.kind(column), "")

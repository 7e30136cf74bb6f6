"""Tables: the user's own files -> a Table, and every guess about them said."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nncli.constraints import Auto
from nncli.data.column_types import (
    is_class_number,
    is_id_name,
    kind_of,
    tells_rows_apart,
    uninformative,
    uninformative_date,
)
from nncli.data.memory import available
from nncli.data.reading.chunks import MISSING, TableReader
from nncli.data.reading.column_encoder import Form
from nncli.data.reading.column_keys import ColumnKeys, Parsers
from nncli.data.reading.encoded_rows import COPIES, Encoded
from nncli.data.reading.encoding import encode
from nncli.data.reading.number_formats import yaml_name
from nncli.data.reading.text_files import TextFile, TextFormat
from nncli.data.table_formats import open_table
from nncli.data.targets import label, number_classes
from nncli.errors import DataError, TableError, did_you_mean, printable
from nncli.parts.arrays import Array
from nncli.parts.datasets import Dataset
from nncli.parts.table import PART, Column, Kind, Origin, Table, Task, refuse_rows
from nncli.untrusted_files.opening import sha256_of

EMPTY = "empty: no value at all"
ROW_LABELS = "row labels of the program that wrote the file"


@dataclass(frozen=True, kw_only=True)
class TableFile(Dataset):
    """A table in files of the user's, and how its columns are meant.

    target: the columns to predict.  include, exclude: which others are features; None: all that
    may teach something.  kinds: of columns, where the values alone don't tell.  keys: how columns
    are written.  aside: columns that split or weigh the rows, with the config key that names each.
    guesses_values: whether a text of `missing` may be a value where it is frequent.  parts: further
    files by the part of their rows, val or test.  on_disk: whether rows stay on disk; None: if
    memory is short.  excuses_empty: whether columns without a value are left out, not refused.
    may_be_constant: whether a target that never varies is taken; one of a single row always is.
    """

    path: Path
    target: tuple[str, ...]
    task: Task | Auto = "auto"
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, ColumnKeys] = field(default_factory=dict)
    missing: tuple[str, ...] = MISSING
    guesses_values: bool = True
    drops_missing_target: bool = False
    format: TextFormat = field(default_factory=TextFormat)
    parts: Mapping[str, Path] = field(default_factory=dict)
    on_disk: bool | None = None
    excuses_empty: bool = False
    may_be_constant: bool = False

    @property
    def paths(self) -> dict[str, Path]:
        """Every file, by the part of its rows."""
        return {"train": self.path, **self.parts}

    def load(self) -> Table:
        readers = [(str(path), self._open(part)) for part, path in self.paths.items()]
        names = readers[0][1].names
        self._check_names(readers[0][1])
        candidates = [
            name
            for name in (names if self.include is None else self.include)
            if name not in (*self.target, *self.exclude)
            and (name not in self.aside or self.include is not None)
        ]
        wanted = list(dict.fromkeys([*candidates, *self.target, *self.aside]))
        for part, (file, reader) in zip(self.parts, readers[1:], strict=True):
            if lacking := [name for name in wanted if name not in reader.names]:
                message = f"{file}: lacks columns of {self.path}: {listed(lacking)}"
                raise DataError(message, key=f"data.split.{part}")
        encoded = encode(
            readers,
            wanted,
            self._forms(),
            Parsers(self.missing, self.format.decimal, self.keys),
            datable=[n for n in candidates if n not in (*self.kinds, *self.aside)],
            guessed={name: name in self.target for name in [*candidates, *self.target]}
            if self.guesses_values
            else {},
            required=self.target if self.drops_missing_target else (),
            on_disk=stays_on_disk([reader for _, reader in readers])
            if self.on_disk is None
            else self.on_disk,
        )
        origin = Origin(
            each_sha256=tuple(map(sha256_of, self.paths.values())),
            files=tuple(zip((file for file, _ in readers), encoded.lines, strict=True)),
            row_word=readers[0][1].row_word,
            header=getattr(readers[0][1], "has_header", None),
        )
        row_indices = frozenset().union(*(reader.row_indices for _, reader in readers))
        return self._table(encoded, candidates, row_indices, origin)

    def _open(self, part: str) -> TableReader:
        """The reader of a part's file. Raises DataError at the key that names the file."""
        try:
            return open_table(self.paths[part], self.format)
        except TableError:
            raise
        except DataError as error:
            key = "data.path" if part == "train" else f"data.split.{part}"
            raise DataError(found=[(key, message) for _, message in error.found]) from None

    def _check_names(self, reader: TableReader) -> None:
        """Raises DataError for every column the config names that isn't in the table."""
        names = reader.names
        keys = {
            "data.target": self.target,
            "data.features.include": self.include or (),
            "data.features.exclude": self.exclude,
            "data.columns": tuple({**self.kinds, **self.keys}),
            **{key: (name,) for name, key in self.aside.items()},
        }
        found = [
            (key, f"{self.path} has no column '{name}'{nearest(name, names)}")
            for key, wanted in keys.items()
            for name in dict.fromkeys(wanted)
            if name not in names
        ]
        if found and isinstance(reader, TextFile):
            key, message = found[0]
            found[0] = key, message + self._misread(reader)
        twice = {name for name in self.target if self.target.count(name) > 1}
        found += [("data.target", f"names '{name}' more than once") for name in sorted(twice)]
        found += [
            ("data.features.include", f"'{name}' is what is to be predicted: it can't be a feature")
            for name in dict.fromkeys(self.include or ())
            if name in self.target
        ]
        if found:
            raise DataError(found=found)

    def _misread(self, reader: TextFile) -> str:
        """What may be wrong with the reading of a file that lacks a column."""
        if len(reader.names) == 1:
            return " (is data.delimiter right?)"
        if self.format.header is None and not reader.has_header:
            return " (the first row was taken for data: data.header: true if it has the names)"
        if self.format.header is None and any(name.startswith("column_") for name in self.target):
            return " (the first row was taken for names: data.header: false if it is data)"
        return ""

    def _forms(self) -> dict[str, Form]:
        """What is known of columns before their cells are seen."""
        of_kind: dict[Kind, Form] = {"numeric": "number", "date": "date"}
        forms: dict[str, Form] = {
            name: of_kind.get(kind, "text")
            for name, kind in self.kinds.items()
            if kind != "boolean"
        }
        if self.task == "regression" or len(self.target) > 1:  # several are always numbers
            forms |= dict.fromkeys(self.target, "number")
        forms |= {name: "number" for name, keys in self.keys.items() if keys.is_formatted}
        return forms | dict.fromkeys(self._weights, "number")

    @property
    def _weights(self) -> list[str]:
        """The columns aside that weigh the rows."""
        return [name for name, key in self.aside.items() if key == "data.sample_weight"]

    def _table(
        self,
        encoded: Encoded,
        candidates: Sequence[str],
        row_indices: frozenset[str],
        origin: Origin,
    ) -> Table:
        y, classes = self._targets(encoded, origin)
        dates = {name: keys.format for name, keys in self.keys.items() if keys.type == "date"}
        dates |= encoded.dates
        kinds, left_out = self._features(encoded, candidates, row_indices, dates)
        parts = {}
        if self.parts:
            codes = np.repeat(np.arange(len(self.paths)), [len(lines) for lines in encoded.lines])
            parts[PART] = Column(codes.astype(float), tuple(self.paths))
        aside = {name: encoded.column(name).copy() for name in self.aside} | parts
        weights = weights_of(encoded, self._weights[0], origin) if self._weights else None
        return Table(
            encoded.take(list(kinds)),
            y,
            tuple(kinds),
            self.target,
            classes,
            categories={n: c for n, c in encoded.vocabularies.items() if n in kinds},
            booleans=frozenset(name for name, kind in kinds.items() if kind == "boolean"),
            dates=frozenset(name for name, kind in kinds.items() if kind == "date"),
            aside=aside,
            weights=weights,
            origin=replace(
                origin,
                left_out=left_out,
                values={name: tuple(texts) for name, texts in encoded.values.items()},
                date_formats=encoded.dates,
                notes=(
                    *value_notes(encoded, {*kinds, *self.target}),
                    *date_notes(encoded, kinds, is_split=bool(self.aside or self.parts)),
                ),
            ),
        )

    def _targets(self, encoded: Encoded, origin: Origin) -> tuple[Array, tuple[str, ...]]:
        """(y, classes). Raises TableError for every row without one."""
        columns = [encoded.column(name) for name in self.target]
        for name, column in zip(self.target, columns, strict=True):
            if lacking := np.flatnonzero(np.isnan(column.values)).tolist():
                raise _missing_target(name, lacking, origin, encoded.markers.get(name, {}))
            least = column.values.min()
            if least == column.values.max() and not (
                self.may_be_constant or len(encoded.cells) == 1
            ):
                always = column.categories[int(least)] if column.categories else label(least)
                key = "data.classes" if column.categories else "data.task"
                raise DataError(
                    f"{self.path}: column '{name}' is always {always}: there is nothing to predict "
                    f"(if it is meant so, give {key})",
                    key="data.target",
                )
        first = columns[0]
        if len(columns) == 1 and first.categories:
            names = tuple(sorted(first.categories))
            index = {name: i for i, name in enumerate(names)}
            places = np.array([index[name] for name in first.categories])
            return places[first.values.astype(int)], names
        numbers = np.column_stack([column.values for column in columns])
        varies = numbers.min() != numbers.max()
        if self.task == "auto" and len(columns) == 1 and varies and is_class_number(first.values):
            return number_classes(first.values)
        return numbers, ()

    def _features(
        self,
        encoded: Encoded,
        candidates: Sequence[str],
        row_indices: frozenset[str],
        dates: Container[str],
    ) -> tuple[dict[str, Kind], dict[str, str]]:
        """(the kind of each feature, why other columns are none)."""
        kinds: dict[str, Kind] = {}
        left_out: dict[str, str] = {}
        found: list[tuple[str, str]] = []
        for name in candidates:
            column = encoded.column(name)
            is_date = name in dates
            reason = self._why_not(name, column, is_row_index=name in row_indices, is_date=is_date)
            if reason:
                left_out[name] = reason
                continue
            try:
                kinds[name] = self._kind(name, column, is_date=is_date)
            except DataError as error:
                found += error.found
        if not kinds:  # better a column that counts the rows than none
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
            why = why or f"all it has is {listed([*self.target, *self.aside, *self.exclude])}"
            found.append(("data.features", f"{self.path} has no column to learn from: {why}"))
        if found:
            raise DataError(found=found)
        return kinds, left_out

    def _why_not(self, name: str, column: Column, *, is_row_index: bool, is_date: bool) -> str:
        """Why a column is left out by itself; empty if it isn't."""
        if self.excuses_empty and np.isnan(column.values).all():
            return EMPTY
        if self.include is not None or name in self.kinds:
            return ""  # it is asked for
        if len(column.values) == 1:
            return ""  # of one row every column is constant
        if is_row_index and tells_rows_apart(column):
            return ROW_LABELS
        return uninformative_date(column) if is_date else uninformative(name, column)

    def _kind(self, name: str, column: Column, *, is_date: bool) -> Kind:
        """What a feature holds. Raises DataError if that can't be."""
        where = f"{self.path}: column '{name}'"
        if np.isnan(column.values).all():
            message = f"{where} has no values at all: leave it out"
            raise DataError(message, key="data.features.exclude")
        kind: Kind = "date" if is_date else kind_of(column)
        if self.kinds.get(name) == "boolean" != kind:
            raise DataError(f"{where} isn't boolean: it has other values", key="data.columns")
        return self.kinds.get(name) or kind


def _missing_target(
    name: str, rows: Sequence[int], origin: Origin, markers: Mapping[str, int]
) -> TableError:
    hint = "data.missing_target: drop leaves such rows out"
    if texts := [text for text in markers if text]:
        cure = f"data.columns: {{{yaml_name(name)}: {{values: {flow_list(texts)}}}}}"
        hint += f"; if {listed(texts)} is a class, {cure}"
    hints = {rows[0]: f" ({hint})"}
    return refuse_rows(
        rows, origin.place, name, lambda row: f"the target is missing{hints.get(row, '')}"
    )


def value_notes(encoded: Encoded, used: Container[str]) -> Iterator[str]:
    """What was taken for a value although it often means that there is none."""
    for name, counts in encoded.values.items():
        if name in used:
            shown = ", ".join(f"{printable(text)!r} ({n:,})" for text, n in counts.items())
            yield (
                f"column '{printable(name)}': {shown} of {len(encoded.cells):,} cells: too many to "
                "mean that there is no value, so taken for a category; if they do mean that, "
                f"data.columns: {{{yaml_name(name)}: {{values: []}}}}"
            )


def date_notes(encoded: Encoded, used: Container[str], *, is_split: bool) -> Iterator[str]:
    """What was taken for dates, and how rows are split by them."""
    for name, form in encoded.dates.items():
        if name in used:
            said = yaml_name(name)
            written = "ISO 8601" if form is None else printable(form)
            hint = f"; to be scored on later rows, data.split: {{type: time, column: {said}}}"
            yield (
                f"column '{printable(name)}' is read as dates ({written}): year, month, day of "
                "the week and days since the first training row; "
                f"data.columns: {{{said}: categorical}} if they are none{'' if is_split else hint}"
            )


def flow_list(texts: Sequence[str]) -> str:
    """Texts as a list of a config, on one line.

    >>> flow_list(["None", "-"])
    '["None", "-"]'
    """
    return "[" + ", ".join(f'"{printable(text)}"' for text in texts) + "]"


def weights_of(encoded: Encoded, name: str, origin: Origin) -> Array:
    """The column that weighs the rows. Raises TableError for every row that isn't weighed."""
    values = encoded.column(name).copy().values
    wrong = np.flatnonzero(~(values >= 0)).tolist()
    if not wrong:
        return values
    found = {row: "nothing" if np.isnan(values[row]) else f"{values[row]:g}" for row in wrong}
    raise refuse_rows(
        wrong, origin.place, name, lambda row: f"expected a weight >= 0, found {found[row]}"
    )


def stays_on_disk(readers: Sequence[TableReader]) -> bool | None:
    """Whether tables look too large for the memory there is; None if it remains to be seen."""
    return sum(reader.count_cells() for reader in readers) * 8 * COPIES > available() or None


def nearest(name: str, names: Sequence[str]) -> str:
    """` (did you mean ...?)`, else the columns there are."""
    return in_other_case(name, names) or did_you_mean(name, names) or f"; it has {listed(names)}"


def in_other_case(name: str, names: Sequence[str]) -> str:
    """` (did you mean ...?)` if a name differs in capitals alone, else the empty string."""
    lower = {known.lower(): known for known in names}
    known = lower.get(name.lower())
    return f" (did you mean '{known}'?)" if known is not None else ""


def listed(names: Sequence[str], most: int = 12) -> str:
    """`'a', 'b', ... and 5 more`."""
    shown = ", ".join(f"'{printable(name)}'" for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown

"""Table file: reads the user's files into a `Table`, with a note on every guess."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from nncli.constraints import Auto
from nncli.data.column_names import listed, nearest
from nncli.data.memory import available
from nncli.data.rare_categories import NO_RARE, RareRule
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_encoder import CellType
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.dotted_thousands import dotted_notes
from nncli.data.reading.encoded_rows import PEAK_COPIES, EncodedTable
from nncli.data.reading.feature_choice import FeatureChoice
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.pixel_columns import image_in_words
from nncli.data.reading.table_formats import open_table, table_sha256, with_columns
from nncli.data.reading.table_notes import (
    amount_notes,
    date_notes,
    dropped_row_notes,
    imputed_notes,
    kept_marker_notes,
)
from nncli.data.reading.target_columns import are_labels, read_targets
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.data.reading.type_inference import read_columns
from nncli.errors import DataError, TableError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.datasets import Dataset
from nncli.parts.table import PART, Column, Kind, Origin, Table, Task, refuse_rows


@frozen(kw_only=True)
class TableFile(Dataset):
    """A table in one or several files, and the roles and formats of its columns.

    target: the columns to predict.  include, exclude: the feature columns; None includes every
    informative column.  kinds: the kinds of columns that the config sets.  keys: config keys by
    column.  aside: columns that split or weigh the rows -> the config key that names each.
    missing: the missing markers.  fold_case: whether categories ignore case and spaces.
    keeps_frequent_markers: whether a frequent missing marker is a category.  parts: the files of
    the val and test rows.  on_disk: whether rows are kept on disk; None: if memory is short.
    drops_empty: whether a column without values, or with few, is left out; else none is an error.
    may_be_constant: whether a constant target is allowed; labels and a single row always are.
    rare: the rule by which categories are merged.  formulas: config key -> the columns that its
    formula reads.
    """

    path: Path
    target: tuple[str, ...]
    task: Task | Auto = "auto"
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, ColumnKeys] = field(default_factory=dict)
    missing: tuple[str, ...] = MISSING_MARKERS
    fold_case: bool = False
    keeps_frequent_markers: bool = True
    drops_missing_target: bool = False
    format: TextFormat = field(default_factory=TextFormat)
    parts: Mapping[str, Path] = field(default_factory=dict)
    on_disk: bool | None = None
    drops_empty: bool = False
    may_be_constant: bool = False
    rare: RareRule = NO_RARE
    formulas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> dict[str, Path]:
        """The file of each part: train, val, test."""
        return {"train": self.path, **self.parts}

    def load(self) -> Table:
        readers = [(str(path), self._open(part)) for part, path in self.paths.items()]
        every = {name for _, reader in readers for name in reader.names}
        readers = [(file, with_columns(every, reader)) for file, reader in readers]
        names = readers[0][1].names
        self._check_names(readers[0][1])
        candidates, hidden = self._candidates(names)
        wanted = list(dict.fromkeys([*candidates, *self.target, *self.aside]))
        self._check_parts(readers, wanted)
        encoded = self._encode(readers, wanted, candidates)
        choice = FeatureChoice(
            self.path,
            is_explicit=self.include is not None,
            needed=self._formula_columns,
            kinds={**dict.fromkeys(readers[0][1].pixels, "numeric"), **self.kinds},
            drops_empty=self.drops_empty,
            row_indices=frozenset().union(*(reader.row_indices for _, reader in readers)),
            non_features=readers[0][1].non_features,
            others=(*self.target, *self.aside, *self.exclude),
            rare=self.rare,
        )
        origin = Origin(
            each_sha256=tuple(map(table_sha256, self.paths.values())),
            files=tuple(zip((file for file, _ in readers), encoded.lines, strict=True)),
            row_word=readers[0][1].row_word,
            header=getattr(readers[0][1], "has_header", None),
            notes=tuple(note for _, reader in readers for note in reader.notes),
        )
        table = self._table(encoded, choice, candidates, origin, readers[0][1])
        return replace(table, for_formulas=frozenset(hidden))

    @property
    def _formula_columns(self) -> dict[str, None]:
        """The columns that formulas read, in order."""
        return dict.fromkeys(name for names in self.formulas.values() for name in names)

    def _candidates(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """(columns that may be features, the ones among them that only formulas read)."""
        candidates = [
            name
            for name in (names if self.include is None else self.include)
            if name not in (*self.target, *self.exclude)
            and (name not in self.aside or self.include is not None)
        ]
        hidden = [n for n in self._formula_columns if n not in (*candidates, *self.target)]
        if hidden:  # in the file's order, so that a resumed run has the same columns
            candidates = [name for name in names if name in {*candidates, *hidden}]
        return candidates, hidden

    def _check_parts(
        self, readers: Sequence[tuple[str, TableReader]], wanted: Sequence[str]
    ) -> None:
        """Raises DataError for a val or test file that lacks columns or has other images."""
        shape = readers[0][1].image_shape
        for part, (file, reader) in zip(self.parts, readers[1:], strict=True):
            message = ""
            if lacking := [name for name in wanted if name not in reader.names]:
                message = f"{file}: lacks columns of {self.path}: {listed(lacking)}"
            own = reader.image_shape
            if own != shape and own and shape:  # larger images lack no column
                found, expected = map(image_in_words, (own, shape))
                message = f"{file}: images of {found}, and {self.path} has {expected}: "
                message += "bring all images to one size"
            if message:
                raise DataError(message, key=f"data.split.{part}")

    def _encode(
        self,
        readers: Sequence[tuple[str, TableReader]],
        wanted: Sequence[str],
        candidates: Sequence[str],
    ) -> EncodedTable:
        """Read the wanted columns. Several targets are read as numbers unless they are labels."""

        def read(types: Mapping[str, CellType]) -> EncodedTable:
            return read_columns(
                readers,
                wanted,
                types,
                self._parsers,
                date_candidates=[n for n in candidates if n not in (*self.kinds, *self.aside)],
                may_keep_markers={name: name in self.target for name in [*candidates, *self.target]}
                if self.keeps_frequent_markers
                else {},
                required=self.target if self.drops_missing_target else (),
                on_disk=needs_disk([reader for _, reader in readers])
                if self.on_disk is None
                else self.on_disk,
            )

        known = self._cell_types()
        encoded = read(known)
        columns = [encoded.column(name) for name in self.target]
        are_texts = any(column.categories for column in columns)
        if len(self.target) > 1 and are_texts and not are_labels(columns, self.task):
            return read(known | dict.fromkeys(self.target, "number"))
        return encoded

    @property
    def _parsers(self) -> Parsers:
        return Parsers(self.missing, self.format.decimal, self.keys, fold_case=self.fold_case)

    def _open(self, part: str) -> TableReader:
        """Open the file of a part. Raises DataError at the config key that names the file."""
        try:
            return open_table(self.paths[part], self.format)
        except TableError:
            raise
        except DataError as error:
            key = "data.path" if part == "train" else f"data.split.{part}"
            raise DataError(found=[(key, message) for _, message in error.found]) from None

    def _check_names(self, reader: TableReader) -> None:
        """Raises DataError for columns that the table lacks, and for conflicting roles."""
        names = reader.names
        keys = {
            "data.target": self.target,
            "data.features.include": self.include or (),
            "data.features.exclude": self.exclude,
            "data.columns": tuple({**self.kinds, **self.keys}),
            **{key: (name,) for name, key in self.aside.items()},
            **self.formulas,
        }
        is_flat = reader.image_shape and not getattr(reader, "targets", self.target)
        hint = ": its images lie in no folder of a class, as CLASS/NAME.png" if is_flat else ""
        found = [
            (key, f"{self.path} has no column '{name}'{hint or nearest(name, names)}")
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
        found += [
            ("data.columns", f"'{name}' is what is to be predicted: an order is for features")
            for name in self.target
            if name in self.keys and self.keys[name].words
        ]
        if found:
            raise DataError(found=found)

    def _misread(self, reader: TextFile) -> str:
        """A hint at the setting that may be wrong if a file lacks a column; else empty."""
        if len(reader.names) == 1:
            return " (is data.delimiter right?)"
        if self.format.skip_rows:
            return " (is data.skip_rows right?)"
        if self.format.header is None and not reader.has_header:
            return " (the first row was taken for data: data.header: true if it has the names)"
        if self.format.header is None and any(name.startswith("column_") for name in self.target):
            return " (the first row was taken for names: data.header: false if it is data)"
        if reader.looks_headless:
            return " (the first row looks like the others: data.header: false if it is data)"
        return ""

    def _cell_types(self) -> dict[str, CellType]:
        """The cell types that the config determines."""
        of_kind: dict[Kind, CellType] = {"numeric": "number", "date": "date"}
        types: dict[str, CellType] = {
            name: of_kind.get(kind, "text")
            for name, kind in self.kinds.items()
            if kind != "boolean"
        }
        if self.task == "regression" or (
            len(self.target) > 1 and self.task not in ("auto", "multilabel")
        ):
            types |= dict.fromkeys(self.target, "number")
        types |= {n: "number" for n, k in self.keys.items() if k.is_formatted or k.words}
        return types | dict.fromkeys(self._weights, "number")

    @property
    def _weights(self) -> list[str]:
        """The sample-weight column, if there is one."""
        return [name for name, key in self.aside.items() if key == "data.sample_weight"]

    def _table(
        self,
        encoded: EncodedTable,
        choice: FeatureChoice,
        candidates: Sequence[str],
        origin: Origin,
        reader: TableReader,
    ) -> Table:
        y, classes, labels = read_targets(
            encoded,
            self.target,
            origin,
            path=self.path,
            task=self.task,
            may_be_constant=self.may_be_constant,
        )
        dates = {name: keys.format for name, keys in self.keys.items() if keys.type == "date"}
        dates |= encoded.dates
        kinds, left_out = choice.features(encoded, candidates, dates)
        parts = {}
        if self.parts:
            codes = np.repeat(np.arange(len(self.paths)), [len(lines) for lines in encoded.lines])
            parts[PART] = Column(codes.astype(float), tuple(self.paths))
        aside = {name: encoded.column(name).copy() for name in self.aside} | parts
        weights = sample_weights(encoded, self._weights[0], origin) if self._weights else None
        warnings = self._warnings(encoded, kinds, reader)
        notes = (  # before select, which moves the cells
            *origin.notes,
            *warnings,
            *kept_marker_notes(encoded, kinds),
            *amount_notes(encoded, kinds, left_out, self.kinds),
            *date_notes(encoded, kinds, is_split=bool(self.aside or self.parts)),
        )
        return Table(
            encoded.select(list(kinds)),
            y,
            tuple(kinds),
            self.target,
            classes,
            labels,
            categories={n: c for n, c in encoded.vocabularies.items() if n in kinds},
            booleans=frozenset(name for name, kind in kinds.items() if kind == "boolean"),
            dates=frozenset(name for name, kind in kinds.items() if kind == "date"),
            orders={name: keys.words for name, keys in self.keys.items() if keys.words},
            aside=aside,
            weights=weights,
            origin=replace(
                origin,
                left_out=left_out,
                values={name: tuple(texts) for name, texts in encoded.values.items()},
                date_formats=encoded.dates,
                notes=notes,
                warnings=warnings,
            ),
            image_shape=reader.image_shape if (*kinds,) == reader.pixels else (),
        )

    def _warnings(
        self, encoded: EncodedTable, features: Collection[str], reader: TableReader
    ) -> tuple[str, ...]:
        """The guesses that would change the data if they were wrong."""
        dropped = dropped_row_notes(encoded, self.target) if self.drops_missing_target else ()
        imputed = imputed_notes(encoded, features) if self.keeps_frequent_markers else ()
        used = {*features, *self.target}
        dotted = dotted_notes(encoded, reader, self._parsers, used)
        return (*dropped, *kept_marker_notes(encoded, self.target), *dotted, *imputed)


def sample_weights(encoded: EncodedTable, name: str, origin: Origin) -> Array:
    """(rows,) the sample weights. Raises TableError for every row without a weight >= 0."""
    values = encoded.column(name).copy().values
    wrong = np.flatnonzero(~(values >= 0)).tolist()
    if not wrong:
        return values
    found = {row: "nothing" if np.isnan(values[row]) else f"{values[row]:g}" for row in wrong}
    raise refuse_rows(
        wrong, origin.place, name, lambda row: f"expected a weight >= 0, found {found[row]}"
    )


def needs_disk(readers: Sequence[TableReader]) -> bool | None:
    """True if the tables look too large for memory; None if that isn't known before reading."""
    return sum(reader.count_cells() for reader in readers) * 8 * PEAK_COPIES > available() or None

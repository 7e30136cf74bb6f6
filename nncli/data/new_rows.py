"""New rows: reads another table as the training table was read."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nncli.data.categories import Categories
from nncli.data.column_names import in_other_case, listed
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_encoder import CellType
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.given_rows import SOURCE as GIVEN
from nncli.data.reading.given_rows import GivenRows
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.pixel_columns import image_in_words, image_shapes_of
from nncli.data.reading.table_file import needs_disk, sample_weights
from nncli.data.reading.table_formats import open_table, table_sha256, with_columns
from nncli.data.reading.text_format import TextFormat
from nncli.data.reading.type_inference import read_columns
from nncli.data.targets import as_label
from nncli.errors import DataError, did_you_mean, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Kind, Origin, Pair, Table, refuse_rows

CELL_TYPES: dict[Kind, CellType] = {"categorical": "text", "date": "date"}


@frozen
class NewRows:
    """A reader of new rows for a fitted preprocessing, `learnt`.

    missing: the missing markers.  weight: the sample-weight column, if the file has it.
    columns: config keys by column.  fold_case: see Parsers.
    are_chosen: whether the config includes or excludes features by name.
    """

    learnt: Preprocessing
    format: TextFormat
    missing: Sequence[str]
    weight: str | None = None
    columns: Mapping[str, ColumnKeys] = field(default_factory=dict)
    fold_case: bool = False
    are_chosen: bool = False

    def open(self, path: Path) -> TableReader:
        """Open a file in the training file's format, or in a plainer one if columns are missing.

        A file written by `predict` has neither title lines nor runs of blanks.
        """
        recorded, names = self.format, [feature.name for feature in self.learnt.features]
        if recorded.header and (recorded.skip_rows or recorded.delimiter):
            formats = [recorded, replace(recorded, skip_rows=0), replace(recorded, delimiter=None)]
            for format_ in (*formats, replace(recorded, skip_rows=0, delimiter=None)):
                try:
                    reader = open_table(path, format_)
                except DataError:
                    continue
                if {*names} <= {*reader.names}:
                    return reader
        return with_columns(names, open_table(path, recorded))

    def read(self, path: Path, *, needs_target: bool) -> Table:
        """Read a file, whose columns may be in any order; unknown columns are ignored.

        Raises DataError for a missing column, TableError for cells of the wrong type.
        """
        return self._read(self.open(path), str(path), table_sha256(path), needs_target=needs_target)

    def read_given(self, rows: Any, *, needs_target: bool = False) -> Table:
        """Read rows in memory: see GivenRows."""
        formats = {name: keys.format for name, keys in self.columns.items()}
        reader = GivenRows(rows, formats)
        return self._read(reader, GIVEN, "", needs_target=needs_target)

    def _read(self, reader: TableReader, name: str, sha256: str, *, needs_target: bool) -> Table:
        features = [feature.name for feature in self.learnt.features]
        targets = list(self.learnt.targets) if needs_target else []
        weights = [self.weight] if self.weight in reader.names and self.weight else []
        self._check_names(name, reader, [*features, *targets])
        encoded = read_columns(
            [(name, reader)],
            list(dict.fromkeys([*features, *targets, *weights])),
            self._cell_types(targets) | dict.fromkeys(weights, "number"),
            self._parsers,
            on_disk=needs_disk([reader]),
            is_new=True,
        )
        origin = Origin(
            (sha256,),
            ((name, encoded.lines[0]),),
            row_word=reader.row_word,
            notes=reader.notes,
        )
        y = self._targets(encoded, targets, origin)
        row_weights = sample_weights(encoded, weights[0], origin) if weights else None
        return Table(
            encoded.select(features),
            y,
            tuple(features),
            tuple(targets),
            self.learnt.classes,
            self.learnt.labels if targets else (),
            categories=self._categories(encoded),
            booleans=frozenset(f.name for f in self.learnt.features if f.kind == "boolean"),
            orders={f.name: f.order for f in self.learnt.features if f.order},
            dates=frozenset(f.name for f in self.learnt.features if f.kind == "date"),
            weights=row_weights,
            origin=origin,
        )

    @property
    def _parsers(self) -> Parsers:
        return Parsers(
            self.missing,
            self.format.decimal,
            self.columns,
            takes_unknown=self.learnt.unknown == "ignore",
            fold_case=self.fold_case,
        )

    def _known(self, name: str, words: Sequence[str]) -> Categories:
        """The training categories or classes of a column."""
        return Categories(words, self.format.decimal, folds_case=self._parsers.folds_case(name))

    def _check_names(self, place: str, reader: TableReader, wanted: Sequence[str]) -> None:
        names = reader.names
        lacking = [name for name in wanted if name not in names]
        shapes = image_shapes_of([feature.name for feature in self.learnt.features])
        if shapes and reader.image_shape and reader.image_shape not in shapes:
            are_few = self.are_chosen and 1 in shapes[0][:2]  # chosen pixels, of any image
            if lacking or not are_few:
                raise DataError(
                    f"{place}: images of {image_in_words(reader.image_shape)}, and the network was "
                    f"trained on {image_in_words(shapes[0])}: bring them to that"
                )
        if not lacking:
            return
        others = [name for name in names if name not in wanted]
        guesses = [
            f"'{name}'{in_other_case(name, names) or did_you_mean(name, others)}"
            for name in lacking[:5]
        ]
        more = f" and {len(lacking) - 5:,} more" if len(lacking) > 5 else ""
        what = "columns" if len(lacking) > 1 else "the column"
        headless = getattr(reader, "has_header", False) and len(lacking) == len(wanted)
        hint = " (its first row was taken for the columns' names)" if headless else ""
        raise DataError(
            f"{place}: lacks {what} {', '.join(guesses)}{more}; it has {listed(names)}{hint}"
        )

    def _cell_types(self, targets: Sequence[str]) -> dict[str, CellType]:
        types: dict[str, CellType] = {
            feature.name: CELL_TYPES.get(feature.kind, "number")
            for feature in self.learnt.features
            if feature.kind != "boolean"  # which may be written as 0 and 1 or as yes and no
        }
        are_texts = self.learnt.classes or self.learnt.labels
        return types | dict.fromkeys(targets, "text" if are_texts else "number")

    def _categories(self, encoded: EncodedTable) -> dict[str, tuple[str, ...]]:
        """The categories of each feature, known ones as the training rows spell them."""
        categories = {}
        for feature in self.learnt.features:
            if (texts := encoded.vocabularies.get(feature.name)) is not None:
                known = (*feature.codes,)
                indices = map(self._known(feature.name, known).index, texts)
                categories[feature.name] = tuple(
                    text if index is None else known[index]
                    for text, index in zip(texts, indices, strict=True)
                )
        return categories

    def _targets(self, encoded: EncodedTable, targets: Sequence[str], origin: Origin) -> Array:
        """(rows,) class indices, (rows, targets) labels or numbers; (rows, 0) without targets."""
        columns = [encoded.column(name) for name in targets]
        for name, column in zip(targets, columns, strict=True):
            if lacking := np.flatnonzero(np.isnan(column.values)).tolist():
                raise refuse_rows(lacking, origin.place, name, lambda _: "the target is missing")
        if self.learnt.classes and targets:
            return self._class_indices(targets[0], columns[0], origin)
        if self.learnt.labels and targets:
            return self._labels(dict(zip(targets, columns, strict=True)), origin)
        return np.column_stack(
            [np.empty((len(encoded.cells), 0)), *(column.values for column in columns)]
        )

    def _class_indices(self, name: str, column: Column, origin: Origin) -> Array:
        known_classes = self._known(name, self.learnt.classes)
        indices = [known_classes.index(text) for text in column.categories]
        is_unknown = np.array([index is None for index in indices])
        rows = column.values.astype(int)
        if wrong := np.flatnonzero(is_unknown[rows]).tolist():
            known = listed(self.learnt.classes)
            found = [printable(text) for text in column.categories]
            raise refuse_rows(
                wrong,
                origin.place,
                name,
                lambda row: (
                    f"expected one of the classes {known}, found '{found[int(column.values[row])]}'"
                ),
            )
        y: Array = np.array([-1 if index is None else index for index in indices])[rows]
        return y

    def _labels(self, columns: Mapping[str, Column], origin: Origin) -> Array:
        """(rows, labels) 0 or 1. Raises TableError for cells that are neither."""
        y = []
        for (name, column), pair in zip(columns.items(), self.learnt.labels, strict=True):
            y.append(as_label(column, pair, self._known(name, pair)))
            if wrong := np.flatnonzero(np.isnan(y[-1])).tolist():
                found = [printable(text) for text in column.categories]
                raise refuse_rows(
                    wrong,
                    origin.place,
                    name,
                    partial(_no_label, pair, found, column.values),
                )
        return np.column_stack(y)


def _no_label(pair: Pair, texts: Sequence[str], values: Array, row: int) -> str:
    return f"expected {pair[0]} or {pair[1]}, found '{texts[int(values[row])]}'"

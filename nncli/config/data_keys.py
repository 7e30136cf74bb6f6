"""Data keys: the `data` block of a config, and the blocks in it."""

from dataclasses import MISSING as NO_DEFAULT
from dataclasses import field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from nncli.config.feature_keys import Features
from nncli.config.preprocessing_keys import PreprocessingKeys
from nncli.constraints import Auto, Count, Finite, Length, PositiveInt
from nncli.data.column_names import nfc
from nncli.data.rare_categories import NO_RARE
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.data.targets import cell_text
from nncli.frozen import frozen
from nncli.parts.datasets import Dataset
from nncli.parts.splits import FixedSplit, NoSplit, Split
from nncli.parts.table import Kind, Task

if TYPE_CHECKING:
    from nncli.data.reading.parsers import Parsers

_KEYS_OF_EVERY_SOURCE = (
    *("dataset", "path", "features", "task", "classes", "split", "train_rows"),
    "preprocessing",
)


def _default(key: Any) -> Any:
    return key.default if key.default_factory is NO_DEFAULT else key.default_factory()


@frozen(kw_only=True)
class Data:
    """Where the rows come from, and which of them train: a built-in dataset, or your own table."""

    dataset: Annotated[Dataset | None, "a built-in dataset"] = None
    path: Annotated[
        Path | None,
        "a table of your own: .csv, .tsv, .txt, .tab, .csv.gz, .npz, .parquet or .feather; "
        "or a folder of PNG images, with a subfolder for each class",
    ] = None
    target: Annotated[
        str | Annotated[list[str], Length(1)] | None,
        "the table's column to predict, or several: numbers, or labels of two values each",
    ] = None
    features: Annotated[Features, "which columns are features, and columns derived from them"] = (
        field(default_factory=Features)
    )
    columns: Annotated[
        dict[str, Kind | ColumnKeys],
        "the type and format of columns, where they are inferred wrongly",
    ] = field(default_factory=dict)
    sample_weight: Annotated[
        str | None, "the table's column with the weight of each row in the loss"
    ] = None
    missing: Annotated[list[str], "texts that mean a missing value"] = field(
        default_factory=lambda: list(MISSING_MARKERS)
    )
    fold_case: Annotated[
        bool, "whether Yes, yes and YES are one text, in the most frequent spelling"
    ] = False
    missing_target: Annotated[Literal["error", "drop"], "what happens to rows without a target"] = (
        "error"
    )
    delimiter: Annotated[
        str | None,
        "the sign between the cells of a text table, or whitespace for blanks and tabs; null: "
        "inferred from the first rows",
    ] = None
    header: Annotated[
        bool | None, "whether the first row has the column names; null: inferred from its cells"
    ] = None
    decimal: Annotated[Literal[".", ","], "the decimal separator"] = "."
    encoding: Annotated[
        str, "of a text table, such as cp1252; a byte order mark in the file takes precedence"
    ] = "utf-8"
    comment: Annotated[str | None, "lines that start with this sign are skipped, as '#'"] = None
    skip_rows: Annotated[Count, "lines to skip before the table, such as titles"] = 0
    on_disk: Annotated[bool | Auto, "read rows from disk; auto: if memory is short"] = "auto"
    task: Annotated[
        Task | Auto,
        "the kind of target; auto: inferred from its values; multilabel: several targets of two "
        "values each",
    ] = "auto"
    classes: Annotated[
        list[bool | Finite | str] | None,
        "all classes of the target in order, including those without rows; null: those of the rows",
    ] = None
    split: Annotated[
        Split | Auto,
        "auto: none for gates, else stratified (classes, labels) or random, 0.7/0.15/0.15",
    ] = "auto"
    train_rows: Annotated[
        PositiveInt | None,
        "keep this many of the training rows, in the classes' proportions; null: all",
    ] = None
    preprocessing: Annotated[
        PreprocessingKeys | Literal["none"], "none: no preprocessing at all"
    ] = field(default_factory=PreprocessingKeys)

    def __post_init__(self) -> None:
        if (self.dataset is None) == (self.path is None):
            raise ValueError(
                "expected a dataset, such as iris, or the path of a table: one of them"
            )
        if self.path is None:
            for key in fields(self):
                if key.name not in _KEYS_OF_EVERY_SOURCE and getattr(self, key.name) != _default(
                    key
                ):
                    raise ValueError(f"'{key.name}' is for tables of your own: it needs a path")
        elif not self.target:
            raise ValueError("missing key 'target': the table's column to predict")
        names = self.class_names
        if self.classes is not None and (len(names) < 2 or len(set(names)) < len(names)):
            raise ValueError("classes: expected two classes at least, each of them once")
        assert self.text_format  # raises ValueError for an impossible one
        self._normalize_names()

    def _normalize_names(self) -> None:
        """Normalizes column names to NFC, as the readers of tables do."""
        target = self.target
        target = [*map(nfc, target)] if isinstance(target, list) else target and nfc(target)
        named: dict[str, Any] = {
            "target": target,
            "features": self.features.as_nfc(),
            "columns": {nfc(name): keys for name, keys in self.columns.items()},
            "sample_weight": self.sample_weight and nfc(self.sample_weight),
        }
        if isinstance(self.split, Split) and self.split.column:
            split: Any = self.split
            named["split"] = replace(split, column=nfc(split.column))
        for key, value in named.items():
            object.__setattr__(self, key, value)

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that apply to the source of the rows; optional ones only if given."""
        unused = {"path" if self.path is None else "dataset"}
        unused |= {name for name in ("classes", "train_rows") if getattr(self, name) is None}
        if self.path is None and self.features == Features():
            unused.add("features")
        names = _KEYS_OF_EVERY_SOURCE if self.path is None else [key.name for key in fields(self)]
        return tuple(name for name in names if name not in unused)

    @property
    def source_key(self) -> str:
        """The key of the source, `data.dataset` or `data.path`."""
        return "data.dataset" if self.path is None else "data.path"

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the columns to predict."""
        return (self.target,) if isinstance(self.target, str) else tuple(self.target or ())

    @property
    def class_names(self) -> tuple[str, ...]:
        """The listed classes as texts, as in cells; empty if none are listed."""
        return tuple(map(cell_text, self.classes or ()))

    @property
    def may_be_constant(self) -> bool:
        """Whether the target may be constant: with split: none, or with a given task or classes."""
        is_unsplit = isinstance(self.split, NoSplit)
        return is_unsplit or self.task != "auto" or len(self.targets) > 1 or bool(self.classes)

    @property
    def column_keys(self) -> dict[str, ColumnKeys]:
        """The keys of each column; a column given by one word has that word as its type."""
        return {
            name: ColumnKeys(type=keys) if isinstance(keys, str) else keys
            for name, keys in self.columns.items()
        }

    @property
    def parsers(self) -> "Parsers":
        """The parsers of cells, by column."""
        from nncli.data.reading.parsers import Parsers  # built-in data has none

        return Parsers(self.missing, self.decimal, self.column_keys, fold_case=self.fold_case)

    @property
    def text_format(self) -> TextFormat:
        return TextFormat(
            self.delimiter,
            self.header,
            self.decimal,
            self.encoding,
            self.comment,
            self.skip_rows,
        )

    @property
    def tables(self) -> dict[str, Path]:
        """The table files by part: train, val, test; empty for a built-in dataset."""
        parts = self.split.files if isinstance(self.split, FixedSplit) else {}
        return {} if self.path is None else {"train": self.path, **parts}

    def source(self, *, may_be_constant: bool = False) -> Dataset:
        """The dataset or table file. may_be_constant: whether to allow a constant target anyway."""
        if self.path is None:
            assert self.dataset is not None
            return self.dataset
        from nncli.data.reading.table_file import TableFile  # a third of the import time

        aside = {}
        if isinstance(self.split, Split) and self.split.column:
            aside[self.split.column] = "data.split.column"
        if self.sample_weight is not None:
            aside[self.sample_weight] = "data.sample_weight"
        return TableFile(
            path=self.path,
            target=self.targets,
            task=self.task,
            **self.features.chosen,
            kinds={name: kind for name, c in self.column_keys.items() if (kind := c.kind)},
            keys=self.column_keys,
            keeps_frequent_markers=self.missing == list(MISSING_MARKERS),
            aside=aside,
            missing=tuple(self.missing),
            fold_case=self.fold_case,
            drops_missing_target=self.missing_target == "drop",
            format=self.text_format,
            parts=self.split.files if isinstance(self.split, FixedSplit) else {},
            on_disk=None if self.on_disk == "auto" else self.on_disk,
            may_be_constant=may_be_constant or self.may_be_constant,
            rare=NO_RARE if self.preprocessing == "none" else self.preprocessing.categorical.rare,
        )

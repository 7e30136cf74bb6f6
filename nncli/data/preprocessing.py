"""Preprocessing: encodes a table's columns as network inputs, fitted on training rows only."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.data.column_types import BOOLEAN_VALUES
from nncli.data.fitted_columns import FittedColumn, PreprocessingSteps, Unknown, fit_columns
from nncli.data.fitted_formulas import are_formulas_valid, fit_derived
from nncli.data.input_encoding import Encoder, is_not_boolean, is_unknown_rank
from nncli.data.number_checks import too_large
from nncli.data.scaling import Scale, Scaling
from nncli.data.target_transforms import Transform, target_in_words
from nncli.errors import DataError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.layers import EmbeddedColumn
from nncli.parts.table import Pair, Table
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

if TYPE_CHECKING:
    from nncli.data.formulas.expression import Expression

OPTIONAL_FIELDS: dict[str, Any] = {
    "date": None,
    "order": [],
    "encoding": None,
    "indicator": False,
    "rare": [],
    "embedding": 0,
    "formula": "",
    "for_formulas": False,
}  # of a FittedColumn, which to_json leaves out if they have these defaults
CHUNK_VALUES = 1 << 17  # encoded at a time, so that intermediate copies stay small


@frozen
class Preprocessing:
    """Everything fitted on the training rows: the content of `preprocessing.json`.

    fitted_rows: the number of these rows.  targets, classes: the names of the targets and of the
    classes.  target: the scaling of the targets.  unknown: `error`: an unseen category is an error;
    `ignore`: it counts as (rare), or has all inputs 0 if nothing is rare.  labels: the values that
    0 and 1 stand for, by target of a multilabel task.  derived: the columns made by formulas.
    """

    fitted_rows: int
    features: tuple[FittedColumn, ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    target: Scaling
    unknown: Unknown = "ignore"
    labels: tuple[Pair, ...] = ()
    derived: tuple[FittedColumn, ...] = ()

    @classmethod
    def fit(
        cls,
        table: Table,
        rows: Array,
        steps: PreprocessingSteps,
        target: Scale,
        transform: Transform = "none",
        formulas: "Mapping[str, Expression] | None" = None,
    ) -> "Preprocessing":
        """Fit to the rows `rows` of a table.

        Raises DataError for every feature without a value in them, or with missing ones where
        impute is none.
        """
        features = fit_columns(table, rows, steps)
        derived = fit_derived(formulas or {}, features, table, rows, steps)
        scaling = fit_target(table, rows, target, transform)
        return cls(
            len(rows),
            features,
            table.targets,
            table.classes,
            scaling,
            steps.unknown,
            table.labels,
            derived,
        )

    @property
    def columns(self) -> tuple[FittedColumn, ...]:
        """The features, then the derived columns: the order of their inputs."""
        return (*self.features, *self.derived)

    @property
    def inputs(self) -> list[str]:
        """The name of each network input, such as `feature` or `feature=category`."""
        return [name for column in self.columns for name in column.inputs]

    @property
    def learnt_targets(self) -> list[str]:
        """The targets after their transform, before scaling: `price`, or `ln(price)`."""
        return [target_in_words(self.target.transform, name) for name in self.targets]

    @cached_property
    def width(self) -> int:
        """The number of inputs, without embeddings."""
        return sum(len(column.inputs) for column in self.columns)

    @cached_property
    def embedded(self) -> tuple[EmbeddedColumn, ...]:
        """The embedded columns."""
        return tuple(feature.embedded for feature in self.features if feature.embedding)

    @property
    def n_inputs(self) -> int:
        """The number of inputs of the first layer, embeddings included."""
        return self.width + sum(column.size for column in self.embedded)

    def chunks(self, table: Table, rows: Array) -> Iterator[tuple[Array, dict[str, Array]]]:
        """Yield the inputs of the given rows, some rows at a time, as Encoder returns them."""
        encode = Encoder(self.features, self.unknown, table, self.derived)
        step = max(CHUNK_VALUES // max(self.width, len(self.columns)), 1)
        for start in range(0, len(rows), step):
            yield encode(rows[start : start + step])

    def in_original_units(self, x: Array) -> Array:
        """(rows, inputs) values before scaling. x: (rows, features) numbers, none missing."""
        values = {feature.name: x[:, index] for index, feature in enumerate(self.features)}
        shown = [feature.name for feature in self.features if feature.inputs]
        derived = [column.expression(values) for column in self.derived]
        return np.column_stack([*(values[name] for name in shown), *derived])

    def is_defined(self, table: Table) -> Array:
        """(rows,) whether the value of every formula is finite."""
        if not self.derived:
            return np.ones(len(table), bool)
        return Encoder(self.features, self.unknown, table, self.derived).is_defined(
            np.arange(len(table))
        )

    def apply(self, table: Table, rows: Array) -> Array:
        """(rows, width) inputs. Raises TableError for a cell that can't be encoded."""
        pieces = [x for x, _ in self.chunks(table, rows)]
        return np.concatenate([*pieces, np.empty((0, self.width))])

    def unseen(self, table: Table) -> dict[str, int]:
        """By feature, the number of cells with a category that no training row has."""
        counts = {}
        for feature in self.features:
            column = table.column(feature.name)
            if feature.order and (count := int(is_unknown_rank(column.values).sum())):
                counts[feature.name] = count
            if feature.kind == "boolean" and not column.categories:
                if count := int(is_not_boolean(column.values).sum()):
                    counts[feature.name] = count
                continue
            known = feature.codes if feature.kind == "categorical" else BOOLEAN_VALUES
            new = [
                code
                for code, name in enumerate(column.categories)
                if (name if feature.kind == "categorical" else name.lower()) not in known
            ]
            if new and (count := int(np.isin(column.values, new).sum())):
                counts[feature.name] = count
        return counts

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        for feature in [*value["features"], *value["derived"]]:
            for key in OPTIONAL_FIELDS:
                if not feature[key]:
                    del feature[key]
        if self.target.transform == "none":
            del value["target"]["transform"]
        for key in ("labels", "derived"):
            if not value[key]:
                del value[key]
        return value

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessing":
        """The inverse of `to_json`. Raises Malformed for anything else."""
        fitted: Preprocessing = read_as(_with_options(value), cls, "preprocessing")
        fitted._check()
        return fitted

    def with_times(self, names: Container[str]) -> "Preprocessing":
        """A copy whose times of day are on 1970-01-01: once they were on 1900-01-01."""
        are_old = [f.name in names and f.date and f.date.first < 0 for f in self.features]
        features = zip(self.features, are_old, strict=True)
        return replace(self, features=tuple(f.in_1970() if old else f for f, old in features))

    def _check(self) -> None:
        """Raises Malformed for inconsistent statistics."""
        names = [column.name for column in self.columns]
        units = 0 if self.classes else len(self.targets)
        numbers = [number for f in self.columns for number in (f.shift, f.scale)]
        is_valid = (
            self.features
            and all(column.is_valid for column in self.columns)
            and are_formulas_valid(self.derived, self.features)
            and all(len(set(each)) == len(each) for each in (names, self.targets, self.classes))
            and len(self.labels) in (0, len(self.targets))
            and not (self.labels and self.classes)
            and all(len(set(pair)) == len(pair) == 2 for pair in self.labels)
            and len(self.target.shift) == len(self.target.scale) == units
            and np.isfinite([*numbers, *self.target.shift, *self.target.scale]).all()
        )
        if not is_valid:
            raise Malformed("its statistics contradict each other")


def fit_target(table: Table, rows: Array, scale: Scale, transform: Transform = "none") -> Scaling:
    """The scaling of the targets, fitted to the rows `rows`. Raises DataError if it overflows."""
    y = np.zeros((len(rows), 0)) if table.classes else table.y[rows]
    weights = None if table.weights is None else table.weights[rows]
    method = scale if table.task == "regression" else "none"
    scaling = Scaling.fit(method, y, weights, transform)
    is_finite = np.isfinite([scaling.shift, scaling.scale]).all(axis=0)
    if not is_finite.all():
        first = int(is_finite.argmin())
        what = f"target '{printable(table.targets[first])}'"
        message = too_large(what, y[:, first], "scale")
        raise DataError(message, key="data.preprocessing.target.scale")
    return scaling


def _with_options(value: Any) -> Any:
    """The JSON value, with the optional fields that `to_json` leaves out."""
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list):
        return value
    value = {"labels": [], "derived": [], **value}
    for key in ("features", "derived"):
        if isinstance(columns := value[key], list):
            value[key] = [{**OPTIONAL_FIELDS, **c} if isinstance(c, dict) else c for c in columns]
    if isinstance(value.get("target"), dict):
        value["target"] = {"transform": "none", **value["target"]}
    return value

"""Preprocessing: columns -> what a network learns from. Statistics come from training rows only."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

from nncli.data.column_types import TRUTHS
from nncli.data.fitted_columns import FittedColumn, Steps, Unknown, fit_column
from nncli.data.input_encoding import Encoder, is_no_truth, is_unknown
from nncli.data.scaling import Scale, Scaling
from nncli.data.target_transforms import Transform, in_words
from nncli.errors import DataError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.layers import EmbeddedColumn
from nncli.parts.table import Column, Pair, Table
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

OPTIONS: dict[str, Any] = {
    "date": None,
    "order": [],
    "encoding": None,
    "indicator": False,
    "rare": [],
    "embedding": 0,
}  # of a feature
CHUNK_VALUES = 1 << 19  # transformed at a time, so that the copies on the way stay small


@frozen
class Preprocessing:
    """Everything fitted on the training rows: what `preprocessing.json` holds.

    fitted_rows: on how many rows.  targets, classes: the names of what is predicted.
    labels: what 0 and 1 of each target stand for, in a multilabel task.
    unknown: what a category that they lack leads to: the place of the rare ones, where there are
    any, else all its inputs 0; or an error.
    """

    fitted_rows: int
    features: tuple[FittedColumn, ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    target: Scaling
    unknown: Unknown = "ignore"
    labels: tuple[Pair, ...] = ()

    @classmethod
    def fit(
        cls,
        table: Table,
        rows: Array,
        steps: Steps,
        target: Scale,
        transform: Transform = "none",
    ) -> "Preprocessing":
        """Take the statistics of the rows `rows`, and of no other.

        Raises DataError for every feature that has no value in them, or lacks some where nothing
        is to stand in.
        """
        found: list[tuple[str, str]] = []
        features = []
        for name in table.features:
            column = table.column(name)
            chosen = Column(column.values[rows], column.categories)
            try:
                features.append(fit_column(name, table, chosen, rows, steps))
            except DataError as error:
                found += error.found
        if found:
            raise DataError(found=found)
        y = np.zeros((len(rows), 0)) if table.classes else table.y[rows]
        weights = None if table.weights is None else table.weights[rows]
        are_numbers = table.task == "regression"
        scaling = Scaling.fit(target if are_numbers else "none", y, weights, transform)
        if not np.isfinite([scaling.shift, scaling.scale]).all():
            message = "the target has values too large to scale"
            raise DataError(message, key="data.preprocessing.target.scale")
        return cls(
            len(rows),
            tuple(features),
            table.targets,
            table.classes,
            scaling,
            steps.unknown,
            table.labels,
        )

    @property
    def inputs(self) -> list[str]:
        """What each network input is: a feature's name, or `feature=category`."""
        return [name for feature in self.features for name in feature.inputs]

    @property
    def learnt_targets(self) -> list[str]:
        """What the network is to predict, before scaling: `price`, or `ln(price)`."""
        return [in_words(self.target.transform, name) for name in self.targets]

    @cached_property
    def width(self) -> int:
        """How many inputs the network gets, vectors left out."""
        return sum(len(feature.inputs) for feature in self.features)

    @cached_property
    def embedded(self) -> tuple[EmbeddedColumn, ...]:
        """The columns that become vectors."""
        return tuple(feature.embedded for feature in self.features if feature.embedding)

    @property
    def n_inputs(self) -> int:
        """How many numbers the first layer gets: inputs, and those of vectors."""
        return self.width + sum(column.size for column in self.embedded)

    def chunks(self, table: Table, rows: Array) -> Iterator[tuple[Array, dict[str, Array]]]:
        """(some rows, width) inputs of the chosen rows of a table, in order; and of each embedded
        column (some rows,) whole numbers, which vector each takes."""
        encode = Encoder(self.features, self.unknown, table)
        step = max(CHUNK_VALUES // max(self.width, len(self.features)), 1)
        for start in range(0, len(rows), step):
            yield encode(rows[start : start + step])

    def apply(self, table: Table, rows: Array) -> Array:
        """(rows, width) inputs. Raises TableError for a cell that can't become one."""
        pieces = [x for x, _ in self.chunks(table, rows)]
        return np.concatenate([*pieces, np.empty((0, self.width))])

    def unseen(self, table: Table) -> dict[str, int]:
        """Of each feature, how many cells of a table hold a category that no training row had."""
        counts = {}
        for feature in self.features:
            column = table.column(feature.name)
            if feature.order and (count := int(is_unknown(column.values).sum())):
                counts[feature.name] = count
            if feature.kind == "boolean" and not column.categories:
                if count := int(is_no_truth(column.values).sum()):
                    counts[feature.name] = count
                continue
            known = feature.places if feature.kind == "categorical" else TRUTHS
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
        for feature in value["features"]:
            for key in OPTIONS:
                if not feature[key]:
                    del feature[key]
        if self.target.transform == "none":
            del value["target"]["transform"]
        if not self.labels:
            del value["labels"]
        return value

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessing":
        """What `to_json` was made of. Raises Malformed for anything else."""
        fitted: Preprocessing = read_as(_with_options(value), cls, "preprocessing")
        fitted._check()
        return fitted

    def _check(self) -> None:
        """Raises Malformed for statistics that no rows have."""
        names = [feature.name for feature in self.features]
        units = 0 if self.classes else len(self.targets)
        numbers = [number for f in self.features for number in (f.shift, f.scale)]
        is_sound = (
            self.features
            and all(feature.is_sound for feature in self.features)
            and all(len(set(each)) == len(each) for each in (names, self.targets, self.classes))
            and len(self.labels) in (0, len(self.targets))
            and not (self.labels and self.classes)
            and all(len(set(pair)) == len(pair) == 2 for pair in self.labels)
            and len(self.target.shift) == len(self.target.scale) == units
            and np.isfinite([*numbers, *self.target.shift, *self.target.scale]).all()
        )
        if not is_sound:
            raise Malformed("its statistics contradict each other")


def _with_options(value: Any) -> Any:
    """The same with what is left out where there is none: of features and of the target."""
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list):
        return value
    full = [{**OPTIONS, **each} if isinstance(each, dict) else each for each in features]
    value = {"labels": [], **value, "features": full}
    if isinstance(value.get("target"), dict):
        value["target"] = {"transform": "none", **value["target"]}
    return value

"""Held-out predictions: for validation rows, by networks that didn't train on them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Self

import numpy as np

from nncli.data.scaling import Scaling
from nncli.errors import CorruptRun, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Table
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.npz import NpzArchive

Predict = Callable[[Table, Array], Array]  # chosen rows of a table -> predictions


@frozen
class HeldOut:
    """Predictions for held-out rows.

    rows: indices in the table, ascending.  predictions: (rows, classes) or (rows, targets).
    truth: class indices (rows,) or numbers (rows, targets).
    error_ratio: (targets,) error of the model on new rows / error of these predictions; empty for
    classes. It is below 1 for an ensemble by folds: the mean of all members predicts a new row, but
    a single member each of these rows.
    """

    rows: Array
    predictions: Array
    truth: Array
    error_ratio: Array

    def encode(self) -> bytes:
        """The content of held_out.npz."""
        file = io.BytesIO()
        np.savez(file, **{key.name: getattr(self, key.name) for key in fields(self)})
        return file.getvalue()

    @classmethod
    def decode(cls, content: bytes, source: Path) -> Self:
        """The inverse of `encode`. Raises CorruptRun."""
        try:
            archive = NpzArchive(io.BytesIO(content), most=len(content))
            wanted = [key.name for key in fields(cls)]
            if lacking := sorted({*wanted} - archive.arrays.keys()):
                raise Malformed(f"it lacks {', '.join(lacking)}")
            found = cls(*map(archive.read, wanted))
            shapes = found.rows.ndim, found.predictions.ndim, found.error_ratio.ndim
            counts = {len(each) for each in (found.rows, found.predictions, found.truth)}
            if shapes != (1, 2, 1) or len(counts) > 1 or found.rows.dtype.kind != "i":
                raise Malformed("expected as many predictions as rows")
        except Malformed as error:
            message = printable(str(error), 300)
            raise CorruptRun(f"{source}: not predictions: {message}") from None
        return found


def predict_held_out(
    members: Sequence[Predict],
    parts: Sequence[Array],
    table: Table,
    scaling: Scaling,
    *,
    has_folds: bool,
) -> HeldOut:
    """Predict each row by the member that held it out; without folds, by the members' mean.

    parts: each member's validation rows, as indices in the table.  scaling: of numeric targets.
    """
    is_regression = table.task == "regression"
    ratio = np.ones(len(table.targets) if is_regression else 0)
    if not has_folds:
        rows = parts[0]
        together = np.empty((0, len(table.classes) or len(table.targets)))
        if len(rows):
            together = mean([member(table, rows) for member in members])
        return HeldOut(rows, together, table.y[rows], ratio)
    order = np.argsort(np.concatenate(parts))
    rows = np.concatenate(parts)[order]
    own = [member(table, part) for member, part in zip(members, parts, strict=True)]
    predictions = np.concatenate(own)[order]
    if is_regression:
        errors = scaling.apply(predictions) - scaling.apply(table.y[rows])
        ratio = error_ratio(np.stack([member(table, rows) for member in members]), errors, scaling)
    return HeldOut(rows, predictions, table.y[rows], ratio)


def mean(predictions: Sequence[Array]) -> Array:
    """The mean over several networks' predictions."""
    return np.asarray(np.mean(np.stack(predictions), axis=0))


def error_ratio(members: Array, errors: Array, scaling: Scaling) -> Array:
    """(targets,) RMS error of the networks' mean / RMS error of one network.

    The squared error of the mean is the mean squared error minus the variance among the networks
    (Krogh and Vedelsby, 1995).
    members: (networks, rows, targets) predictions.  errors: (rows, targets), each row's by a
    network that didn't train on it, in scaled units.
    """
    with np.errstate(all="ignore"):
        spread = np.stack([scaling.apply(each) for each in members]).var(axis=0).mean(axis=0)
        ratio = np.sqrt(np.maximum(1.0 - spread / np.square(errors).mean(axis=0), 0.0))
    return np.asarray(np.nan_to_num(ratio, nan=1.0))

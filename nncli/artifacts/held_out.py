"""Held out: what is predicted for the validation rows, whose targets moved no weight of it."""

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
    """rows: of the table, ascending.  predictions: (rows, classes) or (rows, targets).

    truth: class indices (rows,) or numbers (rows, targets).
    error_ratio: (targets,) how much less the error is of what predicts new rows, where that is the
    mean of several networks and each of these rows is predicted by one; nothing of classes.
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
        """What `encode` was made of. Raises CorruptRun."""
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
    """Each row as the member predicts it that held it out; or, without folds, as all together do.

    parts: the validation rows of each member.  scaling: of targets that are numbers.
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
    """The mean of what several networks predict."""
    return np.asarray(np.mean(np.stack(predictions), axis=0))


def error_ratio(members: Array, errors: Array, scaling: Scaling) -> Array:
    """(targets,) the error of several networks' mean, as a share of one network's.

    On any rows the mean's squared error is the networks' own, in the mean, less the variance among
    them (Krogh and Vedelsby, 1995).
    members: (networks, rows, targets) predictions.  errors: (rows, targets), of one network for
    each row that it didn't train on, in learnt units.
    """
    with np.errstate(all="ignore"):
        spread = np.stack([scaling.apply(each) for each in members]).var(axis=0).mean(axis=0)
        ratio = np.sqrt(np.maximum(1.0 - spread / np.square(errors).mean(axis=0), 0.0))
    return np.asarray(np.nan_to_num(ratio, nan=1.0))

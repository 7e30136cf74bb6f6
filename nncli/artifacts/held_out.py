"""Held out: what is predicted for the validation rows, whose targets moved no weight of it."""

import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from nncli.errors import CorruptRun, printable
from nncli.parts.arrays import Array
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.npz import NpzArchive


@dataclass(frozen=True)
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

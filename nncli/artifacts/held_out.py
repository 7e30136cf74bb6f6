"""Held out: what an ensemble predicts for its validation rows, by networks that stopped by others.

Or, where members have the same rows, by all of them.
"""

import io
from dataclasses import dataclass
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
    """

    rows: Array
    predictions: Array
    truth: Array

    def encode(self) -> bytes:
        """The content of held_out.npz."""
        file = io.BytesIO()
        np.savez(file, **vars(self))
        return file.getvalue()

    @classmethod
    def decode(cls, content: bytes, source: Path) -> Self:
        """What `encode` was made of. Raises CorruptRun."""
        try:
            archive = NpzArchive(io.BytesIO(content), most=len(content))
            lacking = {"rows", "predictions", "truth"} - archive.arrays.keys()
            if lacking:
                raise Malformed(f"it lacks {', '.join(sorted(lacking))}")
            rows, predictions, truth = map(archive.read, ("rows", "predictions", "truth"))
            shapes = rows.ndim, predictions.ndim, len(predictions), len(truth)
            if shapes != (1, 2, len(rows), len(rows)) or rows.dtype.kind != "i":
                raise Malformed("expected as many predictions as rows")
        except Malformed as error:
            message = printable(str(error), 300)
            raise CorruptRun(f"{source}: not predictions: {message}") from None
        return cls(rows, predictions, truth)

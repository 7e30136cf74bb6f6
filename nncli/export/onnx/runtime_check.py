"""Check: compares a file's answers in onnxruntime with nncli's, for the rows of a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.trained_model import TrainedModel
from nncli.data.reading.chunks import Chunk
from nncli.data.target_transforms import transformed
from nncli.data.writing.output_table import as_texts
from nncli.errors import UserError, counted
from nncli.export.onnx.cells import takes_text
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import has_label
from nncli.parts.table import Table

TOLERANCES = {"float64": 1e-12, "float32": 1e-6}
TIE = 1e-6  # if the two best probabilities are closer, the labels may differ


@frozen
class Check:
    """The result of a comparison.

    rows: number of rows compared.  labels: how many differ; None if numbers are predicted.
    difference: the largest difference of a probability or, relative to the largest prediction of
    its target, of a number.
    tolerance: the largest difference allowed.  version: of onnxruntime.
    """

    rows: int
    difference: float
    labels: int | None
    tolerance: float
    version: str

    @property
    def in_words(self) -> str:
        """The result in one line."""
        if self.labels is None:
            found = f"largest relative difference {self.difference:.1e}"
        else:
            count = f"{self.labels:,} labels differ" if self.labels > 1 else "1 label differs"
            count = count if self.labels else "no label differs"
            found = f"largest difference of a probability {self.difference:.1e}, {count}"
        verdict = "" if self.agrees else f": NOT the answers of nncli (up to {self.tolerance:g})"
        return f"{counted(self.rows, 'row')} in onnxruntime {self.version}: {found}{verdict}"

    @property
    def agrees(self) -> bool:
        return self.difference <= self.tolerance and not self.labels


def runtime() -> Any:
    """The module onnxruntime. Raises UserError if it isn't installed."""
    try:
        import onnxruntime
    except ImportError:
        message = "--check needs onnxruntime, which isn't installed: pip install onnxruntime"
        raise UserError(message) from None
    return onnxruntime


def check(content: bytes, trained: TrainedModel, path: Path) -> Check:
    """Compare the answers for the rows of a table.

    Raises UserError without onnxruntime and, like `nncli predict`, for rows that can't be read.
    """
    onnxruntime = runtime()
    table = trained.model.read(path, needs_target=False)
    expected = trained.predict(table)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, cells(trained, path, table))
    return compare(trained, expected, found, str(onnxruntime.__version__))


def compare(
    trained: TrainedModel, expected: Array, found: Sequence[Array], version: str = ""
) -> Check:
    """Compare answers. expected: nncli's predictions.  found: all outputs of the ONNX model."""
    learnt, differ = trained.model.preprocessing, None
    size = np.ones(expected.shape[1])
    if learnt.labels:
        pairs = np.array(learnt.labels)
        chosen = has_label(expected)
        labels = np.where(chosen, pairs[:, 1], pairs[:, 0])
        is_clear = np.abs(expected - 0.5) > TIE / 2
        differ = int(((labels != found[0]) & is_clear).sum())
    elif learnt.classes:
        labels = np.array(learnt.classes)[trained.decision(expected)]
        differ = int(((labels != found[0]) & _is_clear(trained, expected)).sum())
    else:
        size = np.abs(expected).max(
            axis=0, initial=np.finfo(float).tiny, where=np.isfinite(expected)
        )
    with np.errstate(invalid="ignore"):  # inf - inf of equal infinite answers
        gaps = np.abs(found[-1] - expected) / size
    same = (found[-1] == expected) | (np.isnan(found[-1]) & np.isnan(expected))
    difference = np.where(same, 0.0, gaps).max(initial=0.0)
    difference = np.inf if np.isnan(difference) else float(difference)
    allowed = TOLERANCES[str(trained.model.dtype)] * _condition(trained, expected)
    return Check(len(expected), difference, differ, allowed, version)


def _condition(trained: TrainedModel, expected: Array) -> float:
    """How much undoing a transform increases a relative error: 2 times by x^2, |x| by exp(x)."""
    transform = trained.model.preprocessing.target.transform
    if transform == "sqrt":
        return 2.0
    if transform not in ("log", "log1p"):
        return 1.0
    with np.errstate(all="ignore"):
        learnt = np.abs(transformed(transform, expected))
    return float(learnt.max(initial=1.0, where=np.isfinite(learnt)))


def _is_clear(trained: TrainedModel, expected: Array) -> Array:
    """(rows,) whether the predicted class isn't a near tie."""
    if (threshold := trained.decision.threshold) is not None:
        return np.asarray(np.abs(expected[:, 1] - threshold) > TIE / 2)
    best = np.sort(expected, axis=1)[:, -2:]
    return np.asarray(best[:, 1] - best[:, 0] > TIE)


def cells(trained: TrainedModel, path: Path, table: Table) -> Mapping[str, Array]:
    """A file's rows as inputs of an ONNX model: stripped texts, and numbers as nncli reads them."""
    given = {}
    reader = trained.model.open(path)
    chunks = list(reader.chunks())
    for feature in trained.model.preprocessing.features:
        if takes_text(feature):
            texts = _texts(chunks, reader.names.index(feature.name))
            given[feature.name] = np.array(texts, dtype=object)[:, None]
        else:
            given[feature.name] = np.array(table.column(feature.name).values)[:, None]
    return given


def _texts(chunks: Sequence[Chunk], place: int) -> list[str]:
    return [cell.strip() for chunk in chunks for cell in as_texts(chunk.columns[place])]

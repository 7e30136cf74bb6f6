"""Model: preprocessing, network and target coding, from the cells of a row to a prediction.

It is made from a run's recorded config and preprocessing, without data.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.config.resolved import Resolved
from nncli.data.compact_rows import CompactRows
from nncli.data.disk import RowFile
from nncli.data.memory import available
from nncli.data.one_hot import OneHotRows
from nncli.data.preprocessing import Preprocessing
from nncli.data.row_weights import RowWeights
from nncli.data.target_transforms import refuse_untransformable
from nncli.data.targets import TargetCoding
from nncli.engine.cost import chunk_rows, is_kept
from nncli.engine.evaluator import EvaluationSet, Forward
from nncli.engine.network import Network
from nncli.engine.rows import CODE, InputBlock, Inputs, X
from nncli.errors import Problem, TableError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.layers import Embedding
from nncli.parts.table import Table

if TYPE_CHECKING:
    from nncli.data.new_rows import NewRows
    from nncli.data.reading.chunks import TableReader

MIN_COMPACT_BYTES = 1 << 25  # smaller inputs aren't kept compact
MIN_COMPACT_RATIO, CELL_BYTES = 2, 8  # nor are inputs that take less than twice the table
PIECE_NUMBERS = 1 << 20  # inputs in one of `pieces`


@frozen
class Model:
    """A resolved experiment with its preprocessing."""

    experiment: Resolved
    preprocessing: Preprocessing

    @cached_property
    def network(self) -> Network:
        keys, loss = self.experiment.network, self.experiment.loss
        columns = self.preprocessing.embedded
        embedding = Embedding(columns) if columns else None
        shape = (self.preprocessing.width,) if columns else keys.input_shape
        return Network(shape, keys.hidden, keys.output.dense(), loss, embedding)

    @cached_property
    def coding(self) -> TargetCoding:
        units, fitted = self.experiment.network.output.units, self.preprocessing
        return TargetCoding(
            len(fitted.classes),
            units,
            fitted.target,
            bool(fitted.labels),
            self.experiment.loss.off,
        )

    @property
    def dtype(self) -> Any:
        return np.dtype(self.experiment.training.dtype)

    def read(self, path: Path, *, needs_target: bool) -> Table:
        """Read rows of another file, whose columns may be in any order.

        Raises DataError for a missing column, TableError for cells of another kind.
        """
        weight = self.experiment.data.sample_weight if needs_target else None
        table = replace(self._new_rows, weight=weight).read(path, needs_target=needs_target)
        if needs_target and not table.classes:
            refuse_untransformable(table, self.preprocessing.target.transform)
        return table

    def read_given(self, rows: Any) -> Table:
        """Read a DataFrame, a list of dicts or a dict of columns, without the target."""
        return self._new_rows.read_given(rows)

    def open(self, path: Path) -> "TableReader":
        """Open a reader of another file, as the training file was read."""
        return self._new_rows.open(path)

    @property
    def _new_rows(self) -> "NewRows":
        from nncli.data.new_rows import NewRows  # not needed for training

        data = self.experiment.data
        return NewRows(
            self.preprocessing,
            data.text_format,
            data.missing,
            columns=data.column_keys,
            fold_case=data.fold_case,
            are_chosen=data.features.is_chosen,
        )

    def pieces(self, rows: Array) -> Iterator[Array]:
        """Split rows into pieces whose inputs take little memory.

        Pieces are whole chunks of the forward pass, so that predictions are the same to the bit.
        """
        chunk = chunk_rows(self.network.widest)
        step = chunk * max(PIECE_NUMBERS // (chunk * max(self.preprocessing.width, 1)), 1)
        for start in range(0, max(len(rows), 1), step):
            yield rows[start : start + step]

    def predict(self, theta: Array, inputs: Inputs) -> Array:
        """Predict network inputs: (rows, classes) or (rows, targets)."""
        with np.errstate(all="ignore"):
            return self.coding.decode(Forward(self.network, theta, inputs)())

    def predict_classes(self, theta: Array, inputs: Inputs, decision: Decision) -> Array:
        """Predict (rows,) class indices, without keeping the probabilities."""
        forward = Forward(self.network, theta, inputs, keeps=False)
        found = np.zeros(len(inputs[X]), np.intp)
        with np.errstate(all="ignore"):
            for rows, tape, last in forward.chunks:
                tape()
                found[rows] = decision(self.coding.decode(last.y))
        return found

    def inputs(self, table: Table, rows: Array) -> Inputs:
        """The network inputs: x, (rows, width) of `dtype`, and the codes of each embedded column.

        They are on disk if memory is short, and compact if that saves much. Raises TableError
        for a row whose values overflow in the dtype.
        """
        blocks = self._blocks(table, len(rows))
        start = 0
        for chunk in self._finite_chunks(table, rows):
            for name, values in chunk.items():
                block, stop = blocks[name], start + len(values)
                if isinstance(block, RowFile):
                    block.append(values)
                elif isinstance(block, CompactRows):
                    block.fill(start, values)
                else:
                    block[start:stop] = values
            start = stop
        return blocks

    def _blocks(self, table: Table, rows: int) -> dict[str, Any]:
        """Empty storage for each input block of `rows` rows: array, file or compact rows."""
        fitted = self.preprocessing
        size = rows * (fitted.width * self.dtype.itemsize + len(fitted.embedded) * CODE.itemsize)
        if table.is_on_disk or size > available() // 2:
            files = {column.block: RowFile(None, CODE) for column in fitted.embedded}
            return {X: RowFile(fitted.width, self.dtype), **files}
        codes = {column.block: np.empty(rows, CODE) for column in fitted.embedded}
        if self._is_compact(rows, len(table.features)):
            return {X: CompactRows(fitted.columns, rows, self.dtype), **codes}
        return {X: np.empty((rows, fitted.width), self.dtype), **codes}

    def _is_compact(self, rows: int, columns: int) -> bool:
        """Whether to keep inputs compact: if they are large, and far wider than the table.

        A line search reads all rows at once, and gets full inputs. The engine doesn't matter:
        `auto` chooses it with these inputs, and a run that is read has the one that was chosen.
        """
        row = self.preprocessing.width * self.dtype.itemsize
        is_large = rows * row > MIN_COMPACT_BYTES and row > MIN_COMPACT_RATIO * columns * CELL_BYTES
        return is_large and self.experiment.optimizer.has_update

    def _finite_chunks(self, table: Table, rows: Array) -> Iterator[dict[str, Array]]:
        start, embedded = 0, self.preprocessing.embedded
        for values, codes in self.preprocessing.chunks(table, rows):
            chunk = values.astype(self.dtype, copy=False)
            if not np.isfinite(chunk).all():
                row = rows[start + int(np.flatnonzero(~np.isfinite(chunk).all(axis=1))[0])]
                message = f"its values overflow when scaled or stored as {self.dtype}"
                raise TableError([Problem(table.place(int(row)), "", message)])
            start += len(chunk)
            yield {X: chunk, **{column.block: codes[column.name] for column in embedded}}

    def targets(self, truth: Array) -> InputBlock:
        """The targets of the loss; those of very many classes are stored as class indices."""
        loss, outputs = self.network.loss, self.network.outputs
        if self.is_by_index(len(truth)):
            off, on = loss.smoothed(np.array([0.0, 1.0]), outputs)
            return OneHotRows(truth, outputs, off, on, self.dtype)
        targets = loss.smoothed(self.coding.encode(truth), outputs)
        return np.ascontiguousarray(targets, self.dtype)

    def is_by_index(self, rows: int) -> bool:
        """Whether the targets of `rows` rows are stored as class indices."""
        is_one_hot = self.coding.classes > 0 and self.network.outputs > 1
        is_large = not is_kept(rows, self.network.outputs, self.dtype.itemsize)
        return is_one_hot and is_large

    def evaluation_set(
        self, table: Table, rows: Array, row_weights: RowWeights | None
    ) -> EvaluationSet:
        """Inputs, targets and weights of the given rows of a table."""
        truth = table.y[rows]
        with np.errstate(all="ignore"):  # overflow raises TableError
            inputs = self.inputs(table, rows)
            targets = self.targets(truth)
        if row_weights is None:
            return EvaluationSet(inputs, targets, truth=truth)
        weights = row_weights(truth, None if table.weights is None else table.weights[rows])
        weights = np.ascontiguousarray(weights, self.dtype)
        return EvaluationSet(inputs, targets, weights, truth=truth)

"""Embedding: a trained vector for each category of a column, in front of the first layer."""

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise

import numpy as np

from nncli.equivalent import Equivalent, unsupported
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer
from nncli.parts.layers.layer import Layer


@frozen
class EmbeddedColumn:
    """A categorical column, whose categories are rows of a table.

    rows: of the table: one per category, and a last one for unknown categories, unless these take
    the row of rare ones.  trained: how many rows, the first ones, occur in training.  size: of a
    row.
    """

    name: str
    rows: int
    trained: int
    size: int

    @property
    def block(self) -> str:
        """The name of the input block with the index of each row's category in the table."""
        return f"category/{self.name}"


@frozen
class TableStart(Initializer):
    """Draws from N(0, 1) for categories of training rows; 0 for others, which no gradient changes.

    So an unknown category contributes nothing, like a one-hot vector of zeros.
    trained: how many rows of the table, the first ones, occur in training.
    """

    trained: int = 0
    name = "table"

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return random.normal(0.0, 1.0, shape) * (np.arange(shape[0]) < self.trained)[:, None]


@frozen
class Embedding(Layer):
    """a0 = [x, E1[c1], E2[c2], ...]: the numbers, then for each column its category's vector.

    The gradient of a row of a table is the sum of its part of dy over the batch's rows with that
    category. A table acts like the kernel of a dense layer without bias on one-hot inputs.
    Source: Guo and Berkhahn (2016), Entity embeddings of categorical variables.
    """

    input_axes = 1

    columns: tuple[EmbeddedColumn, ...] = ()
    name = "embedding"
    equivalents = {
        "scikit-learn": unsupported("embeddings"),
        "keras": Equivalent(
            "",
            "a layers.Embedding of each embedded column comes first, its vector behind the numbers "
            "(layers.Concatenate): the functional API, of which this is the rest",
        ),
        "pytorch": Equivalent(
            "",
            "an nn.Embedding of each embedded column comes first, its vector behind the numbers: "
            "torch.cat([x, embedding(c)], dim=1) is what this gets",
        ),
    }

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(column.block for column in self.columns)

    def output_shape(self, input_shape: Shape) -> Shape:
        self.refuse_axes(input_shape)
        return (input_shape[0] + sum(column.size for column in self.columns),)

    def param_shapes(self, input_shape: Shape) -> Shapes:
        return {f"{each.name}/W": (each.rows, each.size) for each in self.columns}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {f"{each.name}/{what}": (batch, each.size) for each in self.columns for what in "ad"}

    def initializers(self) -> Mapping[str, Initializer]:
        return {f"{each.name}/W": TableStart(each.trained) for each in self.columns}

    def formulas(self) -> dict[str, str]:
        numbered = list(enumerate(self.columns, start=1))
        taken = {f"{each.name}/a": f"row c{k} of E{k}, for each row" for k, each in numbered}
        return {**taken, "a": f"[{', '.join(['x', *(f'e{k}' for k, _ in numbered)])}]"}

    def backward_formulas(self) -> dict[str, str]:
        return {
            f"{each.name}/dW": f"in each row, da0 where e{k} stands, summed over those that took it"
            for k, each in enumerate(self.columns, start=1)
        }

    def _places(self, inputs: int) -> Iterator[tuple[EmbeddedColumn, slice]]:
        """(column, the slice of a row of y that holds its vector) for each column."""
        ends = accumulate((column.size for column in self.columns), initial=inputs)
        return zip(self.columns, (slice(*both) for both in pairwise(ends)), strict=True)

    def forward(self, buffers: LayerBuffers) -> None:
        vectors = [buffers.saved[f"{column.name}/a"] for column in self.columns]
        for column, taken in zip(self.columns, vectors, strict=True):
            table, codes = buffers.params[f"{column.name}/W"], buffers.inputs[column.block]
            np.take(table, codes, axis=0, out=taken, mode="clip")
        np.concatenate([buffers.x, *vectors], axis=1, out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        for column, place in self._places(buffers.x.shape[1]):
            slopes, table = buffers.saved[f"{column.name}/d"], buffers.grads[f"{column.name}/W"]
            np.copyto(slopes, buffers.dy[:, place])
            np.copyto(table, 0.0)
            np.add.at(table, buffers.inputs[column.block], slopes)

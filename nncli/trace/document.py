"""Document: a trace as headings, sentences, formulas and grids, in the order of the page.

Plain text and Markdown share it; each of them defines how the parts are written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from functools import partial
from itertools import groupby

from nncli.engine.notation import written
from nncli.frozen import frozen
from nncli.trace.tensor import Cell, TracedTensor, cells, number
from nncli.trace.traced_steps import Trace, TracedLayer, TracedStep
from nncli.trace.window_sums import patch_and_kernel
from nncli.trace.wording import PHASES
from nncli.trace.worked import each_blank, first
from nncli.trace.worksheet import Worksheet

MAX_NAMED_ROWS = 20


@frozen
class Heading:
    """A heading. level: 1 for the page, 2 for a phase, 3 for a layer or parameter."""

    level: int
    text: str


@frozen
class Sentence:
    text: str


@frozen
class Remark:
    """A sentence without formulas, which may be wrapped."""

    text: str


@frozen
class TensorBlock:
    """A tensor: its formula or symbol, its name and shape, its cells.

    columns: the names of the columns, if they have names and all are shown.
    arithmetic: the computation of its first number, or of each blank, a line each.
    meaning: what a gradient is, a line each; the remark of the phase explains other tensors.
    """

    title: str
    name: str
    shape: str
    cells: list[list[str]]
    columns: Sequence[str] = ()
    arithmetic: Sequence[str] = ()
    meaning: Sequence[str] = ()


@frozen
class Beside:
    """Blocks of the same shape, to be shown side by side."""

    blocks: list[TensorBlock] = field(default_factory=list)


Part = Heading | Sentence | Remark | TensorBlock | Beside


def document(
    shown: Trace, worksheet: Worksheet | None = None, *, is_solved: bool = False
) -> Iterator[Part]:
    """The parts of a trace, or of its worksheet: with blanks, and without arithmetic.

    is_solved: whether a worksheet's blanks are filled in, each with its arithmetic.
    """
    for step in shown.steps:
        if worksheet is None:
            yield from _StepPage(shown, step, number, first).parts()
        elif is_solved:
            worked = partial(each_blank, worksheet, step)
            yield from _StepPage(shown, step, worksheet.solved_cells(step), worked).parts()
        else:
            page = _StepPage(shown, step, worksheet.cells(step), lambda _: [], has_windows=False)
            yield from page.parts()


class _StepPage:
    """The parts of one step.

    worked: returns the arithmetic shown for a tensor.  has_windows: whether a convolution's first
    window is shown beside its kernel; its numbers, the previous layer's, may be blanks.
    """

    def __init__(
        self,
        shown: Trace,
        step: TracedStep,
        cell: Cell,
        worked: Callable[[TracedTensor], Sequence[str]],
        *,
        has_windows: bool = True,
    ) -> None:
        self.shown, self.step = shown, step
        self.cell, self.worked, self.has_windows = cell, worked, has_windows
        self.layers = {layer.name: layer for layer in shown.layers}

    def parts(self) -> Iterator[Part]:
        step = self.step
        yield Heading(1, f"{self.shown.name}: step {step.number}, in epoch {step.epoch}")
        yield Sentence(self._network())
        yield Sentence(f"loss {self.shown.loss}; optimizer {self.shown.optimizer}")
        yield Sentence(_rows(step))
        for phase, group in groupby(step.tensors, lambda tensor: tensor.phase):
            tensors = list(group)
            yield Heading(2, phase.capitalize())
            yield Remark(PHASES[phase])
            yield from self._update(tensors) if phase == "update" else self._pass(tensors)

    def _network(self) -> str:
        layers = " -> ".join(map(_in_short, self.shown.layers))
        return f"{self.shown.layers[0].inputs} inputs -> {layers}"

    def _pass(self, tensors: Sequence[TracedTensor]) -> Iterator[Part]:
        """The forward or the backward pass, layer by layer."""
        for owner, group in groupby(tensors, _owner):
            yield Heading(3, self._layer(owner)) if owner else Sentence("")
            for tensor in group:
                yield self._block(tensor)
                if self.has_windows and _is_windowed(tensor):
                    yield _side_by_side(tensor)

    def _layer(self, owner: str) -> str:
        layer = self.layers[owner]
        what = f"{layer.kind}, {layer.activation}" if layer.activation else layer.kind
        return f"{owner}: {what}, {layer.inputs} -> {layer.outputs}"

    def _update(self, tensors: Sequence[TracedTensor]) -> Iterator[Part]:
        """The update, parameter by parameter: before, gradient, slots and after side by side."""
        for owner, group in groupby(tensors, _owner):
            if not owner:
                yield Sentence("")
                yield from map(self._block, group)
                continue
            together = list(group)
            yield Heading(3, f"{owner} ({_shape(together[0])})")
            for tensor in together:
                if tensor.formula:
                    yield Sentence(tensor.formula)
            yield Beside([self._column(tensor) for tensor in together])
            yield from (Sentence(line) for each in together for line in self.worked(each))

    def _column(self, tensor: TracedTensor) -> TensorBlock:
        what = tensor.name.rpartition("/")[2]
        return TensorBlock(what, tensor.name, "", cells(tensor, self.cell))

    def _block(self, tensor: TracedTensor) -> TensorBlock:
        names = {"input": self.shown.inputs, "targets": self.shown.outputs}.get(tensor.name, ())
        title = tensor.formula or tensor.symbol
        shown = cells(tensor, self.cell) if tensor.values.size else []
        is_said = bool(shown) and title.endswith(f" = {shown[0][0]}")  # `lr = 0.1` says it all
        return TensorBlock(
            title=title,
            name=tensor.name,
            shape=_shape(tensor),
            cells=[] if is_said else shown,
            columns=names if shown and len(names) == len(shown[0]) else (),
            arithmetic=self.worked(tensor),
            meaning=tensor.meaning if tensor.phase == "backward" else (),
        )


def _is_windowed(tensor: TracedTensor) -> bool:
    return "{W} in its window" in tensor.template and tensor.values.ndim == 4


def _side_by_side(tensor: TracedTensor) -> Beside:
    """The first window of a convolution beside its kernel."""
    patch, kernel = patch_and_kernel((0, 0, 0, 0), tensor.arrays)
    symbols = (f"{tensor.operands['x'].symbol} in the first window", tensor.operands["W"].symbol)
    return Beside(
        [
            TensorBlock(title, "", "", [[written(number) for number in row] for row in values])
            for title, values in zip(symbols, (patch.tolist(), kernel.tolist()), strict=True)
        ]
    )


def _owner(tensor: TracedTensor) -> str:
    """The layer or parameter that a tensor belongs to; empty if none."""
    if tensor.phase == "update":
        return tensor.name.rpartition("/")[0]
    owner, slash, _ = tensor.name.partition("/")
    return owner if slash and owner != "input" else ""


def _in_short(layer: TracedLayer) -> str:
    if layer.kind == "dense":
        return f"{layer.outputs} {layer.activation}"
    return f"{layer.kind} {layer.activation}".strip()


def _shape(tensor: TracedTensor) -> str:
    return " x ".join(map(str, tensor.values.shape)) or "a number"


def _rows(step: TracedStep) -> str:
    """The rows of the data that are in the batch, in words."""
    count = len(step.rows)
    few = ", ".join(map(str, step.rows[:MAX_NAMED_ROWS]))
    more = ", ..." if count > MAX_NAMED_ROWS else ""
    what = "row" if count == 1 else f"{count} rows"
    return f"{what} of the data, counted from 0: {few}{more}"

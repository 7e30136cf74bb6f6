"""Window sums: the terms of the sums in convolution and pooling.

sum of {x} * {W} in its window                       z
sum of {dz} * {W} over the windows that see it       dx
sum of {x} * {dz} over rows and windows              dW, db
sum of {da} over the windows whose greatest it is    dx of max pooling
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.windows import Windows

Index = tuple[int, ...]
Places = Mapping[str, Index]  # of each operand of a term
GEOMETRY = "windows"  # the operand with the sizes and positions of windows
OVER_WINDOWS = re.compile(
    r"(sum|mean|greatest) of (.+?) (in its window|over the windows that see it"
    r"|over the windows whose greatest it is|over rows and windows)"
)


def geometry(windows: Windows) -> Array:
    """The operand that describes windows to `terms`, (5, axes)."""
    return np.array([windows.size, windows.strides, windows.before, windows.input, windows.output])


def terms(what: str, index: Index, operands: Mapping[str, Array]) -> list[Places]:
    """The indices of the operands in each term of the sum for the element at `index`.

    what: the range of the sum, such as "in its window".
    """
    placed = _Windows(operands)
    if what == "in its window":
        return [*placed.under(index)]
    if what == "over rows and windows":
        return [*placed.everywhere(index)]
    seen = [*placed.seeing(index)]
    if what == "over the windows that see it":
        return seen
    return [each for each in seen if placed.is_greatest(each["da"], index)]


def patch_and_kernel(index: Index, operands: Mapping[str, Array]) -> tuple[Array, Array]:
    """The numbers in the window of the element at `index`, and its kernel, (height, width) each.

    Both for the first channel; 0 beyond the edge.
    """
    x, kernel = operands["x"], operands["W"]
    patch = np.zeros(kernel.shape[:2])
    for places in terms("in its window", index, operands):
        line, column, channel, _ = places["W"]
        if channel == 0:
            patch[line, column] = x[places["x"]]
    return patch, kernel[:, :, 0, index[-1]]


class _Windows:
    def __init__(self, operands: Mapping[str, Array]) -> None:
        self.operands = operands
        self.size, self.strides, self.before, self.input, self.output = (
            tuple(each) for each in operands[GEOMETRY].tolist()
        )
        self.has_kernel = "W" in operands

    def _seen(self, window: Index, offset: Index) -> Index | None:
        """The position in the image at an offset in a window; None beyond the edge."""
        ways = zip(window, self.strides, offset, self.before, strict=True)
        place = tuple(own * stride + step - before for own, stride, step, before in ways)
        is_inside = all(0 <= own < most for own, most in zip(place, self.input, strict=True))
        return place if is_inside else None

    def _offsets(self) -> Iterator[Index]:
        return product(*map(range, self.size))

    def _channels(self, axis: int, own: int) -> range | tuple[int]:
        """The channels that a kernel adds up; without a kernel, the element's own channel."""
        return range(self.operands["W"].shape[axis]) if self.has_kernel else (own,)

    def under(self, index: Index) -> Iterator[Places]:
        """The terms in the window of the output element at (row, i, j, filter)."""
        row, *window, filter_ = index
        for offset in self._offsets():
            if (place := self._seen((*window,), offset)) is not None:
                for channel in self._channels(2, filter_):
                    at = {"x": (row, *place, channel), "n": (*window,)}
                    yield {**at, "W": (*offset, channel, filter_)}

    def seeing(self, index: Index) -> Iterator[Places]:
        """The terms of the windows that contain the number at (row, line, place, channel)."""
        row, *place, channel = index
        for window in product(*map(range, self.output)):
            ways = zip(place, self.before, window, self.strides, strict=True)
            offset = tuple(own + before - w * stride for own, before, w, stride in ways)
            if all(0 <= own < most for own, most in zip(offset, self.size, strict=True)):
                for filter_ in self._channels(3, channel):
                    own = (row, *window, filter_)
                    yield {"dz": own, "da": own, "W": (*offset, channel, filter_), "n": window}

    def everywhere(self, index: Index) -> Iterator[Places]:
        """The terms of every window of every row, for an element of the kernel or the bias."""
        *offset, filter_ = index
        for row, *window in product(range(len(self.operands["x"])), *map(range, self.output)):
            places = {"dz": (row, *window, filter_)}
            if offset:
                *step, channel = offset
                place = self._seen((*window,), (*step,))
                if place is None:
                    continue
                places["x"] = (row, *place, channel)
            yield places

    def is_greatest(self, window: Index, index: Index) -> bool:
        """Whether max pooling takes the element at `index` in a window: the first maximum."""
        x = self.operands["x"]
        own = [each["x"] for each in self.under(window)]
        return own[int(np.argmax([x[place] for place in own]))] == index

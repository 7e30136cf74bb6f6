"""Pixel columns: the column names of an image's pixels."""

import re
from collections.abc import Iterator, Sequence
from math import prod

from nncli.parts.arrays import Shape

CHANNELS = ("red", "green", "blue")
LAST_PIXEL = (  # name of the last pixel of gray images, and of images with channels
    re.compile(r"(.*)_(\d+)_(\d+)", re.DOTALL),
    re.compile(r"(.*)_(\d+)_(\d+)_(\d+|blue)", re.DOTALL),
)


def pixel_names(name: str, image_shape: Shape) -> Iterator[str]:
    """name_ROW_COLUMN or, with several channels, name_ROW_COLUMN_CHANNEL, in memory order.

    >>> [*pixel_names("p", (1, 2, 1))], [*pixel_names("p", (1, 1, 3))]
    (['p_0_0', 'p_0_1'], ['p_0_0_red', 'p_0_0_green', 'p_0_0_blue'])
    """
    height, width, channels = image_shape
    ends = [f"_{end}" for end in (CHANNELS if channels == len(CHANNELS) else range(channels))]
    ends = [""] if channels == 1 else ends
    places = ((i, j) for i in range(height) for j in range(width))
    return (f"{name}_{i}_{j}{end}" for i, j in places for end in ends)


def image_shapes_of(names: Sequence[str]) -> list[Shape]:
    """The possible shapes of images whose pixel columns have these names.

    >>> image_shapes_of(["p_0_0_red", "p_0_0_green", "p_0_0_blue"]), image_shapes_of(["age"])
    ([(1, 1, 3)], [])
    >>> image_shapes_of(["p_0_0_0", "p_0_0_1"])  # a line of gray `p_0`, or a point of two channels
    [(1, 2, 1), (1, 1, 2)]
    """
    found: list[Shape] = []
    for form in LAST_PIXEL if names else ():
        if last := form.fullmatch(names[-1]):
            name, line, column, *channel = last.groups()
            ends = [len(CHANNELS) if end == CHANNELS[-1] else int(end) + 1 for end in channel]
            shape = (int(line) + 1, int(column) + 1, *(ends or [1]))
            if prod(shape) == len(names) and [*pixel_names(name, shape)] == [*names]:
                found.append(shape)
    return found


def image_in_words(image_shape: Shape) -> str:
    """An image's size and colours, in words."""
    height, width, channels = image_shape
    kind = {1: "gray", 3: "in colours"}.get(channels, f"of {channels} channels")
    return f"{width} x {height} pixels, {kind}"

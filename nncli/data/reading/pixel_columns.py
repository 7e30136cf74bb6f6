"""Pixel columns: the numbers of a picture as columns of a table, by their names."""

import re
from collections.abc import Iterator, Sequence
from math import prod

from nncli.parts.arrays import Shape

CHANNELS = ("red", "green", "blue")
LAST_PIXEL = re.compile(r"(.*)_(\d+)_(\d+?)(?:_(\d+|blue))?", re.DOTALL)


def pixel_names(name: str, picture: Shape) -> Iterator[str]:
    """name_LINE_COLUMN, and of several channels name_LINE_COLUMN_CHANNEL, in the order of memory.

    >>> [*pixel_names("p", (1, 2, 1))], [*pixel_names("p", (1, 1, 3))]
    (['p_0_0', 'p_0_1'], ['p_0_0_red', 'p_0_0_green', 'p_0_0_blue'])
    """
    height, width, channels = picture
    ends = [f"_{end}" for end in (CHANNELS if channels == len(CHANNELS) else range(channels))]
    ends = [""] if channels == 1 else ends
    places = ((i, j) for i in range(height) for j in range(width))
    return (f"{name}_{i}_{j}{end}" for i, j in places for end in ends)


def picture_of(names: Sequence[str]) -> Shape:
    """The picture whose numbers have such names, whichever word they begin with; () of none.

    >>> picture_of(["p_0_0_red", "p_0_0_green", "p_0_0_blue"]), picture_of(["age"])
    ((1, 1, 3), ())
    """
    if not names or not (last := LAST_PIXEL.fullmatch(names[-1])):
        return ()
    name, line, column, channel = last.groups()
    channels = 1 if channel is None else 3 if channel == CHANNELS[-1] else int(channel) + 1
    picture = (int(line) + 1, int(column) + 1, channels)
    is_one = prod(picture) == len(names) and [*pixel_names(name, picture)] == [*names]
    return picture if is_one else ()


def said(picture: Shape) -> str:
    """A picture's size, in words."""
    height, width, channels = picture
    kind = {1: "gray", 3: "in colours"}.get(channels, f"of {channels} channels")
    return f"{width} x {height} pixels, {kind}"

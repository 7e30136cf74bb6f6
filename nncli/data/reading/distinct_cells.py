"""Distinct cells: the different ones of a column of texts, and which of them each row has."""

from collections.abc import Sequence

import numpy as np

from nncli.parts.arrays import Array

MOST_WORDS = 4  # of eight bytes in a cell that is compared by them
SLOT_BITS = 14
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio
MASKS = np.array([(1 << 8 * length) - 1 for length in range(9)], np.uint64)


def distinct_texts(cells: Sequence[str]) -> tuple[list[str], Array]:
    """(the different texts, in the order of the rows; which of them each row has).

    >>> distinct_texts(["b", "a", "b"])
    (['b', 'a'], array([0, 1, 0]))
    """
    places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return list(places), np.fromiter(map(places.__getitem__, cells), np.intp, len(cells))


def distinct_words(signs: Array, starts: Array, lengths: Array) -> tuple[Array, Array] | None:
    """The same for cells of few bytes, by comparing eight at a time: (the first rows that have
    them, which of them each row has); None if the cells are long, or too many differ."""
    if signs.itemsize > 1 or lengths.max(initial=0) > MOST_WORDS * 8:
        return None
    words = _words(signs, starts, lengths)
    hashes = np.zeros(len(starts), np.uint64)
    for word in words:
        hashes = (hashes ^ word) * MIXER
        hashes ^= hashes >> np.uint64(32)
    slots = (hashes * MIXER >> np.uint64(64 - SLOT_BITS)).astype(np.intp)
    rows = np.arange(len(starts))
    firsts = np.empty(1 << SLOT_BITS, np.intp)
    firsts[slots[::-1]] = rows[::-1]  # the last one stays: each slot's first row
    first = firsts[slots]
    if any((word[first] != word).any() for word in words):
        return None  # two share a slot
    is_first = first == rows
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[first]


def _words(signs: Array, starts: Array, lengths: Array) -> list[Array]:
    """Each cell's bytes, and zeros behind them, as numbers of eight bytes, one array a number."""
    count = max(-(-int(lengths.max(initial=0)) // 8), 1)
    padded = np.concatenate([signs, np.zeros(8 * count, np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 8)
    return [
        windows[starts + 8 * index].view("<u8")[:, 0] & MASKS[np.clip(lengths - 8 * index, 0, 8)]
        for index in range(count)
    ]

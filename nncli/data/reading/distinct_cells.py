"""Distinct cells: the unique texts of a column, and the index of each cell's text."""

from collections.abc import Sequence

import numpy as np

from nncli.parts.arrays import Array

MAX_WORDS = 4  # of eight bytes, in the longest cell that is hashed
SLOT_BITS = 14  # of the hash table
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio
MASKS = np.array([(1 << 8 * length) - 1 for length in range(9)], np.uint64)


def distinct_texts(cells: Sequence[str]) -> tuple[list[str], Array]:
    """(unique texts in order of appearance, inverse indices).

    >>> distinct_texts(["b", "a", "b"])
    (['b', 'a'], array([0, 1, 0]))
    """
    indices = {cell: index for index, cell in enumerate(dict.fromkeys(cells))}
    return list(indices), np.fromiter(map(indices.__getitem__, cells), np.intp, len(cells))


def hashed_cells(codes: Array, starts: Array, lengths: Array) -> tuple[Array, Array] | None:
    """(the first row of each unique cell, inverse indices), by hashes of eight-byte words.

    None for long cells, and if two unique cells share a slot of the hash table.
    """
    if codes.itemsize > 1 or lengths.max(initial=0) > MAX_WORDS * 8:
        return None
    words = _words(codes, starts, lengths)
    hashes = np.zeros(len(starts), np.uint64)
    for word in words:
        hashes = (hashes ^ word) * HASH_FACTOR
        hashes ^= hashes >> np.uint64(32)
    slots = (hashes * HASH_FACTOR >> np.uint64(64 - SLOT_BITS)).astype(np.intp)
    rows = np.arange(len(starts))
    firsts = np.empty(1 << SLOT_BITS, np.intp)
    firsts[slots[::-1]] = rows[::-1]  # backwards, so that the first row of each slot stays
    first = firsts[slots]
    if any((word[first] != word).any() for word in words):
        return None  # two share a slot
    is_first = first == rows
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[first]


def _words(codes: Array, starts: Array, lengths: Array) -> list[Array]:
    """The cells' bytes, padded with zeros, as words of eight bytes: the first words, ..."""
    count = max(-(-int(lengths.max(initial=0)) // 8), 1)
    padded = np.concatenate([codes, np.zeros(8 * count, np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 8)
    return [
        windows[starts + 8 * index].view("<u8")[:, 0] & MASKS[np.clip(lengths - 8 * index, 0, 8)]
        for index in range(count)
    ]

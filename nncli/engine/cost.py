"""Cost models: which of two ways to the same result is faster, and what fits into a cache.

They look at sizes that the job fixes, never at the clock: a repeated run therefore makes the same
choices, and has the same bits. `useful_threads` also depends on the free cores; a run records its
choice. A wrong constant costs time, not correctness; but changing the COMPILING, SAVED or THREAD
constants changes the last digits of runs that then choose otherwise.
"""

import math

SMALL = 2048
"""Numbers of an array up to which a NumPy call takes as long as NumPy's way to its loop.

Measured on float32 arrays of 16 x 16 to 128 x 256: decision 11, and the table in peephole.py. Too
large: steps of tens of us take some 10% longer; too small: those of a few us do.
"""

ORDERED_BYTES = 1 << 20
"""Bytes of inputs and targets up to which a copy of them stays in the cache beside the original.

64 inputs, batches of 32: at 4 MB a step takes 27 us ordered and 23 gathered, at 2 MB 24 each.
"""

ORDERED_STEPS = 256
"""Steps of an epoch up to which each may have a tape of its own: walking more misses the cache.

4-16-3, batches of 16: at 256 steps one takes 12.0 us ordered and 13.0 gathered, at 1,000 15.7 and
13.2.
"""

ORDERED_EPOCHS = 200
"""Epochs from which a run's are ordered: about where recording their tapes is won back.

That is after 100 epochs of one step each, and after 760 of iris, whose 21 tapes take 15 ms on a
busy core. Too small: short runs, whose start is most of them, take up to 10% longer.
"""

CHUNK_NUMBERS = 2**18
"""Numbers in the widest buffer of a pass forward over many rows: 2 MB in float64, an L2 cache.

Too large: evaluation waits for memory; too small: for NumPy's way to its loops.
"""

KEPT_BYTES, KEPT_OUTPUTS = 1 << 26, 256
"""Bytes, and outputs of a row, up to which a value for every output of every row is kept.

Beyond both, targets are kept as the index of a class, and outputs are looked at chunk by chunk.
The numbers are the same; too small: batches are written out that a copy would have.
"""

THREAD_PRODUCTS = 128**3 // 2
"""Multiplications of a matrix product that keep one thread busy.

1 and 2 threads tie up to products of 64 cubed, and 2 win from 128 cubed. Too small: on a loaded
machine, steps become many times slower.
"""

SAVED_PER_LAYER, SAVED_PER_NUMBER = 4e-6, 1e-9
"""Seconds a step that machine code saves: for each layer, and each parameter and unit of each row.

docs/performance.md has steps of both engines: it saves 9 us on AND (the model says 4), 25 on iris
(8) and 58 on digits (36) on a busy core, about half of that on a quiet one.
"""

COMPILING, COMPILING_LAYER = 0.15, 0.03
"""Seconds to compile: a network's share, most of it llvmlite's import, and each layer's.

CPU seconds without the import, on two cores that twelve processes share: 0.04 for 2-1, 0.11 for
4-16-3, 0.14 for 64-128-64-10; the import 0.19 there, 0.05 on a quiet core.
"""

STEP_PER_LAYER, STEP_PER_FLOP, STEP_PER_PARAMETER = 4e-5, 2e-10, 1e-8
"""Seconds of a NumPy step: a layer's calls, an addition or multiplication, a parameter's update.

Twice to four times a quiet core's (iris: 84 us, where 26 are measured on a busy one), so that what
is planned by it ends in time on most machines. Too small: `nncli doctor` takes longer.
"""

MAX_LOGGED, MIN_LOGGED = 1000, 10
"""Rows of metrics.csv: at the most, and the least that cost may leave; epoch 0 isn't counted.

Fewer than ten would be no curve; a run of fewer epochs has a row for each.
"""

SCORED_SECONDS, SCORED_SHARE = 3.0, 0.04
"""Seconds of scoring up to which every epoch is logged; and beyond them, how much of the steps'
multiplications scoring may add.

By STEP_PER_FLOP, which is some five times what a quiet core takes. A pass forward has a third of a
step's: with every epoch logged, scoring is 24 to 40% of a run of digits or of 784-256-128. It takes
up to 2.5 times as long for a multiplication as a compiled step, by metrics, and by arrays that have
left the cache: 0.04 of them are at most a tenth of the time, and 0.1 were a quarter of digits'.
"""


def compiling_pays(steps: int, layers: int, numbers: int) -> bool:
    """Whether compiling is expected to save more time than it takes.

    numbers: trained parameters, and units of all layers times rows of a step. With batches of 16, a
    network of 4-16-3 units is compiled from 25,000 steps on, one of 64-128-64-10 from 6,500.
    """
    saved = steps * (SAVED_PER_LAYER * layers + SAVED_PER_NUMBER * numbers)
    return saved > COMPILING + COMPILING_LAYER * layers


def ordering_pays(size: int, widest: int, steps: int, epochs: int) -> bool:
    """Whether to copy an epoch's rows into their order, instead of gathering each step's batch.

    size: bytes of inputs and targets.  steps: per epoch.
    widest: numbers in a batch's largest array; if they are many, matrix products take most of the
    time, and the copies evict their data from the cache.
    """
    is_small = size <= ORDERED_BYTES and widest <= SMALL
    return is_small and steps <= ORDERED_STEPS and epochs >= ORDERED_EPOCHS


def chunk_rows(units: int) -> int:
    """How many rows to evaluate at a time in a network whose widest layer has `units` units."""
    return max(CHUNK_NUMBERS // units, 1)


def is_kept(rows: int, outputs: int, itemsize: int) -> bool:
    """Whether to keep a value for every output of every row in memory."""
    return outputs <= KEPT_OUTPUTS or rows * outputs * itemsize <= KEPT_BYTES


def useful_threads(products: int, cores: int) -> int:
    """The number of threads that a matrix product of so many multiplications keeps busy."""
    return max(1, min(cores, products // THREAD_PRODUCTS))


def step_seconds(layers: int, rows: int, parameters: int) -> float:
    """Estimated seconds of a step of the numpy engine: 6 operations per parameter and row."""
    flops = 6 * rows * parameters
    return STEP_PER_LAYER * layers + flops * STEP_PER_FLOP + parameters * STEP_PER_PARAMETER


def epochs_per_row(
    epochs: int, *, scored: int, trained: int, products: int, patience: int | None = None
) -> int:
    """How many epochs to train per row of metrics.csv, for which all rows are scored.

    scored, trained: rows scored for a report, and rows that an epoch's steps take.
    products: multiplications of the forward pass of one row.
    patience: of early stopping, during which at least two rows are logged.

    >>> epochs_per_row(200, scored=150, trained=120, products=112)
    1
    >>> epochs_per_row(200, scored=60_000, trained=54_000, products=235_000)
    10
    >>> epochs_per_row(20, scored=60_000, trained=54_000, products=235_000)
    2
    """
    by_count = -(-epochs // MAX_LOGGED)
    if epochs * scored * 2 * products * STEP_PER_FLOP <= SCORED_SECONDS:
        return by_count
    by_cost = math.ceil(scored / (3 * trained) / SCORED_SHARE)
    most = min(epochs // MIN_LOGGED, epochs if patience is None else patience // 2)
    return max(by_count, min(by_cost, most), 1)

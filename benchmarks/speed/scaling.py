"""Scaling: how the cost of a step grows with width, depth, batch and the number of rows."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.speed import steps
from benchmarks.speed.rows import ADAM, Row

PROGRAMS = ("nncli numpy", "nncli compiled", "products alone")
UNITS = {
    "width": "units of the hidden layer",
    "depth": "hidden layers of 32 units",
    "batch": "rows per step",
    "rows": "rows of the training set",
}


@dataclass
class Series:
    """Seconds a step of one program, at growing sizes of one kind; those before were the same."""

    kind: str
    program: str
    sizes: list[int]
    seconds: list[float]

    def slope(self) -> float:
        """Of log seconds over log size, fitted to the upper half of the sizes."""
        half = len(self.sizes) // 2
        x, y = np.log(self.sizes[half:]), np.log(self.seconds[half:])
        return float(np.polyfit(x, y, 1)[0])


def points(kind: str) -> Iterator[tuple[int, Row]]:
    """(size, row) of a kind."""
    inputs, classes = 64, 10
    if kind == "width":
        for width in (4, 16, 64, 256, 1024):
            yield width, _row((inputs, width, classes), 1024, 32)
    elif kind == "depth":
        for depth in (1, 2, 4, 8, 16):
            yield depth, _row((32, *[32] * depth, classes), 1024, 32)
    elif kind == "batch":
        for batch in (1, 4, 16, 64, 256, 1024):
            yield batch, _row((inputs, 128, classes), 2048, batch)
    else:
        for rows in (256, 1024, 4096, 16384, 65536):
            yield rows, _row((inputs, 128, classes), rows, 32)


def _row(widths: tuple[int, ...], rows: int, batch: int) -> Row:
    return Row(
        "point", "", widths, "cross_entropy", "mnist_sized", rows, batch, ADAM,
        checked_epochs=2, updates=0,
    )  # fmt: skip


def measure(kind: str, repetitions: int, least: float) -> list[Series]:
    """One series for each program that is there."""
    series = {name: Series(kind, name, [], []) for name in PROGRAMS}
    for size, row in points(kind):
        found = steps.measure(row, 1, PROGRAMS, repetitions, least)
        for name in found.seconds:
            series[name].sizes.append(size)
            series[name].seconds.append(found.median(name))
    return [one for one in series.values() if one.sizes]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.05)
    given = parser.parse_args()
    for kind in UNITS:
        for one in measure(kind, given.repetitions, given.least):
            print(json.dumps(asdict(one)), flush=True)


if __name__ == "__main__":
    main()

"""The small tables beside configs/lessons/: points of circles, moons, spirals and a flower.

`python tests/exercises/make_tables.py` writes them; a test holds them against it. Each is a formula
with noise, drawn by the seed that a course has drawn its own by, so that the numbers are the same.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LESSONS = Path(__file__).parents[2] / "configs" / "lessons"
Table = tuple[NDArray[np.float64], NDArray[np.int64]]


def flower() -> Table:
    """Petals of two classes: angle t + noise, radius 4 sin(4 t) + noise, 200 points each."""
    random = np.random.RandomState(1)
    x, y = np.zeros((400, 2)), np.repeat([0, 1], 200)
    for petal in range(2):
        own = slice(200 * petal, 200 * (petal + 1))
        t = np.linspace(petal * 3.12, (petal + 1) * 3.12, 200) + random.randn(200) * 0.2
        r = 4 * np.sin(4 * t) + random.randn(200) * 0.2
        x[own] = np.c_[r * np.sin(t), r * np.cos(t)]
    return x, y


def spiral() -> Table:
    """Three arms: 100 points each, radius 0 to 1, angle over 4 radians with noise 0.2."""
    random = np.random.RandomState(0)
    x, y = np.zeros((300, 2)), np.repeat([0, 1, 2], 100)
    for arm in range(3):
        r = np.linspace(0.0, 1, 100)
        t = np.linspace(arm * 4, (arm + 1) * 4, 100) + random.randn(100) * 0.2
        x[100 * arm : 100 * (arm + 1)] = np.c_[r * np.sin(t), r * np.cos(t)]
    return x, y


def circles(rows: int, seed: int) -> Table:
    """A circle and one of 0.8 times its radius in it, with noise 0.05."""
    random = np.random.RandomState(seed)
    half = rows // 2
    t = np.linspace(0, 2 * np.pi, half, endpoint=False)
    ring = np.c_[np.cos(t), np.sin(t)]
    return _shuffled(np.r_[ring, 0.8 * ring], np.repeat([0, 1], half), 0.05, random)


def moons(rows: int, seed: int, noise: float) -> Table:
    """Two half circles, one turned and moved into the other's bend."""
    random = np.random.RandomState(seed)
    t = np.linspace(0, np.pi, rows // 2)
    x = np.r_[np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]]
    return _shuffled(x, np.repeat([0, 1], rows // 2), noise, random)


def _shuffled(x: NDArray[np.float64], y: NDArray[np.int64], noise: float, random: object) -> Table:
    assert isinstance(random, np.random.RandomState)
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order] + random.normal(scale=noise, size=x.shape), y[order]


def joined(**parts: Table) -> str:
    """A table of parts, whose names are its column split."""
    rows = [
        f"{_cells(row)},{label},{name}"
        for name, (x, y) in parts.items()
        for row, label in zip(x, y, strict=True)
    ]
    return "\n".join(["x1,x2,y,split", *rows, ""])


def plain(table: Table) -> str:
    """A table of x1, x2 and y."""
    rows = [f"{_cells(row)},{label}" for row, label in zip(*table, strict=True)]
    return "\n".join(["x1,x2,y", *rows, ""])


def _cells(row: NDArray[np.float64]) -> str:
    return ",".join(repr(float(value)) for value in row)


def tables() -> dict[str, str]:
    """Every file's text, by name."""
    return {
        "planar_flower.csv": plain(flower()),
        "spiral.csv": plain(spiral()),
        "circles.csv": joined(train=circles(300, 1), val=circles(100, 2)),
        "moons.csv": plain(moons(300, 3, 0.2)),
        "micrograd_moons.csv": plain(moons(100, 1337, 0.1)),
    }


if __name__ == "__main__":
    for name, text in tables().items():
        (LESSONS / name).write_text(text, encoding="utf-8")

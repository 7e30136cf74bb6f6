"""Built-in datasets. Simple -> complex.

Datasets that are drawn at random have a `seed` of their own, so that the run's seed changes the
split, the weights and the order of the rows, but never the data.
"""

import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from nncli.constraints import Bounds, Finite, Length, NonNegative, PositiveInt, Seed
from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.table import Table
from nncli.registry import Part, part


class Dataset(Part):
    """-> Table.

    has_split: whether rows are held back for validation and test by default.
    is_scaled: whether features are standardized by default.
    """

    kind = "dataset"
    has_split: ClassVar[bool] = True
    is_scaled: ClassVar[bool] = True

    @property
    def cells(self) -> int:
        """The approximate number of values that `load` makes; 0 if they are few."""
        return 0

    def load(self) -> Table:
        raise NotImplementedError


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """Column names ('x1', 'x2', ...)."""
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


class Gate(Dataset):
    """The truth table of a logic gate of two inputs: 00, 01, 10, 11."""

    has_split = is_scaled = False
    outputs: ClassVar[tuple[int, int, int, int]]

    def load(self) -> Table:
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
        return Table(x, np.array(self.outputs), ("x1", "x2"), ("output",), ("0", "1"))


@part("and_gate", "and")
class AndGate(Gate):
    """4 rows: 1 iff both inputs are 1."""

    outputs = (0, 0, 0, 1)


@part("or_gate", "or")
class OrGate(Gate):
    """4 rows: 1 iff an input is 1."""

    outputs = (0, 1, 1, 1)


@part("nand_gate", "nand")
class NandGate(Gate):
    """4 rows: 0 iff both inputs are 1."""

    outputs = (1, 1, 1, 0)


@part("xor_gate", "xor")
class XorGate(Gate):
    """4 rows: 1 iff exactly one input is 1; no straight line separates them."""

    outputs = (0, 1, 1, 0)


@part("inline")
class Inline(Dataset):
    """Rows written in the config itself: `x`, a list of rows, and `y`, one target (or list) a row.

    Text or boolean targets are classes; numbers are a regression unless data.task says otherwise.
    """

    x: Annotated[list[list[Finite]], Length(1), "one list of numbers a row"]
    y: Annotated[
        list[bool | Finite | str | Annotated[list[Finite], Length(1)]],
        Length(1),
        "one target, or list of targets, a row",
    ]
    features: Annotated[list[str], "the columns' names; default x1, x2, ..."] = ()  # type: ignore[assignment]
    has_split = is_scaled = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} rows but y has {len(self.y)}")
        if len({len(row) for row in self.x}) > 1 or not self.x[0]:
            raise ValueError("expected rows of x with the same number of values, at least one")
        if self.features and len(self.features) != len(self.x[0]):
            raise ValueError(
                f"features names {len(self.features)} columns but x has {len(self.x[0])}"
            )
        if len(set(self.features)) < len(self.features):
            raise ValueError("expected features with different names")
        if [] in self.y:
            raise ValueError("expected at least one number in each list of y")
        if len({_target_kind(target) for target in self.y}) > 1:
            raise ValueError("expected all targets of one kind: numbers, lists, text or booleans")

    def load(self) -> Table:
        x = np.array(self.x, dtype=float)
        features = tuple(self.features) or numbered("x", x.shape[1])
        if isinstance(self.y[0], bool | str):
            labels = [str(label).lower() if isinstance(label, bool) else label for label in self.y]
            classes, y = np.unique(np.array(labels, dtype=str), return_inverse=True)
            return Table(x, y, features, classes=tuple(map(str, classes)))
        y = np.array(self.y, dtype=float).reshape(len(x), -1)
        targets = numbered("y", y.shape[1]) if y.shape[1] > 1 else ("target",)
        return Table(x, y, features, targets)


def _target_kind(target: object) -> object:
    if isinstance(target, list):
        return len(target)
    return type(target) if isinstance(target, bool | str) else float


@part("iris")
class Iris(Dataset):
    """150 flowers of 3 species, 4 lengths and widths in cm. Source: Fisher (1936), CC BY 4.0."""

    def load(self) -> Table:
        with Path(__file__).with_name("iris.csv").open(encoding="ascii") as file:
            header, *rows = csv.reader(file)
        classes, y = np.unique([row[-1] for row in rows], return_inverse=True)
        x = np.array([row[:-1] for row in rows], dtype=float)
        return Table(x, y, tuple(header[:-1]), (header[-1],), tuple(map(str, classes)))


Samples = Annotated[PositiveInt, "how many rows"]
DrawSeed = Annotated[Seed, "of the draw; the run's own seed doesn't touch it"]


@part("and_float")
class AndFloat(Dataset):
    """Uniform points of the unit square, 1 iff both coordinates exceed 0.5."""

    samples: Samples = 1000
    seed: DrawSeed = 0
    is_scaled = False

    @property
    def cells(self) -> int:
        return 3 * self.samples

    def load(self) -> Table:
        x = np.random.default_rng(self.seed).random((self.samples, 2))
        y = (x > 0.5).all(axis=1).astype(int)
        return Table(x, y, ("x1", "x2"), ("output",), ("0", "1"))


@part("linear_regression")
class LinearRegression(Dataset):
    """y = x . coefficients + intercept + noise * normal, x uniform in [0, 1).

    generator: default is NumPy's PCG64; legacy is the RandomState stream, one column after the
    other and the noise last, which reproduces older notebooks number by number.
    """

    samples: Samples = 10000
    coefficients: Annotated[list[Finite], Length(1)] = (1.0, -2.0, 3.0, -4.0)  # type: ignore[assignment]
    intercept: Finite = 0.0
    noise: Annotated[NonNegative, "standard deviation of the noise"] = 1.0
    seed: DrawSeed = 123
    generator: Annotated[Literal["default", "legacy"], "which random stream"] = "default"

    def __post_init__(self) -> None:
        if self.generator == "legacy" and self.seed >= 2**32:
            raise ValueError("the legacy generator needs a seed below 2^32")

    @property
    def cells(self) -> int:
        return (len(self.coefficients) + 1) * self.samples

    def load(self) -> Table:
        random: Any = np.random.default_rng(self.seed)
        if self.generator == "legacy":
            random = np.random.RandomState(self.seed)
        columns = [random.uniform(0.0, 1.0, self.samples) for _ in self.coefficients]
        noise = random.standard_normal(self.samples)
        x = np.column_stack(columns)
        # one product after the other, as the process is written: x @ c would round differently
        y = np.full(self.samples, self.intercept)
        for coefficient, column in zip(self.coefficients, columns, strict=True):
            y = y + coefficient * column
        y = y + self.noise * noise
        return Table(x, y[:, None], numbered("x", len(columns)), ("y",))


@part("spiral")
class Spiral(Dataset):
    """`classes` arms wound around the origin, `samples` rows in all.

    Row i of an arm lies at radius r = i / (rows - 1) and angle
    2 pi (arm / classes + turns r) + noise * normal.
    """

    samples: Samples = 300
    classes: Annotated[int, Bounds(ge=2)] = 3
    turns: Annotated[NonNegative, "how often an arm goes round"] = 0.75
    noise: Annotated[NonNegative, "standard deviation of the angle, in radians"] = 0.2
    seed: DrawSeed = 0

    def __post_init__(self) -> None:
        if self.samples < 2 * self.classes:
            raise ValueError(f"{self.classes} arms need at least {2 * self.classes} samples")

    @property
    def cells(self) -> int:
        return 3 * self.samples

    def load(self) -> Table:
        arm = np.arange(self.samples) % self.classes
        rank = np.arange(self.samples) // self.classes
        radius = rank / rank.max()
        angle = 2.0 * np.pi * (arm / self.classes + self.turns * radius)
        angle += self.noise * np.random.default_rng(self.seed).standard_normal(self.samples)
        x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        return Table(x, arm, ("x1", "x2"), ("arm",), tuple(map(str, range(self.classes))))


IMAGE_SHAPE = (8, 8, 1)
DIGITS = "datasets/data/digits.csv.gz"  # in scikit-learn's package


class FromScikitLearn(Dataset):
    """A dataset that scikit-learn ships or draws; importing scikit-learn takes a second or two."""

    def load(self) -> Table:
        try:
            import sklearn.datasets as source
        except ImportError as error:
            raise DataError(f"dataset '{self.name}' needs scikit-learn: {error}") from error
        return self.read(source)

    def read(self, source: Any) -> Table:
        raise NotImplementedError


class Bunch(FromScikitLearn):
    """A dataset that scikit-learn ships."""

    def read(self, source: Any) -> Table:
        bunch = getattr(source, f"load_{self.name}")()
        features = tuple(name.replace(" ", "_") for name in bunch.feature_names)
        if "target_names" not in bunch:
            return Table(bunch.data, bunch.target[:, None].astype(float), features)
        return Table(
            bunch.data,
            bunch.target,
            features,
            classes=tuple(map(str, bunch.target_names)),
        )


@part("wine")
class Wine(Bunch):
    """178 wines of 3 growers, 13 chemical measurements. Source: Aeberhard and Forina (1992)."""


@part("breast_cancer")
class BreastCancer(Bunch):
    """569 tumours, malignant or benign, 30 measurements. Source: Wolberg et al. (1995)."""


@part("digits")
class Digits(Bunch):
    """1797 handwritten digits of 8 x 8 pixels, 10 classes. Source: Alpaydin and Kaynak (1998)."""

    def load(self) -> Table:
        package = find_spec("sklearn")
        file = Path(package.origin).parent / DIGITS if package and package.origin else None
        if file is None or not file.is_file():
            return replace(super().load(), image_shape=IMAGE_SHAPE)
        import gzip

        with gzip.open(file) as opened:  # so a study's workers needn't import scikit-learn
            values = np.loadtxt(opened, delimiter=",")
        pixels = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
        classes = tuple(map(str, range(10)))
        truth = values[:, -1].astype(int)
        return Table(values[:, :-1], truth, pixels, classes=classes, image_shape=IMAGE_SHAPE)


@part("diabetes")
class Diabetes(Bunch):
    """442 patients, 10 measurements, progression a year later. Source: Efron et al. (2004)."""


class Drawn(FromScikitLearn):
    """A dataset that scikit-learn draws, in the plane by default."""

    samples: int

    @property
    def cells(self) -> int:
        return 3 * self.samples

    def points(self, source: Any) -> tuple[Array, Array]:
        raise NotImplementedError

    def read(self, source: Any) -> Table:
        x, y = self.points(source)
        classes = tuple(map(str, range(int(y.max()) + 1)))
        return Table(x, y, numbered("x", x.shape[1]), ("class",), classes)


Samples2 = Annotated[int, Bounds(ge=2), "how many rows"]


@part("moons")
class Moons(Drawn):
    """Two interleaved half circles."""

    samples: Samples2 = 500
    noise: Annotated[NonNegative, "standard deviation of both coordinates"] = 0.2
    seed: DrawSeed = 0

    def points(self, source: Any) -> tuple[Array, Array]:
        drawn: tuple[Array, Array] = source.make_moons(
            self.samples, noise=self.noise, random_state=self.seed % 2**32
        )
        return drawn


@part("circles")
class Circles(Drawn):
    """A circle around a smaller one."""

    samples: Samples2 = 500
    noise: Annotated[NonNegative, "standard deviation of both coordinates"] = 0.1
    inner: Annotated[float, Bounds(ge=0, lt=1), "radius of the inner circle"] = 0.5
    seed: DrawSeed = 0

    def points(self, source: Any) -> tuple[Array, Array]:
        drawn: tuple[Array, Array] = source.make_circles(
            self.samples,
            noise=self.noise,
            factor=self.inner,
            random_state=self.seed % 2**32,
        )
        return drawn


@part("blobs")
class Blobs(Drawn):
    """Normal clouds around random centres."""

    samples: Samples2 = 500
    classes: Annotated[int, Bounds(ge=2), "number of clouds, one for each class"] = 3
    features: Annotated[PositiveInt, "number of features"] = 2
    spread: Annotated[NonNegative, "standard deviation of a cloud"] = 1.0
    seed: DrawSeed = 0

    def __post_init__(self) -> None:
        if self.samples < self.classes:
            raise ValueError(f"{self.classes} clouds need at least {self.classes} samples")

    @property
    def cells(self) -> int:
        return (self.features + 1) * (self.samples + self.classes)

    def points(self, source: Any) -> tuple[Array, Array]:
        drawn: tuple[Array, Array] = source.make_blobs(
            self.samples,
            n_features=self.features,
            centers=self.classes,
            cluster_std=self.spread,
            random_state=self.seed % 2**32,
        )
        return drawn

"""Values given one by one, in the config or in a file."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import numpy as np

from nncli.constraints import ConfigPath, Finite, Length
from nncli.equivalent import Equivalent
from nncli.errors import DataError, ShapeError, few, printable
from nncli.parts.arrays import Array, Shape
from nncli.parts.initializers.initializer import Initializer
from nncli.registry import part
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.opening import open_regular

if TYPE_CHECKING:
    from nncli.untrusted_files.npz import NpzArchive
    from nncli.untrusted_files.safetensors import SafetensorsFile

Numbers = Annotated[list[Finite], Length(1)]
Lists = Annotated[list[Finite | Annotated[list[Finite | Numbers], Length(1)]], Length(1)]
AXES = {  # what the lists of each depth stand for, by the number of axes
    1: ("a unit",),
    2: ("an input", "a unit"),
    4: ("a line of the window", "a place of the line", "a channel", "a filter"),
}


@part("values")
class Values(Initializer):
    """The numbers themselves, written out.

    W is inputs x units, so a list for each input: `[[0.15, 0.25], [0.20, 0.30]]` gives unit 1 the
    weights 0.15 and 0.20, and unit 2 the weights 0.25 and 0.30. b is a number for each unit. A
    kernel of conv2d is a list of lines, each a list of places, each a list for each channel.
    """

    values: Annotated[
        list[Finite | Lists],
        Length(1),
        "W: a list of numbers for each input; b: a number for each unit",
    ]
    equivalents = {
        "keras": '"zeros"',  # until the numbers are assigned
        "pytorch": "{tensor}.data = torch.tensor({given}){transposed}",
    }
    given_by = "values"

    def equivalent(self, library: str, **names: object) -> Equivalent:
        return super().equivalent(library, given=self.assigned(""), **names)

    def assigned(self, name: str) -> str:
        return str(self.values)

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        self._refuse_misfit(shape, name)
        return np.array(self.values, dtype=float)

    def _refuse_misfit(self, shape: Shape, name: str) -> None:
        """Raises ShapeError, with the list at fault as key, unless the numbers have this shape."""
        axes = AXES.get(len(shape), ("an axis",) * len(shape))
        lists: list[tuple[str, Any]] = [(self.given_by, self.values)]
        for depth, (count, axis) in enumerate(zip(shape, axes, strict=True), start=1):
            is_last = depth == len(shape)
            kind = "number" if is_last else "list"
            expected = f"expected {count} {kind}{'s' * (count > 1)}, one {axis}"
            for place, items in lists:
                if len(items) != count or any(isinstance(item, list) is is_last for item in items):
                    found = f"{_described(items)}{self._hint(shape)}"
                    raise ShapeError(f"{name}: {expected}, found {found}", place)
            lists = [(f"{own}[{i}]", item) for own, items in lists for i, item in enumerate(items)]

    def _hint(self, shape: Shape) -> str:
        """A hint for the message if rows and columns are swapped; else empty."""
        lengths = {len(item) if isinstance(item, list) else 0 for item in self.values}
        is_turned = (len(self.values), *lengths) == shape[::-1]
        return " (a list is an input's, not a unit's: turn rows into columns)" * is_turned


def _described(items: list[Any]) -> str:
    """The items in words: `2 lists`, `1 number`, `2 numbers and 1 list`."""
    counts = Counter("list" if isinstance(item, list) else "number" for item in items)
    return " and ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in counts.items())


@part("from_file")
class FromFile(Initializer):
    """The tensor of the same name (`hidden_1/W`) in a .safetensors or .npz file: a warm start."""

    path: Annotated[ConfigPath, "a .safetensors or .npz file of named tensors"]
    equivalents = {
        "keras": '"zeros"',  # until the file's tensors are assigned
        "pytorch": "{tensor}.data = torch.tensor({given}){transposed}",
    }
    given_by = "path"

    def equivalent(self, library: str, **names: object) -> Equivalent:
        given = self.assigned(str(names.get("tensor_name", "")))
        return super().equivalent(library, given=given, **names)

    def assigned(self, name: str) -> str:
        load = "np.load" if self.path.suffix == ".npz" else "load_file"
        return f'{load}({self.path.name!r})["{name}"]'

    def __post_init__(self) -> None:
        if self.path.suffix not in (".safetensors", ".npz"):
            raise ValueError(f"expected a .safetensors or .npz file, found '{self.path.name}'")

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        with _opened(self.path) as file:
            tensors = self._tensors(file)
            if name not in tensors.arrays:
                known = few(sorted(tensors.arrays))
                raise DataError(f"{self.path}: no tensor '{name}'; it has {printable(known, 300)}")
            found = tensors.arrays[name].shape
            if found != shape:  # before anything of that size is read
                raise ShapeError(f"{self.path}: {name}: expected shape {shape}, found {found}")
            values: Array = tensors.read(name)
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise DataError(f"{self.path}: {name}: expected finite numbers")
        return values.astype(float)

    def _tensors(self, file: IO[bytes]) -> "NpzArchive | SafetensorsFile":
        if self.path.suffix == ".npz":
            from nncli.untrusted_files.npz import NpzArchive

            return NpzArchive(file)
        from nncli.untrusted_files.safetensors import SafetensorsFile

        return SafetensorsFile(file)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The open file. Raises DataError if it can't be read or hasn't its suffix's format."""
    try:
        with open_regular(path) as file:
            yield file
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except Malformed as error:
        message = printable(str(error), 300)
        raise DataError(f"{path}: not a readable {path.suffix} file: {message}") from None
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None

"""Picture folder: reads PNG files as the rows of a table, with a column a pixel and channel.

The name of a subfolder is the class of its pictures: `cats/1.png`, `dogs/1.png`. Pictures in the
folder itself have no class: they are to be predicted. Sizes are checked before pixels are read.
"""

import hashlib
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path

import numpy as np

from nncli.data.reading.chunks import Chunk, reading, refuse_width
from nncli.data.reading.pixel_columns import CHANNELS, pixel_names
from nncli.errors import DataError, few, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape
from nncli.untrusted_files.opening import open_regular, sha256_of

CLASS_COLUMN = "class"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">8sI4sIIBBBBB")  # up to the interlace method
GRAY_COLOUR_TYPES = (0, 4)  # of PNG, without and with transparency
OTHER_FORMATS = {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
PICTURES_A_CHUNK = 256


@frozen
class _Picture:
    path: Path
    label: str


class PictureFolder:
    """The PNG files of a folder, sorted by class and name.

    A pixel has one value in [0, 1], or three if any picture is in colours; transparency is dropped.
    picture: (height, width, channels) of all.  pixels: the names of their columns.
    Raises DataError for a folder without pictures, and for pictures of different sizes.
    """

    row_word = "picture "
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path):
            self._pictures = [*_pictures(path)]
            unread = [*_unread(path)]
        note = f"not read: {few(unread)}; a picture is CLASS/NAME.png"
        if not self._pictures:
            more = f" ({note})" if unread else ""
            message = f"{path}: a folder without pictures: expected CLASS/NAME.png in it{more}"
            raise DataError(message, key="data.path")
        self.notes: tuple[str, ...] = (f"{path}: {note}",) if unread else ()
        sizes = {picture: _size(picture.path) for picture in self._pictures}
        (first, (height, width, _)), *others = sizes.items()
        for picture, (high, wide, _) in others:
            if (high, wide) != (height, width):
                raise DataError(
                    f"{picture.path}: {wide} x {high} pixels, and {first.path} has {width} x "
                    f"{height}: bring all pictures to one size",
                    key="data.path",
                )
        self._has_classes = any(picture.label for picture in self._pictures)
        self.targets = (CLASS_COLUMN,) if self._has_classes else ()
        self.texts = frozenset([CLASS_COLUMN])
        self._set_shape(height, width, max(channels for *_, channels in sizes.values()))

    def _set_shape(self, *picture: int) -> None:
        self.picture: Shape = picture
        refuse_width(self.path, prod(picture))
        self.pixels = tuple(pixel_names("pixel", picture))
        self.names = (*self.pixels, *self.targets)

    def with_columns(self, names: Collection[str]) -> "PictureFolder":
        """The same pictures; gray ones become RGB if `names` are those of RGB pictures."""
        height, width, channels = self.picture
        if channels == 1 and {*pixel_names("pixel", (height, width, len(CHANNELS)))} <= {*names}:
            self._set_shape(height, width, len(CHANNELS))
        return self

    def chunks(self) -> Iterator[Chunk]:
        for start in range(0, len(self._pictures), PICTURES_A_CHUNK):
            some = self._pictures[start : start + PICTURES_A_CHUNK]
            values = np.stack([self._read(picture.path) for picture in some])
            columns: list[Array | list[str]] = [*np.ascontiguousarray(values.T)]
            if self._has_classes:
                columns.append([picture.label for picture in some])
            yield Chunk(columns, np.arange(start + 1, start + len(some) + 1))

    @property
    def listing(self) -> "PictureListing":
        """A table of the paths of the same pictures."""
        paths = [picture.path for picture in self._pictures]
        return PictureListing([path.relative_to(self.path).as_posix() for path in paths])

    def _read(self, path: Path) -> Array:
        """(pixels,) the values of a picture, row by row. Raises DataError for a damaged file."""
        from matplotlib.image import imread

        height, width, channels = self.picture
        with reading(path), open_regular(path) as file:
            try:
                found = imread(file, format="png")
            except (SyntaxError, ValueError, OSError) as error:
                why = printable(str(error), 200)
                raise DataError(f"{path}: not a PNG that can be read: {why}") from None
        values = np.asarray(found, float).reshape(height, width, -1)
        if values.shape[2] in (2, 4):  # the last channel is transparency
            values = values[:, :, :-1]
        if channels == 1:  # matplotlib reads gray with transparency as equal RGB channels
            values = values[:, :, :1]
        return np.broadcast_to(values, (height, width, channels)).ravel()

    def count_cells(self) -> int:
        return len(self._pictures) * len(self.names)

    def count_rows(self) -> int:
        return len(self._pictures)


class PictureListing:
    """A table of the paths of pictures, to be written beside their predictions."""

    names = ("picture",)
    texts = frozenset(names)
    row_word = PictureFolder.row_word
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    picture: Shape = ()
    pixels: tuple[str, ...] = ()

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files

    def chunks(self) -> Iterator[Chunk]:
        yield Chunk([self.files], np.arange(1, len(self.files) + 1))

    def count_cells(self) -> int:
        return len(self.files)

    count_rows = count_cells


def folder_sha256(path: Path) -> str:
    """The SHA-256 of a folder: of the path and the SHA-256 of each picture."""
    digest = hashlib.sha256()
    for picture in _pictures(path):
        name = picture.path.relative_to(path).as_posix()
        digest.update(f"{name}\0{sha256_of(picture.path)}\n".encode())
    return digest.hexdigest()


def _pictures(folder: Path) -> Iterator[_Picture]:
    """The pictures in the folder itself, then those of each class."""
    inside = sorted(folder.iterdir())
    yield from (_Picture(path, "") for path in inside if _is_png(path))
    for path in inside:
        if path.is_dir() and not path.name.startswith("."):
            yield from (
                _Picture(file, path.name) for file in sorted(path.iterdir()) if _is_png(file)
            )


def _unread(folder: Path) -> Iterator[str]:
    """The files that aren't read: of other formats, or in subfolders of a class."""
    for path in sorted(folder.iterdir()):
        inside = sorted(path.iterdir()) if path.is_dir() and not path.name.startswith(".") else []
        for found in (path, *inside):
            is_other = found.suffix.lower() in OTHER_FORMATS
            is_deeper = found is not path and not _is_png(found) and found.is_dir()
            if (is_other or is_deeper) and not found.name.startswith("."):
                name = found.relative_to(folder).as_posix()
                yield printable(f"{name}/" if is_deeper else name)


def _is_png(path: Path) -> bool:
    return path.suffix.lower() == ".png" and not path.name.startswith(".")


def _size(path: Path) -> Shape:
    """(height, width, channels) in the file's header. Raises DataError for any file but a PNG."""
    with reading(path), open_regular(path) as file:
        header = file.read(HEADER.size)
    if len(header) == HEADER.size:
        signature, _, chunk_type, width, height, _, colour_type, *_ = HEADER.unpack(header)
        if (signature, chunk_type) == (SIGNATURE, b"IHDR") and width and height:
            return height, width, 1 if colour_type in GRAY_COLOUR_TYPES else len(CHANNELS)
    raise DataError(f"{path}: not a PNG picture", key="data.path")

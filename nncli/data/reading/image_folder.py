"""Image folder: reads PNG files as the rows of a table, with a column per pixel and channel.

The name of a subfolder is the class of its images: `cats/1.png`, `dogs/1.png`. Images in the
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
IMAGES_A_CHUNK = 256


@frozen
class _Image:
    path: Path
    label: str


class ImageFolder:
    """The PNG files of a folder as a table, sorted by class and name.

    A pixel has one value in [0, 1], or three if any image is in colours; transparency is dropped.
    image_shape: (height, width, channels) of each image.  pixels: the names of the pixel columns.
    Raises DataError for a folder without images, and for images of different sizes.
    """

    row_word = "image "
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path):
            self._images = [*_images(path)]
            unread = [*_unread(path)]
        note = f"not read: {few(unread)}; an image is CLASS/NAME.png"
        if not self._images:
            more = f" ({note})" if unread else ""
            message = f"{path}: a folder without images: expected CLASS/NAME.png in it{more}"
            raise DataError(message, key="data.path")
        self.notes: tuple[str, ...] = (f"{path}: {note}",) if unread else ()
        sizes = {image: _size(image.path) for image in self._images}
        (first, (height, width, _)), *others = sizes.items()
        for image, (high, wide, _) in others:
            if (high, wide) != (height, width):
                raise DataError(
                    f"{image.path}: {wide} x {high} pixels, and {first.path} has {width} x "
                    f"{height}: bring all images to one size",
                    key="data.path",
                )
        self._has_classes = any(image.label for image in self._images)
        self.targets = (CLASS_COLUMN,) if self._has_classes else ()
        self.texts = frozenset([CLASS_COLUMN])
        self._set_shape(height, width, max(channels for *_, channels in sizes.values()))

    def _set_shape(self, *shape: int) -> None:
        self.image_shape: Shape = shape
        refuse_width(self.path, prod(shape))
        self.pixels = tuple(pixel_names("pixel", shape))
        self.names = (*self.pixels, *self.targets)

    def with_columns(self, names: Collection[str]) -> "ImageFolder":
        """The same images; gray ones become RGB if `names` are those of RGB images."""
        height, width, channels = self.image_shape
        if channels == 1 and {*pixel_names("pixel", (height, width, len(CHANNELS)))} <= {*names}:
            self._set_shape(height, width, len(CHANNELS))
        return self

    def chunks(self) -> Iterator[Chunk]:
        for start in range(0, len(self._images), IMAGES_A_CHUNK):
            some = self._images[start : start + IMAGES_A_CHUNK]
            values = np.stack([self._read(image.path) for image in some])
            columns: list[Array | list[str]] = [*np.ascontiguousarray(values.T)]
            if self._has_classes:
                columns.append([image.label for image in some])
            yield Chunk(columns, np.arange(start + 1, start + len(some) + 1))

    @property
    def listing(self) -> "ImageListing":
        """A table of the paths of the same images."""
        paths = [image.path for image in self._images]
        return ImageListing([path.relative_to(self.path).as_posix() for path in paths])

    def _read(self, path: Path) -> Array:
        """(pixels,) the values of an image, row by row. Raises DataError for a damaged file."""
        from matplotlib.image import imread

        height, width, channels = self.image_shape
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
        return len(self._images) * len(self.names)

    def count_rows(self) -> int:
        return len(self._images)


class ImageListing:
    """A table of the paths of images, which is written with their predictions."""

    names = ("picture",)  # in the written table, where scripts may read it
    texts = frozenset(names)
    row_word = ImageFolder.row_word
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    image_shape: Shape = ()
    pixels: tuple[str, ...] = ()

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files

    def chunks(self) -> Iterator[Chunk]:
        yield Chunk([self.files], np.arange(1, len(self.files) + 1))

    def count_cells(self) -> int:
        return len(self.files)

    count_rows = count_cells


def folder_sha256(path: Path) -> str:
    """The SHA-256 of a folder: of the path and the SHA-256 of each image."""
    digest = hashlib.sha256()
    for image in _images(path):
        name = image.path.relative_to(path).as_posix()
        digest.update(f"{name}\0{sha256_of(image.path)}\n".encode())
    return digest.hexdigest()


def _images(folder: Path) -> Iterator[_Image]:
    """The images in the folder itself, then those of each class."""
    inside = sorted(folder.iterdir())
    yield from (_Image(path, "") for path in inside if _is_png(path))
    for path in inside:
        if path.is_dir() and not path.name.startswith("."):
            yield from (_Image(file, path.name) for file in sorted(path.iterdir()) if _is_png(file))


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
    raise DataError(f"{path}: not a PNG image", key="data.path")

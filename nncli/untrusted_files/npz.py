"""The .npz format: a zip archive of arrays, read with limits. Nothing is unpickled."""

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from numpy.lib import format as npy

from nncli.untrusted_files.array_headers import Declared, Malformed, declared, filled
from nncli.untrusted_files.opening import size_in_words

MAX_ARRAYS = 10_000
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
ENCRYPTED = 1
DAMAGE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class NpzArchive:
    """An open .npz file. arrays: what it declares; `read` reads one.

    most: the maximum size of all unpacked arrays; None if only arrays of known shapes are read.
    Raises Malformed for another file, one that declares more, or Python objects.
    """

    def __init__(self, file: IO[bytes], most: int | None = None) -> None:
        try:
            self._zip = ZipFile(file)
        except DAMAGE:
            raise Malformed("not an .npz archive") from None
        members = self._zip.infolist()
        if len(members) > MAX_ARRAYS:
            raise Malformed(f"it holds more than {MAX_ARRAYS:,} arrays")
        if most is not None and sum(member.file_size for member in members) > most:
            raise Malformed(f"its arrays unpack to more than {size_in_words(most)}")
        self._members: dict[str, ZipInfo] = {}
        self.arrays: dict[str, Declared] = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name == member.filename or name in self._members:
                raise Malformed("expected .npy files in it, each with a name of its own")
            self._members[name] = member
            with self._opened(name) as (array, _):
                self.arrays[name] = array

    def read(self, name: str) -> Any:
        """Read an array. Raises Malformed if its bytes are damaged."""
        with self._opened(name) as (array, content):
            return filled(array, content.read)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[Declared, IO[bytes]]]:
        """(the array's declaration, the open file after its header)."""
        member = self._members[name]
        try:
            if member.flag_bits & ENCRYPTED or member.compress_type not in (
                ZIP_STORED,
                ZIP_DEFLATED,
            ):
                raise Malformed("packed in a way that isn't read")
            with self._zip.open(member) as content:
                yield _array(content, member.file_size), content
        except Malformed as error:
            raise Malformed(f"{name}: {error}") from None
        except DAMAGE as error:
            raise Malformed(f"{name}: damaged: {error}") from None


def _array(content: IO[bytes], size: int) -> Declared:
    """The declaration in the header of an .npy file of `size` bytes. Raises Malformed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers written by Python 2
            shape, is_fortran, dtype = HEADERS[npy.read_magic(content)](content)
    except DAMAGE:
        raise
    except Exception:  # parsing a header may raise SyntaxError, MemoryError ...
        raise Malformed("its header isn't that of an array") from None
    if dtype.kind not in "biufU":  # reading objects would run code
        found = "Python objects" if dtype.hasobject else str(dtype)
        raise Malformed(f"expected numbers or text, found {found[:40]}")
    return declared(shape, dtype, size - content.tell(), is_fortran=is_fortran)

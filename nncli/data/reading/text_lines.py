"""Text lines: decodes a text file into the lines of its table."""

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path

from nncli.data.reading.bounded_reader import BoundedFile
from nncli.data.reading.chunks import reading
from nncli.data.reading.text_encodings import (
    encoding_advice,
    encoding_of_mark,
    first_undecodable,
    unmarked_utf16,
)
from nncli.data.reading.text_format import TextFormat
from nncli.errors import DataError, LayoutFound, Problem, TableError

SAMPLE_BYTES = 1 << 16
SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n])"?\1*[ "]*\Z', re.IGNORECASE)
OTHER_ENCODING_HINT = "say another data.encoding, or save the file as UTF-8"


class TextLines:
    """The decoded lines of a text table, without the lines before it.

    has_mark: whether the file has a byte order mark.  line_end: the line end of the first lines.
    separator: the delimiter of Excel's line `sep=;`, or None.  looks_like_utf8: whether the file
    is probably UTF-8 although the config sets another encoding.  skipped: the number of lines
    before the table.  sample: the first complete lines of the table.

    Raises TableError, with line and byte, for bytes that aren't text in `encoding`.
    """

    def __init__(self, path: Path, format_: TextFormat) -> None:
        self.path = path
        with reading(path), io.BufferedReader(BoundedFile(path)) as file:
            head = file.read(SAMPLE_BYTES)
        by_mark = encoding_of_mark(head)
        self.has_mark = by_mark is not None
        self.encoding = by_mark or format_.encoding
        if codecs.lookup(self.encoding).name == "utf-8":
            self.encoding = "utf-8-sig"
            self._refuse_binary(head)
        self.looks_like_utf8 = not self.encoding.startswith("utf") and _is_utf8(head)
        text = head.decode(self.encoding, "ignore")
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        is_cut = len(head) == SAMPLE_BYTES
        if is_cut:  # the last line may be cut
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
        lines = list(io.StringIO(text, newline=""))
        found = SEPARATOR_LINE.match(lines[0].rstrip("\r\n")) if lines else None
        self.separator = found[1] if found else None
        self.skipped = max(format_.skip_rows, 1 if found else 0)
        self.sample = lines[self.skipped :]

    def _refuse_binary(self, head: bytes) -> None:
        if b"\0" not in head:
            return
        if wide := unmarked_utf16(head):
            what = "this is UTF-16 without a mark that says so"
            fix = f"save the file as UTF-8, or say data.encoding: {wide}"
            raise LayoutFound(f"{self.path}:1", what, fix, {"encoding": wide})
        raise DataError(f"{self.path}: a binary file, not a table of text", key="data.path")

    def read(self, file: BoundedFile) -> io.TextIOBase:
        """The table as a text stream with its line ends; reading may raise UnicodeDecodeError."""
        text = io.TextIOWrapper(io.BufferedReader(file), encoding=self.encoding, newline="")
        for _ in range(self.skipped):
            if not text.readline():
                break
        return text

    def undecodable(self) -> DataError:
        """The error for the first byte that isn't text in `encoding`, with its line."""
        name = "UTF-8" if self.encoding == "utf-8-sig" else self.encoding
        with reading(self.path), BoundedFile(self.path) as file:
            found = first_undecodable(_pieces(file), self.encoding)
        if found is None:  # the file was changed meanwhile
            return DataError(f"{self.path}: not {name}: save the file as UTF-8")
        line, byte, about = found
        where, what = f"{self.path}:{line}", f"byte {byte:#04x} is not {name}"
        fix, encoding = encoding_advice(about) if name == "UTF-8" else (OTHER_ENCODING_HINT, "")
        if encoding:
            return LayoutFound(where, what, fix, {"encoding": encoding})
        return TableError([Problem(where, "", f"{what}: {fix}")])


def _is_utf8(head: bytes) -> bool:
    """Whether bytes are UTF-8 but not ASCII; the last character may be incomplete."""
    try:
        return not codecs.getincrementaldecoder("utf-8")().decode(head).isascii()
    except UnicodeDecodeError:
        return False


def _pieces(file: BoundedFile) -> Iterator[bytes]:
    """Yield a file's bytes in pieces, and an empty one at the end."""
    piece = None
    while piece != b"":
        file.renew_limit()
        piece = file.read(SAMPLE_BYTES) or b""
        yield piece

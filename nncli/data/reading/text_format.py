"""Text format: delimiter, encoding and so on of a text table, and the usual missing markers."""

import codecs
from typing import Literal

from nncli.frozen import frozen

WHITESPACE = "whitespace"  # a delimiter: runs of spaces and tabs
MISSING_MARKERS = (
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "null", "NULL", "Null",
    "None", "?", "-", "--", ".", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
)  # fmt: skip
NOT_FILE_ENCODINGS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")


@frozen
class TextFormat:
    """How a text table is written. None: inferred from the first rows.

    delimiter: one character, or `whitespace`.  encoding: of files without a byte order mark.
    comment: the prefix of comment lines; None: there are none.  skip_rows: lines before the table.

    Raises ValueError for settings that contradict each other, and unknown encodings.
    """

    delimiter: str | None = None
    header: bool | None = None
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    comment: str | None = None
    skip_rows: int = 0

    def __post_init__(self) -> None:
        if self.delimiter not in (None, WHITESPACE) and len(self.delimiter) != 1:
            found = f"found '{self.delimiter}'"
            raise ValueError(f"delimiter: expected one character, or {WHITESPACE}, {found}")
        if self.delimiter == self.decimal:
            raise ValueError("delimiter and decimal are the same character")
        if not is_encoding(self.encoding):
            named = "utf-8, utf-16, cp1252, latin-1, cp1251, gb18030, cp932 ..."
            raise ValueError(f"encoding: expected one of {named}, found '{self.encoding}'")
        if self.comment is not None and not self.comment.strip():
            raise ValueError("comment: expected a sign such as '#', found nothing but blanks")


def is_encoding(name: str) -> bool:
    """Whether Python can decode text files in this encoding.

    >>> [is_encoding(name) for name in ("cp1252", "latin-1", "UTF8", "latin-99", "base64")]
    [True, True, True, False, False]
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name.replace("-", "_") not in NOT_FILE_ENCODINGS

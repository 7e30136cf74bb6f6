"""Text encodings: detects a file's encoding, and the first byte that isn't in it."""

import codecs
import re
from collections.abc import Iterable

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LINE_BREAK = re.compile(r"\r\n|\r|\n")
FOREIGN = re.compile(r"[^\x00-\x7f]+")
IN_A_WORD = re.compile(r"(?<=[a-z])[^\x00-\x7f](?=[a-z])")
NOT_IN_A_WORD = re.compile(r"(?<![A-Za-z])[^\x00-\x7f]+(?![A-Za-z])")
NOT_AT_ENDS = (
    "³¹ŽŠŒ†‡‰ƒ…\N{SINGLE LOW-9 QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"  # of a word
)
MAX_MEAN_RUN = 2  # mean length of runs of non-ASCII characters: accents stand alone


def encoding_of_mark(head: bytes) -> str | None:
    """The encoding of a file's byte order mark; None without one.

    >>> encoding_of_mark("\\ufeffx".encode("utf-16-le")), encoding_of_mark(b"x,y")
    ('utf-16', None)
    """
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def unmarked_utf16(head: bytes) -> str | None:
    """`utf-16-le` or `-be` if every other byte is zero, as in UTF-16 without a mark; else None.

    >>> unmarked_utf16("x,y\\n1,2".encode("utf-16-be")), unmarked_utf16(b"x\\0y")
    ('utf-16-be', None)
    """
    pairs = len(head) // 2
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[start::2].count(0), head[1 - start :: 2].count(0)
        if pairs > 1 and zeros > 0.7 * pairs and not others:
            return name
    return None


def cp1252_word(head: bytes) -> str | None:
    """A word with an accent if the bytes look like cp1252; else None.

    In cp1252, accents stand alone in words of Latin letters; other alphabets make runs, and other
    encodings put symbols and capitals inside words.

    >>> cp1252_word("größe,1".encode("cp1252")), cp1252_word("привет,1".encode("cp1251"))
    ('größe', None)
    >>> cp1252_word("café".encode("cp437")), cp1252_word("miał".encode("cp1250"))
    (None, None)
    """
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        return None
    runs = FOREIGN.findall(text)
    letters = [run for run in NOT_IN_A_WORD.findall(text) if run.strip("ªºµ").isalpha()]
    inside = IN_A_WORD.findall(text)
    odd = [
        sign for sign in inside if not (sign.islower() or sign == "\N{RIGHT SINGLE QUOTATION MARK}")
    ]
    is_long = sum(map(len, runs)) > MAX_MEAN_RUN * len(runs)
    ends = re.findall(r"(?<=[a-z])[^\x00-\x7f](?![^\W\d_])", text)
    odd += [sign for sign in ends if sign in NOT_AT_ENDS or (sign.isalpha() and sign.isupper())]
    if not runs or is_long or 2 * len(letters) > len(runs) or 20 * len(odd) > len(runs):
        return None
    found = re.search(r"[\w°€£¥§%-]*[^\x00-\x7f][\w°€£¥§%-]*", text)
    return found[0] if found else None


def encoding_advice(head: bytes) -> tuple[str, str]:
    """(what to do about bytes that aren't UTF-8, their likely encoding or "")."""
    text = head.decode("utf-8", "replace")
    if sum(sign > "\x7f" for sign in text) > 2 * text.count("\N{REPLACEMENT CHARACTER}"):
        return "its other letters are UTF-8: mend this line", ""
    if cp1252_word(head) is not None:
        return "save the file as UTF-8, or say data.encoding: cp1252", "cp1252"
    others = "cp1252 Western European, cp1250 Central European, cp1251 Cyrillic, gb18030 Chinese"
    others += ", cp932 Japanese ..."
    return f"save the file as UTF-8, or name its encoding with data.encoding ({others})", ""


def first_undecodable(pieces: Iterable[bytes], encoding: str) -> tuple[int, int, bytes] | None:
    """(line, byte, the bytes around it) of the first decoding error; None without one.

    pieces: the file's bytes, the last piece empty.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_after_return = 1, False
    for piece in pieces:
        found = None
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as refused:
            found = refused.object[refused.start], refused.object
            text = refused.object[: refused.start].decode(refused.encoding, "ignore")
        if is_after_return and text[:1] == "\n":
            text = text[1:]
        is_after_return = text[-1:] == "\r"
        line += len(LINE_BREAK.findall(text))
        if found is not None:
            return line, *found
    return None

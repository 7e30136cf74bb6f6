"""Markdown: a trace for a notebook, a wiki or a handout."""

import re
from collections.abc import Iterator, Sequence

from nncli.errors import escaped
from nncli.trace.document import Beside, Heading, Part, Remark, Sentence, TensorBlock, document
from nncli.trace.traced_steps import Trace
from nncli.trace.worksheet import Worksheet

MARKS = re.compile(r"[\\`*\[\]<|~$&]|(?<![^\W_])_|_(?![^\W_])|(?<=[^\W_]):(?=//)|(?<=\bwww)\.")


def markdown(shown: Trace, worksheet: Worksheet | None = None, *, is_solved: bool = False) -> str:
    """The page as Markdown: arrays are tables, formulas are code."""
    parts = document(shown, worksheet, is_solved=is_solved)
    return "\n".join(line for part in parts for line in _lines(part)).lstrip() + "\n"


def _lines(part: Part) -> Iterator[str]:
    if isinstance(part, Heading):
        yield from ("", f"{'#' * part.level} {_escaped(part.text)}")
    elif isinstance(part, Sentence):
        if part.text:
            yield from (
                "",
                f"`{part.text}`" if " = " in part.text or "<-" in part.text else part.text,
            )
    elif isinstance(part, Remark):
        yield from ("", _escaped(part.text))
    elif isinstance(part, TensorBlock):
        yield from ("", f"`{part.title}` ({part.name}, {part.shape})")
        for words in part.meaning:
            yield from ("", f"- {_escaped(words)}")
        yield from _table(part.columns, part.cells)
        for line in part.arithmetic:
            yield from ("", f"`{line}`")
    else:
        yield from _beside(part)


def _table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table with a header, which Markdown requires: the names, or else the columns' indices."""
    if not cells:
        return
    count = len(cells[0])
    header = [_escaped(name) for name in names] or [f"[{column}]" for column in range(count)]
    yield ""
    yield from (_row(header), _row(["---:"] * count))
    yield from map(_row, cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _beside(beside: Beside) -> Iterator[str]:
    """One table with a group of columns for each block."""
    count = len(beside.blocks[0].cells[0])
    header = [
        block.title if column == 0 else "" for block in beside.blocks for column in range(count)
    ]
    rows = zip(*(block.cells for block in beside.blocks), strict=True)
    yield from _table(header, [[cell for cells in across for cell in cells] for across in rows])


def _escaped(text: str) -> str:
    """Escape what Markdown would read as markup; an underscore only at the edge of a word."""
    return MARKS.sub(r"\\\g<0>", escaped(text))

"""Plain text: a trace for a terminal or a printer."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from nncli.errors import escaped
from nncli.trace.document import Beside, Heading, Part, Remark, Sentence, TensorBlock, document
from nncli.trace.traced_steps import Trace
from nncli.trace.worksheet import Worksheet

WIDEST = 100
MAX_NAME_LENGTH = 12
MARGIN = "    "
UNDERLINES = {1: "=", 2: "-"}


def text(shown: Trace, worksheet: Worksheet | None = None, *, is_solved: bool = False) -> str:
    """The page as plain text."""
    parts = document(shown, worksheet, is_solved=is_solved)
    return "\n".join(line for part in parts for line in _lines(part)).lstrip() + "\n"


def _lines(part: Part) -> Iterator[str]:
    if isinstance(part, Heading):
        yield from _heading(part)
    elif isinstance(part, Sentence):
        yield part.text
    elif isinstance(part, Remark):
        yield from wrap(part.text, WIDEST)
    elif isinstance(part, TensorBlock):
        yield from _block(part)
    else:
        yield from _beside(part)


def _heading(heading: Heading) -> Iterator[str]:
    yield ""
    yield (title := escaped(heading.text))
    if heading.level in UNDERLINES:
        yield UNDERLINES[heading.level] * len(title)


def _block(block: TensorBlock) -> Iterator[str]:
    cells = block.cells
    yield f"  {block.title.ljust(40)}  {block.name}  ({block.shape})".rstrip()
    if len(names := [*map(escaped, block.columns)]) and max(map(len, names)) <= MAX_NAME_LENGTH:
        cells = [names, *block.cells]
    for words in block.meaning:
        yield from wrap(words, WIDEST, initial_indent=MARGIN, subsequent_indent=f"{MARGIN}  ")
    for line in aligned(cells):
        yield f"      {line}"
    for line in block.arithmetic:
        yield f"      {line}"


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table, with right-aligned columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def _beside(beside: Beside) -> Iterator[str]:
    """Blocks side by side if they fit into WIDEST, else one below the other."""
    columns = []
    for block in beside.blocks:
        lines = [block.title, *aligned(block.cells)]
        width = max(map(len, lines))
        columns.append([line.rjust(width) for line in lines])
    if sum(len(column[0]) + 4 for column in columns) <= WIDEST:
        for across in zip(*columns, strict=True):
            yield "      " + "    ".join(across)
        return
    for block in beside.blocks:
        yield f"    {block.title}"
        for line in aligned(block.cells):
            yield f"      {line}"

"""Markup: the parts of a worksheet as HTML."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from nncli.page.markup import Markup, join, tag, text
from nncli.trace.document import Beside, Heading, Part, Remark, Sentence, TensorBlock

BLANK = re.compile(r"#(\d+)____")
SOLVED = re.compile(r"#(\d+) (.+)")
STEPS = re.compile(r"#(\d+) ")  # before a line of arithmetic
MAX_FORMULA_LENGTH = 100
SYMBOL = re.compile(r"(?<![\w.])([A-Za-z]+)(\d+)(?![\w.(])")
POWER = re.compile(r"\^(T|\d+(?:\.\d+)?)")
TAGS = {1: "h2", 2: "h2", 3: "h3"}


def body(parts: Sequence[Part]) -> Markup:
    """The parts as HTML; consecutive blocks stand side by side if there is room."""
    return join(
        *(
            markup
            for is_block, each in groupby(parts, _is_block)
            for markup in _group(is_block, [*each])
        )
    )


def _is_block(part: Part) -> bool:
    return isinstance(part, TensorBlock)


def _group(is_block: bool, parts: Sequence[Part]) -> Iterator[Markup]:
    if is_block:
        yield tag(
            "div",
            *(_block(each) for each in parts if isinstance(each, TensorBlock)),
            class_="blocks",
        )
        return
    for part in parts:
        if isinstance(part, Heading):
            yield tag(TAGS[part.level], part.text, class_="step" if part.level == 1 else None)
        elif isinstance(part, Sentence | Remark) and part.text:
            yield _sentence(part.text)
        elif isinstance(part, Beside):
            yield tag("div", *map(_block, part.blocks), class_="blocks")


def _sentence(words: str) -> Markup:
    """A formula, a line of arithmetic, or words."""
    if STEPS.match(words):
        return _worked(words)
    is_formula = " = " in words or "<-" in words
    if is_formula and len(words) < MAX_FORMULA_LENGTH:
        return tag("p", _formula(words), class_="formula")
    return tag("p", words, class_="about")


def _formula(written: str) -> Markup:
    """A formula with subscripts, superscripts and arrows."""
    lowered = SYMBOL.sub(r"\1<sub>\2</sub>", text(written))
    raised = POWER.sub(r"<sup>\1</sup>", lowered)
    return Markup(raised.replace("&lt;-", "\N{LEFTWARDS ARROW}").replace(" * ", " \N{MIDDLE DOT} "))


def _block(block: TensorBlock) -> Markup:
    place = f"{block.name} ({block.shape})" if block.shape else ""
    return tag(
        "div",
        tag("p", _formula(block.title), tag("small", place), class_="formula"),
        *(tag("p", words, class_="meaning") for words in block.meaning),
        _table(block) if block.cells else None,
        *map(_worked, block.arithmetic),
        class_="block",
    )


def _table(block: TensorBlock) -> Markup:
    head = tag("tr", *(tag("th", name) for name in block.columns)) if block.columns else None
    rows = (tag("tr", *map(_cell, row)) for row in block.cells)
    return tag("div", tag("table", head, *rows), class_="scroll")


def _cell(cell: str) -> Markup:
    if found := BLANK.fullmatch(cell):
        label = f"answer {found[1]}"
        entry = tag(
            "input", data_blank=found[1], aria_label=label, inputmode="text", autocomplete="off"
        )
        return tag("td", tag("span", tag("b", found[1]), entry, class_="blank"))
    if found := SOLVED.fullmatch(cell):
        return tag("td", tag("b", found[1]), tag("strong", found[2]), class_="solved")
    if cell.startswith("#"):
        return tag("td", f"see {cell[1:]}", class_="refers")
    return tag("td", cell, class_="withheld" if cell == "?" else None)


def _worked(line: str) -> Markup:
    """A line of arithmetic, with the number of its blank in front."""
    found = STEPS.match(line)
    number = tag("b", found[1]) if found else None
    return tag("p", number, " ", STEPS.sub("", line, count=1), class_="worked")

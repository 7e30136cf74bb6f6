"""An explanation as text for a terminal, under 100 columns."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby

from nncli.explain.equivalent import Equivalent
from nncli.explain.formulas import Formula

WIDTH = 96
CALCULATED = ("forward", "loss", "each step")
IN_WORDS = re.compile(r"(all|at|outside|starts|the|\d+ of) ")


def as_text(formulas: Sequence[Formula], equivalents: Mapping[str, Equivalent]) -> str:
    """The formulas under their headings, then each library's code and notes."""
    blocks = [
        f"{section}\n" + "\n".join(_line(formula) for formula in lines)
        for section, lines in groupby(formulas, lambda formula: formula.section)
    ]
    blocks += [_library(name, answer) for name, answer in equivalents.items()]
    return "\n\n".join(blocks)


def _line(formula: Formula) -> str:
    sign = ":"
    if formula.section in CALCULATED and not IN_WORDS.match(formula.formula):
        is_change = re.search(rf"\b{re.escape(formula.name)}\b", formula.formula)
        sign = " <-" if is_change else " ="
    head = f"  {formula.name}{sign} "
    return textwrap.fill(
        formula.formula,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * min(len(head), 12),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _library(name: str, answer: Equivalent) -> str:
    title = f"the same in {name}"
    notes = "\n".join(
        textwrap.fill(
            note, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
        )
        for note in answer.notes
    )
    code = textwrap.indent(answer.code.strip("\n"), "    ")
    return "\n\n".join(text for text in (f"{title}\n{'-' * len(title)}", code, notes) if text)

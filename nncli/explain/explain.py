"""An explanation as text: the formulas, and the equivalent code for other libraries."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby

from nncli.assembly.build import Built
from nncli.equivalent import LIBRARIES, Equivalent
from nncli.errors import escaped
from nncli.explain import keras, pytorch, scikit_learn
from nncli.explain.formulas import Formula

MODULES = {"scikit-learn": scikit_learn, "keras": keras, "pytorch": pytorch}
WIDTH = 96
CALCULATED = ("forward", "loss", "each step")
TEXT = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
IN_WORDS = re.compile(r"(all|at|outside|starts|the|\d+ of) ")


def equivalents(built: Built, libraries: Sequence[str]) -> dict[str, Equivalent]:
    """The equivalent for each of these libraries; for all of them if none is named."""
    found = {name: MODULES[name].equivalent(built) for name in libraries or LIBRARIES}
    return {name: Equivalent(folded(each.code), *each.notes) for name, each in found.items()}


def folded(code: str, width: int = 90) -> str:
    """Code with long lines broken after a comma outside of string literals."""
    lines: list[str] = []
    for line in code.splitlines():
        inside = " " * (len(line) - len(line.lstrip()) + 4)
        while len(line) > width and (end := _last_comma(line, len(inside), width)) > 0:
            lines.append(line[: end + 1])
            line = inside + line[end + 2 :]
        lines.append(line)
    return "\n".join(lines)


def _last_comma(line: str, start: int, end: int) -> int:
    """The last comma before a blank in that range, outside of string literals; -1 if none."""
    return TEXT.sub(lambda text: "x" * len(text[0]), line).rfind(", ", start, end)


def as_text(formulas: Sequence[Formula], equivalents: Mapping[str, Equivalent]) -> str:
    """The formulas under their headings, then each library's code and notes."""
    blocks = [
        f"{section}\n" + "\n".join(_line(formula) for formula in lines)
        for section, lines in groupby(formulas, lambda formula: formula.section)
    ]
    blocks += [_library(name, found) for name, found in equivalents.items()]
    return "\n\n".join(blocks)


def _line(formula: Formula) -> str:
    sign = ":"
    if formula.section in CALCULATED and not IN_WORDS.match(formula.formula):
        is_change = re.search(rf"\b{re.escape(formula.name)}\b", formula.formula)
        sign = " <-" if is_change else " ="
    head = f"  {formula.name}{sign} "
    return textwrap.fill(
        escaped(formula.formula),
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * min(len(head), 12),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _library(name: str, found: Equivalent) -> str:
    title = f"the same in {name}"
    notes = "\n".join(
        textwrap.fill(
            escaped(note),
            WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
        for note in found.notes
    )
    code = textwrap.indent(found.code.strip("\n"), "    ")
    return "\n\n".join(text for text in (f"{title}\n{'-' * len(title)}", code, notes) if text)

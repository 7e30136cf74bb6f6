"""Sheets: worksheets, or their answer sheets, as one HTML file that loads no other."""

from collections.abc import Sequence

from nncli.frozen import frozen
from nncli.page.embed import asset, json_block, script_hash, whole_page
from nncli.page.markup import Markup, join, tag, text
from nncli.trace.document import document
from nncli.trace.sheet.asked import asked
from nncli.trace.sheet.markup import body
from nncli.trace.sheet.network_diagram import drawing
from nncli.trace.worksheet import Worksheet

HOW = (
    "Each numbered box is a number to work out by hand. Rows, units and cells are counted from 0. "
    "Work with four decimals at least, and round at the end."
)
ANSWERS = "Answers with their steps. The numbers in colour are those of the worksheet's boxes."


@frozen
class Sheet:
    """One student's worksheet. table: the empty table for the answers.  file: its name."""

    worksheet: Worksheet
    student: str = ""
    table: str = ""
    file: str = ""


def worksheet_page(sheets: Sequence[Sheet]) -> str:
    """Worksheets to print; a single one can also be filled in and saved as a table of answers."""
    script = asset(__package__, "sheet.js") if len(sheets) == 1 else ""
    data = {"table": sheets[0].table, "file": sheets[0].file}
    tools = _tools(data) if script else Markup()
    return _page(
        _title(sheets[0], "worksheet"),
        [*(_worksheet(each, has_id=bool(script)) for each in sheets), tools],
        script,
    )


def answer_page(sheets: Sequence[Sheet]) -> str:
    """Answer sheets, with the arithmetic of every number."""
    return _page(_title(sheets[0], "answers"), [*map(_answers, sheets)])


def _title(sheet: Sheet, what: str) -> str:
    return f"{sheet.worksheet.shown.name}: {what}"


def _page(title: str, parts: Sequence[Markup], script: str = "") -> str:
    return whole_page(
        __package__,
        "sheet.css",
        title=text(title),
        body=f"{join(*parts)}\n{f'<script>{script}</script>' if script else ''}",
        scripts=script_hash(script) if script else "'none'",
    )


def _tools(data: dict[str, str]) -> Markup:
    """The buttons below the sheet on a screen, which aren't printed."""
    block = Markup(f'<script type="application/json" id="sheet">{json_block(data)}</script>')
    return tag(
        "div",
        tag("button", "Save my answers", id="save", type="button"),
        tag("button", "Print", id="print", type="button"),
        tag("span", id="done", role="status"),
        block,
        class_="tools",
    )


def _worksheet(sheet: Sheet, *, has_id: bool) -> Markup:
    count = len(sheet.worksheet.blanks)
    name = tag(
        "input", id="name" if has_id else None, value=sheet.student or None, autocomplete="off"
    )
    who = tag(
        "div",
        tag("label", "Name", name, class_="name"),
        tag("label", "Date", tag("input", autocomplete="off")),
        tag("span", "Right", tag("span", class_="line"), f"of {count}"),
        class_="who",
    )
    return _sheet(sheet, "worksheet", who, HOW, is_solved=False)


def _answers(sheet: Sheet) -> Markup:
    student = f" for {sheet.student}" if sheet.student else ""
    return _sheet(sheet, f"answer sheet{student}", None, ANSWERS, is_solved=True)


def _sheet(sheet: Sheet, what: str, who: Markup | None, how: str, *, is_solved: bool) -> Markup:
    shown = asked(sheet.worksheet)
    parts = list(document(shown, sheet.worksheet, is_solved=is_solved))
    return tag(
        "section",
        tag("h1", f"{shown.name}: {what}"),
        who,
        tag("p", how, class_="how"),
        tag("div", drawing(shown), class_="drawing"),
        body(parts),
        class_="sheet",
    )

"""The tutorials' commands do what their pages show, each in the order of its page."""

import shlex
import shutil
import sys

import pytest
from pages import PAGES, ROOT, blocks, name_of, shown_commands

from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.cli import main as command

RUN = [page for page in PAGES if page.parent.name == "tutorials" or page.stem == "teaching"]


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_commands_do_what_the_page_shows(page, folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # as the pages show it
    monkeypatch.setattr(BackgroundPlotter, "start", lambda self: None)
    monkeypatch.setattr(BackgroundPlotter, "draw_loss", lambda self, run: b"")
    shutil.copy(ROOT / "configs" / "penguins.csv", folder)
    for block in blocks(page):
        if block.title:
            (folder / block.title).parent.mkdir(exist_ok=True)
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.kind == "console":
            for line, shown in shown_commands(block.text):
                code, said = _run(line, capsys, monkeypatch)
                assert code == int(line.partition("# exit code ")[2] or 0), said
                _compare(line, shown, said)


def _run(line, capsys, monkeypatch):
    program, *arguments = shlex.split(line.partition("  #")[0])
    assert program == "nncli"
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["nncli", *arguments])
    with pytest.raises(SystemExit) as ending:
        command.main()
    return ending.value.code, "".join(capsys.readouterr())


def _compare(line, shown, said):
    """Lines are there in their order; `...` stands for any lines, or for the rest of one."""
    left = [each.split() for each in said.splitlines()]
    for wanted in map(str.split, shown):
        if wanted in ([], ["..."]):
            continue
        while left and not _is_said(wanted, left[0]):
            left.pop(0)
        assert left, f"$ {line}\ndoesn't print: {' '.join(wanted)}\nbut:\n{said}"


def _is_said(wanted, words):
    if wanted[-1].endswith("..."):
        return " ".join(words).startswith(" ".join(wanted).removesuffix("...").rstrip())
    return len(wanted) == len(words) and all(map(_is_same, wanted, words))


def _is_same(wanted, word):
    """Equal, numbers to one part in a hundred: another machine's are a little others."""
    try:
        return wanted == word or float(wanted) == pytest.approx(float(word), rel=0.01)
    except ValueError:
        return False

"""The tutorials' commands do what their pages show, each in the order of its page."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.cli import main as command

ROOT = Path(__file__).parent.parent
PAGES = [*sorted((ROOT / "docs" / "tutorials").glob("*.md")), ROOT / "docs" / "teaching.md"]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_commands_do_what_the_page_shows(page, folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # as the pages show it
    monkeypatch.setattr(BackgroundPlotter, "start", lambda self: None)
    monkeypatch.setattr(BackgroundPlotter, "draw_loss", lambda self, run: b"")
    shutil.copy(ROOT / "configs" / "penguins.csv", folder)
    for kind, title, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if title:
            (folder / title).parent.mkdir(exist_ok=True)
            (folder / title).write_text(text, encoding="utf-8")
        elif kind == "console":
            for line, shown in _commands(text):
                code, said = _run(line, capsys, monkeypatch)
                assert code == int(line.partition("# exit code ")[2] or 0), said
                _compare(line, shown, said)


def _commands(text):
    """Each command of a block, and the lines that it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown.splitlines()


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

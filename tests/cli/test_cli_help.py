"""`--help` of every command, word for word; NNCLI_UPDATE_GOLDEN=1 writes the golden files anew."""

import os
from pathlib import Path

import pytest

from nncli.cli import main
from nncli.cli.main import COMMANDS

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_as_written_down(nncli, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    done = nncli(*command.split(), "--help")
    assert (done.code, done.err) == (0, "")
    golden = GOLDEN / f"{command or 'nncli'}.txt"
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        golden.write_text(done.out, encoding="utf-8")
    assert done.out == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_short_option_shows_the_same_help(nncli, command):
    assert nncli(*command.split(), "-h").out == nncli(*command.split(), "--help").out


def test_no_golden_file_is_left_of_a_command_that_went(folder):
    assert {path.stem for path in GOLDEN.iterdir()} == {"nncli", *COMMANDS}


def test_every_command_is_summed_up_in_a_whole_line(nncli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.strip() for line in nncli("--help").out.split("Commands:\n")[1].splitlines()]
    assert [line for line in lines if not line.partition("  ")[2].strip()[0].isupper()] == []
    assert [line for line in lines if line.endswith("...")] == []


def test_a_command_is_a_file_of_its_name():
    files = {path.stem for path in Path(main.__file__).parent.glob("commands/*.py")} - {"__init__"}
    assert {command.replace("-", "_") for command in COMMANDS} == files
    names = {main.cli.get_command(None, command).name for command in COMMANDS}
    assert names == set(COMMANDS)

"""The documentation says what the code does."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["pages"]()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_reference_is_what_the_code_says(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: python docs/make_reference.py"


def test_readme_names_every_command():
    from nncli.cli.main import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in COMMANDS if f"nncli {command}" not in readme] == []

"""Commands write where they are called: each test calls them in a folder of its own."""

from pathlib import Path

import pytest

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(folder: Path) -> None:
    """The working directory of each test here."""

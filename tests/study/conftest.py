"""What the tests of studies share."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique
CHANGING = ("seconds", "host")  # from one time to the next


@pytest.fixture(autouse=True)
def _trials_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep in this process begins no others, unless its test says how many: the record is
    the same, and two imports of everything are most of what a small study takes."""
    monkeypatch.setattr("nncli.cli.commands.sweep._workers", lambda: 1)


def record(study: Path, name: str = "trials.csv") -> list[dict[str, str]]:
    """trials.csv without what differs from one time to the next."""
    with (study / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: cell for key, cell in row.items() if key not in CHANGING} for row in rows]


@pytest.fixture(name="record")
def record_fixture() -> Callable[..., list[dict[str, str]]]:
    return record

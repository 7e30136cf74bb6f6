"""What the tests of studies share."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique
CHANGING = ("seconds", "host")  # from one time to the next


def record(study: Path, name: str = "trials.csv") -> list[dict[str, str]]:
    """trials.csv without what differs from one time to the next."""
    with (study / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: cell for key, cell in row.items() if key not in CHANGING} for row in rows]


@pytest.fixture(name="record")
def record_fixture() -> Callable[..., list[dict[str, str]]]:
    return record

"""What the reliability tests share: how many cases to try, and where the count of them goes.

`make test` tries a few of each; `make soak` sets NNCLI_SOAK and tries them all. Where
NNCLI_SOAK_SUMMARY names a file, each test adds a line with what it tried and found to it.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique


@pytest.fixture(scope="session")
def amount() -> Callable[[int, int], int]:
    """amount(quick, soak): how many cases of a kind to try in this session."""
    is_soak = bool(os.environ.get("NNCLI_SOAK"))
    return lambda quick, soak: soak if is_soak else quick


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """tried(30, found="30 equal"): what this test has tried, for the summary."""
    began, lines = time.monotonic(), list[dict[str, object]]()

    def note(count: int, found: str = "") -> None:
        lines.append({"test": request.node.nodeid, "tried": count, "found": found})

    yield note
    if summary := os.environ.get("NNCLI_SOAK_SUMMARY"):
        seconds = round(time.monotonic() - began, 1)
        with Path(summary).open("a") as file:  # one write each: workers share the file
            file.write("".join(json.dumps({**line, "seconds": seconds}) + "\n" for line in lines))

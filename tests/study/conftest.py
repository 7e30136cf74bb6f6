"""What the tests of studies share."""

import csv
import os
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


# Read by every Python that is started: the first that trains this run so far is killed.
KILLED = """
import os, signal
from pathlib import Path
from nncli.artifacts.run_recorder import RunRecorder

def record_and_die(self, report, record=RunRecorder.record):
    record(self, report)
    mark = Path(__file__).with_name("killed")
    if self.run.path.name == {run!r} and report.epoch >= {epoch} and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

RunRecorder.record = record_and_die
"""


@pytest.fixture
def killing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], dict[str, str]]:
    """killing("trial-0001", 20): the environment of a study whose first worker on that run is
    killed at that epoch; the file `killed` in the first folder of its PYTHONPATH then says so."""

    def environment(run: str, epoch: int) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("site")
        (folder / "sitecustomize.py").write_text(KILLED.format(run=run, epoch=epoch))
        paths = (str(folder), os.environ.get("PYTHONPATH", ""))
        return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    return environment


def record(study: Path, name: str = "trials.csv") -> list[dict[str, str]]:
    """trials.csv without what differs from one time to the next."""
    with (study / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: cell for key, cell in row.items() if key not in CHANGING} for row in rows]


@pytest.fixture(name="record")
def record_fixture() -> Callable[..., list[dict[str, str]]]:
    return record

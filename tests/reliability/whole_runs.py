"""What has to hold of a run after anything happened to the process that wrote it."""

from pathlib import Path
from typing import Any

from fork_server import Ended

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.errors import UserError


def has_checkpoint(path: Path) -> bool:
    """Whether a run has one, which then is whole: every reader finds files of one moment.

    A run without one says that it is unfinished, and what to do.
    """
    if not path.exists():
        return False
    try:
        reader = RunReader(RunDirectory.open(path))
    except UserError as error:
        said, is_begun = str(error), (path / "config.resolved.yaml").exists()
        assert ("trains it anew" if is_begun else "not a run directory") in said
        return False
    for name in reader.run.manifest():
        reader.run.read(name)
    state, _ = reader.checkpoint()
    assert reader.theta.tobytes() == state.weights.tobytes()
    assert reader.curves().columns["epoch"][-1] == state.epoch
    return True


def strays(folder: Path) -> list[str]:
    """Files that nobody awaits any more."""
    return [path.name for kind in (".nncli-*", "*.next") for path in folder.rglob(kind)]


def goes_on(end: Ended, run: Any, whole: Any, case: object) -> None:
    """Check that a resumption came to the end of the undisturbed run, or found that all was done.

    end: how it ended. run, whole: the one that went on, and the undisturbed one.
    """
    assert end.code == 0, case
    if "epochs are done" not in end.err:
        assert end.err == "", case
        assert not strays(run.path), case
    assert run.result == whole.result, case

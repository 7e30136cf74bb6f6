"""Input files: the files that a run's config names, copied into the run.

Only a table too large to copy stays outside. It is used only if its SHA-256 is the recorded one, so
that a foreign run can't make nncli read other files.
"""

from pathlib import Path

from nncli.artifacts.path_safety import is_inside, is_name, path_inside
from nncli.artifacts.run_directory import RunDirectory
from nncli.config.dump import plain
from nncli.config.experiment import Experiment
from nncli.data.reading.chunks import reading
from nncli.data.reading.table_formats import table_sha256
from nncli.errors import CorruptRun, DataError
from nncli.operating_system import relative_path
from nncli.parts.table import combined_sha256


def check_confined(run: Path, experiment: Experiment) -> None:
    """Raises CorruptRun if a config names a file outside its run that is not a table."""
    named: list[Path] = []

    def note(path: Path) -> str:
        named.append(path)
        return ""

    plain(experiment, note)
    for path in named:
        if path not in experiment.data.tables.values() and not is_inside(run, path):
            raise CorruptRun(f"{path}: named by {run}, and leads out of it")


def check_tables(run: RunDirectory, experiment: Experiment, recorded: str) -> None:
    """Raises unless the tables are byte for byte those that a run was trained on.

    recorded: their SHA-256. Raises CorruptRun for tables in the run, DataError for others.
    """
    found = []
    for path in experiment.data.tables.values():
        name = relative_path(path, run.path)
        is_own = is_name(name)  # a path that leaves the run has a ".." in it
        if is_own and not path_inside(run.path, name).is_file():
            raise CorruptRun(f"{path}: missing from the run, or no file")
        if not is_own and not path.exists():
            raise DataError(
                f"{path}: no such file or folder; {run.path}, which needs it, has no copy of it: "
                "put it back there, or a link to it"
            )
        with reading(path):
            found.append(table_sha256(path))
        if is_own and run.manifest().get(name, {}).get("sha256") != found[-1]:
            raise CorruptRun(f"{path}: changed since the run was saved (its SHA-256 differs)")
    if found and combined_sha256(found) != recorded:
        raise DataError(f"{run.path}: the data has changed since this run was trained")

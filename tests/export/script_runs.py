"""Runs of the command, and what the scripts exported from them print."""

import contextlib
import io
from pathlib import Path

import numpy as np

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.cli.main import run
from nncli.engine.threads import limited
from nncli.export.numpy_script.script import numpy_script

CONFIGS = Path(__file__).parents[2] / "configs"
IRIS = CONFIGS / "iris.yaml"


def trained(config: Path, folder: Path, *assignments: str) -> Path:
    """The run directory of a config, trained for 3 epochs unless said otherwise."""
    options = ["training.epochs=3", "training.engine=numpy", "output.plots=[]", *assignments]
    sets = [word for option in options for word in ("--set", option)]
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(["train", str(config), "--quiet", "--runs-dir", str(folder), *sets])
    assert code in (0, 5)
    [path] = folder.iterdir()
    return path


def page_of(path: Path) -> str:
    """The script of a run."""
    return numpy_script(RunReader(RunDirectory.open(path)), "script.py")


def printed(page: str, path: Path) -> str:
    """What a script prints, run in this process on the threads of its run."""
    code, out = compile(page, "script.py", "exec"), io.StringIO()
    training = RunReader(RunDirectory.open(path)).config[0].training
    with limited(training), contextlib.redirect_stdout(out), np.errstate(all="ignore"):
        exec(code, {"__name__": "__main__"})
    return out.getvalue()


def logged(path: Path) -> str:
    """The columns of metrics.csv that a script prints, letter for letter."""
    header, *rows = [line.split(",") for line in (path / "metrics.csv").read_text().splitlines()]
    columns = 3 if "val_loss" in header else 2
    return "".join(",".join(row[:columns]) + "\n" for row in [header, *rows])


def assert_repeats(config: Path, folder: Path, *assignments: str) -> str:
    """A run's script, once it has printed the run's losses to the bit."""
    path = trained(config, folder, *assignments)
    page = page_of(path)
    assert printed(page, path) == logged(path)
    return page

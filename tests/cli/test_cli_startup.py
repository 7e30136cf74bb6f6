"""A quick start: a command imports what it needs, and no more."""

import gc
import subprocess
import sys
from importlib.util import find_spec

import pytest
from waiting import PATIENCE

from nncli.cli import main
from nncli.importing import importing

LIST = "import sys; sys.stderr.write(' '.join(sys.modules))"
PLUGINS = {"importlib.metadata"}  # looking for them takes longer than reading a config
INTERNET = {"email", "http", "ssl", "xml"}  # what escaping a letter of XML would bring along
SLOW = (
    PLUGINS
    | INTERNET
    | {
        "statistics",
        "numpy",
        "scipy",
        "llvmlite",
        "yaml",
        "matplotlib",
        "sklearn",
        "pydantic",
        "rich",
        "safetensors",
    }
)


def modules_after(arguments, folder):
    """What a process has imported after a command succeeded in it."""
    code = f"from nncli.cli.main import run; assert run({list(map(str, arguments))}) == 0; {LIST}"
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, cwd=folder, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def imported_by(arguments, folder):
    """The same, of packages the top level alone."""
    modules = modules_after(arguments, folder)
    return {name for name in modules if "." not in name or name == "importlib.metadata"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"]])
def test_help_imports_no_heavy_package(arguments, folder):
    assert imported_by(arguments, folder) & SLOW == set()


def test_training_imports_no_more_than_it_needs(configs, folder):
    arguments = ["train", configs / "iris.yaml", "--set", "training.epochs=2"]
    assert imported_by(arguments, folder) & SLOW == {"numpy", "yaml"}


def test_validating_imports_nothing_to_train_with(configs, folder):
    wanted = ["--set", "training.engine=compiled"] if find_spec("llvmlite") else []
    imported = imported_by(["validate", configs / "iris.yaml", *wanted], folder)
    assert imported & SLOW == {"numpy", "yaml"}


def test_a_command_ends_without_looking_for_garbage(monkeypatch):
    at_the_end = []
    monkeypatch.setattr(main.atexit, "register", at_the_end.append)
    monkeypatch.setattr(sys, "argv", ["nncli", "--version"])
    with pytest.raises(SystemExit, match="0"):
        main.main()
    assert gc.freeze in at_the_end


READS = ("nncli.data.reading.table_file", "nncli.data.reading.chunks", "nncli.data.new_rows")
FORMULAS = ("nncli.data.formulas.parse", "nncli.data.formulas.derived")
OF_RUNS = ("nncli.artifacts.run_reader", "nncli.artifacts.study_directory")
DRAWS = (
    "nncli.artifacts.learning_curves_plot",
    "nncli.artifacts.tensorboard_log",
    "importlib.resources",
)
RARE = ("nncli.engine.sharded_plan", "nncli.engine.steppers.lbfgs", "nncli.untrusted_files.npz")
SELDOM = ("decimal", "gzip", "queue", "tempfile")
MAX_MODULES = 185  # of nncli; each costs 0.2 ms before it does anything


def test_training_built_in_data_imports_no_more_modules_than_a_run_of_it_needs(configs, folder):
    settings = ["training.epochs=2", "output.plots=[]"]
    arguments = ["train", configs / "iris.yaml", *(w for each in settings for w in ("--set", each))]
    modules = modules_after(arguments, folder)
    assert modules & {*READS, *FORMULAS, *OF_RUNS, *DRAWS, *RARE, *SELDOM} == set()
    assert len([name for name in modules if name.partition(".")[0] == "nncli"]) <= MAX_MODULES


def test_imports_are_made_without_a_search_for_garbage(monkeypatch):
    kept = []
    monkeypatch.setattr(gc, "freeze", lambda: kept.append("all"))
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "numpy")
        with importing():
            assert not gc.isenabled()
    assert gc.isenabled()
    assert kept == ["all"]
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert kept == ["all"]  # there may be garbage by now, which has to go

"""A quick start: a command imports what it needs, and no more."""

import gc
import subprocess
import sys

import pytest

from nncli.cli import main

PACKAGES = "m for m in sys.modules if '.' not in m or m == 'importlib.metadata'"
LIST = f"import sys; sys.stderr.write(' '.join({PACKAGES}))"
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


def imported_by(arguments, folder):
    """The top-level packages a process has imported after a command succeeded in it."""
    code = f"from nncli.cli.main import run; assert run({list(map(str, arguments))}) == 0; {LIST}"
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, cwd=folder, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"]])
def test_help_imports_no_heavy_package(arguments, folder):
    assert imported_by(arguments, folder) & SLOW == set()


def test_training_imports_no_more_than_it_needs(configs, folder):
    arguments = ["train", configs / "iris.yaml", "--set", "training.epochs=2"]
    assert imported_by(arguments, folder) & SLOW == {"numpy", "yaml"}


def test_validating_imports_nothing_to_train_with(configs, folder):
    imported = imported_by(["validate", configs / "iris.yaml"], folder)
    assert imported & SLOW == {"numpy", "yaml"}


def test_a_command_ends_without_looking_for_garbage(monkeypatch):
    at_the_end = []
    monkeypatch.setattr(main.atexit, "register", at_the_end.append)
    monkeypatch.setattr(sys, "argv", ["nncli", "--version"])
    with pytest.raises(SystemExit, match="0"):
        main.main()
    assert gc.freeze in at_the_end

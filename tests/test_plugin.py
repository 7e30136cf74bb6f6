"""A package of its own adds a part: installed as anyone would, used by a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent.parent / "examples" / "plugin"
CONFIG = PLUGIN / "iris_mish.yaml"

GREATEST_ERROR = """
import numpy as np
from nncli.registry import find

mish = find("activation", "mish")()
z = np.linspace(-30.0, 30.0, 121).reshape(1, -1)
a, dz = np.empty_like(z), np.empty_like(z)
scratch = {name: np.empty(shape) for name, shape in mish.scratch_shapes(*z.shape).items()}


def f(at):
    out = np.empty_like(at)
    mish.forward(at, out, scratch)
    return out


h = 1e-5
numeric = (f(z + h) - f(z - h)) / (2 * h)
a[...] = f(z)
mish.backward(np.ones_like(z), z, a, dz, scratch)
print(abs(dz - numeric).max())
"""


@pytest.fixture(scope="module")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plugin installed in it, without an index."""
    folder = tmp_path_factory.mktemp("plugin")
    options = ["--isolated", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", folder, PLUGIN],
        check=True,
        timeout=120,
    )
    return folder


def run_python(*arguments: object, plugin: Path | None = None) -> subprocess.CompletedProcess[str]:
    paths = [str(Path(__file__).parent.parent), *([str(plugin)] if plugin else [])]
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_an_installed_plugin_adds_an_activation_that_trains(
    plugin_folder: Path, tmp_path: Path
) -> None:
    train = ["-m", "nncli", "train", CONFIG, "--runs-dir", tmp_path, "--json", "--quiet"]
    done = run_python(*train, plugin=plugin_folder)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["epochs"] == 50
    assert summary["metrics"]["train"]["accuracy"] > 0.9
    run = tmp_path / "iris_mish-001"
    assert "activation: mish" in (run / "config.resolved.yaml").read_text()
    environment = json.loads((run / "environment.json").read_text())
    assert environment["packages"] == ["nncli-mish 0.1.0"]


def test_the_derivative_in_the_plugin_is_that_of_its_formula(plugin_folder: Path) -> None:
    done = run_python("-c", GREATEST_ERROR, plugin=plugin_folder)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-9


def test_without_the_plugin_its_name_is_an_error_at_its_place(tmp_path: Path) -> None:
    done = run_python("-m", "nncli", "train", CONFIG, "--runs-dir", tmp_path)
    assert done.returncode == 2
    place = f"{CONFIG}:7:43: network.hidden[0].activation: "
    assert place + "unknown activation 'mish'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []

"""A package of its own adds a part and a command: installed as anyone would, in a new process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
PLUGIN, ENGINE = ROOT / "examples" / "plugin", ROOT / "examples" / "engine"
CONFIG = PLUGIN / "iris_squareplus.yaml"

GREATEST_ERROR = """
import numpy as np
from nncli.registry import find

squareplus = find("activation", "squareplus")()
z = np.linspace(-30.0, 30.0, 121).reshape(1, -1)
a, dz = np.empty_like(z), np.empty_like(z)
saved = {name: np.empty(shape) for name, shape in squareplus.saved_shapes(z.shape).items()}


def f(at):
    out = np.empty_like(at)
    squareplus.forward(at, out, saved)
    return out


h = 1e-5
numeric = (f(z + h) - f(z - h)) / (2 * h)
a[...] = f(z)
squareplus.backward(np.ones_like(z), z, a, dz, saved)
print(abs(dz - numeric).max())
"""


@pytest.fixture(scope="module")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plugins installed in it, without an index."""
    folder = tmp_path_factory.mktemp("plugin")
    options = ["--isolated", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", folder, PLUGIN, ENGINE],
        check=True,
        timeout=PATIENCE,
    )
    return folder


def run_python(*arguments: object, plugin: Path | None = None) -> subprocess.CompletedProcess[str]:
    paths = [str(ROOT), *([str(plugin)] if plugin else [])]
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
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
    run = tmp_path / "iris_squareplus-001"
    assert "activation: squareplus" in (run / "config.resolved.yaml").read_text()
    environment = json.loads((run / "environment.json").read_text())
    assert environment["packages"] == ["nncli-squareplus 0.1.0"]


def test_an_installed_engine_makes_the_steps_of_a_config_that_names_it(
    plugin_folder: Path, tmp_path: Path
) -> None:
    asked = ["--set", "training.engine=mirror", "--set", "training.epochs=3"]
    train = ["-m", "nncli", "train", CONFIG, "--runs-dir", tmp_path, "--quiet", *asked]
    done = run_python(*train, plugin=plugin_folder)
    assert done.returncode == 0, done.stderr
    environment = json.loads((tmp_path / "iris_squareplus-001/environment.json").read_text())
    assert environment["engine"] == "mirror"
    assert environment["packages"] == ["nncli-mirror 0.1.0", "nncli-squareplus 0.1.0"]


def test_the_derivative_in_the_plugin_is_that_of_its_formula(plugin_folder: Path) -> None:
    done = run_python("-c", GREATEST_ERROR, plugin=plugin_folder)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-9


def test_explain_says_what_the_plugins_part_is_called_elsewhere(plugin_folder: Path) -> None:
    done = run_python("-m", "nncli", "explain", CONFIG, "--json", plugin=plugin_folder)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)["equivalents"]
    assert 'activation="squareplus"' in answers["keras"]["code"]
    assert any("activation squareplus" in note for note in answers["pytorch"]["notes"])
    assert any("squareplus; activations are" in note for note in answers["scikit-learn"]["notes"])


def test_without_the_plugin_its_name_is_an_error_at_its_place(tmp_path: Path) -> None:
    done = run_python("-m", "nncli", "train", CONFIG, "--runs-dir", tmp_path)
    assert done.returncode == 2
    place = f"{CONFIG}:7:43: network.hidden[0].activation: "
    assert place + "unknown activation 'squareplus'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_installed_plugin_adds_a_command(plugin_folder: Path, tmp_path: Path) -> None:
    train = ["train", ROOT / "configs" / "by_hand.yaml", "--runs-dir", tmp_path, "--quiet"]
    assert run_python("-m", "nncli", *train).returncode == 0
    run = tmp_path / "by_hand-001"
    done = run_python("-m", "nncli", "weights", run, plugin=plugin_folder)
    assert (done.returncode, done.stderr) == (0, "")
    weights = load_file(run / "model.safetensors")
    header, *lines = (line.split("  ") for line in done.stdout.splitlines())
    assert header[0] == "tensor"
    assert [line[0] for line in lines] == [*weights]
    first = weights["hidden_1/W"]
    assert f"{first.mean():.4g}" in done.stdout
    assert f"{first.max():.4g}" in done.stdout


def test_a_plugins_command_is_listed_and_guessed_beside_our_own(plugin_folder: Path) -> None:
    listed = run_python("-m", "nncli", "list", plugin=plugin_folder)
    assert "command      weights\n" in listed.stdout
    meant = run_python("-m", "nncli", "wights", plugin=plugin_folder)
    assert meant.stderr.startswith("nncli: no such command 'wights' (did you mean 'weights'?)")
    assert meant.returncode == 2


def test_without_a_plugin_no_commands_are_listed() -> None:
    assert "\ncommand " not in run_python("-m", "nncli", "list").stdout


BROKEN = {
    "import": ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
    "name": ("other = 1", "module 'broken' has no attribute 'command'"),
    "kind": ("command = print", "expected a click command, found a builtin_function_or_method"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_plugin_that_fails_is_named_in_one_line_and_stops_no_other_command(
    tmp_path: Path, kind: str
) -> None:
    code, reason = BROKEN[kind]
    plugin(tmp_path, code)
    done = run_python("-m", "nncli", "broken", plugin=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"plugin 'broken' (broken:command) failed: {reason}\n"
    assert run_python("-m", "nncli", "schema", plugin=tmp_path).returncode == 0


def test_an_internal_error_of_a_plugins_command_is_the_plugins(tmp_path: Path) -> None:
    plugin(tmp_path, "import click\n@click.command()\ndef command(): raise KeyError('x')\n")
    done = run_python("-m", "nncli", "broken", plugin=tmp_path)
    assert done.returncode == 70
    assert "(a bug in the plugin that adds 'broken';" in done.stderr


def plugin(folder: Path, code: str) -> None:
    """An installed package whose one module is `code`, and which adds the command `broken`."""
    (folder / "broken.py").write_text(code)
    about = folder / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[nncli.commands]\nbroken = broken:command\n")

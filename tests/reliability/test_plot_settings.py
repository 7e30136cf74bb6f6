"""Pictures take nothing from outside: no setting that lies around changes or breaks them."""

import os
import subprocess
import sys

import pytest
from waiting import PATIENCE

DRAWS = """
import functools, sys
from nncli.cli.main import run
from nncli.evaluation import scoring
scoring.resample = functools.partial(scoring.resample, resamples=20)  # which no picture shows
options = ["--set", "output.plots=[loss]", "-q"]
assert run(["train", "it.yaml", "--runs-dir", sys.argv[1], *options]) == 0
at = sys.argv[1] + "/it-001"
assert run(["plot-loss", at, "-o", at + "/l.svg"]) == 0
if sys.argv[2:] == ["all"]:
    assert run(["evaluate", at]) == 0
    assert run(["plot-boundary", at, "--features", "a,b", "-o", at + "/b.png"]) == 0
    assert run(["compare", at, "-o", at + "/c.svg"]) == 0
"""
SETTINGS = (
    "text.usetex: True\nfigure.facecolor: red\nlines.linewidth: 9\nfont.size: 30\nbackend: nope\n"
    "savefig.dpi: 10\ntext.latex.preamble: \\input{/etc/hostname}\npath.sketch: 1, 100, 2\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    rows = "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(60))
    (made / "t.csv").write_text(f"a,b,y\n{rows}")
    (made / "it.yaml").write_text(
        "data: {path: t.csv, target: y}\ntraining: {epochs: 3}\nnetwork: {hidden: [2]}"
    )
    return made


def pictures(folder, name, *, draws_all, **environment):
    """The bytes of the pictures that a process draws, by name: all kinds, or the loss alone."""
    done = subprocess.run(
        [sys.executable, "-c", DRAWS, name, *["all"] * draws_all],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    at = folder / name / "it-001"
    found = {path.name: path.read_bytes() for path in at.rglob("*") if is_picture(path)}
    drawn = {"confusion.png", "roc.png", "b.png", "c.svg"} if draws_all else set()
    assert {"loss.png", "l.svg"} | drawn <= set(found)
    return found


def is_picture(path):
    return path.suffix in (".png", ".svg")


@pytest.fixture(scope="module")
def plain(folder):
    return pictures(folder, "plain", draws_all=True)


def settings_named(folder):
    named = folder / "named"
    named.write_text(SETTINGS)
    return {"MATPLOTLIBRC": str(named), "MPLBACKEND": "module://nope"}


def settings_at_home(folder):
    (folder / "home/matplotlib").mkdir(parents=True)
    (folder / "home/matplotlib/matplotlibrc").write_text(SETTINGS)
    return {"XDG_CONFIG_HOME": str(folder / "home"), "MPLCONFIGDIR": str(folder / "home")}


def settings_beside(folder):
    (folder / "matplotlibrc").write_text(SETTINGS)
    return {}


def pipe_beside(folder):
    os.mkfifo(folder / "matplotlibrc")  # whoever opens it waits for ever
    return {}


PLACES = (settings_named, settings_at_home, settings_beside, pipe_beside)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_settings_that_lie_around_change_no_picture(place, folder, plain):
    """Settings are read once in a process: those of one place stand for every kind of picture."""
    environment, draws_all = place(folder), place is settings_named
    try:
        found = pictures(folder, place.__name__, draws_all=draws_all, **environment)
        assert found == {name: plain[name] for name in (plain if draws_all else found)}
    finally:
        (folder / "matplotlibrc").unlink(missing_ok=True)


def test_settings_of_whoever_calls_are_left_alone():
    matplotlib = pytest.importorskip("matplotlib")
    from nncli.artifacts.rendering import own_style

    with matplotlib.rc_context({"lines.linewidth": 9.0, "text.usetex": True}):
        with own_style():
            assert not matplotlib.rcParams["text.usetex"]
            assert matplotlib.rcParams["lines.linewidth"] == 1.5
        assert matplotlib.rcParams["text.usetex"]
        assert matplotlib.rcParams["lines.linewidth"] == 9.0

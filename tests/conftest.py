"""The command line as its user sees it: arguments in; an exit code, stdout and stderr out."""

import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from safetensors.numpy import load_file
from waiting import PATIENCE

from nncli.artifacts.background_plotter import BackgroundPlotter, serve
from nncli.artifacts.files import sha256
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.loaded_network import LoadedNetwork, load_network
from nncli.artifacts.manifest import Entry, encode
from nncli.cli import main as command
from nncli.cli.signals import StopOnSignal
from nncli.evaluation.boosted_trees import MIN_ITERATIONS
from nncli.evaluation.intervals import resample

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique
CONFIGS = Path(__file__).parents[1] / "configs"
QUIET = ("--quiet", "--set", "output.plots=[]")


IN_MEMORY, ENOUGH = Path("/dev/shm"), 1 << 30  # bytes; the tests need a tenth


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ENOUGH


# A run asks the disk some thirty times to keep what it wrote, which takes longer than its training
# here. In memory all calls are made as ever; what they are, test_power_cut.py sees to. The soak
# stays on the disk.
if _has_room(IN_MEMORY) and "NNCLI_SOAK" not in os.environ:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

# What whoever starts the tests likes of a terminal makes no line wider and none coloured.
for liked in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TERM"):
    os.environ.pop(liked, None)

# The same examples every time, and no times: what fails is a fault of what was changed. Asked for
# more examples (NNCLI_EXAMPLES=1000 in some files) and in the soak, they are drawn anew.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=not os.environ.keys() & {"NNCLI_EXAMPLES", "NNCLI_SOAK"},
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: nobody need look again and again whether it is garbage"""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """No test has the environment of one before: an exported script, run here, limits BLAS."""
    before = dict(os.environ)
    try:
        return (yield)
    finally:
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value that stdout is."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Run:
    """A run directory, read without nncli."""

    path: Path

    def file(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def json(self, name: str) -> Any:
        return json.loads(self.file(name))

    @property
    def files(self) -> set[str]:
        """Every file in it, by its path inside."""
        return {
            path.relative_to(self.path).as_posix()
            for path in self.path.rglob("*")
            if path.is_file()
        }

    def write_manifest(self) -> None:
        """Make the manifest say of every file what it is now."""
        files = {name: self.entry(name) for name in self.files - {"manifest.json"}}
        (self.path / "manifest.json").write_bytes(encode(files))

    def entry(self, name: str) -> Entry:
        """What the manifest is to say of a file."""
        return {"sha256": sha256(self.file(name)), "bytes": len(self.file(name))}

    @property
    def weights(self) -> dict[str, np.ndarray]:
        return load_file(self.path / "model.safetensors")

    @property
    def rows(self) -> list[dict[str, str]]:
        """metrics.csv."""
        header, *lines = (line.split(",") for line in self.file("metrics.csv").decode().split())
        return [dict(zip(header, line, strict=True)) for line in lines]

    @property
    def result(self) -> tuple[bytes, list[list[str]]]:
        """What has to be equal, to the bit, for two runs to be the same: seconds are not."""
        kept = [[cell for key, cell in row.items() if key != "seconds"] for row in self.rows]
        return self.file("model.safetensors"), kept


def command_line(*arguments: object, before: str = "") -> list[str]:
    """The command of a process that runs nncli. before: Python that it executes first."""
    program = ["-c", f"{before}\nfrom nncli.cli.main import main; main()"]
    return [sys.executable, *(program if before else ["-m", "nncli"]), *map(str, arguments)]


@pytest.fixture(scope="session", autouse=True)
def _signals_arrive() -> None:
    """A shell may have begun the tests with Ctrl-C ignored, which every process inherits."""
    for number in StopOnSignal.SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _evaluate_draws_few_resamples() -> Iterator[None]:
    """`evaluate` in this process draws 100, where it draws 1,000.

    What an interval is has tests of its own, of as many as there are.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nncli.evaluation.scoring.resample", partial(resample, resamples=100))
        yield


@pytest.fixture(scope="session", autouse=True)
def _evaluations_here_fit_here() -> Iterator[None]:
    """The process that fits has tests of its own, and every `nncli evaluate` that is a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nncli.evaluation.background_fit.BackgroundFit.start", lambda self: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _evaluations_here_grow_few_trees() -> Iterator[None]:
    """A fifth of what they grow. What the trees are has tests of its own, of all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nncli.evaluation.boosted_trees.ITERATIONS", MIN_ITERATIONS)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pictures_here_have_few_dots() -> Iterator[None]:
    """An eighth of them: most of them nobody looks at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nncli.artifacts.rendering.DOTS_PER_INCH", 50)
        yield


class PlotterHere(BackgroundPlotter):
    """The background plotter without its process, which takes longer than the runs here."""

    def start(self) -> None: ...

    def draw_loss(self, run: Curves) -> bytes:
        drawn = io.BytesIO()
        serve(io.StringIO(json.dumps(vars(run))), drawn)
        return drawn.getvalue()


@pytest.fixture(scope="session", autouse=True)
def _trainings_here_draw_here() -> Iterator[None]:
    """The process itself has tests of its own, and every `nncli train` that is a process."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("nncli.artifacts.background_plotter", "nncli.study.worker"):
            patch.setattr(f"{module}.BackgroundPlotter", PlotterHere)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a test: empty, and its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nncli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """nncli("train", path, ...): the command, in this process."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["nncli", *map(str, arguments)])
        handlers = {number: signal.getsignal(number) for number in StopOnSignal.SIGNALS}
        with pytest.raises(SystemExit) as ending:
            command.main()
        for number, handler in handlers.items():  # a stopped command leaves them ignored
            signal.signal(number, handler)
        assert isinstance(ending.value.code, int)
        return Outcome(ending.value.code, *capsys.readouterr())

    return call


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """process("train", path, ...): the command, in a process of its own."""

    def call(*arguments: object, **options: Any) -> Outcome:
        options = {"capture_output": True, "timeout": PATIENCE, **options}
        done = subprocess.run(command_line(*arguments), text=True, **options)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """spawn("train", path, ...): the same, still running; none outlives its test.

    before: Python that it executes first.
    """
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: object, before: str = "", **options: Any) -> subprocess.Popen[str]:
        options = {"text": True, **options}
        started.append(subprocess.Popen(command_line(*arguments, before=before), **options))
        return started[-1]

    yield call
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def train(nncli: Callable[..., Outcome]) -> Callable[..., Run]:
    """train(config, ...): a run made without a word, or with one warning, and without a plot."""

    def call(config: Path, *arguments: object, warns: str = "") -> Run:
        done = nncli("train", config, "--json", *QUIET, *arguments)
        assert done.code == 0
        if warns:
            assert done.err.startswith(f"warning: {warns}")
        assert done.err.count("\n") == bool(warns), done.err
        return Run(Path(done.json["run"]))

    return call


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """write("name.yaml", "line", "line"): a config file."""

    def call(name: str, *lines: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return call


@pytest.fixture
def gate(write: Callable[..., Path]) -> Path:
    """A config that trains in milliseconds and has neither a split nor chance in its steps."""
    return write(
        "gate.yaml",
        "data: {dataset: and_gate}",
        "network: {hidden: []}",
        "training: {epochs: 4}",
        "output: {plots: []}",
    )


@pytest.fixture(scope="session")
def iris_outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """`nncli train configs/iris.yaml --json` for 20 epochs, in a process of its own."""
    runs = tmp_path_factory.mktemp("iris") / "runs"
    arguments = ["train", CONFIGS / "iris.yaml", "--set", "training.epochs=20"]
    done = subprocess.run(
        command_line(*arguments, "--runs-dir", runs, "--json"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=runs.parent,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def iris(iris_outcome: Outcome) -> Run:
    """The run it left, to be read only."""
    assert iris_outcome.code == 0, iris_outcome.err
    return Run(Path(iris_outcome.json["run"]))


@pytest.fixture
def iris_copy(iris: Run, folder: Path) -> Run:
    """The same in another place, to be changed at will."""
    return Run(Path(shutil.copytree(iris.path, folder / "moved" / "elsewhere")))


@pytest.fixture(scope="session")
def run_at() -> type[Run]:
    """run_at(path): the run that lies there."""
    return Run


@pytest.fixture(scope="session")
def configs() -> Path:
    return CONFIGS


@pytest.fixture(scope="session")
def shipped() -> Callable[..., LoadedNetwork]:
    """shipped("iris", "seed=1"): what configs/iris.yaml declares, with `--set seed=1`."""
    return lambda name, *assignments: load_network(CONFIGS / f"{name}.yaml", assignments)


@pytest.fixture
def declared(tmp_path: Path) -> Callable[..., LoadedNetwork]:
    """declared("data: {dataset: iris}", ...): what a config of these lines declares."""

    def make(*lines: str) -> LoadedNetwork:
        path = tmp_path / "net.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return load_network(path)

    return make

"""Start-up: whole commands, from the first import to the last file, as a user waits for them.

Before each command the bare import of NumPy and PyYAML is timed, which nncli's commands can't do
without, so that its ratio to that is one of neighbours.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from benchmarks.speed import machine

SCRIPTS = Path(__file__).parent / "scripts"
CONFIGS = machine.ROOT / "configs"
SCRIPT = Path(sys.executable).parent / "nncli"
NNCLI = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "nncli"]
BARE = "bare `import numpy, yaml`"
PEERS = {"scikit-learn": "sklearn", "torch": "torch", "jax": "jax"}
TRAINED = "trained-001"  # the run that evaluate and report are given


@dataclass
class Startup:
    """Seconds of whole commands, by what they are, one a turn; bare: of the import before each."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    bare: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float | None:
        if name not in self.seconds or to not in self.seconds:
            return None
        return _median_ratio(self.seconds[name], self.seconds[to])

    def to_bare(self, name: str) -> float | None:
        """How many times longer it takes than the bare import just before it."""
        return _median_ratio(self.seconds[name], self.bare[name]) if name in self.bare else None


def _median_ratio(these: list[float], those: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(these, those, strict=True))


def commands() -> dict[str, list[str]]:
    """What is run, by its name; a peer only where it is installed."""
    gate = [*NNCLI, "train", str(CONFIGS / "and_gate.yaml"), "--quiet"]
    iris = [*NNCLI, "train", str(CONFIGS / "iris.yaml"), "--quiet"]
    found = {
        "bare python": [sys.executable, "-c", "pass"],
        "nncli --help": [*NNCLI, "--help"],
        "nncli train, AND": [*gate, "--set", "output.plots=[]"],
        "nncli train, AND, with its picture": [*gate, "--set", "output.plots=[loss]"],
        "nncli train, AND, 100,000 updates": [*gate, "--set", "training.epochs=100000"],
        "nncli train, iris": [*iris, "--set", "output.plots=[]"],
        "nncli train, iris, with its picture": iris,
        "nncli evaluate, iris, with pictures": [*NNCLI, "evaluate", f"runs/{TRAINED}"],
        "nncli report, iris": [*NNCLI, "report", f"runs/{TRAINED}", "-o", "report.html"],
    }
    table = str(files("nncli.parts").joinpath("iris.csv"))
    for name, package in PEERS.items():
        if find_spec(package):
            script = SCRIPTS / f"iris_{name.replace('-', '_')}.py"
            found[f"{name}, iris"] = [sys.executable, str(script), table]
    return found


def measure(turns: int) -> Startup:
    """Each command once to warm the caches of files and byte code, then all of them in turns."""
    found = Startup()
    bare = [sys.executable, "-c", "import numpy, yaml"]
    with tempfile.TemporaryDirectory() as folder:
        _timed([*commands()["nncli train, iris"], "--set", "name=trained"], folder)
        for turn in range(turns + 1):
            for name, command in commands().items():
                before, seconds = _timed(bare, folder), _timed(command, folder)
                if turn:
                    found.seconds.setdefault(BARE, []).append(before)
                    found.bare.setdefault(name, []).append(before)
                    found.seconds.setdefault(name, []).append(seconds)
    return found


def _timed(command: list[str], folder: str) -> float:
    environment = machine.user_environment()
    began = time.perf_counter()
    answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
    seconds = time.perf_counter() - began
    if answer.returncode:
        sys.exit(f"{' '.join(command)}: {answer.stderr.decode()}")
    return seconds

"""Start-up: whole commands, from the first import to the last file, as a user waits for them."""

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
NNCLI = str(Path(sys.executable).parent / "nncli")


@dataclass
class Startup:
    """Seconds of whole commands, by what they are, one a repetition."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float | None:
        if name not in self.seconds or to not in self.seconds:
            return None
        pairs = zip(self.seconds[name], self.seconds[to], strict=True)
        return statistics.median(one / other for one, other in pairs)


def commands() -> dict[str, list[str]]:
    """What is run, by its name; a peer only where it is installed."""
    iris = [NNCLI, "train", str(CONFIGS / "iris.yaml"), "--quiet"]
    gate = [NNCLI, "train", str(CONFIGS / "and_gate.yaml"), "--quiet"]
    found = {
        "nncli, iris": [*iris, "--set", "output.plots=[]"],
        "nncli, iris, with its plot": iris,
        "nncli, AND, 100,000 updates": [*gate, "--set", "training.epochs=100000"],
        "nncli --help": [NNCLI, "--help"],
        "scikit-learn, iris": [sys.executable, str(SCRIPTS / "iris_scikit_learn.py")],
    }
    if find_spec("torch"):
        table = str(files("nncli.parts").joinpath("iris.csv"))
        found["torch, iris"] = [sys.executable, str(SCRIPTS / "iris_torch.py"), table]
    return found


def measure(repetitions: int) -> Startup:
    """Each command once to warm the caches of files and byte code, then all of them in turns."""
    found, environment = Startup(), machine.user_environment()
    with tempfile.TemporaryDirectory() as folder:
        for repetition in range(repetitions + 1):
            for name, command in commands().items():
                began = time.perf_counter()
                answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
                seconds = time.perf_counter() - began
                if answer.returncode:
                    sys.exit(f"{name}: {answer.stderr.decode()}")
                if repetition:
                    found.seconds.setdefault(name, []).append(seconds)
    return found

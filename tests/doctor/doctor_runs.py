"""Runs that are healthy or ill on purpose, made as a user's `nncli train` would make them."""

from pathlib import Path

import yaml

from nncli.cli.main import run as nncli
from nncli.doctor.check import CheckResult
from nncli.doctor.diagnose import Diagnosis, diagnose

MOONS = "data: {dataset: {type: moons, samples: 120}}\ntraining: {epochs: 30}\n"
IRIS = "data: {dataset: iris}\ntraining: {epochs: 60}\n"
DIABETES = "data: {dataset: diabetes}\ntraining: {epochs: 20}\n"
XOR = "data: {dataset: xor_gate}\noptimizer: {type: adam, learning_rate: 0.05}\n"


def trained(folder: Path, config: str, *assignments: str) -> Path:
    """The run directory of a config's text; `--set` as in the command."""
    path = folder / "run.yaml"
    path.write_text(config, encoding="utf-8")
    options = [word for assignment in assignments for word in ("--set", assignment)]
    runs = folder / "runs"
    code = nncli(
        ["train", str(path), "-q", "--runs-dir", str(runs), "--set", "output.plots=[]", *options]
    )
    assert code in (0, 5), "only a divergence may fail"
    return max(runs.iterdir())


def examined(folder: Path, config: str, *assignments: str) -> Diagnosis:
    """What the doctor says of such a run."""
    return diagnose(trained(folder, config, *assignments))


def check(report: Diagnosis, name: str) -> CheckResult:
    """The check of that name."""
    return next(each for each in report.checks if each.name == name)


def layers(count: int, **keys: object) -> str:
    """`network.hidden=[...]`: so many dense layers alike."""
    text = yaml.safe_dump([{"type": "dense", **keys}] * count, default_flow_style=True, width=9999)
    return f"network.hidden={text.strip()}"

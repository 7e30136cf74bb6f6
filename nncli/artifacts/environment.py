"""The environment: machine, libraries and data that a run's numbers depend on.

nncli promises the same bits for the same seed, machine, library versions, BLAS kernel and number
of threads, so it records them.
"""

import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli import __version__
from nncli.artifacts.clock import utc_now
from nncli.config.experiment import parts_of
from nncli.config.resolved import Resolved
from nncli.engine.steppers.plugged_in import package_of
from nncli.engine.threads import pools
from nncli.errors import printable
from nncli.frozen import frozen
from nncli.parts.table import Table
from nncli.registry import libraries_of


def describe(
    table: Table, experiment: Resolved, arguments: Sequence[str], config: Path
) -> dict[str, Any]:
    """The content of environment.json."""
    return {
        **machine(experiment),
        "data_sha256": table.sha256(),
        "command": ["nncli", *arguments],
        "began": utc_now(),
        "git_revision": _git_revision(config.resolve().parent),
    }


def machine(experiment: Resolved) -> dict[str, Any]:
    """The part of environment.json that the bits depend on."""
    training = experiment.training
    return {
        "nncli": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": _platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": training.threads,
        "engine": training.engine,
        "packages": _packages(experiment),
        "blas": [
            {key: pool.get(key) for key in ("internal_api", "version", "architecture")}
            for pool in pools().info()
            if pool["user_api"] == "blas" and not _is_scipys(Path(pool["filepath"]))
        ],
    }


def _is_scipys(library: Path) -> bool:
    """Whether a BLAS is the one of SciPy's wheel, which is loaded only when SciPy is used."""
    return library.parent.name == "scipy.libs" or library.parts[-3:-1] == ("scipy", ".dylibs")


def _packages(experiment: Resolved) -> list[str]:
    """`name version` of further packages the numbers depend on: SciPy, plug-ins, llvmlite."""
    names = {name for part in parts_of(experiment) for name in libraries_of(part)}
    if experiment.training.engine == "compiled":
        names.add("llvmlite")
    elif package := package_of(experiment.training.engine):
        names.add(package)
    if not names:
        return []
    from importlib.metadata import version  # 20 ms that few configs need

    return [f"{name} {version(name)}" for name in sorted(names)]


@frozen
class Difference:
    """A key of environment.json whose value differs on this machine."""

    key: str
    recorded: Any
    here: Any

    def __str__(self) -> str:
        return f"{self.key}: recorded {_in_words(self.recorded)}, here {_in_words(self.here)}"


def differences(
    environments: Iterable[Mapping[str, Any]], experiment: Resolved
) -> list[Difference]:
    """The differences of this machine from those that a run was trained on."""
    here = machine(experiment)
    found = [
        Difference(key, recorded.get(key), value)
        for recorded in environments
        for key, value in here.items()
        if (recorded.get(key) or None) != (value or None)  # an empty list is as good as none
    ]
    return [each for place, each in enumerate(found) if each not in found[:place]]


def _in_words(value: Any) -> str:
    """A value of environment.json on one line."""
    if isinstance(value, list):
        return " and ".join(_in_words(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return printable(" ".join(str(item) for item in value.values()), 200)
    return "none" if value is None else printable(str(value), 200)


def _platform() -> str:
    """`platform.platform()`, without the process that it starts on Linux."""
    if sys.platform != "linux":
        return platform.platform()
    named = platform.system(), platform.release(), platform.machine(), "with"
    return "-".join((*named, "".join(platform.libc_ver()))).strip("-")


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _git_revision(folder: Path) -> str | None:
    """The commit of the git checkout that a folder is in; None outside one."""
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return None
    import subprocess

    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--verify", "-q", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None

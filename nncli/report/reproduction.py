"""Reproduction: the commands, environment and config that reproduce a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nncli import __version__
from nncli.artifacts.ensemble_model import Ensemble
from nncli.artifacts.run_directory import CONFIG, RESOLVED
from nncli.artifacts.trained_model import TrainedModel
from nncli.operating_system import shell_word
from nncli.report.facts import Reproduction

MAX_CONFIG_LINES = 300
ENVIRONMENT = ("nncli", "python", "numpy", "platform", "cpu", "engine", "threads", "began")


def reproduction(trained: TrainedModel) -> Reproduction:
    """The reproduction of a model; an ensemble's environment is its first member's."""
    reader = trained.networks[0]
    environment, path = reader.environment(), shell_word(trained.path)
    commands = [("check its files and train it again, number by number", f"nncli verify {path}")]
    if isinstance(trained, Ensemble):
        config, command = trained.study.read(CONFIG), _command(trained)
    else:
        config, command = reader.run.read(RESOLVED), environment.get("command", [])
        again = f"nncli train {shell_word(trained.path / RESOLVED)}"
        commands.append(("train the same config as another run", again))
    if command:
        commands.insert(0, ("how it was trained", " ".join(map(shell_word, command))))
    lines = config.decode("utf-8", "replace").splitlines()
    return Reproduction(
        tuple(commands),
        _environment(environment),
        "\n".join(lines[:MAX_CONFIG_LINES]),
        max(len(lines) - MAX_CONFIG_LINES, 0),
    )


def _command(trained: Ensemble) -> list[str]:
    """The command that trains the whole ensemble."""
    config, here = Path(trained.facts.config), Path.cwd()
    shown = config.relative_to(here) if config.is_relative_to(here) else config.name
    options = [word for given in trained.facts.assignments for word in ("--set", given)]
    return ["nncli", "train", str(shown), *options]


def _environment(recorded: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = {key: str(recorded[key]) for key in ENVIRONMENT if recorded.get(key) is not None}
    if packages := recorded.get("packages"):
        shown["packages"] = ", ".join(map(str, packages))
    return (*shown.items(), ("report by", f"nncli {__version__}"))

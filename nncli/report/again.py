"""Again: how to get the same once more, and on what that depends."""

from collections.abc import Mapping
from typing import Any

from nncli import __version__
from nncli.artifacts.run_directory import RESOLVED
from nncli.artifacts.trained_model import TrainedModel
from nncli.operating_system import shell_word
from nncli.report.facts import Again

MOST_LINES = 300  # of a config
ENVIRONMENT = ("nncli", "python", "numpy", "platform", "cpu", "engine", "threads", "began")


def again(trained: TrainedModel) -> Again:
    """Of a run; of an ensemble, surroundings and config are those of its first member."""
    reader = trained.networks[0]
    environment, path = reader.environment(), shell_word(trained.path)
    commands = [("check its files and train it again, number by number", f"nncli verify {path}")]
    if len(trained.networks) == 1:
        config = shell_word(trained.path / RESOLVED)
        commands.append(("train the same config as another run", f"nncli train {config}"))
    if command := environment.get("command"):
        commands.insert(0, ("how it was trained", " ".join(map(shell_word, command))))
    lines = reader.run.read(RESOLVED).decode("utf-8", "replace").splitlines()
    return Again(
        tuple(commands),
        _environment(environment),
        "\n".join(lines[:MOST_LINES]),
        max(len(lines) - MOST_LINES, 0),
    )


def _environment(recorded: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = {key: str(recorded[key]) for key in ENVIRONMENT if recorded.get(key) is not None}
    if packages := recorded.get("packages"):
        shown["packages"] = ", ".join(map(str, packages))
    return (*shown.items(), ("report by", f"nncli {__version__}"))

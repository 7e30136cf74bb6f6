"""The chosen threshold: read from decision.json of a run or an ensemble."""

from nncli.artifacts.atomic_directory import AtomicDirectory
from nncli.artifacts.run_directory import DECISION
from nncli.config.decision_keys import DecisionKeys
from nncli.errors import CorruptRun, printable
from nncli.parts.threshold_choice import ChosenThreshold
from nncli.untrusted_files.array_headers import Malformed


def chosen_threshold(
    directory: AtomicDirectory, keys: DecisionKeys | None
) -> ChosenThreshold | None:
    """The recorded threshold; None if the config fixes one or has none. Raises CorruptRun."""
    if keys is None or keys.goal is None:
        return None
    value = directory.read_json(DECISION)
    try:
        return ChosenThreshold.from_json(value)
    except Malformed as error:
        place = directory.path / DECISION
        raise CorruptRun(f"{place}: {printable(str(error), 300)}") from None

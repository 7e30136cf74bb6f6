"""Decision: the threshold between two classes, chosen on a job's validation rows."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from nncli.config.decision_keys import DecisionKeys
from nncli.config.dump import plain
from nncli.engine.evaluator import Forward
from nncli.engine.job import Job
from nncli.errors import counted
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.threshold_choice import ChosenThreshold, Costs, choose_threshold


def chosen_for(keys: DecisionKeys | None, job: Job, theta: Array) -> ChosenThreshold | None:
    """The best threshold for these weights; None if `decision` has no goal."""
    if keys is None or keys.goal is None or job.val is None:
        return None
    with np.errstate(all="ignore"):
        predictions = job.decode(Forward(job.network, theta, job.val.inputs)())
    return chosen_by(keys, predictions, job.val.truth)


def chosen_by(
    keys: DecisionKeys | None, predictions: Array, truth: Array
) -> ChosenThreshold | None:
    """The best threshold for these predictions; None if `decision` has no goal.

    predictions: (rows, 2) probabilities.  truth: (rows,) 0 or 1.
    """
    if keys is None or keys.goal is None:
        return None
    return choose_threshold(predictions[:, 1], truth == 1, keys.goal)


def decision_of(keys: DecisionKeys | None, chosen: ChosenThreshold | None) -> Decision:
    """The decision rule, with the chosen threshold if there is one."""
    if chosen is not None:
        return Decision(chosen.threshold)
    return Decision(keys.threshold if keys else None)


def decision_record(
    keys: DecisionKeys, chosen: ChosenThreshold | None, classes: Sequence[str]
) -> dict[str, Any]:
    """The JSON record: the second class, the config keys, and the chosen threshold if any."""
    found = {"split": "val", **asdict(chosen)} if chosen else {}
    return {"class": classes[1], **plain(keys), **found}


def decided_in_words(keys: DecisionKeys, chosen: ChosenThreshold | None, name: str) -> str:
    """The decision rule in words, with the reason for its threshold. name: of the second class.

    `'ill' where its probability is above 0.21: the best f1 on 30 validation rows, 0.81 (0.62 at
    0.5)`.
    """
    if keys.threshold is not None:
        return f"'{name}' where its probability is above {keys.threshold:g}"
    if isinstance(keys.goal, Costs):
        what = f"the least cost a row with {keys.goal.false_positive:g} for each wrong '{name}' "
        what += f"and {keys.goal.false_negative:g} for each missed one"
        calibrated = f"; calibrated probabilities would call for {keys.goal.calibrated:.3g}"
    else:
        what, calibrated = f"the best {keys.goal}", ""
    if chosen is None:
        return f"'{name}' above a threshold to be chosen: {what} on the validation rows"
    found = f"'{name}' where its probability is above {chosen.threshold:.4g}"
    if chosen.value is None or chosen.at_half is None:
        return f"{found}: there is nothing to choose it by, as predictions aren't finite"
    rows = counted(chosen.rows, "validation row")
    return (
        f"{found}: {what} on {rows}, {chosen.value:.4g} ({chosen.at_half:.4g} at 0.5){calibrated}"
    )

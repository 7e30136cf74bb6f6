"""Do penalties or dropout keep the network from learning?"""

from nncli.doctor import edits
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Finding
from nncli.doctor.trials import (
    NO_BETTER,
    best,
    in_words,
    of_guessing,
    outcomes,
    trial_steps,
    val_share_after,
)
from nncli.parts.layers import Dropout

NAME = "regularization"
FACTORS = (0.1, 0.01, 0.0)
MUCH_BETTER = 0.7  # times the run's own loss: without it any network learns its rows better


def examine(patient: DiagnosedRun) -> Check:
    network = patient.built.network
    penalty = network.penalty(network.layout.views(patient.theta))
    rates = [node.layer.rate for node in network.nodes if isinstance(node.layer, Dropout)]
    rate = max(rates, default=0.0)
    if not rate and not penalty:
        return Check(NAME, "skipped: no penalty and no dropout")
    said = [f"penalties of {penalty:.3g} beside a loss of {patient.loss:.3g}"] if penalty else []
    result = " and ".join([*said, *([f"dropout of {rate:g}"] if rate else [])])
    if not patient.learned_little:
        return Check(NAME, result)
    candidates = [edit for factor in FACTORS for edit in edits.gentler(patient, factor)]
    steps = trial_steps(patient)
    trial = best(outcomes(patient, candidates, lambda edited: val_share_after(edited, steps)))
    if trial is None or trial[1] > min(MUCH_BETTER * patient.val_share, NO_BETTER):
        return Check(NAME, result)
    edit, share = trial
    message = f"held back by {result}: {of_guessing(patient.val_share)} is left"
    tried = in_words(share, steps)
    return Check(NAME, result, [Finding(NAME, message, max(rate, penalty), edit, tried)])

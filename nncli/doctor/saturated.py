"""Are sigmoids and tanhs pinned to their bounds? There they have no slope to learn by."""

from nncli.doctor import edits, inputs
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Finding
from nncli.doctor.units import Units, cure_at_start, cure_in_training, look

NAME = "saturated units"
MOST_AT_START = 0.5  # of a layer's rows x units
MOST = 0.9  # after training, which drives units apart where classes are


def most_saturated(layers: list[Units]) -> float:
    return max((units.saturated or 0.0 for units in layers), default=0.0)


def examine(patient: DiagnosedRun) -> Check:
    now, before = look(patient, patient.theta), look(patient, patient.settled_start)
    if all(units.saturated is None for units in now):
        return Check(NAME, "skipped: no hidden sigmoid or tanh")
    early, late = most_saturated(before), most_saturated(now)
    result = f"values with no slope left: {early:.0%} at the start, {late:.0%} now"
    if early > MOST_AT_START:
        candidates = [*inputs.scalings(patient), *edits.standard_starts(patient)]
        cure = cure_at_start(patient, candidates, most_saturated, MOST_AT_START)
        message = f"{_worst(before)}: {early:.0%} of its values start with 98% of their slope lost"
    elif late > MOST and patient.learned_little:
        candidates = [*inputs.scalings(patient), *edits.lower_rates(patient)]
        cure = cure_in_training(patient, candidates, most_saturated, MOST)
        message = f"{_worst(now)}: {late:.0%} of its values have lost 98% of their slope"
    else:
        return Check(NAME, result)
    value = max(early, late)
    return Check(NAME, result, [Finding(NAME, message, value, *cure)] if cure else [])


def _worst(layers: list[Units]) -> str:
    return max(layers, key=lambda units: units.saturated or 0.0).name

"""Are there relu units that no row switches on? No gradient reaches them any more."""

from nncli.doctor import edits, inputs
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Finding
from nncli.doctor.units import Units, cure_at_start, cure_in_training, look

NAME = "dead units"
# of a layer's units: some are dead in most networks, many in wide ones that learn well
MOST, MOST_OF_LEARNED = 0.5, 0.8


def most_dead(layers: list[Units]) -> float:
    return max((units.share_dead for units in layers), default=0.0)


def examine(patient: DiagnosedRun) -> Check:
    relus = [units for units in look(patient, patient.theta) if units.dead is not None]
    if not relus:
        return Check(NAME, "skipped: no relu")
    counts = ", ".join(f"{units.name} {units.dead_of_all}" for units in relus)
    result = f"relu units that no row switches on: {counts}"
    worst = max(relus, key=lambda units: units.share_dead)
    most = MOST if patient.learned_little else MOST_OF_LEARNED
    found = [] if worst.share_dead <= most else _findings(patient, worst)
    return Check(NAME, result, found)


def _findings(patient: DiagnosedRun, worst: Units) -> list[Finding]:
    before = next(u for u in look(patient, patient.settled_start) if u.name == worst.name)
    assert worst.dead is not None
    assert before.dead is not None
    early = int((worst.dead & before.dead).sum())
    candidates = inputs.scalings(patient)
    leaks = [*edits.leaky(patient), *edits.open_output(patient)]
    if early > worst.dead.sum() / 2:
        since = f"{early} of them from the start"
        candidates += [*edits.standard_starts(patient), *leaks]
        cure = cure_at_start(patient, candidates, most_dead, MOST)
    else:
        since = f"all but {early} of them only since then" if early else "none was at the start"
        candidates += [*edits.lower_rates(patient), *leaks]
        cure = cure_in_training(patient, candidates, most_dead, MOST)
    if cure is None:
        return []
    message = f"{worst.name}: {worst.dead_of_all} relu units are 0 for every row; {since}"
    return [Finding(NAME, message, worst.share_dead, *cure)]

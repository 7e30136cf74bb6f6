"""Do the units of a hidden layer start different? Alike, they get the same gradient for ever."""

from nncli.doctor import edits
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Finding
from nncli.doctor.trials import what_it_does
from nncli.parts.layers import Dense

NAME = "twin units"


def examine(patient: DiagnosedRun) -> Check:
    alike = [name for name in _dense(patient) if _are_twins(patient, name)]
    if not alike:
        return Check(NAME, "no hidden layer has units that are all alike")
    units = next(node.outputs for node in patient.network.nodes if node.name == alike[0])
    message = f"{alike[0]}: its {units} units start alike and stay alike, and work as a single one"
    starts = edits.standard_starts(patient)[:1]
    found = [
        Finding(NAME, message, float(units), edit, what_it_does(patient, edit)) for edit in starts
    ]
    return Check(NAME, f"all units are alike in {', '.join(alike)}", found)


def _dense(patient: DiagnosedRun) -> list[str]:
    return [
        node.name
        for node in patient.network.nodes[:-1]
        if isinstance(node.layer, Dense) and node.outputs > 1
    ]


def _are_twins(patient: DiagnosedRun, name: str) -> bool:
    """Whether every column of W, and of b, is the same, at the start and now."""
    views = patient.network.layout.views
    return all(
        bool((tensor == tensor[..., :1]).all())
        for theta in (patient.start.theta, patient.theta)
        for key, tensor in views(theta).items()
        if key in (f"{name}/W", f"{name}/b")
    )

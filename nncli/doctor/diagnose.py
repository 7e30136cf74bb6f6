"""Diagnose: every check in order, causes before what they lead to."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nncli.doctor import (
    capacity,
    curves,
    dead,
    diverging,
    guessing,
    inputs,
    regularization,
    saturated,
    start,
    step_sizes,
    twins,
    units,
)
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Layer, Report
from nncli.doctor.step_statistics import LayerSteps, measure
from nncli.engine.threads import limited

STEPS = 10  # over which gradients and ratios are medians
CAUSES = (
    diverging.examine,
    inputs.examine,
    inputs.examine_targets,
    start.examine,
    twins.examine,
)
SYMPTOMS = (
    capacity.examine,
    curves.examine_bouncing,
    guessing.examine,
    curves.examine_length,
)


def examine(path: Path) -> Report:
    """A run directory. Raises UserError, CorruptRun or FileFailure."""
    patient = DiagnosedRun.of_run(path)
    with limited(patient.job.training):
        first = measure(patient.job, patient.job.start(), STEPS)
        last = measure(patient.job, patient.left(), STEPS)
        checks = list(_checks(patient, first, last))
        layers = list(_layers(patient, first, last))
    stopped = str(patient.summary.get("stopped", "" if patient.began else "diverged"))
    return Report(checks, layers, len(patient.rows), len(patient.job.train), stopped)


def _checks(
    patient: DiagnosedRun, first: Mapping[str, LayerSteps], last: Mapping[str, LayerSteps]
) -> Iterator[Check]:
    """Of what follows from other causes only the first finding is kept: it explains the rest."""
    yield from (causes := [cause(patient) for cause in CAUSES])
    effects = [
        dead.examine(patient),
        saturated.examine(patient),
        step_sizes.examine_gradients(patient),
        step_sizes.examine_steps(patient, first, last),
        regularization.examine(patient),
    ]
    yield from _until_explained(effects, is_explained=patient.has_diverged)
    is_explained = any(check.findings for check in [*causes, *effects])
    yield from _until_explained((ask(patient) for ask in SYMPTOMS), is_explained=is_explained)
    yield curves.examine_overfitting(patient)


def _until_explained(checks: Iterable[Check], *, is_explained: bool) -> Iterator[Check]:
    """Findings up to the first; after it, or if there was one before, results only."""
    for check in checks:
        yield check.without_findings if is_explained else check
        is_explained |= bool(check.findings)


def _layers(
    patient: DiagnosedRun, first: Mapping[str, LayerSteps], last: Mapping[str, LayerSteps]
) -> Iterator[Layer]:
    seen = {each.name: each for each in units.look(patient, patient.theta)}
    moved = step_sizes.moved(patient)
    for node in patient.network.nodes:
        name, own = node.name, seen.get(node.name)
        before, now = first.get(name), last.get(name)
        if before is None and own is None:
            continue
        yield Layer(
            name,
            before.gradient if before else None,
            now.gradient if now else None,
            before.ratio if before else None,
            now.ratio if now else None,
            moved.get(name),
            node.outputs,
            int(own.dead.sum()) if own and own.dead is not None else None,
            own.saturated if own else None,
        )

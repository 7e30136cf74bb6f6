"""Diagnose: asks every check, causes before effects, and collects statistics of each layer."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts.run_reader import RunReader
from nncli.doctor.capacity import CAPACITY
from nncli.doctor.check import Check, CheckResult, Finding, Rank
from nncli.doctor.curve_shape import BOUNCING, LENGTH, OVERFITTING
from nncli.doctor.dead_units import DEAD_UNITS, SATURATED_UNITS, units_of
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.divergence import DIVERGENCE
from nncli.doctor.feature_scales import INPUTS, TARGETS
from nncli.doctor.start import LOSS_AT_START, SYMMETRIC_UNITS
from nncli.doctor.step_sizes import GRADIENTS, STEPS, moved
from nncli.doctor.training_loss import GUESSING, REGULARIZATION
from nncli.engine.threads import limited
from nncli.frozen import frozen

CHECKS: tuple[Check[Any], ...] = (
    DIVERGENCE,
    INPUTS,
    TARGETS,
    LOSS_AT_START,
    SYMMETRIC_UNITS,
    DEAD_UNITS,
    SATURATED_UNITS,
    GRADIENTS,
    STEPS,
    REGULARIZATION,
    CAPACITY,
    BOUNCING,
    GUESSING,
    LENGTH,
    OVERFITTING,
)
MAX_FINDINGS = 5


@frozen
class LayerStatistics:
    """Statistics of one layer; None where they don't apply.

    Norms are over the layer's trained tensors, as medians of a few steps: `_early` ones from the
    initial weights on, others from the end of training.  update_to_weight: |step| / |weights|.
    moved: |final weights - initial weights| / |initial weights|.
    dead: the number of relu units that are 0 for every row.
    saturated: the share of values whose slope is nearly 0.
    """

    name: str
    gradient_norm_early: float | None = None
    gradient_norm: float | None = None
    update_to_weight_early: float | None = None
    update_to_weight: float | None = None
    moved: float | None = None
    units: int = 0
    dead: int | None = None
    saturated: float | None = None


@frozen
class Diagnosis:
    """All results.

    looked_at: how many of the `rows` training rows were used.  stopped: why the run ended; empty if
    it didn't.
    """

    checks: Sequence[CheckResult]
    layers: Sequence[LayerStatistics]
    looked_at: int
    rows: int
    stopped: str

    @property
    def findings(self) -> list[Finding]:
        """The first findings; causes come before their effects."""
        found = [check.finding for check in self.checks if check.finding is not None]
        return found[:MAX_FINDINGS]

    @property
    def is_healthy(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        return {
            "healthy": self.is_healthy,
            "findings": [finding.to_json() for finding in self.findings],
            "layers": [vars(layer) for layer in self.layers],
            "checks": [{"check": check.name, "result": check.result} for check in self.checks],
            "rows": {"looked_at": self.looked_at, "of": self.rows},
        }


def diagnose(path: Path) -> Diagnosis:
    """Diagnose a run directory. Raises UserError, CorruptRun or FileFailure."""
    return _diagnosis(DiagnosedRun.of_run(path))


def diagnose_reader(reader: RunReader) -> Diagnosis:
    """Diagnose a run that is open already. Raises as `diagnose`."""
    return _diagnosis(DiagnosedRun.of_reader(reader))


def _diagnosis(run: DiagnosedRun) -> Diagnosis:
    with limited(run.job.training):
        checks, layers = list(_results(run)), list(_layers(run))
    stopped = str(run.summary.get("stopped", "" if run.began else "diverged"))
    return Diagnosis(checks, layers, len(run.rows), len(run.job.train), stopped)


def _results(run: DiagnosedRun) -> Iterator[CheckResult]:
    """Yields the result of each check; those that others explain have numbers, but no finding."""
    found = set[Rank]()
    for check in CHECKS:
        is_explained = {
            Rank.CAUSE: False,
            Rank.EFFECT: run.has_diverged or Rank.EFFECT in found,
            Rank.SYMPTOM: bool(found),
        }
        result = check.ask(run, is_explained=is_explained[check.rank])
        if result.finding:
            found.add(check.rank)
        yield result


def _layers(run: DiagnosedRun) -> Iterator[LayerStatistics]:
    units = {each.name: each for each in units_of(run, run.theta)}
    moves = moved(run)
    for node in run.network.nodes:
        name, own = node.name, units.get(node.name)
        early, late = run.early_steps.get(name), run.late_steps.get(name)
        if early is None and own is None:
            continue
        yield LayerStatistics(
            name,
            early.gradient if early else None,
            late.gradient if late else None,
            early.ratio if early else None,
            late.ratio if late else None,
            moves.get(name),
            node.outputs,
            int(own.dead.sum()) if own and own.dead is not None else None,
            own.saturated if own else None,
        )

"""Start: is the initial loss that of an even guess, and do units differ?"""

import math
from collections.abc import Sequence

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edits
from nncli.doctor.feature_scales import scalings
from nncli.doctor.fix_trials import as_fix, first_below, the_first
from nncli.frozen import frozen
from nncli.parts.layers import Dense
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy

# times an even guess: cross-entropies grow linearly with the outputs, squared losses quadratically
MAX_RATIO, MAX_SQUARED_RATIO = 4.0, 10.0


@frozen
class StartLoss:
    """The initial loss beside that of an even guess.

    excess: their ratio, both less the perfect loss.  guess: the even guess in words.
    most: the largest excess that is in order.  counts: whether the loss was ever finite.
    """

    loss: float
    excess: float
    guess: str
    most: float
    counts: bool

    def __str__(self) -> str:
        return f"{self.loss:.4g} at epoch 0, against {self.guess}"

    def message(self) -> str:
        return (
            f"the loss starts at {self.loss:.4g}, {self.excess:.3g} times as far from perfect as "
            f"{self.guess}: the outputs start far off"
        )


def measure_start(run: DiagnosedRun) -> StartLoss:
    most = MAX_RATIO if run.network.loss.targets == (0.0, 1.0) else MAX_SQUARED_RATIO
    return StartLoss(run.loss_at_start, excess(run), even_guess_in_words(run), most, run.began)


def excess(run: DiagnosedRun) -> float:
    """(initial loss - perfect) / (loss of an even guess - perfect)."""
    baselines, loss = run.baselines, run.loss_at_start
    span = baselines.even - baselines.perfect
    if span <= 0:
        return 0.0
    return (loss - baselines.perfect) / span if math.isfinite(loss) else math.inf


def even_guess_in_words(run: DiagnosedRun) -> str:
    """The loss of an even guess, in words."""
    loss, outputs = run.network.loss, run.network.outputs
    even = f"{run.baselines.even:.4g}"
    if not loss.is_proper:
        return f"the {even} of an even guess"
    if isinstance(loss, CrossEntropy):
        return f"ln {outputs} = {even}"
    if isinstance(loss, BinaryCrossEntropy):
        return f"{'' if outputs == 1 else f'{outputs} '}ln 2 = {even}"
    return f"the {even} of predicting the mean"


def better_starts(run: DiagnosedRun) -> Edits:
    return [
        *scalings(run),
        *candidates.standard_starts(run),
        *candidates.mean_output(run),
        *candidates.small_output(run),
    ]


def start_lower(run: DiagnosedRun, edits: Edits, measured: StartLoss) -> Fix | None:
    """The first edit with which the initial loss is in order, else the one with the least."""
    trial = first_below(run, edits, excess, measured.most)
    if trial is None or trial[1] >= measured.excess:
        return None
    edited = run.with_edit(trial[0])
    assert edited is not None
    return as_fix(run, trial[0], f"with it the loss starts at {edited.loss_at_start:.4g}")


LOSS_AT_START = Check[StartLoss](
    name="loss at the start",
    question="Is the loss before training what an even guess costs: ln(classes)?",
    rank=Rank.CAUSE,
    measure=measure_start,
    criteria=(
        Criterion(
            number=lambda start: start.excess if start.counts else None,
            most=lambda start: start.most,
            message=StartLoss.message,
            value=lambda start: start.loss,
            candidates=better_starts,
            choose=start_lower,
        ),
    ),
)


@frozen
class SymmetricUnits:
    """layers: those whose units are all equal; at least one.  count: the units of the first."""

    layers: Sequence[str]
    count: int

    def __str__(self) -> str:
        return f"all units are alike in {', '.join(self.layers)}"

    def message(self) -> str:
        what = f"its {self.count} units start alike and stay alike, and work as a single one"
        return f"{self.layers[0]}: {what}"


def measure_symmetric(run: DiagnosedRun) -> SymmetricUnits | str:
    alike = [
        node
        for node in run.network.nodes[:-1]
        if isinstance(node.layer, Dense) and node.outputs > 1 and _are_alike(run, node.name)
    ]
    if not alike:
        return "no hidden layer has units that are all equal"
    return SymmetricUnits([node.name for node in alike], alike[0].outputs)


def _are_alike(run: DiagnosedRun, name: str) -> bool:
    """Whether all units of a layer have equal weights, initially and now."""
    views = run.network.layout.views
    return all(
        bool((tensor == tensor[..., :1]).all())
        for theta in (run.start.theta, run.theta)
        for key, tensor in views(theta).items()
        if key in (f"{name}/W", f"{name}/b")
    )


SYMMETRIC_UNITS = Check[SymmetricUnits](
    name="twin units",
    question="Do the units of each hidden layer differ? Equal units always get the same gradient.",
    rank=Rank.CAUSE,
    measure=measure_symmetric,
    criteria=(
        Criterion(
            number=lambda alike: float(alike.count),
            most=1.0,
            message=SymmetricUnits.message,
            candidates=candidates.standard_starts,
            choose=the_first,
        ),
    ),
)

"""Feature scales: do inputs and targets have sizes that suit the initial weights?"""

from collections.abc import Sequence

import numpy as np

from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.fix_trials import (
    BETTER,
    NO_BETTER,
    goes_astray,
    share_after,
    trial_in_words,
    trial_steps,
)
from nncli.doctor.step_statistics import steps_of
from nncli.errors import printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.layers import BatchNorm

MAX_RMS, MIN_RMS = 10.0, 0.1  # root mean squares
PEAK = 0.5  # an input that reaches it is rare, not small


@frozen
class Size:
    """An input's or target's mean and spread over the training rows. peak: the largest |value|."""

    name: str
    mean: float
    spread: float
    peak: float

    @classmethod
    def of(cls, name: str, column: Array) -> "Size":
        values = column.astype(float)
        return cls(name, float(values.mean()), float(values.std()), float(np.abs(values).max()))

    @property
    def rms(self) -> float:
        return float(np.hypot(self.mean, self.spread))

    @property
    def is_large(self) -> bool:
        return self.rms > MAX_RMS

    @property
    def is_odd(self) -> bool:
        return self.is_large or (0 < self.rms < MIN_RMS and self.peak < PEAK)

    def __str__(self) -> str:
        what = f"{printable(self.name)} has mean {self.mean:.4g} and standard deviation"
        return f"{what} {self.spread:.3g}; initial weights assume 0 and 1"


def input_sizes(run: DiagnosedRun) -> list[Size]:
    """The size of every numeric input; booleans, one-hot inputs and bins are never too large."""
    if isinstance(run.network.nodes[0].layer, BatchNorm):
        return []  # it scales them
    x = run.rows.x[0 : len(run.rows)]
    found, start = [], 0
    for feature in run.built.preprocessing.columns:
        is_binned = isinstance(feature.encoding, PiecewiseLinear | BinsAndValue)
        if feature.kind == "numeric" and feature.inputs and not is_binned:
            found.append(Size.of(feature.name, x[:, start]))
        start += len(feature.inputs)
    return found


def target_sizes(run: DiagnosedRun) -> list[Size]:
    """The size of every numeric target that could be scaled."""
    if not candidates.scale_targets(run):
        return []
    columns = zip(run.built.table.targets, run.rows.targets.T, strict=True)
    return [Size.of(name, column) for name, column in columns]


def scalings(run: DiagnosedRun) -> list[Edit]:
    """Edits that scale inputs or targets, if they need it."""
    return [
        *(candidates.scale_inputs(run) if any(size.is_odd for size in input_sizes(run)) else []),
        *(candidates.scale_targets(run) if any(t.is_large for t in target_sizes(run)) else []),
    ]


@frozen
class InputSizes:
    """The sizes of the inputs, of which there is at least one."""

    sizes: Sequence[Size]

    def __str__(self) -> str:
        low, high = (choose(size.rms for size in self.sizes) for choose in (min, max))
        return f"root mean squares from {low:.3g} to {high:.3g}"

    @property
    def odd(self) -> list[Size]:
        return [size for size in self.sizes if size.is_odd]

    @property
    def worst(self) -> Size | None:
        """The largest input if it is too large, else the smallest that is too small, else None."""
        high = max(self.sizes, key=lambda size: size.rms)
        return high if high.is_large else min(self.odd, key=lambda size: size.rms, default=None)

    def message(self) -> str:
        """The inputs that are too large or too small, in words."""
        count, of = len(self.odd), len(self.sizes)
        others = "" if of == 1 else f" ({count} of {of} inputs are out of range)"
        return f"unscaled inputs: {self.worst}{others}"


@frozen
class TargetSize:
    """The size of the largest target."""

    worst: Size

    def __str__(self) -> str:
        return f"root mean squares up to {self.worst.rms:.3g}"


def measure_inputs(run: DiagnosedRun) -> InputSizes | str:
    found = input_sizes(run)
    return (
        InputSizes(found) if found else "skipped: none is a plain number, or batch_norm scales them"
    )


def measure_targets(run: DiagnosedRun) -> TargetSize | str:
    found = target_sizes(run)
    if not found:
        return "skipped: they are classes, scaled, or can't be"
    return TargetSize(max(found, key=lambda size: size.rms))


def does_not_lead_astray(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
    """The first edit; None if training diverges with it, or a whole run does no better."""
    if not edits or (edited := run.with_edit(edits[0])) is None:
        return None
    steps = trial_steps(run)
    share = share_after(edited, steps)
    if goes_astray(run, edited, share):
        return None
    is_better, is_whole = share <= BETTER * run.share, steps == steps_of(run.job)
    if is_whole and run.share < NO_BETTER and not is_better:
        return None
    return Fix(edits[0], trial_in_words(share, steps))


INPUTS = Check[InputSizes](
    name="inputs",
    question="Do inputs have means near 0 and deviations near 1, as initial weights assume?",
    rank=Rank.CAUSE,
    measure=measure_inputs,
    criteria=(
        Criterion(
            number=lambda inputs: inputs.worst.rms if inputs.worst else None,
            least=MIN_RMS,
            most=MAX_RMS,
            message=InputSizes.message,
            candidates=candidates.scale_inputs,
            choose=does_not_lead_astray,
        ),
    ),
)
TARGETS = Check[TargetSize](
    name="targets",
    question="Have targets such a scale, if they can be scaled?",
    rank=Rank.CAUSE,
    measure=measure_targets,
    criteria=(
        Criterion(
            number=lambda targets: targets.worst.rms,
            most=MAX_RMS,
            message=lambda targets: f"unscaled targets: {targets.worst}",
            candidates=candidates.scale_targets,
            choose=does_not_lead_astray,
        ),
    ),
)

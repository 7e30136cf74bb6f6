"""Are inputs and targets of a size that weights are made for: means near 0, spreads near 1?"""

from dataclasses import dataclass

import numpy as np

from nncli.doctor import edits
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.step_statistics import steps_of
from nncli.doctor.trials import (
    BETTER,
    NO_BETTER,
    goes_astray,
    in_words,
    share_after,
    trial_steps,
)
from nncli.errors import printable
from nncli.parts.arrays import Array
from nncli.parts.layers import BatchNorm

INPUTS, TARGETS = "inputs", "targets"
LARGEST, SMALLEST = 10.0, 0.1  # root mean squares
PEAK = 0.5  # an input that ever gets there isn't small, but rare


@dataclass(frozen=True)
class Size:
    """An input or a target over the training rows; peak: the greatest absolute value."""

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
        return self.rms > LARGEST

    @property
    def is_odd(self) -> bool:
        return self.is_large or (0 < self.rms < SMALLEST and self.peak < PEAK)

    def __str__(self) -> str:
        what = f"{printable(self.name)} has mean {self.mean:.4g} and spread {self.spread:.3g}"
        return f"{what}, where weights are made for 0 and 1"


def sizes(patient: DiagnosedRun) -> list[Size]:
    """Of every input that is a number; yes/no and one-hot inputs have their size by nature."""
    if isinstance(patient.network.nodes[0].layer, BatchNorm):
        return []  # which scales them
    x = patient.rows.x[0 : len(patient.rows)]
    found, start = [], 0
    for feature in patient.built.preprocessing.features:
        if feature.kind == "numeric":
            found.append(Size.of(feature.name, x[:, start]))
        start += len(feature.inputs)
    return found


def targets(patient: DiagnosedRun) -> list[Size]:
    """Of every number to predict that could be scaled."""
    if not edits.scale_targets(patient):
        return []
    columns = zip(patient.built.table.targets, patient.rows.targets.T, strict=True)
    return [Size.of(name, column) for name, column in columns]


def scalings(patient: DiagnosedRun) -> list[Edit]:
    """The edits that scale the inputs or the targets, if they need it."""
    return [
        *(edits.scale_inputs(patient) if any(size.is_odd for size in sizes(patient)) else []),
        *(edits.scale_targets(patient) if any(t.is_large for t in targets(patient)) else []),
    ]


def examine(patient: DiagnosedRun) -> Check:
    found = sizes(patient)
    if not found:
        return Check(INPUTS, "skipped: none is a plain number, or batch_norm scales them")
    low, high = min(found, key=lambda s: s.rms), max(found, key=lambda s: s.rms)
    result = f"root mean squares from {low.rms:.3g} to {high.rms:.3g}"
    odd = [size for size in found if size.is_odd]
    if not odd or not (edit := edits.scale_inputs(patient)):
        return Check(INPUTS, result)
    worst = high if high.is_large else min(odd, key=lambda size: size.rms)
    count = "" if len(found) == 1 else f" ({len(odd)} of {len(found)} inputs are out of range)"
    message = f"unscaled inputs: {worst}{count}"
    return Check(INPUTS, result, _tried(patient, INPUTS, message, worst.rms, edit[0]))


def examine_targets(patient: DiagnosedRun) -> Check:
    found = targets(patient)
    if not found:
        return Check(TARGETS, "skipped: they are classes, scaled, or can't be")
    worst = max(found, key=lambda size: size.rms)
    result = f"root mean squares up to {worst.rms:.3g}"
    if not worst.is_large:
        return Check(TARGETS, result)
    message = f"unscaled targets: {worst}"
    edit = edits.scale_targets(patient)[0]
    return Check(TARGETS, result, _tried(patient, TARGETS, message, worst.rms, edit))


def _tried(
    patient: DiagnosedRun, check: str, message: str, rms: float, edit: Edit
) -> list[Finding]:
    """The finding; none where training goes astray with its edit, or does no better all through."""
    edited, steps = patient.with_edit(edit), trial_steps(patient)
    if edited is None or goes_astray(patient, edited, share := share_after(edited, steps)):
        return []
    is_better, is_whole = share <= BETTER * patient.share, steps == steps_of(patient.job)
    if is_whole and patient.share < NO_BETTER and not is_better:
        return []
    return [Finding(check, message, rms, edit, in_words(share, steps))]

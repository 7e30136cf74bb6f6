"""Do gradients reach every layer, and are steps of a size that weights can follow?"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from nncli.doctor import edits
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.forward import BATCH, sampled
from nncli.doctor.step_statistics import LayerSteps, gradient_norms, norm, slices
from nncli.doctor.trials import learns_most, of_guessing
from nncli.parts.activations import Relu

GRADIENTS, STEPS = "gradients", "steps"
VANISHED, EXPLODED = 1e-3, 1e3  # the first layer's norm over the last one's
STILL = 1e-3  # weights that moved less than this share of themselves in a whole run
ROUNDINGS = 1e3  # as many may add up in a sum over rows
RESTLESS = 0.1  # of the weights, replaced by one step where training ended


def moved(patient: DiagnosedRun) -> dict[str, float | None]:
    """|weights at the end - at the start| / |at the start|, by layer; None where they were 0."""
    change = patient.left().theta.astype(float) - patient.start.theta
    found = {}
    for name, places in slices(patient.job).items():
        size = norm(patient.start.theta, places)
        found[name] = norm(change, places) / size if size > 0 else None
    return found


def first_gradients(patient: DiagnosedRun) -> dict[str, float]:
    """|gradient| of the loss at the initial weights, by layer, without dropout and penalties."""
    rows = sampled(patient.rows, BATCH)
    job = replace(patient.job, network=patient.network, train=rows)
    return gradient_norms(job, job.start())


def rounding(patient: DiagnosedRun) -> float:
    """What |gradient| may come to where its terms cancel: numbers like the errors, rounded.

    Errors are of the size of a squared loss's root, and of 1 where a cross-entropy's is.
    """
    excess = patient.loss_at_start - patient.levels.perfect
    eps = float(np.finfo(patient.start.theta.dtype).eps)
    return ROUNDINGS * eps * math.sqrt(excess) if 0.0 < excess < math.inf else 0.0


def examine_gradients(patient: DiagnosedRun) -> Check:
    norms = first_gradients(patient)
    if len(norms) < 2:
        return Check(GRADIENTS, "skipped: one trained layer only")
    (first, own), *_, (last, other) = norms.items()
    result = f"at the initial weights {own:.3g} in {first}, {other:.3g} in {last}"
    if not math.isfinite(own + other):
        return Check(GRADIENTS, result)
    if other <= rounding(patient):
        return Check(GRADIENTS, f"{result}, which may be 0, rounded")
    ratio = own / other
    result = f"at the initial weights {own:.3g} in {first}, {ratio:.3g} times that of {last}"
    if VANISHED < ratio < EXPLODED or not patient.learned_little:
        return Check(GRADIENTS, result)
    return Check(GRADIENTS, result, _on_the_way_back(patient, ratio, result))


def _on_the_way_back(patient: DiagnosedRun, ratio: float, result: str) -> list[Finding]:
    what = "vanish" if ratio < 1 else "explode"
    candidates = [
        *(edits.standard_starts(patient) if ratio > 1 else []),
        *edits.hidden_activation(patient, Relu()),
        *edits.shallow(patient),
    ]
    message = f"gradients {what} on the way back: |gradient| is {result}"
    cure = learns_most(patient, candidates)
    return [Finding(GRADIENTS, message, ratio, *cure)] if cure else []


def examine_steps(
    patient: DiagnosedRun, start: Mapping[str, LayerSteps], now: Mapping[str, LayerSteps]
) -> Check:
    if not patient.has_steps:
        return Check(STEPS, "skipped: lbfgs makes no steps along the gradient")
    ratios = [steps.ratio for steps in start.values() if steps.ratio is not None]
    if not ratios:
        return Check(STEPS, "skipped: none could be measured")
    low, high = min(ratios), max(ratios)
    largest = max(steps.largest_ratio for steps in start.values())
    result = f"early: {low:.2g} to {high:.2g} of a layer's weights, the largest step {largest:.2g}"
    found = [*_still(patient, largest), *_restless(patient, now)] if patient.learned_little else []
    return Check(STEPS, result, found[:1])


def _still(patient: DiagnosedRun, ratio: float) -> Iterator[Finding]:
    """The weights ended where they started."""
    farthest = max((share for share in moved(patient).values() if share is not None), default=1.0)
    if farthest >= STILL:
        return
    message = (
        "nothing moves: in the whole run no layer's weights changed by more than "
        f"{farthest:.2g} of their length, and an early step changes {ratio:.2g} at the most"
    )
    tenfold = [10.0**power for power in range(1, 9)]
    candidates = _without_clipping(patient) or edits.learning_rates(patient, tenfold)
    if cure := learns_most(patient, candidates):
        yield Finding(STEPS, message, farthest, *cure)


def _restless(patient: DiagnosedRun, now: Mapping[str, LayerSteps]) -> Iterator[Finding]:
    """The weights were still being replaced when training ended."""
    ratios = {name: steps.ratio or 0.0 for name, steps in now.items()}
    name, ratio = max(ratios.items(), key=lambda item: item[1])
    if ratio <= RESTLESS:
        return
    message = (
        f"{name}: a step still replaces {ratio:.2g} of its weights where training ended, with "
        f"{of_guessing(patient.share)} left"
    )
    if cure := learns_most(patient, edits.lower_rates(patient)):
        yield Finding(STEPS, message, ratio, *cure)


def _without_clipping(patient: DiagnosedRun) -> list[Edit]:
    """No clipping, where it shortens the first gradient."""
    limit = patient.job.training.clip_grad_norm
    total = math.hypot(*first_gradients(patient).values())
    return [] if limit is None or limit > total else [Edit("training.clip_grad_norm", "null")]

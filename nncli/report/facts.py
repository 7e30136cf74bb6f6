"""Facts: everything that a report says, before anybody decides how it looks.

What evaluation, doctor and influence found stands here as they said it. What a model lacks is
None: one that was averaged from others has no learning curves of its own.
"""

from collections.abc import Mapping

from nncli.comparison.comparison import Comparison
from nncli.doctor.check import Finding
from nncli.evaluation.report import Report
from nncli.evaluation.worst_rows import WorstRow
from nncli.frozen import frozen
from nncli.influence.influence import Influence
from nncli.parts.arrays import Array


@frozen
class Line:
    """One curve.  best: where its best value is, among the points; None if nowhere."""

    name: str
    epochs: tuple[float, ...]
    values: tuple[float, ...]
    best: int | None = None


@frozen
class Chart:
    """Curves of one metric.

    is_score: whether higher is better.  are_runs: whether each line is another run, rather than
    training and validation.  left_out: how many more runs there are.
    """

    metric: str
    lines: tuple[Line, ...]
    is_score: bool = False
    are_runs: bool = False
    left_out: int = 0


@frozen
class Histogram:
    """Counts of numbers between neighbouring edges; the edges as texts."""

    counts: tuple[int, ...]
    low: str
    high: str


@frozen
class ColumnFacts:
    """A feature in the training rows.

    fill: what stands in where it is missing.  histogram: of numbers; counts: of categories, the
    most frequent first, out of `of_categories`.
    """

    name: str
    kind: str
    missing: int
    fill: str
    histogram: Histogram | None = None
    counts: tuple[tuple[str, int], ...] = ()
    of_categories: int = 0


@frozen
class TargetFacts:
    """counts: of each class or label, by part of the split; of numbers their histogram."""

    name: str
    counts: Mapping[str, tuple[int, ...]]
    words: tuple[str, ...] = ()
    histogram: Histogram | None = None


@frozen
class DataFacts:
    """rows: by part of the split.  of_columns: features; those shown are the first ones.

    left_out: columns that are no feature, and why, out of `of_left_out`.
    """

    source: str
    sha256: str
    rows: Mapping[str, int]
    targets: tuple[TargetFacts, ...]
    of_targets: int
    columns: tuple[ColumnFacts, ...]
    of_columns: int
    left_out: tuple[tuple[str, str], ...]
    of_left_out: int


@frozen
class LayerFacts:
    """has_weights: whether it joins every unit with every one before, and so is drawn."""

    name: str
    what: str
    units: int
    parameters: int
    frozen: str
    has_weights: bool


@frozen
class NetworkFacts:
    inputs: int
    layers: tuple[LayerFacts, ...]
    parameters: int
    keys: tuple[tuple[str, str], ...]


@frozen
class Again:
    """How to get the same again.  config: its text, of which `config_cut` lines are left out."""

    commands: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    config: str
    config_cut: int


@frozen
class Document:
    """One model.  warnings: what makes a score worth less than it looks, a line each.

    findings: the doctor's; None if it wasn't asked.  worst: None if no cells are to be shown.
    """

    title: str
    headline: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...] | None
    report: Report
    charts: tuple[Chart, ...]
    influence: Influence | None
    worst: tuple[WorstRow, ...] | None
    data: DataFacts | None
    network: NetworkFacts | None
    again: Again


@frozen
class Overview:
    """Several runs: their scores, the keys that differ, their curves, and nothing else."""

    title: str
    headline: tuple[str, ...]
    comparison: Comparison
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]
    version: str


def finite(values: Array) -> Array:
    """Those that are."""
    import numpy as np

    return np.asarray(values[np.isfinite(values)])

"""Facts: the content of a report, whatever its format.

The results of evaluation, doctor and influence are used as they are. None stands for a part that
this model doesn't have.
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
    """One curve.  best: the index of its best point; None if there is none."""

    name: str
    epochs: tuple[float, ...]
    values: tuple[float, ...]
    best: int | None = None


@frozen
class Chart:
    """Curves of one metric.

    is_score: whether higher is better.  are_runs: whether each line is a run, instead of training
    and validation.  left_out: the number of runs without a line.
    """

    metric: str
    lines: tuple[Line, ...]
    is_score: bool = False
    are_runs: bool = False
    left_out: int = 0


@frozen
class Histogram:
    """Counts of equal bins between `low` and `high`, which are texts."""

    counts: tuple[int, ...]
    low: str
    high: str


@frozen
class ColumnFacts:
    """A feature in the training rows.

    fill: the imputed value.  histogram: of numbers.  counts: of the most frequent categories, out
    of `of_categories`.
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
    """A target. counts: of each class or label value, by split.  histogram: of numbers."""

    name: str
    counts: Mapping[str, tuple[int, ...]]
    words: tuple[str, ...] = ()
    histogram: Histogram | None = None


@frozen
class DataFacts:
    """The data. rows: counts by split.  of_columns: the number of features, also those not shown.

    left_out: columns that are not features, and why, out of `of_left_out`.
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
    """A layer. has_weights: whether it is dense, so that its units are drawn."""

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
class Reproduction:
    """How to reproduce a model.  config: its text, without the last `config_cut` lines."""

    commands: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    config: str
    config_cut: int


@frozen
class Document:
    """The report of one model.  warnings: one line each.

    findings: the doctor's; None for an ensemble.  worst: None if no rows may be shown.
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
    reproduction: Reproduction


@frozen
class Overview:
    """The report of several runs: their scores, differing keys and curves."""

    title: str
    headline: tuple[str, ...]
    comparison: Comparison
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]
    version: str


def finite(values: Array) -> Array:
    """The finite ones of the values."""
    import numpy as np

    return np.asarray(values[np.isfinite(values)])

"""Encodings: what numbers become if they aren't only shifted and scaled, as nodes."""

from collections.abc import Sequence

import numpy as np

from nncli.data.nonlinear_scales import MAX_ABS, MIN_RANK, NormalScores, RobustClip
from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.export.onnx.functions import hypot, log, maximum, minimum, polynomial
from nncli.export.onnx.graph import FLOAT64, INT64, Value
from nncli.parts.arrays import Array

# Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution": numerator
# and denominator for the middle and for the tails, the highest power first
MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
TAILS = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0),
)  # fmt: skip


def encoded(encoding: PiecewiseLinear | BinsAndValue | RobustClip, values: Value) -> Value:
    """(rows, inputs) from (rows, 1) values, none of them missing."""
    if isinstance(encoding, PiecewiseLinear):
        return _piecewise_linear(np.array(encoding.edges), values)
    if isinstance(encoding, BinsAndValue):
        edges = np.array(encoding.edges)
        bins = _piecewise_linear(edges, values) * 0.5
        within = minimum(maximum(values, edges[0]), edges[-1])
        return bins.graph.concat([bins, (within - encoding.shift) / encoding.scale])
    u = (values - encoding.shift) / (encoding.scale or np.inf)
    u = minimum(maximum(u, -MAX_ABS), MAX_ABS)
    return u / hypot(u / 3.0, 1.0)


def normal_scores(encodings: Sequence[NormalScores], columns: Sequence[Value]) -> Value:
    """(rows, columns) normal scores, from (rows, 1) values of each column."""
    ranks = [
        _ranks(np.array(encoding.quantiles), values)
        for encoding, values in zip(encodings, columns, strict=True)
    ]
    whole = columns[0].graph.concat(ranks)
    return _normal_quantile(minimum(maximum(whole, MIN_RANK), 1 - MIN_RANK))


def _piecewise_linear(edges: Array, values: Value) -> Value:
    if len(edges) == 1:
        return values * 0.0
    filled = (values - edges[None, :-1]) / np.diff(edges)[None]
    return minimum(maximum(filled, 0.0), 1.0)


def _ranks(quantiles: Array, values: Value) -> Value:
    """(rows, 1) ranks from 0 to 1; 1/2, whose score is 0, in a column that never varies."""
    if len(quantiles) == 1:
        return values * 0.0 + 0.5
    last = len(quantiles) - 1
    values = minimum(maximum(values, quantiles[0]), quantiles[-1])
    below, up_to = _count(values > quantiles[None]), _count(values >= quantiles[None])
    low = minimum(maximum(up_to - 1.0, 0.0), last - 1.0)
    gaps = np.diff(quantiles)
    index = low.cast(INT64)
    start, gap = _at(quantiles, index), _at(np.where(gaps > 0, gaps, 1.0), index)
    place = low + (values - start) / gap
    place = (below < up_to).where((below + up_to - 1.0) * 0.5, place)
    place = values.equals(quantiles[0]).where(0.0, place)
    place = values.equals(quantiles[-1]).where(float(last), place)
    return place / float(last)


def _count(is_so: Value) -> Value:
    """(rows, 1) number of true columns."""
    return is_so.cast(FLOAT64).reduced("ReduceSum", [1])


def _at(numbers: Array, index: Value) -> Value:
    """The numbers at (rows, 1) indices."""
    whole = index.graph.constant(numbers)
    return index.graph.add("Gather", whole, index, dtype=whole.dtype, axis=0)


def _normal_quantile(p: Value) -> Value:
    """Phi^-1(p) for p from 1e-7 to 1 - 1e-7, by the algorithm of statistics.NormalDist."""
    q = p - 0.5
    r = 0.180625 - q * q
    middle = q * _ratio(MIDDLE, r)
    r = (-log(minimum(p, 1.0 - p))).apply("Sqrt") - 1.6
    tail = _ratio(TAILS, r) * q.apply("Sign")
    return (q.apply("Abs") <= 0.425).where(middle, tail)


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], r: Value) -> Value:
    """The quotient of two polynomials."""
    above, below = polynomials
    return polynomial(above, r) / polynomial(below, r)

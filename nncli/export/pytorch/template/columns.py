"""Columns: numbers -> network inputs, as fitted to the training rows. f: an entry of FEATURES."""

from statistics import NormalDist
from typing import Any

import numpy as np

FEATURES: Any = []  # a dict each: its name, `read` and `encode`, and what these need


def column(rows: Any, name: Any) -> Any:
    """The cells of a column of a DataFrame, a dict of columns or a list of dicts."""
    try:
        cells = rows[name] if hasattr(rows, "keys") else [row[name] for row in rows]
    except KeyError:
        raise ValueError(f"the rows lack the column {name!r}") from None
    return list(cells)


def inputs(rows: Any) -> Any:
    """(rows, inputs) the network's inputs, float64."""
    blocks = []
    for f in FEATURES:
        values = f["read"](column(rows, f["name"]), f)
        missing = np.isnan(values)
        if missing.any() and f["fill"] is None:
            row = int(missing.argmax()) + 1
            raise ValueError(f"row {row}: column {f['name']!r}: the value is missing")
        filled = np.where(missing, f["fill"], values) if missing.any() else values
        blocks.append(f["encode"](filled, f))
        if f["indicator"]:
            blocks.append(missing[:, None].astype(float))
    return np.column_stack(blocks)


def inputs_with_formulas(rows: Any) -> Any:
    """(rows, inputs) the network's inputs, float64; c: the columns, for formulas."""
    blocks: Any = []
    c: Any = {}
    for f in FEATURES:
        if "formula" in f:
            with np.errstate(all="ignore"):
                filled = f["formula"](c)
            if not np.isfinite(filled).all():
                row = int((~np.isfinite(filled)).argmax()) + 1
                raise ValueError(f"row {row}: column {f['name']!r}: its formula has no value")
            blocks.append(f["encode"](filled, f))
            continue
        values = f["read"](column(rows, f["name"]), f)
        missing = np.isnan(values)
        if missing.any() and f["fill"] is None:
            row = int(missing.argmax()) + 1
            raise ValueError(f"row {row}: column {f['name']!r}: the value is missing")
        c[f["name"]] = filled = np.where(missing, f["fill"], values) if missing.any() else values
        blocks.append(f["encode"](filled, f))
        if f["indicator"]:
            blocks.append(missing[:, None].astype(float))
    return np.column_stack(blocks)


def unseen(values: Any, f: Any) -> Any:
    """No input: only formulas use the column."""
    return np.empty((len(values), 0))


def scaled(values: Any, f: Any) -> Any:
    """(x - shift) / scale; 0 for a column that never varied, whose scale is infinite."""
    return ((values - f["shift"]) / f["scale"])[:, None]


def place(values: Any, f: Any) -> Any:
    """The number of each row's category, whose vector is in `Embedded`."""
    return values[:, None]


def one_hot(values: Any, f: Any) -> Any:
    """1 for the row's category, else 0; only 0 if the category is unknown."""
    return (values[:, None] == np.arange(f["count"])).astype(float)


def piecewise_linear(values: Any, f: Any) -> Any:
    """How far a value fills each bin between the edges."""
    edges = np.array(f["edges"])
    if len(edges) == 1:
        return np.zeros((len(values), 1))
    return np.clip((values[:, None] - edges[:-1]) / np.diff(edges), 0.0, 1.0)


def bins_and_value(values: Any, f: Any) -> Any:
    """How far a value fills each bin, halved, and the value scaled."""
    within = np.clip(values, f["edges"][0], f["edges"][-1])
    return np.column_stack([piecewise_linear(values, f) / 2, (within - f["shift"]) / f["scale"]])


def robust_clip(values: Any, f: Any) -> Any:
    """u / sqrt(1 + (u / 3)^2) of u = (x - median) / IQR."""
    u = np.clip((values - f["shift"]) / f["scale"], -1e300, 1e300)
    return (u / np.hypot(1.0, u / 3))[:, None]


def normal_scores(values: Any, f: Any) -> Any:
    """Phi^-1(rank(x)): where a value stands among the training rows', as a normal number."""
    quantiles = np.array(f["quantiles"])
    if len(quantiles) == 1:
        return np.zeros((len(values), 1))
    last = len(quantiles) - 1
    values = np.clip(values, quantiles[0], quantiles[-1])
    below = np.searchsorted(quantiles, values, "left")
    up_to = np.searchsorted(quantiles, values, "right")
    low = np.clip(up_to - 1, 0, last - 1)
    gap = np.diff(quantiles)[low]
    place = low + (values - quantiles[low]) / np.where(gap > 0, gap, 1.0)
    place = np.where(below < up_to, (below + up_to - 1) / 2, place)
    place = np.where(values == quantiles[0], 0, place)
    ranks = np.clip(np.where(values == quantiles[-1], last, place) / last, 1e-7, 1 - 1e-7)
    return np.array([NormalDist().inv_cdf(rank) for rank in ranks.tolist()], dtype=float)[:, None]


def date_parts(days: Any, f: Any) -> Any:
    """The parts of dates, each (value - shift) / scale."""
    months = np.floor(days).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    turns = {
        "month": months % 12 / 12,
        "weekday": (np.floor(days) + 3) % 7 / 7,
        "hour": days % 1,
    }
    found = {"days": days - f["first"], "year": (1970 + months // 12).astype(float)}
    for name, turn in turns.items():
        found[f"{name}_sin"] = np.sin(2 * np.pi * turn)
        found[f"{name}_cos"] = np.cos(2 * np.pi * turn)
    parts = np.column_stack([found[part] for part in f["parts"]])
    return (parts - np.array(f["shift"])) / np.array(f["scale"])

"""Boundary: a run's predictions over one or two features, with its training rows."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nncli.artifacts.run_reader import RunReader
from nncli.assembly.decided import decided_in_words
from nncli.boundary.grid import Axis, axis_over, predictions_over, typical, values_in_words
from nncli.boundary.plotted_features import most_influential, named
from nncli.engine.threads import limited
from nncli.errors import UserError, did_you_mean, few, printable
from nncli.frozen import frozen
from nncli.influence.predictor import Predictor
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision
from nncli.parts.table import Table

MAX_POINTS = 2_000
MOVED_ROWS = 1_000  # to find the features that matter


@frozen
class Points:
    """Training rows, each with all its own features, that have a place in the plot.

    places: (rows, axes) along the axes.
    truth: (rows,) class indices, of a label 0 or 1; of a regression, the target's values.
    is_wrong: (rows,) whether another class is predicted; None in a regression.
    of: how many training rows there are.  lacking: those that lack a feature of an axis.
    far: those beyond the axes' ends.  The rest has a place; these are all of it, or a sample.
    """

    places: Array
    truth: Array
    is_wrong: Array | None
    of: int
    lacking: int = 0
    far: int = 0

    def __len__(self) -> int:
        return len(self.truth)


@frozen
class Boundary:
    """What a plot shows.

    run: its name.  target: what is predicted.  classes: its classes; of a label, no and yes; none
    in a regression.
    predictions: (steps, classes) or (steps, steps, classes) probabilities; (..., 1) numbers. The
    second axis comes first, as the rows of a plot do.
    held: what the other features are all over the grid.  held_at: what these values are, in words.
    is_chosen: whether the axes are some of several features, and nobody named them.
    decision: which class a place is given.  decided: in words, if a threshold parts two classes.
    """

    run: str
    target: str
    classes: tuple[str, ...]
    axes: tuple[Axis, ...]
    predictions: Array
    points: Points
    held: Mapping[str, str]
    held_at: str
    is_chosen: bool
    decision: Decision = LIKELIEST
    decided: str = ""


def boundary_of(reader: RunReader, features: str | None, target: str | None) -> Boundary:
    """Predictions all over the features that `features` names, as `a` or `a,b`.

    By default they are the run's one or two features; of more, the two numeric ones that the
    predictions depend on most. target: of several, the one that is shown; by default the first.
    Raises UserError for names that the run doesn't have, or if nothing it predicts is finite.
    """
    table, rows = reader.built.table, reader.built.rows.train
    predictor = Predictor(reader.model, reader.theta, table)
    output, keys = _output(table, target), reader.recorded.decision
    with limited(reader.model.experiment.training):
        names = feature_names(predictor, rows, features, output)
        axes = tuple(axis_over(table, name, rows) for name in names)
        held = typical(table, rows)
        predictions = predictions_over(predictor, axes, held)
        points = _points(predictor, rows, axes, output, reader.decision)
    if output is not None:
        predictions = _of_output(table, predictions, output)
    if not np.isfinite(predictions).any():
        raise UserError(f"{reader.run.path}: nothing that this network predicts here is finite")
    return Boundary(
        run=reader.run.name,
        target=table.targets[output or 0],
        classes=table.labels[output or 0] if table.labels else table.classes,
        axes=axes,
        predictions=predictions,
        points=points,
        held=(words := values_in_words(table, held, names)),
        held_at=held_at(table, words),
        is_chosen=features is None and len(table.features) > 2,
        decision=reader.decision,
        decided=decided_in_words(keys, reader.chosen, table.classes[1]) if keys else "",
    )


def held_at(table: Table, names: Iterable[str]) -> str:
    """What the values are at which features are held, in words."""
    is_number = [table.kind(name) == "numeric" for name in names]
    words = ["median"] * any(is_number) + ["most frequent value"] * (not all(is_number))
    return " or ".join(words)


def feature_names(
    predictor: Predictor, rows: Array, features: str | None, output: int | None
) -> tuple[str, ...]:
    """The features that a plot is drawn over: those named, all of two, or what matters most."""
    table = predictor.table
    if features is not None:
        return named(table, features)
    if len(table.features) <= 2:
        return table.features
    return most_influential(predictor, _sample(rows, MOVED_ROWS), output)


def _points(
    predictor: Predictor, rows: Array, axes: Sequence[Axis], output: int | None, decision: Decision
) -> Points:
    table, shown = predictor.table, np.sort(rows)
    columns = [table.column(axis.name).values[shown] for axis in axes]
    places = np.column_stack([axis.place(c) for axis, c in zip(axes, columns, strict=True)])
    low, high = np.transpose([axis.ends for axis in axes])
    is_lacking = np.isnan(places).any(axis=1)
    is_far = ((places < low) | (places > high)).any(axis=1) & ~is_lacking
    left_out = {"of": len(rows), "lacking": int(is_lacking.sum()), "far": int(is_far.sum())}
    drawn = _sample(np.flatnonzero(~is_lacking & ~is_far), MAX_POINTS)
    shown, places = shown[drawn], places[drawn]
    truth = table.y[shown] if output is None else table.y[shown, output]
    if table.task == "regression":
        return Points(places, truth, None, **left_out)
    predicted = predictor.in_blocks(len(shown), lambda block: table.x[shown[block]])
    if output is not None:
        predicted, truth = _of_output(table, predicted, output), truth.astype(int)
    is_wrong = (decision(predicted) != truth) | np.isnan(predicted).any(axis=1)
    return Points(places, truth, is_wrong, **left_out)


def _of_output(table: Table, predictions: Array, output: int) -> Array:
    """(..., 1) numbers of one target, or (..., 2) probabilities of a label's no and yes."""
    chosen = predictions[..., output : output + 1]
    return np.concatenate([1.0 - chosen, chosen], axis=-1) if table.labels else chosen


def _output(table: Table, target: str | None) -> int | None:
    """Which target or label is shown; None for classes, which are all shown."""
    if target is not None and target not in table.targets:
        guess = did_you_mean(target, table.targets)
        raise UserError(
            f"--target: unknown target '{printable(target)}'{guess}; known: {few(table.targets)}"
        )
    if table.classes:
        return None
    return 0 if target is None else table.targets.index(target)


def _sample(rows: Array, most: int) -> Array:
    """At most so many of the rows, in an order of chance, the same each time."""
    return np.random.default_rng(0).permutation(rows)[:most]

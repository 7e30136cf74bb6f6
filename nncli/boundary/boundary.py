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
MOVED_ROWS = 1_000  # rows to find the most influential features


@frozen
class Points:
    """The training rows to draw, with all their own features.

    places: (rows, axes) positions along the axes.
    truth: (rows,) class indices; of a label 0 or 1; of a regression, the target's values.
    is_wrong: (rows,) whether another class is predicted; None in a regression.
    of: the number of training rows.  lacking: those without a value of a feature of an axis.
    far: those beyond the axes' ends.  All others are drawn, or a sample of them.
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
    """The content of the plot.

    run: its name.  target: what is predicted.  classes: its classes; of a label, no and yes; empty
    in a regression.
    predictions: (steps, classes) or (steps, steps, classes) probabilities; of a regression (...,
    1). The second feature is the first axis of the array, as in the rows of an image.
    held: the values of the other features, by name.  held_at: how they were chosen, in words.
    is_chosen: whether the features were chosen automatically among several.
    decision: turns probabilities into a class.  decided: its threshold in words, if there is one.
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
    """A run's predictions over the features named by `features`, as `a` or `a,b`.

    By default the run's one or two features; of more, the two numeric ones that the predictions
    depend on most. target: which of several targets; by default the first.
    Raises UserError for unknown names, or if no prediction is finite.
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
    """How the values of the other features were chosen, in words."""
    is_number = [table.kind(name) == "numeric" for name in names]
    words = ["median"] * any(is_number) + ["most frequent value"] * (not all(is_number))
    return " or ".join(words)


def feature_names(
    predictor: Predictor, rows: Array, features: str | None, output: int | None
) -> tuple[str, ...]:
    """The features to draw over: the named ones, all if at most two, else the most influential."""
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
    """The index of the target or label to show; None for classes, which are all shown."""
    if target is not None and target not in table.targets:
        guess = did_you_mean(target, table.targets)
        raise UserError(
            f"--target: unknown target '{printable(target)}'{guess}; known: {few(table.targets)}"
        )
    if table.classes:
        return None
    return 0 if target is None else table.targets.index(target)


def _sample(rows: Array, most: int) -> Array:
    """At most `most` of the rows, in a random order that is always the same."""
    return np.random.default_rng(0).permutation(rows)[:most]

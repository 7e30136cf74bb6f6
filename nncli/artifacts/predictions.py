"""Predictions: a table's rows with a model's predictions added as columns."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from nncli.artifacts.files import output_file
from nncli.artifacts.prediction_intervals import PredictionIntervals
from nncli.artifacts.trained_model import TrainedModel
from nncli.assembly.model import Model
from nncli.data.number_cells import is_number
from nncli.data.reading.chunks import loses_digits
from nncli.data.writing.output_table import OutputTable
from nncli.data.writing.table_formats import writer_of
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision, has_label
from nncli.parts.table import Pair
from nncli.untrusted_files.standard_input import StandardInput, reads_from

STDOUT = Path("stdout.csv")  # its suffix gives the format on stdout


class Predictions:
    """A trained model's predictions for the rows of a file.

    interval: add prediction intervals of this level.
    names: of the added columns.  unused: the file's columns that the model doesn't use.
    formulas: class names that a spreadsheet would evaluate as formulas.
    decided: the decision threshold in words, if there is one.
    unseen: by column, the number of cells with a category that no training row had.
    Raises DataError if the file lacks a column, TableError for cells that can't be read.
    """

    def __init__(
        self,
        trained: TrainedModel,
        path: Path,
        *,
        probabilities: bool,
        interval: float | None = None,
    ) -> None:
        model, self.path = trained.model, path
        trained.check_finite()
        fitted = model.preprocessing
        if probabilities and not (fitted.classes or fitted.labels):
            raise UserError("--probabilities is for classes, and this run predicts a number")
        intervals = None if interval is None else PredictionIntervals.of(trained, interval)
        table = model.read(path, needs_target=False)
        is_decided = fitted.classes and not probabilities
        predicted = trained.decide(table) if is_decided else trained.predict(table)
        self.rows, self.unseen = len(table), fitted.unseen(table)
        self.file = model.open(path)
        used = {*table.features, *fitted.targets}
        self.unused = [name for name in self.file.names if name not in used]
        self.decided = trained.decided
        words = dict.fromkeys(name for pair in fitted.labels for name in pair)
        self.formulas = _formulas(fitted.classes or [*words])
        predictions = _columns(model, predicted, trained.decision, probabilities=probabilities)
        columns = [*predictions.items()]
        if intervals is not None:
            columns = _with_intervals(columns, *intervals(predicted))
        self.file = getattr(self.file, "listing", self.file)  # names of images, not their pixels
        names = _unused_names([name for name, _ in columns], self.file.names)
        added = {name: column for name, (_, column) in zip(names, columns, strict=True)}
        self.names, parsers = tuple(added), model.experiment.data.parsers
        self.output = OutputTable(
            self.file, added, parsers, frozenset(_text_columns(model, self.names))
        )

    def write(self, target: Path | None, stdout: IO[bytes] | None) -> None:
        """Write the table atomically to a file, in the format of its suffix, or to stdout.

        Raises UserError for another format, FileFailure if the disk refuses.
        """
        write = writer_of(target or STDOUT)
        if target is None:
            with tempfile.TemporaryFile() as file:  # so that an error leaves no partial output
                write(file, self.output)
                file.seek(0)
                assert stdout is not None
                shutil.copyfileobj(file, stdout)
            return
        is_source = target.exists() and target.samefile(self.path)
        if is_source or (isinstance(self.path, StandardInput) and reads_from(target)):
            raise UserError(f"{target}: these are the rows to predict: choose another file with -o")
        with output_file(target) as file:
            write(file, self.output)


def _formulas(classes: Sequence[str]) -> list[str]:
    """The classes that begin like a formula; signed numbers don't count."""
    return [
        name for name in classes if name.startswith(("=", "+", "-", "@")) and not is_number(name)
    ]


def _columns(
    model: Model, predicted: Array, decision: Decision, *, probabilities: bool
) -> dict[str, Any]:
    """The added columns by name. predicted: class indices, or with `probabilities` these."""
    classes, targets = model.preprocessing.classes, model.preprocessing.targets
    if labels := model.preprocessing.labels:
        return _label_columns(labels, targets, predicted, probabilities=probabilities)
    if not classes:
        if len(targets) == 1:
            return {"prediction": predicted[:, 0]}
        return {f"prediction_{name}": predicted[:, j] for j, name in enumerate(targets)}
    names = np.array(classes)
    if not probabilities:
        return {"prediction": names[predicted]}
    columns: dict[str, Any] = {"prediction": names[decision(predicted)]}
    return columns | {f"probability_{name}": predicted[:, j] for j, name in enumerate(classes)}


def _with_intervals(
    columns: Sequence[tuple[str, Array]], low: Array, high: Array
) -> list[tuple[str, Array]]:
    """Each numeric column, followed by the ends of its interval."""
    found: list[tuple[str, Array]] = []
    for place, (name, values) in enumerate(columns):
        found += [(name, values), (f"{name}_low", low[:, place]), (f"{name}_high", high[:, place])]
    return found


def _label_columns(
    labels: Sequence[Pair], targets: Sequence[str], predicted: Array, *, probabilities: bool
) -> dict[str, Any]:
    """Each label's value as the training table spells it, then the probabilities."""
    decided = zip(targets, labels, has_label(predicted).T, strict=True)
    columns: dict[str, Any] = {
        f"prediction_{name}": np.array(pair)[yes.astype(int)] for name, pair, yes in decided
    }
    if probabilities:
        columns |= {f"probability_{name}": predicted[:, j] for j, name in enumerate(targets)}
    return columns


def _text_columns(model: Model, names: Sequence[str]) -> Iterator[str]:
    """The columns to write as text although they look like numbers: codes used as categories.

    Classes and labels are written as numbers if all of a target's are numbers.
    """
    learnt = model.preprocessing
    yield from (feature.name for feature in learnt.features if feature.kind == "categorical")
    decimal = model.experiment.data.decimal
    of_targets = learnt.labels or ((learnt.classes,) if learnt.classes else ())
    for target, name, classes in zip(learnt.targets, names, of_targets, strict=False):
        if loses_digits(classes) or not all(is_number(each, decimal) for each in classes):
            yield from (target, name)


def _unused_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The wanted names; with a number appended if the table, or an earlier column, has the name."""
    used, found = {*taken}, list[str]()
    for name in wanted:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        is_free = name not in used
        found.append(name if is_free else next(e for e in numbered if e not in used | {*wanted}))
        used.add(found[-1])
    return found

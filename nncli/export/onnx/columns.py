"""Columns: cells of a row -> network inputs, as the encoder of a table computes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nncli.data.fitted_columns import FittedColumn
from nncli.data.nonlinear_scales import NormalScores, RobustClip
from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.data.preprocessing import Preprocessing
from nncli.engine.rows import X
from nncli.errors import UserError, printable
from nncli.export.onnx.cells import Cells, takes_text
from nncli.export.onnx.dates import date_inputs, is_no_date
from nncli.export.onnx.encodings import encoded, normal_scores
from nncli.export.onnx.formulas import formula
from nncli.export.onnx.graph import BOOL, FLOAT64, Graph, Value
from nncli.parts.arrays import Array

PIECES = PiecewiseLinear | BinsAndValue | RobustClip  # encodings of one column at a time
NOTHING = -1  # index of a word whose inputs are all 0
REFUSED = -2  # index of a word that `nncli predict` refuses


@dataclass
class Columns:
    """The network inputs that one preprocessing computes from the cells of a graph.

    faults: (rows, any) whether `nncli predict` refuses a cell.
    """

    graph: Graph
    learnt: Preprocessing
    cells: Mapping[str, Cells]
    faults: list[Value] = field(default_factory=list)

    def network_inputs(self) -> dict[str, Value]:
        """The input blocks: x, (rows, width) float64, and the codes of embedded columns.

        There is no x if every column is embedded, because older runtimes fail on empty arrays.
        Raises UserError for an encoding that can't be written.
        """
        features = self.learnt.columns
        self.pieces: list[Value] = []
        self.places: dict[int, list[int]] = {n: [] for n in range(len(features))}
        self.width = 0
        blocks = {}
        if numeric := [n for n, column in enumerate(features) if column.kind != "categorical"]:
            self._add_numbers(numeric)
        for n, feature in enumerate(features):
            if feature.embedding:
                axes = np.array([1], dtype=np.int64)
                place = self._place(feature).apply("Max", 0)  # an index even if the row is refused
                blocks[feature.embedded.block] = place.apply("Squeeze", axes)
            elif feature.kind == "categorical":
                self._add(self._one_hot(feature), [(n, len(feature.categories))])
        self._refuse_unwritten()
        return ({X: self._in_order()} if self.pieces else {}) | blocks

    def _refuse_unwritten(self) -> None:
        for n, feature in enumerate(self.learnt.columns):
            if len(self.places[n]) != len(feature.inputs):
                name, what = printable(feature.name), type(feature.encoding).__name__
                raise UserError(f"column '{name}' has an encoding that ONNX isn't told of: {what}")

    def _in_order(self) -> Value:
        """All pieces side by side, with their columns in the order of the network's inputs."""
        order = [place for n in range(len(self.places)) for place in self.places[n]]
        whole = self.graph.concat(self.pieces)
        return whole if order == [*range(self.width)] else whole.columns(order)

    def _add(self, piece: Value, owners: Sequence[tuple[int, int]]) -> None:
        """Append columns. owners: (feature, number of its columns)."""
        self.pieces.append(piece)
        for n, count in owners:
            self.places[n] += range(self.width, self.width + count)
            self.width += count

    def _add_numbers(self, numeric: Sequence[int]) -> None:
        """Fill in missing numbers, then add (x - shift) / scale or an encoding."""
        features = [self.learnt.columns[n] for n in numeric]
        given = [feature for feature in features if not feature.formula]
        whole = self.graph.concat([self._number(feature) for feature in given])
        missing = whole.is_nan()
        fills = np.array([[np.nan if f.fill is None else f.fill for f in given]], dtype=float)
        filled = self._with_derived(given, missing.where(fills, whole))
        is_finite = filled.apply("Abs") <= np.finfo(float).max
        self.faults.append(is_finite.apply("Not"))
        self._add_plain(numeric, filled)
        self._add_scores(numeric, filled)
        for place, feature in enumerate(features):
            if feature.date is not None or isinstance(feature.encoding, PIECES):
                values = self._encoded(feature, filled.columns([place]))
                self._add(values, [(numeric[place], len(feature.inputs) - feature.indicator)])
        if shown := [place for place, feature in enumerate(features) if feature.indicator]:
            indicators = missing.columns(shown).cast(FLOAT64)
            self._add(indicators, [(numeric[place], 1) for place in shown])

    def _with_derived(self, given: Sequence[FittedColumn], filled: Value) -> Value:
        """The given columns, followed by those that formulas compute from them."""
        places = {feature.name: place for place, feature in enumerate(given)}
        used = dict.fromkeys(n for each in self.learnt.derived for n in each.expression.columns)
        values = {name: filled.columns([places[name]]) for name in used}

        def number(value: float) -> Value:
            return self.graph.constant(np.array([[value]]))

        derived = [
            each.expression.compute(values.__getitem__, lambda f, of: formula(f)(*of), number)
            for each in self.learnt.derived
        ]
        return self.graph.concat([filled, *derived])

    def _add_plain(self, numeric: Sequence[int], filled: Value) -> None:
        """Add the columns that are only shifted and scaled."""
        features = [self.learnt.columns[n] for n in numeric]
        plain = [
            place
            for place, feature in enumerate(features)
            if feature.encoding is None and feature.date is None and not feature.for_formulas
        ]
        if plain:
            block = filled if len(plain) == len(features) else filled.columns(plain)
            shift = np.array([[features[place].shift for place in plain]])
            scale = np.array([[features[place].scale or np.inf for place in plain]])
            self._add((block - shift) / scale, [(numeric[place], 1) for place in plain])

    def _add_scores(self, numeric: Sequence[int], filled: Value) -> None:
        """Add the columns that become normal scores."""
        of_place = {p: self.learnt.columns[n].encoding for p, n in enumerate(numeric)}
        found = {p: each for p, each in of_place.items() if isinstance(each, NormalScores)}
        if found:
            columns = [filled.columns([place]) for place in found]
            scores = normal_scores([*found.values()], columns)
            self._add(scores, [(numeric[place], 1) for place in found])

    def _encoded(self, feature: FittedColumn, values: Value) -> Value:
        """The inputs that an encoding or a date computes from (rows, 1) values."""
        if isinstance(feature.encoding, PIECES):
            return encoded(feature.encoding, values)
        assert feature.date is not None
        bad = is_no_date(values)
        self.faults.append(bad)
        bad = self.graph.add("Or", bad, values.is_nan(), dtype=BOOL)
        return date_inputs(feature.date, bad.where(0.0, values))

    def _number(self, feature: FittedColumn) -> Value:
        """(rows, 1) numbers: NaN if missing; infinite, which is a fault, for a refused word."""
        cells = self.cells[feature.name]
        if not takes_text(feature):
            return cells.values
        is_refused = self.learnt.unknown == "error" or feature.fill is None
        other = np.inf if is_refused else float(feature.fill or 0.0)
        return self._looked_up(cells, np.array([*range(len(cells.words)), np.nan, other]))

    def _one_hot(self, feature: FittedColumn) -> Value:
        """1 for each cell's category, else 0; only 0 for a cell without a category."""
        places = np.arange(len(feature.categories), dtype=np.int64)
        return self._place(feature).equals(places[None]).cast(FLOAT64)

    def _place(self, feature: FittedColumn) -> Value:
        """(rows, 1) index of each cell's category."""
        cells, known = self.cells[feature.name], feature.codes
        unseen = NOTHING if feature.unseen_code is None else feature.unseen_code
        other = REFUSED if self.learnt.unknown == "error" else unseen
        missing = REFUSED if feature.fill is None else known.get(str(feature.fill), unseen)
        meaning = [*(known.get(word, other) for word in cells.words), missing, other]
        index = self._looked_up(cells, np.array(meaning, dtype=np.int64))
        if REFUSED in (missing, other):
            self.faults.append(index.equals(REFUSED))
        return index

    def _looked_up(self, cells: Cells, meaning: Array) -> Value:
        """(rows, 1) `meaning` of each cell: a number per word, one for missing, one for others."""
        table = self.graph.constant(meaning)
        return self.graph.add("Gather", table, cells.values, dtype=table.dtype, axis=0)

"""Columns: raw cells of a row -> network inputs, as the encoder of a table makes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nncli.data.categories import Categories
from nncli.data.column_types import TRUTHS
from nncli.data.fitted_columns import FittedColumn
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.column_keys import Parsers
from nncli.export.onnx.dates import INPUT as DATE_INPUT
from nncli.export.onnx.dates import date_inputs, is_no_date
from nncli.export.onnx.encodings import encoded
from nncli.export.onnx.graph import BOOL, FLOAT64, TEXT, Graph, Value
from nncli.export.onnx.texts import codes, spelled


def takes_text(feature: FittedColumn) -> bool:
    """Whether its cells are given as texts, not as numbers."""
    return feature.kind in ("categorical", "boolean") or bool(feature.order)


def missing_texts(parsers: Parsers, name: str) -> list[str]:
    """The texts that mean no value in a column."""
    own = parsers.of(name).missing
    return [text for text in parsers.missing if text in own]


@dataclass
class Columns:
    """The inputs of a graph, and what becomes of them.

    faults: (rows, any) whether a cell is one that `nncli predict` refuses.
    """

    graph: Graph
    learnt: Preprocessing
    parsers: Parsers
    faults: list[Value] = field(default_factory=list)

    def network_inputs(self) -> Value:
        """(rows, width) float64."""
        features = self.learnt.features
        cells = [self._input(feature) for feature in features]
        self.pieces: list[Value] = []
        self.places: dict[int, list[int]] = {n: [] for n in range(len(features))}
        self.width = 0
        numeric = [n for n, feature in enumerate(features) if feature.kind != "categorical"]
        if numeric:
            self._add_numbers(numeric, [self._number(features[n], cells[n]) for n in numeric])
        for n, feature in enumerate(features):
            if feature.kind == "categorical":
                self._add(self._one_hot(feature, cells[n]), [(n, len(feature.categories))])
        order = [place for n in range(len(features)) for place in self.places[n]]
        whole = self.graph.concat(self.pieces)
        return whole if order == [*range(self.width)] else whole.columns(order)

    def _input(self, feature: FittedColumn) -> Value:
        if takes_text(feature):
            known = feature.order or feature.categories or ("true", "false")
            listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
            return self.graph.input(feature.name, TEXT, f"one of: {listed}; '': missing")
        words = DATE_INPUT if feature.date else "a number; NaN: missing"
        return self.graph.input(feature.name, FLOAT64, words)

    def _add(self, piece: Value, owners: Sequence[tuple[int, int]]) -> None:
        """Append columns, so many for each of some features."""
        self.pieces.append(piece)
        for n, count in owners:
            self.places[n] += range(self.width, self.width + count)
            self.width += count

    def _add_numbers(self, numeric: Sequence[int], raw: Sequence[Value]) -> None:
        """What stands in for what is missing, then (x - shift) / scale or an encoding."""
        features = [self.learnt.features[n] for n in numeric]
        whole = self.graph.concat(raw)
        missing = whole.is_nan()
        fills = np.array([[np.nan if f.fill is None else f.fill for f in features]], dtype=float)
        filled = missing.where(fills, whole)
        is_finite = filled.apply("Abs") <= np.finfo(float).max
        self.faults.append(is_finite.apply("Not"))
        is_plain = [feature.encoding is None and feature.date is None for feature in features]
        if plain := [place for place, chosen in enumerate(is_plain) if chosen]:
            block = filled if len(plain) == len(features) else filled.columns(plain)
            shift = np.array([[features[place].shift for place in plain]])
            scale = np.array([[features[place].scale or np.inf for place in plain]])
            self._add((block - shift) / scale, [(numeric[place], 1) for place in plain])
        for place, feature in enumerate(features):
            if not is_plain[place]:
                values = self._bent(feature, filled.columns([place]))
                self._add(values, [(numeric[place], len(feature.inputs) - feature.indicator)])
        if shown := [place for place, feature in enumerate(features) if feature.indicator]:
            indicators = missing.columns(shown).cast(FLOAT64)
            self._add(indicators, [(numeric[place], 1) for place in shown])

    def _bent(self, feature: FittedColumn, values: Value) -> Value:
        """What an encoding or a date makes of (rows, 1) values."""
        if feature.encoding is not None:
            return encoded(feature.encoding, values)
        assert feature.date is not None
        bad = is_no_date(values)
        self.faults.append(bad)
        bad = self.graph.add("Or", bad, values.is_nan(), dtype=BOOL)
        return date_inputs(feature.date, bad.where(0.0, values))

    def _number(self, feature: FittedColumn, cells: Value) -> Value:
        """(rows, 1) NaN where missing; infinite, which is a fault, where it may not be."""
        if not takes_text(feature):
            return cells
        missing = missing_texts(self.parsers, feature.name)
        if feature.kind == "boolean":
            of_text = _truth_spellings()
            meaning = [0.0, 1.0]
        else:
            of_text = spelled(feature.order, self._known(feature, feature.order))
            meaning = [float(place) for place in range(len(feature.order))]
        count = len(meaning)
        of_text |= dict.fromkeys(missing, count)
        is_fault = self.learnt.unknown == "error" or feature.fill is None
        other = np.inf if is_fault else float(feature.fill or 0.0)
        table = self.graph.constant(np.array([*meaning, np.nan, other]))
        index = codes(cells, of_text, count + 1)
        return self.graph.add("Gather", table, index, dtype=FLOAT64, axis=0)

    def _one_hot(self, feature: FittedColumn, cells: Value) -> Value:
        """1 at the category of each cell; nothing but 0 for another."""
        count = len(feature.categories)
        known = self._known(feature, feature.categories)
        fill = None if feature.fill is None else known.index(str(feature.fill))
        of_text = spelled(feature.categories, known)
        missing = missing_texts(self.parsers, feature.name)
        for_missing = -1 if feature.fill is None else count if fill is None else fill
        of_text |= dict.fromkeys(missing, for_missing)
        other = -1 if self.learnt.unknown == "error" else count
        index = codes(cells, of_text, other)
        if -1 in (other, for_missing):
            self.faults.append(index < 0)
        return index.equals(np.arange(count, dtype=np.int64)[None]).cast(FLOAT64)

    def _known(self, feature: FittedColumn, words: Sequence[str]) -> Categories:
        folds = self.parsers.folds_case(feature.name)
        return Categories(words, self.parsers.decimal, folds_case=folds)


def _truth_spellings() -> dict[str, int]:
    """yes, YES, Yes, 1, 1.0 ... -> 1 or 0."""
    found = {}
    for word, truth in TRUTHS.items():
        for text in (word, word.upper(), word.title(), f"{word}.0" if word.isdigit() else word):
            found[text] = int(truth)
    return found

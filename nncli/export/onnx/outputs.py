"""Outputs: network outputs -> labels and probabilities, or numbers in the target's units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nncli.data.preprocessing import Preprocessing
from nncli.data.scaling import Scaling
from nncli.data.targets import TargetCoding
from nncli.export.onnx.functions import exp, expm1, maximum, minimum
from nncli.export.onnx.graph import BOOL, FLOAT64, INT64, TEXT, Graph, Value
from nncli.export.onnx.messages import ROWS, Dimension
from nncli.parts.decision import Decision


@dataclass
class Outputs:
    """Adds the outputs of a graph; rows that `nncli predict` refuses have NaN and the label ''."""

    graph: Graph
    learnt: Preprocessing
    decision: Decision

    def add(self, predictions: Value, faults: Sequence[Value]) -> list[str]:
        """Add the outputs; returns their names."""
        is_fault = self._any(faults, predictions)
        shown = is_fault.where(np.nan, predictions.cast(FLOAT64))
        names = self.learnt.classes or self.learnt.targets
        shape: Sequence[Dimension] = (ROWS, len(names))
        of = ", ".join(names)
        if not (self.learnt.classes or self.learnt.labels):
            return [self.graph.output("prediction", shown, shape, f"in their own units: {of}")]
        if self.learnt.classes:
            label = self._class(predictions, is_fault), shape[:1], f"one of: {of}"
        else:
            label = self._labels(predictions, is_fault), shape, f"a value each of: {of}"
        return [
            self.graph.output("label", *label),
            self.graph.output("probabilities", shown, shape, f"of: {of}"),
        ]

    def _any(self, faults: Sequence[Value], predictions: Value) -> Value:
        """(rows, 1) whether a row has a fault."""
        if not faults:  # all columns are categories, of which none is refused
            return predictions.columns([0]).is_nan()
        return self.graph.concat(faults).cast(FLOAT64).reduced("ReduceSum", [1]) > 0.0

    def _labels(self, predictions: Value, is_fault: Value) -> Value:
        """(rows, labels) predicted labels, as the training table spells them."""
        no, yes = (np.array([each]) for each in zip(*self.learnt.labels, strict=True))
        return is_fault.where(np.array(""), (predictions > 0.5).where(yes, no))

    def _class(self, predictions: Value, is_fault: Value) -> Value:
        """(rows,) the name of the class predicted for each row."""
        names, index = self.graph.constant(np.array(self.learnt.classes)), self._chosen(predictions)
        chosen = self.graph.add("Gather", names, index, dtype=TEXT, axis=0)
        axes = np.array([1], dtype=np.int64)
        row_fault = self.graph.add("Squeeze", is_fault, axes, dtype=BOOL)
        return row_fault.where(np.array(""), chosen)

    def _chosen(self, predictions: Value) -> Value:
        """(rows,) the index of the class predicted for each row."""
        if self.decision.threshold is None:
            return self.graph.add("ArgMax", predictions, dtype=INT64, axis=1, keepdims=0)
        second = self.graph.add(
            "Gather", predictions.cast(FLOAT64), np.array(1), dtype=FLOAT64, axis=1
        )
        return (second > self.decision.threshold).cast(INT64)


def decoded(coding: TargetCoding, outputs: Value) -> Value:
    """Predictions from a network's outputs, as in TargetCoding.decode."""
    if coding.has_labels:
        return _shares(coding, outputs)
    if not coding.classes:
        return in_original_units(coding.scaling, outputs.cast(FLOAT64))
    if coding.units == 1:
        second = _shares(coding, outputs)
        return outputs.graph.concat([1.0 - second, second])
    lifted = outputs - minimum(outputs.reduced("ReduceMin", [1]), 0.0)
    sums = lifted.reduced("ReduceSum", [1])
    is_some = sums > 0.0
    return is_some.where(lifted / is_some.where(sums, 1.0), 1.0 / coding.classes)


def _shares(coding: TargetCoding, outputs: Value) -> Value:
    """The position of outputs between `off` and 1, from 0 to 1."""
    if coding.off:
        outputs = (outputs - coding.off) / (1.0 - coding.off)
    return minimum(maximum(outputs, 0.0), 1.0)


def in_original_units(scaling: Scaling, outputs: Value) -> Value:
    """Outputs in the target's units, as in Scaling.undo."""
    if scaling.method != "none":
        outputs = outputs * np.array([scaling.scale]) + np.array([scaling.shift])
    match scaling.transform:
        case "none":
            return outputs
        case "log":
            return exp(outputs)
        case "log1p":
            return expm1(outputs)
        case "sqrt":
            root = maximum(outputs, 0.0)
            return root * root

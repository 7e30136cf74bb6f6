"""Answers: what a network gives -> labels and probabilities, or numbers in the target's units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nncli.data.preprocessing import Preprocessing
from nncli.data.scaling import Scaling
from nncli.data.targets import TargetCoding
from nncli.export.onnx.formulas import exp, expm1, maximum, minimum
from nncli.export.onnx.graph import BOOL, FLOAT64, INT64, TEXT, Graph, Value
from nncli.export.onnx.messages import ROWS
from nncli.parts.decision import Decision


@dataclass
class Answers:
    """The outputs of a graph; those of rows that `nncli predict` refuses are NaN, labels ''."""

    graph: Graph
    learnt: Preprocessing
    coding: TargetCoding
    decision: Decision

    def add(self, predictions: Value, faults: Sequence[Value]) -> list[str]:
        """Add the outputs; their names."""
        is_fault = self._any(faults)
        shown = is_fault.where(np.nan, predictions.cast(FLOAT64))
        names = [*self.learnt.targets]
        if self.learnt.labels:
            chosen = (predictions > 0.5).where(
                np.array([[yes for _, yes in self.learnt.labels]]),
                np.array([[no for no, _ in self.learnt.labels]]),
            )
            labels = is_fault.where(np.array(""), chosen)
        elif self.learnt.classes:
            names = [*self.learnt.classes]
            texts = self.graph.constant(np.array(self.learnt.classes))
            index = self._chosen(predictions)
            chosen = self.graph.add("Gather", texts, index, dtype=TEXT, axis=0)
            axes = np.array([1], dtype=np.int64)
            row_fault = self.graph.add("Squeeze", is_fault, axes, dtype=BOOL)
            labels = row_fault.where(np.array(""), chosen)
        else:
            words = f"in the target's units: {', '.join(names)}"
            return [self.graph.output("prediction", shown, (ROWS, len(names)), words)]
        shape = (ROWS, len(names)) if self.learnt.labels else (ROWS,)
        what = "one of the two values of each target" if self.learnt.labels else "the class"
        words = f"of: {', '.join(names)}"
        return [
            self.graph.output("label", labels, shape, what),
            self.graph.output("probabilities", shown, (ROWS, len(names)), words),
        ]

    def predictions(self, outputs: Value) -> Value:
        """As TargetCoding.decode has them."""
        if self.coding.has_labels:
            return minimum(maximum(outputs, 0.0), 1.0)
        if not self.coding.classes:
            return in_own_units(self.coding.scaling, outputs.cast(FLOAT64))
        if self.coding.units == 1:
            second = minimum(maximum(outputs, 0.0), 1.0)
            return self.graph.concat([1.0 - second, second])
        lifted = outputs - minimum(outputs.reduced("ReduceMin", [1]), 0.0)
        sums = lifted.reduced("ReduceSum", [1])
        is_some = sums > 0.0
        return is_some.where(lifted / is_some.where(sums, 1.0), 1.0 / self.coding.classes)

    def _chosen(self, predictions: Value) -> Value:
        """(rows,) the index of the class that each row is given."""
        if self.decision.threshold is None:
            return self.graph.add("ArgMax", predictions, dtype=INT64, axis=1, keepdims=0)
        second = self.graph.add(
            "Gather", predictions.cast(FLOAT64), np.array(1), dtype=FLOAT64, axis=1
        )
        return (second > self.decision.threshold).cast(INT64)

    def _any(self, faults: Sequence[Value]) -> Value:
        """(rows, 1) whether anything is wrong with a row."""
        return self.graph.concat(faults).cast(FLOAT64).reduced("ReduceSum", [1]) > 0.0


def in_own_units(scaling: Scaling, outputs: Value) -> Value:
    """As Scaling.undo has them."""
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

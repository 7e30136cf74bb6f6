"""Objective: the function of a script that computes the loss over any rows, as evaluation does."""

import inspect

from nncli.engine.evaluator import chunk_rows
from nncli.engine.notation import symbol
from nncli.errors import UserError
from nncli.export.numpy_script.folded_passes import Passes
from nncli.export.numpy_script.formatting import function, indented
from nncli.export.numpy_script.literals import operation
from nncli.export.numpy_script.sources import Sources
from nncli.parts.layers import Dense, Layer


class Objective:
    """The data loss plus penalties, with what the functions of the loss say of it.

    has_zero_loss: whether the run had a loss of exactly 0.
    arguments: what a batch is: inputs, targets and, where rows don't count alike, weights.
    """

    def __init__(self, passes: Passes, sources: Sources, *, has_zero_loss: bool) -> None:
        self.passes, self.sources, self.has_zero_loss = passes, sources, has_zero_loss
        self.job, self.network = passes.job, passes.network
        self.is_weighed = self.job.train.weights is not None
        self.arguments = ["x", "t", "w"] if self.is_weighed else ["x", "t"]

    @property
    def chunk(self) -> int | None:
        """Rows that evaluation takes at a time; None if it takes all at once."""
        chunk = chunk_rows(self.network)
        return chunk if max(len(self.job.train), len(self.job.val or ())) > chunk else None

    def lines(self) -> list[str]:
        """The function."""
        total, penalties = self._total_in_chunks() if self.chunk else self._total(), self._penalty()
        x = "x_all" if self.chunk else "x"
        factor = self.sources.call(
            self.network.loss.factor, f"len({x})", str(self.network.outputs), name="reduction"
        ).replace(f"(len({x}) * 1)", f"len({x})")
        result = "total" if factor == "1.0" else operation("total * factor", factor=factor)
        if penalties:
            result += " + penalty"
        names = [f"{name}_all" if self.chunk else name for name in self.arguments]
        loss = type(self.network.loss)
        words = f"The loss over rows x{', penalties included' * bool(penalties)}, at the weights "
        words += f"as they are.\n\n{loss.name}: {inspect.getdoc(loss)}"
        return function("objective", names, words, [*total, *penalties, f"return {result}"])

    def _total(self) -> list[str]:
        """The lines that add up all rows at once."""
        start = "0.0 + " if self.has_zero_loss else ""  # -0.0 becomes 0.0, as in the run
        return [self._outputs(), f"total = {start}{self._sum()}"]

    def _total_in_chunks(self) -> list[str]:
        """The lines that add up so many rows at a time."""
        piece = f"start : start + {self.chunk}"
        return [
            "total = 0.0",
            f"for start in range(0, len(x_all), {self.chunk}):",
            *indented([f"{name} = {name}_all[{piece}]" for name in self.arguments]),
            *indented([self._outputs(), f"total += {self._sum()}"]),
        ]

    def _outputs(self) -> str:
        """The line that computes what the loss needs."""
        result, handed = self.passes.result, self.passes.handed_on
        if not self.passes.evaluates_alike:
            return f"{result} = predict(x)"
        place = handed.index(result)
        before, after = ["*_"] if place else [], ["_"] * (len(handed) - place - 1)
        return f"{', '.join([*before, result, *after])} = forward(x)"

    def _sum(self) -> str:
        """The sum of the loss's terms, weighed if rows don't count alike."""
        loss, is_matched = self.network.loss, self.network.is_matched
        if self.is_weighed:
            terms = loss.terms_from_scores if is_matched else loss.terms
            called = self.sources.call(terms, self.passes.result, "t")
            return operation("float(np.sum(w @ terms))", terms=called)
        total = loss.total_from_scores if is_matched else loss.total
        return self.sources.call(total, self.passes.result, "t")

    def _penalty(self) -> list[str]:
        """The lines that add up the layers' penalties, each as one number."""
        lines: list[str] = []
        for node in self.network.nodes:
            layer = node.layer
            if type(layer).penalty not in (Layer.penalty, Dense.penalty):
                raise UserError(f"{layer.name} has a penalty of its own, which can't be written")
            if isinstance(layer, Dense) and layer.kernel_regularizer:
                kernel = symbol(self.network, f"{node.name}/W")
                value = self.sources.call(layer.kernel_regularizer.value, kernel)
                lines.append(f"penalty {'+=' if lines else '='} {value}")
        return lines

"""Fragments: what a part computes, as statements for networks of any shape.

A part's kernels are recorded, as for training, on the arrays of one batch; the resulting statements
are valid for any numbers of rows, inputs and units, and any values of the part's keys.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.engine import passes
from nncli.engine.tape import Recorded, Tape
from nncli.engine.workspace import recorded
from nncli.errors import UserError
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.layers import Dense, Layer
from nncli.parts.losses import Loss
from nncli.parts.optimizers import Optimizer, UpdateBuffers
from nncli.parts.regularizers import Regularizer
from nncli.playground.recorder import Fragment, Recorder, in_general, with_symbols


def layer_fragment(layer: Layer) -> Fragment:
    """A layer's passes: training, evaluation, backward; of a dense one also backward from dz."""
    if layer.reads:
        raise UserError(f"{layer.name} reads more than numbers")
    return in_general(lambda recorder: _layer(layer, recorder))


def _layer(layer: Layer, recorder: Recorder) -> Fragment:
    own = with_symbols(layer, recorder.notebook)
    if isinstance(own, Dense):
        own = replace(own, units=recorder.units, trainable=True, kernel_regularizer=None)
    buffers = recorder.buffers(own)
    work: dict[str, Callable[[LayerBuffers], None]] = {
        "forward": own.forward,
        "evaluate": lambda given: own.forward(replace(given, training=False)),
        "backward": own.backward,
    }
    if isinstance(own, Dense):
        work["affine"] = own.backward_affine
    found = {
        name: recorder.statements(lambda tape, do=do: do(recorded([buffers], tape)[0]))  # type: ignore[misc]
        for name, do in work.items()
    }
    return {
        **found,
        "shapes": recorder.shapes,
        "params": [*buffers.params],
        "state": [*buffers.state],
        "formulas": own.formulas(),
        "backward_formulas": own.backward_formulas(),
    }


def regularizer_fragment(regularizer: Regularizer) -> Fragment:
    """The addition of a penalty's gradient to dW, and the formula of its value."""
    return in_general(lambda recorder: _regularizer(regularizer, recorder))


def _regularizer(regularizer: Regularizer, recorder: Recorder) -> Fragment:
    own = with_symbols(regularizer, recorder.notebook)
    shape = recorder.inputs, recorder.units
    arrays = [recorder.array(name, *shape) for name in ("W", "dW", "penalty")]

    def work(tape: Tape) -> None:
        own.backward(*map(tape.wrap, arrays))

    return {
        "backward": recorder.statements(work),
        "formula": own.formula,
        "gradient_formula": own.gradient_formula,
    }


class _Working(Recorded):
    """A recorded array whose results are new arrays, as in an ordinary NumPy expression."""

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        options = {name: options[name] for name in ("axis", "keepdims") if name in options}
        if out is None:
            shapes = [getattr(each, "shape", ()) for each in inputs]
            shape = np.broadcast_shapes(*shapes)
            if method == "reduce":
                like = np.zeros(shape).sum(options.get("axis", 0), keepdims=options["keepdims"])
                shape = like.shape
            out = (self.tape.wrap(np.empty(shape), _Working),)
        return super().__array_ufunc__(ufunc, method, *inputs, out=out, **options)


def loss_fragment(loss: Loss) -> Fragment:
    """A loss's gradient, terms and factor; of a matched loss, also gradient and terms from z."""
    return in_general(lambda recorder: _loss(loss, recorder))


def _loss(loss: Loss, recorder: Recorder) -> Fragment:
    notebook = recorder.notebook
    own = with_symbols(loss, notebook)
    factor: Any = notebook.symbol("factor")
    rows: Any = notebook.symbol("rows")
    outputs: Any = notebook.symbol("units")
    shape = recorder.rows, recorder.units
    t, scratch, y, dy = (recorder.array(name, *shape) for name in ("t", "scratch", "y", "dy"))
    found: Fragment = {
        "factor": notebook.meaning(float(own.factor(rows, outputs))),
        "gradient": recorder.statements(
            lambda tape: own.gradient(
                tape.wrap(y), tape.wrap(t), tape.wrap(dy), tape.wrap(scratch), factor
            )
        ),
        **_terms(recorder, own.terms, y, t, "terms"),
        "gradient_formula": own.gradient_formula and own.fill(own.gradient_formula),
        "formula": own.formula and own.fill(own.formula),
    }
    if loss.matched is not None:
        # the output layer's buffers, which share y and dy with the loss
        output = Dense(recorder.units, loss.matched())
        buffers = replace(recorder.buffers(output), y=y, dy=dy)

        def of_scores(tape: Tape) -> None:
            [last] = recorded([buffers], tape)
            own.score_gradient(last, tape.wrap(t), tape.wrap(scratch), factor)

        found["score_gradient"] = recorder.statements(of_scores)
        z = buffers.saved["z"]
        found |= _terms(recorder, own.terms_from_scores, z, t, "terms_from_scores")
        found["score_gradient_formula"] = own.fill(own.score_gradient_formula)
        found["matched"] = loss.matched.name
    return {**found, "shapes": recorder.shapes}


def _terms(
    recorder: Recorder, terms: Callable[[Any, Any], Any], a: Array, t: Array, name: str
) -> Fragment:
    """The statements that compute a loss's terms, and the name of the resulting array."""
    results: list[Any] = []
    made = recorder.statements(
        lambda tape: results.append(terms(tape.wrap(a, _Working), tape.wrap(t, _Working)))
    )
    return {name: made, f"{name}_result": recorder.names.target(np.asarray(results[0]))}


def optimizer_fragment(optimizer: Optimizer) -> Fragment:
    """The update of theta, and the initial values of the slots."""
    return in_general(lambda recorder: _optimizer(optimizer, recorder))


def _optimizer(optimizer: Optimizer, recorder: Recorder) -> Fragment:
    own, size = with_symbols(optimizer, recorder.notebook), recorder.parameters
    arrays = {name: recorder.array(name, size) for name in ("theta", "g", "scratch")}
    slots = {name: recorder.array(name, size) for name in own.active_slots}
    scalars = {name: recorder.array(name) for name in optimizer.scalars(1, 1.0)}

    def work(tape: Tape) -> None:
        theta, g, scratch = (tape.wrap(array) for array in arrays.values())
        kept = tape.wrap_all(slots), tape.wrap_all(scalars)
        own.update(UpdateBuffers(theta, g, *kept, scratch if own.has_scratch else None))

    starts = {name: float(own.default_start(name)) for name in slots}
    return {
        "update": recorder.statements(work),
        "slots": {name: recorder.notebook.meaning(start) for name, start in starts.items()},
        "scalars": [*scalars],
        "shapes": recorder.shapes,
        "formulas": own.formulas(),
    }


def clip_fragment() -> Fragment:
    """The clipping of a gradient to the norm `limit`."""
    return in_general(_clip)


def _clip(recorder: Recorder) -> Fragment:
    gradient, norm = recorder.array("g", recorder.parameters), recorder.array("norm")
    limit: Any = recorder.notebook.symbol("limit")
    return {
        "update": recorder.statements(
            lambda tape: passes.clip(tape.wrap(gradient), limit, tape.wrap(norm))
        ),
        "shapes": recorder.shapes,
    }

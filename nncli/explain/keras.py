"""Keras 3: the code that trains the same network by the same steps."""

from functools import partial

from nncli.build.build import Built
from nncli.engine.network import Node
from nncli.explain.equivalent import Equivalent, answer, indented, says
from nncli.explain.keras_parts import ANSWERS
from nncli.explain.keras_training import training
from nncli.parts.activations import Activation, Identity
from nncli.parts.initializers import Initializer, Ones, Zeros
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense

said = partial(answer, ANSWERS)
CUT = "cut at two standard deviations"
SCALING = """
def scaling(scale, mode):
    return keras.initializers.VarianceScaling(scale, mode, "untruncated_normal")"""


def equivalent(built: Built) -> Equivalent:
    """Everything to paste, with what differs."""
    return model(built) + training(built)


def model(built: Built) -> Equivalent:
    """The layers and how their weights start."""
    inside = says(f"keras.Input(({built.network.inputs},)),")
    for node in built.network.nodes:
        inside += _layer(built, node)
    dtype = built.experiment.training.dtype
    code = f'import keras\nfrom keras import layers\n\nkeras.config.set_floatx("{dtype}")'
    code += f"\n{SCALING}\n" if "scaling(" in inside.code else ""
    found = Equivalent(
        f"{code}\nmodel = keras.Sequential([\n{indented(inside.code)}\n])", inside.notes
    )
    if dtype == "float64":
        found += says("", "with the JAX backend float64 needs JAX_ENABLE_X64=1")
    return found


def _layer(built: Built, node: Node) -> Equivalent:
    """The lines of one layer."""
    layer = node.layer
    if isinstance(layer, Dense):
        is_scores = layer is built.network.output and built.network.is_matched
        return _dense(layer, is_scores=is_scores)
    if isinstance(layer, ActivationLayer):
        return _alone(layer.function)
    keys = _batch_norm_keys(layer) if isinstance(layer, BatchNorm) else ""
    return _line(said(layer, keys=keys), layer.name)


def _line(found: Equivalent, name: str) -> Equivalent:
    code = f"{found.code}," if found.code else f"# no equivalent: {name}"
    return Equivalent(code, found.notes)


def _dense(layer: Dense, *, is_scores: bool) -> Equivalent:
    keys, after, comment = [str(layer.units)], Equivalent(), ""
    notes: tuple[str, ...] = ()
    activation = said(layer.activation)
    if is_scores:
        comment = f"# scores z, {layer.activation.name} is in the loss:\n"
    elif activation.code.startswith('"'):
        if not isinstance(layer.activation, Identity):
            keys.append(f"activation={activation.code}")
        notes = activation.notes
    else:
        after = _alone(layer.activation)
    starts = layer.initializers()
    parts = [("kernel_initializer", _start(starts["W"]))]
    parts += [("bias_initializer", _start(starts["b"]))] if layer.bias else []
    if layer.kernel_regularizer is not None:
        parts.append(("kernel_regularizer", said(layer.kernel_regularizer)))
    for name, found in parts:
        notes += found.notes
        if found.code and (name, found.code) != ("bias_initializer", '"zeros"'):
            keys.append(f"{name}={found.code}")
    keys += [] if layer.bias else ["use_bias=False"]
    keys += [] if layer.trainable else ["trainable=False"]
    return Equivalent(f"{comment}layers.Dense({', '.join(keys)}),", notes) + after


def _alone(activation: Activation) -> Equivalent:
    """An activation as a layer."""
    found = said(activation)
    if found.code.startswith('"'):
        found = Equivalent(f"layers.Activation({found.code})", found.notes)
    return _line(found, activation.name)


def _start(initializer: Initializer) -> Equivalent:
    return said(initializer, cut=CUT)


def _batch_norm_keys(layer: BatchNorm) -> str:
    usual = {"beta": Zeros(), "gamma": Ones(), "moving_mean": Zeros(), "moving_variance": Ones()}
    starts = layer.initializers()
    keys = "".join(
        f", {name}_initializer={_start(starts[name]).code}"
        for name, start in usual.items()
        if starts[name] != start
    )
    return keys + ("" if layer.trainable else ", trainable=False")

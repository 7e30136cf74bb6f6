"""Keras 3: code that trains the same network with the same steps."""

from collections.abc import Iterator
from textwrap import indent

from nncli.assembly.build import Built
from nncli.engine.network import Node
from nncli.equivalent import Equivalent, imports_of
from nncli.explain.keras_training import training
from nncli.parts.activations import Activation
from nncli.parts.initializers import Ones, Zeros
from nncli.parts.layers import ActivationLayer, Affine, BatchNorm, LayerNorm, PRelu

KERAS_TENSORS = {"W": "kernel", "b": "bias"}
SCALING = """
def scaling(scale, mode):
    return keras.initializers.VarianceScaling(scale, mode, "untruncated_normal")"""


def equivalent(built: Built) -> Equivalent:
    """The complete code, with notes on what differs."""
    return model(built) + training(built)


def model(built: Built) -> Equivalent:
    """The layers and their initializers."""
    first = built.network.nodes[built.network.embedding is not None]
    inside = Equivalent()
    for node in built.network.nodes:
        inside += _layer(built, node)
    dtype = built.experiment.training.dtype
    given = _weights(built)
    imports = "".join(f"{line}\n" for line in imports_of(given))
    code = f'{imports}import keras\nfrom keras import layers\n\nkeras.config.set_floatx("{dtype}")'
    code += f"\n{SCALING}\n" if "scaling(" in inside.code else ""
    if built.network.block_ends:
        calls = "\n".join(_calls(built))
        code += f"\ninputs = x = keras.Input({first.input_shape})\n{calls}"
        code += "\nmodel = keras.Model(inputs, x)"
    else:
        lines = f"keras.Input({first.input_shape}),\n{inside.code}"
        code += f"\nmodel = keras.Sequential([\n{indent(lines, '    ')}\n])"
    code += f"\n{given}" if given else ""
    jax = ["with the JAX backend float64 needs JAX_ENABLE_X64=1"] if dtype == "float64" else []
    return Equivalent(code, *inside.notes, *jax)


def _calls(built: Built) -> Iterator[str]:
    """Yields the calls of the layers one by one, for a network with residual blocks."""
    nodes, ends = built.network.nodes, built.network.block_ends
    for place, node in enumerate(nodes):
        yield from (f"{_skip(nodes[end])} = x" for end in ends.get(place, ()))
        given = f"[x, {_skip(node)}]" if node.block else "x"
        for line in _layer(built, node).code.splitlines():
            yield line if line.startswith("#") else f"x = {line.removesuffix(',')}({given})"


def _skip(end: Node) -> str:
    """The variable for the input of a residual block."""
    return end.name.replace("hidden", "skip")


def _weights(built: Built) -> str:
    """The lines that assign given weights, (inputs, units) as here, and freeze single tensors."""
    lines, place = list[str](), int(bool(built.network.block_ends))  # the Input layer is the first
    for node in built.network.nodes:
        layer, starts = node.layer, node.layer.initializers()
        before = node.input_shape
        for name in (*layer.param_shapes(before), *layer.state_shapes(before)):
            tensor, start = f"model.layers[{place}].{KERAS_TENSORS.get(name, name)}", starts[name]
            if layer.is_trainable and not layer.trains(name):
                lines.append(f"{tensor}.trainable = False")
            if start.given_by:
                given = start.assigned(f"{node.name}/{name}")
                is_shared = (
                    isinstance(layer, PRelu) and len(before) == 3
                )  # alpha is (1, 1, channels)
                lines.append(f"{tensor}.assign({f'[[{given}]]' if is_shared else given})")
        found = _layer(built, node).code
        place += sum(not line.startswith("#") for line in found.splitlines())
    return "\n".join(lines)


def _layer(built: Built, node: Node) -> Equivalent:
    """The lines of one layer."""
    layer = node.layer
    if isinstance(layer, Affine):
        is_scores = layer is built.network.output and built.network.is_matched
        return _affine(layer, is_scores=is_scores)
    if isinstance(layer, ActivationLayer):
        return _alone(layer.function)
    keys = _norm_keys(layer) if isinstance(layer, BatchNorm | LayerNorm) else ""
    if isinstance(layer, PRelu):
        alpha = layer.alpha_initializer.equivalent("keras").code
        shared = ", shared_axes=[1, 2]" * (len(node.input_shape) == 3)
        still = "" if layer.trainable else ", trainable=False"
        keys = f"alpha_initializer={alpha}{shared}{still}"
    return _line(layer.equivalent("keras", more_keys=keys), layer.name)


def _line(found: Equivalent, name: str) -> Equivalent:
    return Equivalent(f"{found.code}," if found.code else f"# no equivalent: {name}", *found.notes)


def _affine(layer: Affine, *, is_scores: bool) -> Equivalent:
    comment, keys, after = "", [], Equivalent()
    activation, starts = layer.activation.equivalent("keras"), layer.initializers()
    if is_scores:
        comment = f"# scores z, {layer.activation.name} is in the loss:\n"
    elif activation.code.startswith('"'):
        keys.append(_key("activation", activation, default='"linear"'))
    else:
        after = _alone(layer.activation)
    keys.append(_key("kernel_initializer", starts["W"].equivalent("keras")))
    if layer.bias:
        keys.append(_key("bias_initializer", starts["b"].equivalent("keras"), default='"zeros"'))
    if layer.kernel_regularizer is not None:
        keys.append(_key("kernel_regularizer", layer.kernel_regularizer.equivalent("keras")))
    keys += [] if layer.bias else [Equivalent(", use_bias=False")]
    keys += [] if layer.is_trainable else [Equivalent(", trainable=False")]
    found = layer.equivalent("keras", more_keys="".join(key.code for key in keys))
    notes = (note for key in [*keys, found] for note in key.notes)
    return _line(Equivalent(f"{comment}{found.code}", *notes), layer.name) + after


def _key(name: str, found: Equivalent, default: str = "") -> Equivalent:
    """A keyword argument, left out if its value is the default; with its notes."""
    code = "" if found.code in ("", default) else f", {name}={found.code}"
    return Equivalent(code, *found.notes)


def _alone(activation: Activation) -> Equivalent:
    """An activation as a layer of its own."""
    found = activation.equivalent("keras")
    if found.code.startswith('"'):
        found = Equivalent(f"layers.Activation({found.code})", *found.notes)
    return _line(found, activation.name)


def _norm_keys(layer: BatchNorm | LayerNorm) -> str:
    usual = {"beta": Zeros(), "gamma": Ones(), "moving_mean": Zeros(), "moving_variance": Ones()}
    starts = layer.initializers()
    keys = "".join(
        f", {name}_initializer={starts[name].equivalent('keras').code}"
        for name, start in usual.items()
        if starts.get(name, start) != start
    )
    return keys + ("" if layer.trainable else ", trainable=False")

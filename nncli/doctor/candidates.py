"""Candidates: edits that might improve a run. A function returns none if they make no sense."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import yaml

from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits, flow, short
from nncli.parts.activations import Activation, Identity, LeakyRelu, Relu, Softplus
from nncli.parts.initializers import Zeros
from nncli.parts.layers import ActivationLayer, Conv2D, Dense, Dropout, GaussianNoise, Layer

SMALL_RATE, LARGE_RATE = 1e-3, 0.1


def because(causes: Mapping[str, Edits]) -> Edits:
    """The edits of all causes, each with its cause."""
    return [
        replace(edit, cause=f"likely cause: {cause}")
        for cause, candidates in causes.items()
        for edit in candidates
    ]


def scale_inputs(run: DiagnosedRun) -> Edits:
    keys = run.built.experiment.data.preprocessing
    if keys.numeric.scale == "standard":
        return []
    target = keys.target
    if {keys.numeric.scale, keys.numeric.impute, target.scale, target.transform} == {"none"}:
        # the whole block, since `preprocessing: none` has no keys to set
        return [Edit("data.preprocessing", "{numeric: {scale: standard}}")]
    return [Edit("data.preprocessing.numeric.scale", "standard")]


def scale_targets(run: DiagnosedRun) -> Edits:
    keys, job = run.built.experiment.data.preprocessing, run.job
    if run.built.table.task != "regression" or keys.target.scale != "none":
        return []
    network = job.network
    if not (network.loss.takes_any_target and isinstance(network.output.activation, Identity)):
        return []
    if {keys.numeric.scale, keys.numeric.impute, keys.target.transform} == {"none"}:
        return [Edit("data.preprocessing", "{numeric: {scale: standard}}")]  # scales targets too
    return [Edit("data.preprocessing.target.scale", "standard")]


def learning_rate(run: DiagnosedRun) -> float:
    """The optimizer's learning rate; 0 if it has none."""
    return getattr(run.job.optimizer, "learning_rate", 0.0)


def learning_rates(run: DiagnosedRun, factors: Sequence[float]) -> Edits:
    """The learning rate times each factor."""
    if not run.job.optimizer.has_learning_rate:
        return []
    rate = learning_rate(run)
    return [Edit("optimizer.learning_rate", f"{rate * factor:.3g}") for factor in factors]


def lower_rates(run: DiagnosedRun, fewest: int = 4) -> Edits:
    """The learning rate divided by powers of ten: at least `fewest`, down to SMALL_RATE."""
    rate = learning_rate(run)
    powers = max(fewest, math.ceil(math.log10(rate / SMALL_RATE))) if rate > 0 else 0
    return learning_rates(run, [10.0**-power for power in range(1, powers + 1)])


def higher_rates(run: DiagnosedRun) -> Edits:
    """The learning rate times powers of ten: at least three, up to LARGE_RATE."""
    rate = learning_rate(run)
    powers = max(3, math.ceil(math.log10(LARGE_RATE / rate))) if rate > 0 else 0
    return learning_rates(run, [10.0**power for power in range(1, powers + 1)])


def constant_rate(run: DiagnosedRun) -> Edits:
    """A constant learning rate, without the schedule."""
    is_constant = run.job.schedule.is_constant or not run.job.optimizer.has_learning_rate
    return [] if is_constant else [Edit("schedule", "constant")]


def longer(run: DiagnosedRun, factor: int) -> Edit:
    """The number of epochs times a factor."""
    return Edit("training.epochs", str(factor * run.job.training.epochs))


def standard_starts(run: DiagnosedRun) -> Edits:
    """Default initializers and zero biases: in the hidden layers, in the output, or in both."""
    hidden, output = rewrite_hidden(run, _standard_start), _standard_output(run)
    block = run.built.experiment.network.output
    given = {key: value for key, value in short(block).items() if "initializer" not in key}
    whole = f"{{hidden: {hidden[0].value}, output: {flow(given)}}}" if hidden and output else ""
    return [*hidden, *output, *([Edit("network", whole)] if whole else [])]


def _standard_output(run: DiagnosedRun) -> Edits:
    dense = run.network.output
    found = []
    if dense.kernel_initializer != (wanted := dense.activation.initializer):
        found.append(Edit("network.output.kernel_initializer", wanted.name))
    if dense.bias_initializer != Zeros():
        found.append(Edit("network.output.bias_initializer", "zeros"))
    return found


def _standard_start(layer: Layer) -> Layer:
    if not isinstance(layer, Dense):
        return layer
    start = layer.activation.initializer
    return replace(layer, kernel_initializer=start, bias_initializer=Zeros())


def small_output(run: DiagnosedRun) -> Edits:
    """Initial outputs near 0, and so near an even guess."""
    return [Edit("network.output.kernel_initializer", "{type: normal, std: 0.01}")]


def mean_output(run: DiagnosedRun) -> Edits:
    """An output bias with which the initial prediction is the mean target."""
    output, targets = run.network.output, run.rows.targets
    if run.built.table.classes or output.units > 1 or not output.bias:
        return []
    mean = float(targets.mean())
    if isinstance(output.activation, Softplus) and mean > 0:
        mean += math.log(-math.expm1(-mean))  # the inverse of softplus
    elif not isinstance(output.activation, Identity):
        return []
    return [Edit("network.output.bias_initializer", f"{{type: constant, value: {mean:.4g}}}")]


def open_output(run: DiagnosedRun) -> Edits:
    """An identity output, which can reach any number, instead of a relu, which may be dead."""
    is_relu = isinstance(run.network.output.activation, Relu)
    return [Edit("network.output.activation", "identity")] if is_relu else []


def hidden_activation(run: DiagnosedRun, activation: Activation) -> Edits:
    """The same activation in every hidden layer."""

    def change(layer: Layer) -> Layer:
        if isinstance(layer, ActivationLayer):
            return replace(layer, function=activation)
        if not isinstance(layer, Dense):
            return layer
        return replace(layer, activation=activation, kernel_initializer=activation.initializer)

    return rewrite_hidden(run, change)


def leaky(run: DiagnosedRun) -> Edits:
    """leaky_relu instead of relu: its gradient isn't 0 where z < 0."""

    def change(layer: Layer) -> Layer:
        if isinstance(layer, ActivationLayer) and isinstance(layer.function, Relu):
            return replace(layer, function=LeakyRelu())
        if isinstance(layer, Dense) and isinstance(layer.activation, Relu):
            return replace(layer, activation=LeakyRelu())
        return layer

    return rewrite_hidden(run, change)


def rewrite_hidden(run: DiagnosedRun, change: Callable[[Layer], Layer]) -> Edits:
    """The hidden layers as changed by `change`; none if it changes nothing."""
    before = _hidden(run)
    after = [change(layer) for layer in before]
    return [_as_edit(after)] if after != before else []


def gentler(run: DiagnosedRun, factor: float) -> Edits:
    """Penalties, dropout rates and noise times a factor; 0 removes them."""

    def change(layer: Layer) -> Layer:
        if isinstance(layer, Dropout):
            return replace(layer, rate=round(layer.rate * factor, 4))
        if isinstance(layer, GaussianNoise):
            return replace(layer, std=round(layer.std * factor, 4))
        if not isinstance(layer, Dense | Conv2D) or layer.kernel_regularizer is None:
            return layer
        penalty = layer.kernel_regularizer
        lighter = {key: value * factor for key, value in vars(penalty).items()}
        return replace(layer, kernel_regularizer=replace(penalty, **lighter) if factor else None)

    return rewrite_hidden(run, change)


def shallow(run: DiagnosedRun) -> Edits:
    """Only the first two dense layers."""
    before = _hidden(run)
    after = [layer for layer in before if isinstance(layer, Dense)][:2]
    return [_as_edit(after)] if len(after) < len(before) else []


def is_deep(run: DiagnosedRun) -> bool:
    """Whether there are more hidden layers than the edits of `wider` have."""
    return sum(isinstance(layer, Dense) for layer in _hidden(run)) > 2


def wider(run: DiagnosedRun) -> Edits:
    """More hidden units."""
    units = [layer.units for layer in _hidden(run) if isinstance(layer, Dense)]
    sizes = [f"[{size}]" for size in (16, 64)] + ["[64, 64]"]
    return [
        Edit("network.hidden", size)
        for size in sizes
        if not units or max(yaml.safe_load(size)) > max(units)
    ]


def _hidden(run: DiagnosedRun) -> list[Layer]:
    return list(run.built.experiment.network.hidden)


def _as_edit(layers: Sequence[Layer]) -> Edit:
    """All hidden layers in one value, which replaces them however the config has written them."""
    return Edit("network.hidden", flow([short(layer) for layer in layers]))

"""Every formula that a trace shows, worked out with its numbers, gives the kernels' values."""

import numpy as np
import pytest
from formula_values import by_formula

from nncli.registry import members
from nncli.trace.html import html
from nncli.trace.markdown import markdown
from nncli.trace.plain_text import text
from nncli.trace.traced_steps import trace
from nncli.trace.worksheet import Worksheet

IRIS = "data: {dataset: iris, split: none}"
NUMBERS = "data: {dataset: {type: linear_regression, samples: 12, seed: 3}, split: none}"
SMALL = "training: {batch_size: 4}"
# what a network needs to go with a loss
TWO_CLASSES = ("data: {dataset: xor_gate}", "network: {hidden: [3]}")
LOSSES = {
    "hinge": TWO_CLASSES,
    "perceptron": TWO_CLASSES,
    "squared_hinge": TWO_CLASSES,
    "multiclass_hinge": (IRIS, "network: {hidden: [3]}"),
    "squared_multiclass_hinge": (IRIS, "network: {hidden: [3]}"),
    "cross_entropy": (IRIS, "network: {hidden: [3]}"),
    "focal": (IRIS, "network: {hidden: [3]}"),
    "binary_focal": ("data: {dataset: xor_gate}", "network: {hidden: [3]}"),
    "binary_cross_entropy": ("data: {dataset: xor_gate}", "network: {hidden: [3]}"),
    "poisson": (
        "data: {dataset: {type: inline, x: [[1, 2], [3, 1], [0, 1]], y: [2, 5, 0]}}",
        "network: {hidden: [{type: dense, units: 3, activation: tanh}]}",
    ),
}


def check(loaded, count=3):
    """Hold every formula of some steps against the recorded values; how many there were."""
    checked = 0
    for step in trace(loaded, count).steps:
        for tensor in step.tensors:
            if tensor.template and "f'(" not in tensor.template:  # which a part may leave at that
                worked = by_formula(tensor)
                np.testing.assert_allclose(
                    worked, tensor.values, rtol=1e-8, atol=1e-12, err_msg=tensor.formula
                )
                checked += 1
    return checked


@pytest.mark.parametrize("name", members("activation"))
def test_the_formula_of_an_activation_is_what_it_computes(declared, name):
    hidden = (
        f"[{{type: dense, units: 3, activation: {name}}}, {{type: activation, function: {name}}}]"
    )
    assert check(declared(IRIS, f"network: {{hidden: {hidden}}}", SMALL)) > 40


@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_an_output_that_does_not_match_the_loss_has_its_own_formula(declared, name):
    output = f"network: {{hidden: [3], output: {{activation: {name}}}}}"
    loaded = declared(IRIS, output, "loss: mse", SMALL)
    names = [tensor.name for tensor in trace(loaded).steps[0].tensors]
    assert {"output/da", "output/dz"} <= set(names)
    assert check(loaded)


@pytest.mark.parametrize("name", members("loss"))
def test_the_formula_of_a_loss_is_what_it_computes(declared, name):
    data, network = LOSSES.get(name, (NUMBERS, "network: {hidden: [3]}"))
    assert check(declared(data, network, f"loss: {name}", SMALL)) > 40


@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
def test_smoothed_targets_are_shown_as_what_they_are_of_those_of_the_data(declared, name):
    loaded = declared(IRIS, f"loss: {{type: {name}, label_smoothing: 0.1}}", SMALL)
    traced = trace(loaded)
    shown = {tensor.name: tensor for tensor in traced.steps[0].tensors}["targets"]
    assert traced.loss.startswith(f"{name} (label_smoothing 0.1")
    assert shown.formula == "t = y * (1 - 0.1) + 0.1 / 3, y of the data: label smoothing"
    np.testing.assert_allclose(np.unique(shown.values), [1 / 30, 14 / 15])  # 0.1/3, 0.9 + 0.1/3
    assert check(loaded)


@pytest.mark.parametrize(
    "block",
    [
        *(name for name in members("optimizer") if name != "lbfgs"),
        "{type: sgd, momentum: 0.9, initial_velocity: 0.5}",
        "{type: sgd, momentum: 0.9, nesterov: true}",
        "{type: adamw, weight_decay: 0.3, betas: [0.7, 0.95]}",
    ],
)
def test_the_formulas_of_an_optimizer_are_what_it_computes(declared, block):
    assert check(declared(IRIS, "network: {hidden: [3]}", f"optimizer: {block}", SMALL)) > 40


@pytest.mark.parametrize("block", ["l1", "l2", "{type: l1_l2, l1: 0.3, l2: 0.2}"])
def test_the_formula_of_a_penalty_is_in_loss_and_gradient(declared, block):
    layer = f"{{type: dense, units: 3, kernel_regularizer: {block}}}"
    loaded = declared(IRIS, f"network: {{hidden: [{layer}]}}", SMALL)
    shown = {tensor.name: tensor for tensor in trace(loaded).steps[0].tensors}
    assert shown["loss"].formula.endswith("/ 4 + penalty")
    assert "W1" in shown["penalty"].formula
    assert check(loaded)


def test_the_formulas_of_every_layer_together(declared):
    loaded = declared(
        "data: {dataset: iris}",
        "network:",
        "  hidden:",
        "    - {type: dense, units: 4, activation: identity, bias: false}",
        "    - batch_norm",
        "    - {type: activation, function: tanh}",
        "    - {type: dropout, rate: 0.4}",
        "    - {type: dense, units: 3, trainable: false}",
        "    - {type: dense, units: 3, kernel_regularizer: l2, trainable: {W: false}}",
        "training: {clip_grad_norm: 0.2, class_weight: balanced, batch_size: 7}",
    )
    assert check(loaded) > 100


CONV = "{type: conv2d, kernel_size: 2, activation: tanh"


@pytest.mark.parametrize(
    "hidden",
    [
        f"[{CONV}, filters: 2, padding: same}}, {CONV}, filters: 2, strides: 2}}, flatten]",
        "[{type: max_pool2d, strides: 1, padding: same}, batch_norm, flatten]",
        "[{type: reshape, shape: [4, 1, 1]}, {type: max_pool2d, pool_size: [2, 1]}, flatten]",
        f"[{CONV}, filters: 2, padding: same, bias: false}}, layer_norm,"
        " {type: avg_pool2d, strides: 1, padding: same}, flatten]",
        f"[{CONV}, filters: 2, padding: same}}, {{type: max_pool2d, strides: 1}}, prelu, flatten]",
        "[{type: conv2d, kernel_size: 1, filters: 3, activation: softmax}, flatten]",
        f"[{CONV}, filters: 1, padding: same}}, {{type: residual, layers: [{CONV}, filters: 1,"
        " padding: same, kernel_regularizer: l2}, {type: residual, layers: [prelu]}]}, flatten]",
        "[3, layer_norm, {type: residual, layers: [4, {type: dense, units: 3}]}, prelu]",
    ],
)
def test_the_formulas_of_layers_of_images(declared, hidden):
    images = "" if hidden.startswith("[3") else "input: {type: input, shape: [2, 2, 1]}, "
    loaded = declared(
        "data: {dataset: iris}",
        f"network: {{{images}hidden: {hidden}}}",
        "training: {batch_size: 3}",
    )
    assert check(loaded) > 30


def test_images_are_shown_one_below_the_other_and_a_window_beside_its_kernel(declared):
    loaded = declared(
        "data: {dataset: iris}",
        f"network: {{input: {{type: input, shape: [2, 2, 1]}}, hidden: [{CONV}, filters: 2}}, "
        "flatten]}",
        "training: {batch_size: 2}",
    )
    whole = trace(loaded)
    page, shown = text(whole), {tensor.name: tensor for tensor in whole.steps[0].tensors}
    assert shown["input"].values.shape == (2, 2, 2, 1)
    x, W = shown["input"].values, shown["hidden_1/W"].values
    beside = f"{x[0, 0, 0, 0]:.6g}  {x[0, 0, 1, 0]:.6g}    {W[0, 0, 0, 0]:.6g}  {W[0, 1, 0, 0]:.6g}"
    assert beside.split() in [line.split() for line in page.splitlines()]


@pytest.mark.parametrize("shape", ["[2, 2]", "[1, 2, 1, 2]"])
def test_rows_of_several_axes_that_are_no_image_are_flattened_in_every_page(declared, shape):
    loaded = declared(
        "data: {dataset: iris}",
        f"network: {{hidden: [4, {{type: reshape, shape: {shape}}}, layer_norm, batch_norm, prelu,"
        " {type: dropout, rate: 0.5}, {type: activation, function: softmax}, flatten]}",
        "optimizer: sgd",
        "training: {batch_size: 3}",
    )
    assert check(loaded) > 30
    whole = trace(loaded)
    a = next(each for each in whole.steps[0].tensors if each.name == "hidden_2/a")
    for row in a.values.reshape(3, 4):
        numbers = [f"{value:.6g}" for value in row]
        assert numbers in [line.split() for line in text(whole).splitlines()]
        assert f"| {' | '.join(numbers)} |" in markdown(whole)
    assert '"hidden_2/a"' in html(whole)
    blanks = Worksheet(whole, ["hidden_2/a"]).blanks
    assert [a.values[blank.index] for blank in blanks] == a.values.ravel().tolist()


def test_running_statistics_are_shown_before_and_after(declared):
    loaded = declared(
        "data: {dataset: iris}", "network: {hidden: [3, batch_norm]}", "training: {batch_size: 5}"
    )
    shown = {tensor.name: tensor for tensor in trace(loaded).steps[0].tensors}
    after = shown["hidden_2/moving_mean/after"]
    assert after.formula == "moving_mean2 <- 0.9 * moving_mean2 + (1 - 0.9) * mean2"
    np.testing.assert_allclose(after.values, 0.1 * shown["hidden_2/mean"].values, rtol=1e-12)


def test_frozen_running_statistics_stay_and_are_what_is_used(declared):
    layer = "{type: batch_norm, trainable: false}"
    loaded = declared(
        "data: {dataset: iris}",
        f"network: {{hidden: [3, {layer}]}}",
        "training: {batch_size: 5}",
    )
    shown = {tensor.name for tensor in trace(loaded).steps[0].tensors}
    assert "hidden_2/moving_mean/after" not in shown
    assert "hidden_2/mean" not in shown
    assert check(loaded)


def test_the_way_back_ends_above_frozen_first_layers(declared):
    frozen = "{type: dense, units: 4, activation: tanh, trainable: false}"
    loaded = declared(
        "data: {dataset: iris}", f"network: {{hidden: [{frozen}, 3]}}", "training: {batch_size: 5}"
    )
    shown = {tensor.name for tensor in trace(loaded).steps[0].tensors}
    assert {"hidden_1/a", "hidden_2/dz"} <= shown
    assert not {"hidden_1/da", "hidden_1/dz", "hidden_1/dW"} & shown
    assert check(loaded)


@pytest.mark.parametrize(
    ("block", "formula", "rate"),
    [
        ("{type: exponential, rate: 0.1}", "lr = 0.5 * exp(-0.1 * t), t = 0", 0.5),
        ("{type: constant, warmup: 4}", "lr = 0.5 * 1 / 4", 0.125),
        ("{type: inverse_time, interval: step}", "lr = 0.5 / (1 + 0.01 * t), t = 0", 0.5),
    ],
)
def test_the_learning_rate_says_where_it_comes_from(declared, block, formula, rate):
    sgd = "optimizer: {type: sgd, learning_rate: 0.5}"
    loaded = declared(IRIS, sgd, f"schedule: {block}")
    shown = {tensor.name: tensor for tensor in trace(loaded).steps[0].tensors}
    assert shown["learning_rate"].formula == formula
    assert shown["learning_rate"].values == rate


def test_parts_without_formulas_are_shown_with_their_values(declared, monkeypatch):
    from nncli.parts.activations import Tanh

    monkeypatch.setattr(Tanh, "formula", "")
    loaded = declared(IRIS, "network: {hidden: [{type: dense, units: 2, activation: tanh}]}", SMALL)
    shown = {tensor.name: tensor for tensor in trace(loaded).steps[0].tensors}
    assert (shown["hidden_1/a"].formula, shown["hidden_1/a"].values.shape) == ("", (4, 2))

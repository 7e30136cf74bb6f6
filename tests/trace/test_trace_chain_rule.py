"""What a trace says of its gradients, and that rounding isn't shown as a number."""

import re

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.trace.markdown import markdown
from nncli.trace.plain_text import text
from nncli.trace.traced_steps import trace
from nncli.trace.worksheet import Worksheet

ROWS = "data: {dataset: {type: inline, x: [[1, 2], [3, -1], [0, 2]], y: %s}}\n"
NOISE = re.compile(r"\d+(\.\d+)?e-(1[6-9]|[2-9]\d)")


@pytest.fixture
def traced(tmp_path):
    def make(config):
        path = tmp_path / "it.yaml"
        path.write_text(config)
        return trace(load_network(path))

    return make


def meanings(shown):
    return {tensor.name: " ".join(tensor.meaning) for tensor in shown.steps[0].tensors}


HIDDEN = "network: {hidden: [{type: dense, units: 2, activation: tanh}], output: {%s}}\n"


def test_every_gradient_says_what_it_is_and_where_the_chain_rule_takes_it_from(traced):
    told = meanings(traced(ROWS % "[1, 2, 4]" + HIDDEN % "units: 1" + "loss: mse\n"))
    gradients = [name for name in told if re.search(r"/d[azWb]$", name)]
    assert len(gradients) == 8
    assert all(told[name].startswith("d(loss)/d(") for name in gradients)
    assert "d(loss)/d(z2) * d(z2)/d(a1), and d(z2)/d(a1) is W2" in told["hidden_1/da"]
    assert "d(loss)/d(a1) * d(a1)/d(z1)" in told["hidden_1/dz"]
    assert "the slope of tanh at z1" in told["hidden_1/dz"]
    assert "d(loss)/d(z2) * d(z2)/d(W2), and d(z2)/d(W2) is a1" in told["output/dW"]
    assert "and d(z1)/d(W1) is x" in told["hidden_1/dW"]
    assert "the slope of tanh at z1: 1 - a1^2" in told["hidden_1/dz"]
    assert "a term of it is (a2 - t)^2, whose slope along a2 is 2 * (a2 - t)" in told["output/da"]
    assert "of 3 rows and 1 output, each term counts 1/3" in told["output/da"]


def test_softmax_and_cross_entropy_are_derived(traced):
    shown = traced(ROWS % "[a, b, c]" + HIDDEN % "activation: softmax")
    told = meanings(shown)["output/dz"]
    for piece in (
        "d(loss)/d(a2[k]) = -t[k] / a2[k]",
        "d(a2[k])/d(z2[j]) = a2[k] (1 - a2[j]) where k = j, else -a2[k] a2[j]",
        "= a2[j] - t[j]",
    ):
        assert piece in told
    step = {tensor.name: tensor.values for tensor in shown.steps[0].tensors}
    a, t = step["output/a"][0], step["targets"][0]
    jacobian = np.diag(a) - np.outer(a, a)  # the second line
    assert step["output/dz"][0] == pytest.approx((-t / a) @ jacobian / 3)


def test_sigmoid_and_binary_cross_entropy_are_derived(traced):
    told = meanings(traced("data: {dataset: and_gate}\n"))["output/dz"]
    assert "d(loss)/d(a2) = -t / a2 + (1 - t) / (1 - a2) = (a2 - t) / (a2 (1 - a2))" in told
    assert "d(a2)/d(z2) = a2 (1 - a2)" in told
    assert "their product: a2 - t " in told
    assert told.endswith("of 4 rows and 1 output, each term counts 1/4"), "why dz has its n"


def test_softmax_and_the_focal_loss_are_derived(traced):
    shown = traced(ROWS % "[a, b, c]" + HIDDEN % "activation: softmax" + "loss: focal")
    told = meanings(shown)["output/dz"]
    assert "d(loss)/d(a2[k]) = c[k] / a2[k], with c[k] = alpha t[k] g(a2[k])" in told
    assert "= a2[j] - t[j]" not in told
    assert "added up over k: c[j] - a2[j] (sum of c[k]) " in told
    step = {tensor.name: tensor.values for tensor in shown.steps[0].tensors}
    a, t = step["output/a"][0], step["targets"][0]
    c = 0.25 * t * (2 * a * np.log(a) * (1 - a) - (1 - a) ** 2)
    assert step["output/dz"][0] == pytest.approx((c - a * c.sum()) / 3)


def test_sigmoid_and_the_focal_loss_are_derived(traced):
    shown = traced("data: {dataset: and_gate}\nloss: binary_focal")
    told = meanings(shown)["output/dz"]
    assert "alpha t (1 - a2) g(a2) - (1 - alpha) (1 - t) a2 g(1 - a2) " in told
    step = {tensor.name: tensor.values for tensor in shown.steps[0].tensors}
    (a,), (t,) = step["output/a"][-1], step["targets"][-1]
    assert t == 1
    g = 2 * a * np.log(a) * (1 - a) - (1 - a) ** 2
    assert step["output/dz"][-1] == pytest.approx(0.25 * (1 - a) * g / 4)


@pytest.mark.parametrize("layer", ["{type: dropout, rate: 0.5}", "{type: batch_norm}"])
def test_other_layers_have_their_chain_too(traced, layer):
    config = f"network: {{hidden: [{{type: dense, units: 2}}, {layer}]}}\n"
    told = meanings(traced(ROWS % "[1, 2, 4]" + config))
    assert (
        "d(loss)/d(a1) = d(loss)/d(a2) * d(a2)/d(a1): back through hidden_2"
        in (told["hidden_1/da"])
    )


def test_the_words_are_on_the_pages_and_on_a_worksheet(traced):
    shown = traced(ROWS % "[1, 2, 4]" + HIDDEN % "units: 1")
    sheet = Worksheet(shown)
    for page in (text(shown), markdown(shown), text(shown, sheet), markdown(shown, sheet)):
        words = page.replace("\\*", "*").replace("\n", " ")
        assert "by how much the loss grows when v grows a little" in words
        assert "d(loss)/d(z1) = d(loss)/d(a1) * d(a1)/d(z1)" in words


# ---- rounding


CANCELS = (  # two rows whose errors are the same size with opposite signs, and thirds and tenths
    "data: {dataset: {type: inline, x: [[0.1], [0.2], [0.3]], y: [0.3, 0.3, 0.3]}}\n"
    "network: {hidden: [], output: {kernel_initializer: ones, bias_initializer: {type: constant, "
    "value: 0.1}}}\nloss: mse\noptimizer: {type: %s, learning_rate: 0.1}\n%s"
)


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
@pytest.mark.parametrize("more", ["", "training: {dtype: float32}\n"])
def test_what_is_rounding_alone_is_shown_as_0(traced, optimizer, more):
    """The errors -0.1, 0 and 0.1 add up to 0: in floating point to 3e-17."""
    shown = traced(CANCELS % (optimizer, more))
    tensors = {tensor.name: tensor for tensor in shown.steps[0].tensors}
    exact = tensors["output/db"].values if "output/db" in tensors else np.zeros(1)
    assert 0 < np.abs(exact).max() < 1e-6, "there is something to hide"
    for page in (text(shown), markdown(shown)):
        assert not NOISE.search(page)
    assert tensors["output/db"].shown.tolist() == [0.0]
    assert shown.to_json()["tensors"], "which keeps every digit"


def test_small_numbers_that_mean_something_are_shown(traced):
    """A sigmoid of -50 is 1.9e-22, and no rounding: nothing cancels in 1 / (1 + exp(50))."""
    config = (
        "data: {dataset: {type: inline, x: [[-50], [-60]], y: [0.0, 1.0e-20]}}\n"
        "network: {hidden: [], output: {activation: sigmoid, kernel_initializer: ones}}\n"
        "loss: mse\noptimizer: {type: gd, learning_rate: 1.0e-12}\n"
    )
    tensors = {tensor.name: tensor for tensor in traced(config).steps[0].tensors}
    assert tensors["output/a"].shown[0, 0] == pytest.approx(1.9287e-22, rel=1e-4)
    assert (tensors["output/dz"].shown != 0).all()


def test_0_is_the_right_answer_where_0_is_shown(traced):
    sheet = Worksheet(traced(CANCELS % ("gd", "")), ["output/db"])
    assert [blank.value for blank in sheet.blanks] == [0.0]

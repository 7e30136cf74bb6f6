"""`nncli gradcheck`: what it prints, and its exit code."""

import json

import numpy as np
import pytest

from nncli import registry
from nncli.parts.activations import Tanh

XOR = ("data: {dataset: xor_gate}", "network: {hidden: [4]}")


@pytest.fixture
def wrong_tanh(monkeypatch):
    """A plugin's activation whose backward has a sign wrong."""

    family = registry._families["activation"]
    monkeypatch.setattr(family, "classes", dict(family.classes))
    monkeypatch.setattr(family, "aliases", dict(family.aliases))

    @registry.part("wrong_tanh")
    class WrongTanh(Tanh):
        """a = tanh(z)."""

        def backward(self, da, z, a, dz, saved):
            super().backward(da, z, a, dz, saved)
            np.negative(dz, out=dz)


@pytest.mark.parametrize(
    "name",
    [
        *("and_float", "and_gate", "by_hand", "iris", "linear_regression", "one_softmax_step"),
        *("linear_regression_stochastic", "penguins", "toy_classification", "toy_regression"),
    ],
)
def test_the_gradients_of_the_examples_agree(nncli, configs, name):
    done = nncli("gradcheck", configs / f"{name}.yaml")
    assert (done.code, done.err) == (0, "")
    assert "\ngradients agree: " in done.out


def test_every_line_of_the_table_is_there(nncli, write):
    write("net.yaml", *XOR, "seed: 2")
    done = nncli("gradcheck", "net.yaml")
    assert done.code == 0
    where, table, note, verdict = done.out.rstrip("\n").split("\n\n")
    assert where.startswith("net.yaml: loss 0.")
    assert where.endswith(" of 4 rows, at the initial weights, in float64")
    names = [line.split()[0] for line in table.splitlines()]
    assert names == ["gradient", "hidden_1/dW", "hidden_1/db", "output/dW", "output/db"]
    assert table.splitlines()[2].endswith("ok, 4 kinks")
    assert note.startswith("4 elements at a kink")
    assert verdict.startswith("gradients agree: 4 tensors, 17 elements, worst relative error ")


def test_a_wrong_gradient_is_named_and_ends_with_1(nncli, write, wrong_tanh):
    write(
        "net.yaml", XOR[0], "network: {hidden: [{type: dense, units: 3, activation: wrong_tanh}]}"
    )
    done = nncli("gradcheck", "net.yaml")
    assert (done.code, done.err) == (1, "")
    *_, verdict = done.out.rstrip("\n").split("\n\n")
    first, second, last = verdict.splitlines()
    assert first.startswith("hidden_1/dW of the data loss is wrong: 6 of 6 elements differ; at [")
    assert second.startswith("hidden_1/db of the data loss is wrong: 3 of 3 elements differ; at [")
    assert last == "look at hidden_1/db first: errors are passed from output to input"


def test_a_wrong_gradient_ends_with_1_in_json_too(nncli, write, wrong_tanh):
    write(
        "net.yaml", XOR[0], "network: {hidden: [{type: dense, units: 3, activation: wrong_tanh}]}"
    )
    done = nncli("gradcheck", "net.yaml", "--json")
    assert (done.code, done.err, done.json["ok"]) == (1, "", False)
    assert [each["ok"] for each in done.json["tensors"]] == [False, False, True, True]
    worst = done.json["tensors"][0]["worst"]
    assert worst["backpropagation"] == pytest.approx(-worst["numeric"], rel=1e-5)
    assert worst["relative_error"] == pytest.approx(2.0, rel=1e-5)


def test_json_is_as_promised(nncli, write):
    write("net.yaml", *XOR, "seed: 2")
    done = nncli("gradcheck", "net.yaml", "--json")
    assert (done.code, done.err) == (0, "")
    assert list(done.json) == ["ok", "loss", "rows", "tensors"]
    assert (done.json["ok"], done.json["rows"]) == (True, 4)
    bias = done.json["tensors"][1]
    assert {key: bias[key] for key in bias if key != "worst"} == {
        "name": "hidden_1/db",
        "part": "data loss",
        "elements": 4,
        "checked": 4,
        "kinks": 4,
        "ok": True,
    }
    assert list(bias["worst"]) == ["index", "backpropagation", "numeric", "relative_error"]


def test_a_run_is_checked_at_its_weights(nncli, train, write):
    config = write("net.yaml", *XOR, "training: {epochs: 3, dtype: float32}")
    run = train(config)
    before, after = nncli("gradcheck", config), nncli("gradcheck", run.path)
    assert (before.code, after.code) == (0, 0)
    assert "at the initial weights, in float64 (training: float32)" in before.out
    assert "at the trained weights, in float64 (training: float32)" in after.out
    loss = float(after.out.split("loss ")[1].split()[0])
    assert loss == pytest.approx(float(run.rows[-1]["loss"]), rel=1e-4)


def test_set_changes_the_config(nncli, write):
    write("net.yaml", *XOR)
    found = nncli("gradcheck", "net.yaml", "--json", "--set", "network.hidden=[2, 3]").json
    assert len(found["tensors"]) == 6


def test_a_sample_is_named_and_all_checks_every_element(nncli, write):
    write("net.yaml", "data: {dataset: iris}", "network: {hidden: [60]}")
    sampled, every = nncli("gradcheck", "net.yaml"), nncli("gradcheck", "net.yaml", "--all")
    assert "200 of 240" in sampled.out
    assert "--all checks every one" in sampled.out
    assert " of 240" not in every.out
    assert "--all" not in every.out


def test_a_loss_that_is_not_finite_is_a_line_with_the_file(nncli, write):
    write("net.yaml", *XOR, "loss: mse")
    far = "network.output.bias_initializer={type: constant, value: 1.0e200}"
    done = nncli(
        "gradcheck", "net.yaml", "--set", far, "--set", "network.output.activation=identity"
    )
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "net.yaml: no gradient to check: the loss is not finite at these weights "
        "(the data or the weights are too large)\n"
    )


def test_what_cannot_be_told_is_not_called_ok(nncli, write):
    write("net.yaml", *XOR[:1], "network: {hidden: []}", "loss: mse")
    far = "network.output.bias_initializer={type: constant, value: 34.0}"
    weights = "network.output.kernel_initializer=zeros"
    done = nncli("gradcheck", "net.yaml", "--set", far, "--set", weights)
    assert done.code == 1
    assert "not checkable" in done.out
    assert done.out.endswith("no gradient could be checked\n")


def test_the_json_of_a_gradient_that_is_nan_is_json(nncli, write, wrong_tanh, monkeypatch):
    monkeypatch.setattr(
        registry.find("activation", "wrong_tanh"),
        "backward",
        lambda self, da, z, a, dz, saved: np.multiply(da, np.nan, out=dz),
    )
    write(
        "net.yaml", XOR[0], "network: {hidden: [{type: dense, units: 3, activation: wrong_tanh}]}"
    )
    done = nncli("gradcheck", "net.yaml", "--json")
    assert done.code == 1
    assert json.loads(done.out)["tensors"][0]["worst"]["backpropagation"] is None

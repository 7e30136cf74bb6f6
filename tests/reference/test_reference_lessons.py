"""configs/lessons/ against the numbers that books and courses print."""

import numpy as np
import pytest
from config_runs import CONFIGS, run

from nncli.artifacts.loaded_network import load_network
from nncli.cli.main import run as cli
from nncli.starter.lessons import lesson, lessons
from nncli.trace.traced_steps import trace


@pytest.fixture(scope="module")
def mazur():
    """Mazur (2015), A step by step backpropagation example."""
    return run("lessons/mazur")


def test_mazur_starts_from_the_printed_error(mazur):
    assert f"{mazur.reports[0].loss:.9f}" == "0.298371109"


def test_mazur_ends_with_the_printed_weights(mazur):
    hidden, output = mazur.tensors["hidden_1/W"], mazur.tensors["output/W"]
    # w1, w2 go into the first unit, w3, w4 into the second; w5 to w8 likewise
    assert [f"{w:.8f}" for w in hidden.T.ravel()] == [
        "0.14978072", "0.19956143", "0.24975114", "0.29950229",
    ]  # fmt: skip
    printed = [0.35891648, 0.408666186, 0.511301270, 0.561370121]
    np.testing.assert_allclose(output.T.ravel(), printed, atol=6e-9)
    # the page has 0.291027924, of rounded weights on the way
    assert mazur.last.loss == pytest.approx(0.291027924, abs=2e-7)


def test_mazur_s_biases_stay(mazur):
    assert mazur.tensors["hidden_1/b"].tolist() == [0.35, 0.35]
    assert mazur.tensors["output/b"].tolist() == [0.6, 0.6]


def test_mazur_after_10_000_rounds():
    # the error that the 10,000th round meets
    last = run("lessons/mazur", "training.epochs=9999", "output.log_every=9999").last
    assert f"{last.loss:.10f}" == "0.0000351085"


def test_nielsen_s_perceptron_is_nand():
    found = run("lessons/nielsen_nand")
    assert [report.metrics["accuracy"] for report in found.reports] == [1.0, 1.0]
    assert found.last.loss == 0.0
    assert found.tensors["output/W"].tolist() == [[-2.0], [-2.0]]


def test_the_perceptron_s_rule_by_hand():
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])  # the last is what b takes
    t, w, wrong = np.array([0, 1, 1, 1]), np.zeros(3), []
    for _ in range(6):
        o = (x @ w > 0).astype(int)
        wrong.append(int((o != t).sum()))
        w = w + (t - o) @ x
    assert wrong == [3, 1, 1, 1, 0, 0]
    found = run("lessons/perceptron_or")
    tensors = found.tensors
    assert [*tensors["output/W"].ravel(), *tensors["output/b"]] == w.tolist()
    assert found.reports[-2].metrics["accuracy"] == 1.0


def test_the_perceptron_s_rule_row_by_row_ends_without_a_mistake():
    one_by_one = ("training.batch_size=1", "optimizer.learning_rate=1", "training.epochs=20")
    found = run("lessons/perceptron_or", *one_by_one)
    assert found.last.metrics["accuracy"] == 1.0
    assert all(value == round(value) for value in found.tensors["output/W"].ravel())


def test_micrograd_s_neuron_has_the_printed_gradients():
    loaded = load_network(CONFIGS / "lessons" / "micrograd_neuron.yaml")
    shown = trace(loaded, has_input_gradient=True).steps[0].tensors
    values = {tensor.name: tensor.values.ravel() for tensor in shown}
    np.testing.assert_allclose(values["output/a"], [0.7071], atol=5e-5)
    np.testing.assert_allclose(values["output/dz"], [0.5], rtol=1e-9)
    np.testing.assert_allclose(values["output/dW"], [1.0, 0.0], rtol=1e-9)
    np.testing.assert_allclose(values["dx"], [-1.5, 0.5], rtol=1e-9)


def test_hmkcode_s_step():
    found = run("lessons/hmkcode")
    assert f"{found.reports[0].loss:.3f}" == "0.327"
    assert f"{1 - found.reports[0].metrics['mae']:.3f}" == "0.191"
    printed = {"hidden_1/W": [[0.12, 0.13], [0.23, 0.10]], "output/W": [[0.17], [0.17]]}
    for name, values in printed.items():
        np.testing.assert_allclose(found.tensors[name], values, atol=5.01e-3)


def test_han_and_kamber_s_step():
    found, printed = (
        run("lessons/han_kamber").tensors,
        {
            "hidden_1/W": [[0.192, -0.306], [0.4, 0.1], [-0.508, 0.194]],
            "hidden_1/b": [-0.408, 0.194],
            "output/W": [[-0.261], [-0.138]],
            "output/b": [0.218],
        },
    )
    for name, values in printed.items():
        np.testing.assert_allclose(found[name], values, atol=6e-4)


def test_goodfellow_s_xor():
    assert run("lessons/goodfellow_xor").reports[0].loss == 0.0
    linear = ("network.hidden=[]", "network.output={activation: identity, units: 1}")
    found = run("lessons/goodfellow_xor", *linear, "training.epochs=2000")
    assert found.last.loss == pytest.approx(0.25)


@pytest.mark.parametrize(("start", "first", "last"), [(None, "0.82", "0.09"), (2, "0.98", "0.20")])
def test_nielsen_s_neuron(start, first, last):
    keys = {"kernel_initializer": f"[[{start}]]", "bias_initializer": f"[{start}]"}
    sets = [f"network.output.{key}={{type: values, values: {v}}}" for key, v in keys.items()]
    found = run("lessons/nielsen_neuron", *(sets if start else ()))
    outputs = [np.sqrt(2.0 * report.loss) for report in (found.reports[0], found.last)]
    assert [f"{output:.2f}" for output in outputs] == [first, last]


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_is_said_in_a_line_and_can_be_copied(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert lessons()[name].endswith((".", "0."))
    assert cli(["init", "--lesson", name]) == 0
    assert (tmp_path / f"{name}.yaml").read_text() == lesson(name)
    assert cli(["validate", f"{name}.yaml"]) == 0
    assert cli(["list", "lesson"]) == 0
    assert name in capsys.readouterr().out


def test_an_unknown_lesson_is_met_with_the_nearest(capsys):
    assert cli(["init", "--lesson", "mazurr"]) == 2
    assert "unknown lesson 'mazurr' (did you mean 'mazur'?)" in capsys.readouterr().err

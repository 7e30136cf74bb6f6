"""The scikit-learn code, run: the same steps from the same weights."""

import ast
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from nncli.artifacts.loaded_network import load_network
from nncli.engine import threads
from nncli.engine.trainer import train
from nncli.explain import keras, pytorch, scikit_learn

CONFIGS = Path(__file__).parents[2] / "configs"
IRIS, NUMBERS = CONFIGS / "iris.yaml", CONFIGS / "toy_regression.yaml"
INLINE = "data={dataset: {type: inline, x: [[1, 0], [0, 2], [1, 3], [2, 2], [3, 1]], y: %s}}"
TWO = INLINE % "[[1, 0.5], [0, 2], [4, 3], [2, 2.5], [1, 1]]"
L2 = "{type: dense, units: 5, kernel_regularizer: {type: l2, l2: 0.03}}"


@pytest.mark.parametrize(
    ("loss", "elsewhere"),
    [
        (
            "{type: cross_entropy, label_smoothing: 0.1}",
            "CategoricalCrossentropy(label_smoothing=0.1",
        ),
        ("{type: focal, gamma: 3}", "CategoricalFocalCrossentropy(alpha=0.25, gamma=3.0"),
    ],
)
@pytest.mark.parametrize("hidden", ["[]", "[4]"])
def test_what_scikit_learn_lacks_of_a_loss_is_no_perceptron_and_no_regression(
    loss, elsewhere, hidden
):
    built = load_network(IRIS, [f"loss={loss}", f"network.hidden={hidden}"]).built
    found = scikit_learn.equivalent(built)
    assert not found.code
    assert not any("LogisticRegression" in note for note in found.notes)
    assert elsewhere in keras.equivalent(built).code


def trained(built):
    state = built.job.start()
    with threads.limited(built.job.training):
        for _ in train(built.job, state):
            pass
    return built.network.layout.views(state.theta)


def fitted(built):
    """What the printed code makes of nncli's own starting weights."""
    code = scikit_learn.equivalent(built).code.rpartition("\n")[0]
    space: dict = {}
    exec(code, space)
    model, job = space["model"], built.job
    x, y = job.train.x, job.train.truth
    y = y if built.table.classes else job.train.targets
    y = y.ravel() if y.ndim > 1 and y.shape[1] == 1 else y
    views = built.network.layout.views(job.start().theta)
    names = [node.name for node in built.network.nodes]
    with warnings.catch_warnings(), threads.limited(job.training):
        warnings.simplefilter("ignore")  # it hasn't converged; that isn't asked
        model.set_params(warm_start=True, max_iter=1).fit(x, y)
        model.coefs_ = [views[f"{name}/W"].copy() for name in names]
        model.intercepts_ = [views[f"{name}/b"].copy() for name in names]
        model.set_params(max_iter=job.training.epochs).fit(x, y)
    return model


@pytest.mark.parametrize(
    ("path", "assignments", "tolerance"),
    [
        (IRIS, [], 1e-12),
        (IRIS, ["optimizer={type: sgd, momentum: 0.9, nesterov: true}"], 1e-12),
        (IRIS, ["optimizer=adam"], 1e-4),  # its epsilon weighs more in the first steps
        (IRIS, ["network.hidden=[6, 4]"], 1e-12),
        (IRIS, ["network.hidden=[]"], 1e-12),
        (IRIS, ["data={dataset: xor_gate}", "network.output={}", "loss=auto"], 1e-12),
        (
            IRIS,
            [
                f"network.hidden=[{L2}]",
                "network.output.kernel_regularizer={type: l2, l2: 0.03}",
            ],
            1e-12,
        ),
        (NUMBERS, ["loss=mse"], 1e-12),
        (NUMBERS, ["loss=half_mse"], 1e-12),
        (NUMBERS, ["loss=half_sse"], 1e-12),
        (NUMBERS, ["loss=rss", "optimizer.learning_rate=0.003"], 1e-12),
        (NUMBERS, [TWO, "network.output.units=2", "loss=mse"], 1e-12),
        (
            NUMBERS,
            [TWO, "network.output.units=2", "loss=mse", "optimizer=adam"],
            1e-4,
        ),
        (
            NUMBERS,
            [
                f"network.hidden=[{L2}]",
                "network.output.kernel_regularizer={type: l2, l2: 0.03}",
            ],
            1e-12,
        ),
        (IRIS, ["optimizer=lbfgs", "training.batch_size=auto"], 1e-5),
    ],
)
def test_scikit_learn_takes_the_same_steps(path, assignments, tolerance):
    full = "training.batch_size=full"
    built = load_network(path, [full, *assignments, "training.epochs=8"]).built
    model, own = fitted(built), trained(built)
    for node, W, b in zip(built.network.nodes, model.coefs_, model.intercepts_, strict=True):
        np.testing.assert_allclose(W, own[f"{node.name}/W"], rtol=0, atol=tolerance)
        np.testing.assert_allclose(b, own[f"{node.name}/b"], rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("loss=huber", "huber"),
        ("optimizer=rmsprop", "rmsprop"),
        ("network.hidden.0.activation=gelu", "gelu"),
        ("network.hidden=[5, {type: dropout, rate: 0.1}]", "dropout"),
        ("network.hidden=[5, {type: dense, units: 4, activation: tanh}]", "different activations"),
        ("network.output.kernel_regularizer=l2", "some layers only"),
    ],
)
def test_what_it_cant_express_has_a_reason_and_no_code(assignment, reason):
    found = scikit_learn.equivalent(load_network(NUMBERS, [assignment]).built)
    assert found.code == ""
    assert any(note.startswith("no equivalent") and reason in note for note in found.notes)


def test_without_hidden_layers_the_minimum_is_the_linear_models():
    keys = ["network.hidden=[]", "loss=mse", "optimizer=lbfgs", "training.epochs=500"]
    keys.append("network.output.kernel_regularizer={type: l2, l2: 0.03}")
    built = load_network(NUMBERS, keys).built
    assert "Ridge(alpha=0.3)" in scikit_learn.equivalent(built).notes[-1]
    x, t = built.job.train.x, built.job.train.targets
    assert trained(built)["output/W"].ravel() == pytest.approx(
        Ridge(alpha=0.3).fit(x, t.ravel()).coef_, abs=1e-5
    )


def test_without_hidden_layers_classes_are_a_logistic_regressions():
    keys = ["network.hidden=[]", "optimizer=lbfgs", "training={epochs: 500}"]
    keys.append("network.output.kernel_regularizer={type: l2, l2: 0.03}")
    built = load_network(IRIS, keys).built
    C = 1 / (2 * 105 * 0.03)
    assert f"LogisticRegression(C={C:.6g})" in scikit_learn.equivalent(built).notes[-1]
    model = LogisticRegression(C=C, tol=1e-10, max_iter=1000)
    model.fit(built.job.train.x, built.job.train.truth)
    assert np.abs(trained(built)["output/W"] - model.coef_.T).max() < 1e-4


@pytest.mark.parametrize("library", [keras, pytorch, scikit_learn])
@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_code_of_every_example_is_python(library, path):
    ast.parse(library.equivalent(load_network(path).built).code)

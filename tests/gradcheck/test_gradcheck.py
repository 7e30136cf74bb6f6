"""The gradient check: right gradients pass, kinks are named, what can't be told isn't called ok."""

import numpy as np
import pytest
from engine_jobs import draw_rows, make_job, run_job
from planted_errors import SOME, XOR, flipped_activation, outputs_for

from nncli.engine.evaluator import EvaluationSet
from nncli.errors import UserError
from nncli.gradcheck.gradient_check import (
    MAX_ELEMENTS,
    check_gradients,
    refuse_unlike_record,
)
from nncli.gradcheck.gradient_comparison import Outcome
from nncli.parts.activations import Activation, Identity, Relu, Sigmoid, Tanh
from nncli.parts.initializers import Constant, Uniform, Zeros
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, GaussianNoise, Trained
from nncli.parts.losses import Mae, Mse
from nncli.parts.optimizers import Adam
from nncli.parts.regularizers import L1, L2
from nncli.registry import members

ACTIVATIONS = list(members("activation").values())
LOSSES = list(members("loss").values())


def check(job, **options):
    return check_gradients(job, job.start(), **options)


def tensor(found, name, part="data loss"):
    (each,) = [each for each in found.tensors if (each.name, each.part) == (name, part)]
    return each


@pytest.mark.parametrize("loss", LOSSES, ids=lambda cls: cls.name)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda cls: cls.name)
def test_every_pair_of_activation_and_loss_agrees(activation, loss):
    # scores of 0.3 +- 0.15 keep every activation in (0, 1), where all losses are defined
    output = Dense(2, activation(), Uniform(-0.05, 0.05), Constant(0.3))
    found = check(make_job([Dense(3, Tanh())], output, loss(), rows=6))
    assert found.is_right
    assert found.checked == sum(each.size for each in found.tensors) == 23
    assert found.relative_error < 1e-6


def test_numeric_gradients_are_those_worked_out_by_hand():
    # a = w x, one row: x = 3, w = 2, t = 5, so L = (6 - 5)^2 = 1 and dL/dw = 2 (6 - 5) 3 = 6;
    # the penalty is 0.5 w^2, its gradient 2 * 0.5 * 2 = 2
    rows = EvaluationSet({"x": np.array([[3.0]])}, np.array([[5.0]]), truth=np.array([[5.0]]))
    output = Dense(1, Identity(), Constant(2.0), kernel_regularizer=L2(0.5), bias=False)
    found = check(make_job([], output, Mse(), inputs=1, train_rows=rows))
    assert found.loss == 1.0 + 2.0
    assert [each.part for each in found.tensors] == ["data loss", "penalty"]
    for each, derivative in zip(found.tensors, (6.0, 2.0), strict=True):
        assert each.worst.backpropagation == derivative
        assert each.worst.numeric == pytest.approx(derivative, rel=1e-9)


@pytest.mark.parametrize("loss", [Mse, Mae])
def test_a_net_of_everything_agrees(loss):
    hidden = [
        Dense(6, Relu(), SOME, kernel_regularizer=L1(0.1)),
        BatchNorm(),
        Dropout(0.4),
        GaussianNoise(0.2),
        Dense(5, Tanh(), SOME, bias=False),
        Dense(3, Tanh(), SOME, SOME, L2(0.2), trainable=Trained(W=False)),
        BatchNorm(trainable=False),
        ActivationLayer(Relu()),
        Dense(4, Tanh(), SOME, SOME, trainable=False),
    ]
    output = Dense(2, Identity(), SOME, kernel_regularizer=L2(0.1))
    job = make_job(hidden, output, loss(), rows=50, batch_size=9, dtype="float32")
    found = check(job)
    assert found.is_right
    assert found.rows == found.step_rows == 9
    assert [f"{each.name}, {each.part}" for each in found.tensors] == [
        "hidden_1/dW, data loss",
        "hidden_1/dW, penalty",
        "hidden_1/db, data loss",
        "hidden_2/dgamma, data loss",
        "hidden_2/dbeta, data loss",
        "hidden_5/dW, data loss",
        "hidden_6/db, data loss",
        "output/dW, data loss",
        "output/dW, penalty",
        "output/db, data loss",
    ]


def test_the_state_is_left_as_it_was():
    job = make_job([Dense(4), BatchNorm(), Dropout(0.3)], rows=10)
    state = job.start()
    before = state.theta.copy()
    check_gradients(job, state)
    np.testing.assert_array_equal(state.theta, before)


def xor_job(activation=None, **options):
    return make_job(
        [Dense(4, activation or Relu(), SOME)],
        Dense(1, Sigmoid(), SOME),
        inputs=2,
        train_rows=XOR,
        **options,
    )


def test_units_at_a_kink_are_named_and_checked_beside_it():
    # the row (0, 0) and biases of 0 put every unit at the kink of relu
    found = check(xor_job())
    bias = tensor(found, "hidden_1/db")
    assert (bias.kinks, bias.checked, bias.is_right) == (4, 4, True)
    assert [each.kinks for each in found.tensors if each is not bias] == [0, 0, 0]
    assert found.is_right


def test_a_kink_hides_no_error():
    found = check(xor_job(flipped_activation(Relu)()))
    assert [each.name for each in found.wrong] == ["hidden_1/dW", "hidden_1/db"]
    assert found.wrong[1].kinks == 4


class Distance(Activation):
    """a = |z|, of another package."""

    kinks = (0.0,)

    def forward(self, z, a, saved):
        np.absolute(z, out=a)

    def backward(self, da, z, a, dz, saved):
        np.sign(z, out=dz)
        np.multiply(dz, da, out=dz)


class Shifted(Distance):
    """a = |z - 1|."""

    kinks = (1.0,)

    def forward(self, z, a, saved):
        np.subtract(z, 1.0, out=a)
        np.absolute(a, out=a)

    def backward(self, da, z, a, dz, saved):
        np.subtract(z, 1.0, out=dz)
        np.sign(dz, out=dz)
        np.multiply(dz, da, out=dz)


@pytest.mark.parametrize("layer", [Dense, ActivationLayer])
@pytest.mark.parametrize("function", [Distance, Shifted])
def test_kinks_that_another_package_declares_are_known(layer, function):
    start = Constant(function.kinks[0])
    hidden = [Dense(4, function(), SOME, start)]
    if layer is ActivationLayer:
        hidden = [Dense(4, Identity(), SOME, start), ActivationLayer(function())]
    found = check(make_job(hidden, Dense(1, Sigmoid(), SOME), inputs=2, train_rows=XOR))
    assert tensor(found, "hidden_1/db").kinks == 4
    assert found.is_right


def test_a_loss_has_kinks_too():
    # weights of 0 give a = 0, which is the target of two of the rows
    found = check(make_job([], Dense(1, Identity(), Zeros()), Mae(), inputs=2, train_rows=XOR))
    assert [each.kinks for each in found.tensors] == [2, 1]
    assert found.is_right


def test_a_penalty_has_kinks_too():
    output = Dense(1, Identity(), Zeros(), kernel_regularizer=L1(0.1))
    found = check(make_job([], output, Mse(), inputs=2, train_rows=XOR))
    assert tensor(found, "output/dW").kinks == 0
    penalty = tensor(found, "output/dW", "penalty")
    assert (penalty.kinks, penalty.checked, penalty.is_right) == (2, 2, True)


def test_the_penalty_of_weights_that_are_0_has_a_line():
    hidden = Dense(2, Tanh(), Zeros(), kernel_regularizer=L2(0.1))
    found = check(make_job([hidden]))
    assert [each.name for each in found.tensors if each.part == "penalty"] == ["hidden_1/dW"]
    assert tensor(found, "hidden_1/dW", "penalty").is_unused


def test_dead_units_agree_on_nothing_changing():
    # b = -5 keeps every unit of the first layer at 0
    job = make_job([Dense(3, Relu(), Uniform(-0.1, 0.1), Constant(-5.0))], rows=5)
    found = check(job)
    weights = tensor(found, "hidden_1/dW")
    assert weights.is_right
    assert weights.is_unused


def test_a_bias_that_batch_norm_cancels_is_not_called_right():
    found = check(make_job([Dense(3, Identity(), SOME), BatchNorm(), Dense(3, Tanh())], rows=8))
    bias = tensor(found, "hidden_1/db")
    of_rounding = [each for each in bias.elements if each.backpropagation != 0.0]
    assert of_rounding
    assert {each.outcome for each in of_rounding} == {Outcome.UNRESOLVED}
    assert found.is_right


def test_nothing_checked_is_not_right():
    # a = sigmoid(30) = 1 - 9e-14 is so near to its target that the loss, 9e-27, is rounding
    output = Dense(1, Sigmoid(), Zeros(), Constant(30.0))
    rows = EvaluationSet({"x": np.ones((2, 1))}, np.ones((2, 1)), truth=np.ones(2))
    found = check(make_job([], output, Mse(), inputs=1, train_rows=rows))
    assert found.checked == 0
    assert not found.wrong
    assert not found.is_right


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_size_of_the_loss_doesnt_matter(scale):
    rows = draw_rows(10, 4, 1, Mse(), "float64", seed=3)
    rows = EvaluationSet({"x": rows.x}, rows.targets * scale, truth=rows.truth)
    found = check(make_job([Dense(4, Tanh())], loss=Mse(), train_rows=rows))
    assert found.is_right
    assert not found.undecided


def test_a_large_tensor_is_sampled_with_its_largest_gradients_unless_all_is_asked_for():
    job = make_job([Dense(101, Tanh())], Dense(3, Identity()), rows=4)
    sampled, every = check(job), check(job, every_element=True)
    some, all_ = tensor(sampled, "hidden_1/dW"), tensor(every, "hidden_1/dW")
    assert (len(some.elements), len(all_.elements)) == (MAX_ELEMENTS, 404)
    largest = max(all_.elements, key=lambda each: abs(each.backpropagation))
    assert largest.index in {each.index for each in some.elements}
    assert sampled.is_right
    assert every.is_right


def test_the_rows_are_those_of_the_next_step():
    job = make_job(rows=50, batch_size=9)
    assert check(job).loss != check_gradients(job, run_job(job).state).loss
    assert check(make_job(rows=50)).rows == 32


def test_a_loss_that_is_not_finite_is_refused_by_the_name_of_its_array():
    job = make_job([Dense(3, Identity(), Constant(1e200))], Dense(1, Identity(), Constant(1e200)))
    with pytest.raises(UserError, match=r"no gradient to check: output/z? ?.*not finite"):
        check(job)


@pytest.mark.parametrize("seed", range(40))
def test_a_right_gradient_is_never_called_wrong(seed):
    random = np.random.default_rng(seed)

    def one_of(items):
        return items[random.integers(len(items))]

    loss = one_of(LOSSES)
    hidden = []
    for _ in range(random.integers(4)):
        dense = Dense(int(random.integers(1, 8)), one_of(ACTIVATIONS)(), one_of(["auto", SOME]))
        hidden += [dense, *one_of([[], [], [Dropout(0.4)], [BatchNorm()]])]
    output = Dense(2, one_of(outputs_for(loss))(), kernel_regularizer=one_of([None, L1(), L2()]))
    rate, rows = 10.0 ** random.uniform(-4, 0), int(one_of([1, 4, 20]))
    options = {"rows": rows, "epochs": 20, "dtype": one_of(["float32", "float64"])}
    job = make_job(hidden, output, loss(), optimizer=Adam(rate), **options)
    for state in (job.start(), run_job(job).state):
        assert check_gradients(job, state).wrong == []


def test_a_kernel_that_computes_at_once_what_a_replay_leaves_out_is_named(monkeypatch):
    """Recorded, `np.asarray` is a look at the numbers of that moment."""

    def forward(self, z, a, saved):
        np.tanh(z, out=a)
        np.multiply(a, float(abs(np.asarray(z).view(np.ndarray)).max()), out=a)

    monkeypatch.setattr(Tanh, "forward", forward)
    job = make_job([Dense(4, Tanh())])
    with pytest.raises(UserError, match="not what the kernels compute"):
        refuse_unlike_record(job, job.start())


def test_dropout_and_batch_norm_are_recorded_as_they_compute():
    job = make_job([Dense(4, Tanh()), BatchNorm(), Dropout(0.3)])
    refuse_unlike_record(job, job.start())

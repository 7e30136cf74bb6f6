"""Optimizers: steps computed by hand, and each formula written down a second time."""

import math

import numpy as np
import pytest
from training_part_cases import OPTIMIZERS as CASES

from nncli.parts.optimizers import (
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Lbfgs,
    Optimizer,
    RmsProp,
    Sgd,
    UpdateBuffers,
)
from nncli.registry import members

STEPPING = [cls for cls in members("optimizer").values() if cls is not Lbfgs]
EXAMPLES = [example for _, examples in CASES.values() for example in examples]
every_optimizer = pytest.mark.parametrize("optimizer", STEPPING, ids=lambda cls: cls.name)


def steps(optimizer, theta, gradients, learning_rates=None, dtype=float):
    """theta after each step of the optimizer on the given gradients."""
    theta = np.array(theta, dtype)
    slots = {
        name: np.full_like(theta, optimizer.slot_start(name)) for name in optimizer.active_slots
    }
    scratch = np.full_like(theta, np.nan) if optimizer.has_scratch else None
    scalars = {name: np.zeros((), dtype) for name in optimizer.scalars(1, 1.0)}
    visited = []
    for number, gradient in enumerate(gradients, start=1):
        rate = learning_rates[number - 1] if learning_rates else optimizer.learning_rate
        for name, value in optimizer.scalars(number, rate).items():
            scalars[name][()] = value
        g = np.array(gradient, dtype)
        for scalar in scalars.values():
            scalar.flags.writeable = False
        optimizer.update(UpdateBuffers(theta, g, slots, scalars, scratch))
        for scalar in scalars.values():
            scalar.flags.writeable = True
        visited.append(theta.tolist())
    return visited


def check(found, expected, rel=1e-12):
    np.testing.assert_allclose(found, expected, rtol=rel)


def test_sgd_matches_hand_computed_steps():
    # 1 - 0.1 * 2 = 0.8; 0.8 - 0.1 * (-1) = 0.9
    check(steps(Sgd(0.1), [1.0], [[2.0], [-1.0]]), [[0.8], [0.9]])


def test_gd_steps_like_sgd_on_all_rows():
    assert GradientDescent.full_batch
    assert not Sgd.full_batch
    check(steps(GradientDescent(0.1), [1.0], [[2.0]]), [[0.8]])


def test_momentum_matches_hand_computed_steps():
    # v: 0.5 * 0 + 0.1 * 2 = 0.2;     theta: 1 - 0.2 = 0.8
    # v: 0.5 * 0.2 + 0.1 * 2 = 0.3;   theta: 0.8 - 0.3 = 0.5
    # v: 0.5 * 0.3 + 0.1 * 1 = 0.25;  theta: 0.5 - 0.25 = 0.25
    found = steps(Sgd(0.1, momentum=0.5), [1.0], [[2.0], [2.0], [1.0]])
    check(found, [[0.8], [0.5], [0.25]])


def test_the_learning_rate_is_inside_the_velocity():
    # v: 0.1 * 2 = 0.2; theta: 0.8.  Rate 0.01: v: 0.5 * 0.2 + 0.01 * 2 = 0.12; theta: 0.68
    found = steps(Sgd(0.1, momentum=0.5), [1.0], [[2.0], [2.0]], learning_rates=[0.1, 0.01])
    check(found, [[0.8], [0.68]])


def test_initial_velocity_matches_hand_computed_steps():
    # v: 0.5 * 1 + 0.1 * 2 = 0.7;     theta: 1 - 0.7 = 0.3
    # v: 0.5 * 0.7 + 0.1 * 2 = 0.55;  theta: 0.3 - 0.55 = -0.25
    found = steps(Sgd(0.1, momentum=0.5, initial_velocity=1.0), [1.0], [[2.0], [2.0]])
    check(found, [[0.3], [-0.25]])


def test_nesterov_matches_hand_computed_steps():
    # v: 0.1 * 2 = 0.2;               theta: 1 - (0.5 * 0.2 + 0.2) = 0.7
    # v: 0.5 * 0.2 + 0.1 * 2 = 0.3;   theta: 0.7 - (0.5 * 0.3 + 0.2) = 0.35
    found = steps(Sgd(0.1, momentum=0.5, nesterov=True), [1.0], [[2.0], [2.0]])
    check(found, [[0.7], [0.35]])


@pytest.mark.parametrize("setting", [{"nesterov": True}, {"initial_velocity": 1.0}])
def test_what_needs_a_velocity_is_refused_without_momentum(setting):
    (key,) = setting
    with pytest.raises(ValueError, match=f"^{key} needs a momentum > 0$"):
        Sgd(**setting)


def test_adagrad_matches_hand_computed_steps():
    # s: 9;            theta: 1 - 0.1 * 3 / 3 = 0.9
    # s: 9 + 16 = 25;  theta: 0.9 - 0.1 * 4 / 5 = 0.82
    found = steps(Adagrad(0.1, epsilon=1e-15), [1.0], [[3.0], [4.0]])
    check(found, [[0.9], [0.82]])


def test_adagrad_starts_from_its_initial_accumulator():
    # s: 16 + 9 = 25; theta: 1 - 0.1 * 3 / (5 + 1) = 0.95
    check(steps(Adagrad(0.1, 16.0, epsilon=1.0), [1.0], [[3.0]]), [[0.95]])


def test_rmsprop_matches_hand_computed_steps():
    # s: 0.75 * 0 + 0.25 * 4 = 1;       theta: 1 - 0.1 * 2 / 1 = 0.8
    # s: 0.75 * 1 + 0.25 * 37 = 10;     theta: 0.8 - 0.1 * sqrt(37) / sqrt(10)
    found = steps(RmsProp(0.1, rho=0.75, epsilon=1e-15), [1.0], [[2.0], [math.sqrt(37.0)]])
    check(found, [[0.8], [0.8 - 0.1 * math.sqrt(3.7)]])


def test_rmsprop_adds_epsilon_outside_the_root():
    # s: 0.25 * 4 = 1; theta: 1 - 0.1 * 2 / (1 + 3) = 0.95
    check(steps(RmsProp(0.1, rho=0.75, epsilon=3.0), [1.0], [[2.0]]), [[0.95]])


def test_adam_matches_hand_computed_steps():
    # betas (0.5, 0.75), gradients 2 and 4:
    # m: 0.5 * 2 = 1;              m' = 1 / (1 - 0.5) = 2
    # s: 0.25 * 4 = 1;             s' = 1 / (1 - 0.75) = 4;   theta: 1 - 0.1 * 2 / 2 = 0.9
    # m: 0.5 * 1 + 0.5 * 4 = 2.5;  m' = 2.5 / (1 - 0.25) = 10/3
    # s: 0.75 * 1 + 0.25 * 16 = 4.75;  s' = 4.75 / (1 - 0.5625) = 76/7
    found = steps(Adam(0.1, betas=(0.5, 0.75), epsilon=1e-15), [1.0], [[2.0], [4.0]])
    check(found, [[0.9], [0.9 - 0.1 * (10 / 3) / math.sqrt(76 / 7)]])


def test_adam_adds_epsilon_to_the_corrected_root():
    # m' = 2, s' = 4: theta: 1 - 0.1 * 2 / (2 + 3) = 0.96
    check(steps(Adam(0.1, betas=(0.5, 0.75), epsilon=3.0), [1.0], [[2.0]]), [[0.96]])


def test_adamw_decays_before_the_adam_step():
    # 10 * (1 - 0.1 * 0.5) = 9.5, then 0.1 * 2 / 2: 9.4
    optimizer = AdamW(0.1, betas=(0.5, 0.75), epsilon=1e-15, weight_decay=0.5)
    check(steps(optimizer, [10.0], [[2.0]]), [[9.4]])


def test_adamw_without_decay_is_adam():
    gradients = np.random.default_rng(0).normal(size=(10, 3))
    start = [1.0, -2.0, 3.0]
    assert steps(AdamW(weight_decay=0.0), start, gradients) == steps(Adam(), start, gradients)


@pytest.mark.parametrize("optimizer", EXAMPLES, ids=[part.name for part in EXAMPLES])
def test_it_is_the_textbook_s_over_many_steps(optimizer):
    textbook, _ = CASES[optimizer.name]
    random = np.random.default_rng(3)
    gradients = random.normal(size=(200, 4)) * [1e-6, 1.0, 1e3, 0.0]
    theta, rates = random.normal(size=4), list(random.uniform(0.001, 0.1, 200))
    check(
        steps(optimizer, theta, gradients, rates)[-1],
        textbook(optimizer, theta, gradients, rates),
        rel=1e-9,
    )


@pytest.mark.parametrize("optimizer", [Adam(0.001), AdamW(0.001, weight_decay=0.0)])
def test_the_first_adam_step_is_the_learning_rate_whatever_the_gradient(optimizer):
    found = steps(optimizer, [0.0, 0.0, 0.0], [[1e-3, -1.0, 1e6]])
    check(found, [[-0.001, 0.001, -0.001]], rel=1e-4)


@every_optimizer
def test_a_zero_gradient_moves_nothing_from_a_standing_start(optimizer):
    settings = {"weight_decay": 0.0} if optimizer is AdamW else {}
    assert steps(optimizer(**settings), [1.0, -2.0], [[0.0, 0.0]] * 3)[-1] == [1.0, -2.0]


@every_optimizer
def test_each_parameter_moves_by_itself(optimizer):
    gradients = np.random.default_rng(1).normal(size=(5, 3))
    together = steps(optimizer(), [1.0, 2.0, 3.0], gradients)[-1]
    alone = [steps(optimizer(), [i + 1.0], gradients[:, [i]])[-1][0] for i in range(3)]
    assert together == alone


@every_optimizer
def test_float32_stays_float32_and_near_float64(optimizer):
    gradients = np.random.default_rng(2).normal(size=(20, 3))
    single, double = (
        steps(optimizer(), [1.0, 2.0, 3.0], gradients, dtype=dtype)[-1] for dtype in ("f4", "f8")
    )
    np.testing.assert_allclose(single, double, rtol=1e-5)


@every_optimizer
def test_it_goes_down_a_bowl(optimizer):
    """f(theta) = |theta|^2 / 2, whose gradient is theta."""
    part, theta = optimizer(learning_rate=0.05), np.array([1.0, -0.5])
    slots = {name: np.full_like(theta, part.slot_start(name)) for name in part.active_slots}
    for number in range(1, 201):
        scalars = {name: np.array(x) for name, x in part.scalars(number, 0.05).items()}
        part.update(UpdateBuffers(theta, theta.copy(), slots, scalars, np.empty_like(theta)))
    assert np.linalg.norm(theta) < 0.35 * np.linalg.norm([1.0, -0.5])


@every_optimizer
def test_only_scalars_that_change_every_step_depend_on_the_step(optimizer):
    part = optimizer()
    changes = part.scalars(1, 0.1) != part.scalars(2, 0.1)
    assert changes == part.changes_every_step


@every_optimizer
def test_everything_that_a_step_shows_has_its_formula(optimizer):
    part = optimizer()
    formulas = part.formulas()
    assert all(formulas.values())
    shown = part.shown({name: np.ones(2) for name in part.active_slots}, 1)
    assert [*shown, "theta"] == [*formulas]


def test_what_an_optimizer_that_says_no_formulas_sets_is_named_all_the_same():
    class Heavy(Optimizer):
        slots = ("velocity",)

    assert Heavy().formulas() == {"velocity": "", "theta": ""}


def test_lbfgs_works_on_all_rows_and_has_no_update_of_its_own():
    assert Lbfgs.full_batch
    with pytest.raises(NotImplementedError, match="engine/steppers/lbfgs"):
        Lbfgs().update(UpdateBuffers(np.zeros(1), np.zeros(1), {}, {}))


def test_an_optimizer_that_says_nothing_has_updates_at_a_rate_and_can_be_resumed():
    class Signs(Optimizer):
        slots = ("mean",)

    assert Signs.has_update
    assert Signs.has_learning_rate
    assert Signs.is_resumable
    assert Signs().n_vectors == 1


@pytest.mark.parametrize(
    ("optimizer", "vectors"),
    [(Sgd(), 0), (Sgd(momentum=0.9), 1), (Adam(), 2), (Lbfgs(history=7), 14)],
)
def test_what_an_optimizer_keeps_from_step_to_step_is_counted_in_vectors(optimizer, vectors):
    assert optimizer.n_vectors == vectors


def test_what_lbfgs_keeps_is_no_slot_so_that_it_can_t_be_resumed():
    assert not Lbfgs().active_slots
    assert not Lbfgs.is_resumable
    assert not Lbfgs.has_learning_rate

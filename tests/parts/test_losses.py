"""Losses: hand-worked values, reductions, and the two ways to a matched pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_part_cases import LOSSES as CASES

from nncli.parts.activations import Identity, Relu, Sigmoid, Softmax, Softplus, Step, Tanh
from nncli.parts.arrays import LayerBuffers
from nncli.parts.losses import (
    BinaryCrossEntropy,
    BinaryFocal,
    CrossEntropy,
    Focal,
    Hinge,
    Huber,
    Loss,
    Mae,
    Mse,
    Poisson,
    Rss,
)
from nncli.registry import members

LOSSES = list(members("loss").values())
TEXTBOOK = [cls for cls in LOSSES if cls.name in CASES]
WORKED = [(cls(**worked.keys), worked) for cls in TEXTBOOK for worked in CASES[cls.name].worked]
MATCHED = [cls for cls in LOSSES if cls.matched]
UNMATCHED = [cls for cls in LOSSES if not cls.matched]

every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda cls: cls.name)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_matched_pair = pytest.mark.parametrize("loss", MATCHED, ids=lambda cls: cls.name)


def strict():
    """Every floating-point warning but underflow is an error."""
    return np.errstate(all="raise", under="ignore")


def value(loss, a, t):
    a, t = np.array(a), np.array(t)
    return loss.factor(*t.shape) * loss.total(a, t)


def gradient(loss, a, t):
    """d(value)/d(a); what a kernel may not write is read-only."""
    a, t = np.array(a), np.array(t)
    da, scratch = np.full_like(a, np.nan), np.full_like(a, np.nan)
    a.flags.writeable = t.flags.writeable = False
    loss.gradient(a, t, da, scratch, loss.factor(*t.shape))
    return da


def score_gradient(loss, z, t):
    """d(value)/d(z) of the matched pair."""
    z = np.array(z)
    a, dz, dy, scratch = (np.full_like(z, np.nan) for _ in range(4))
    activation = loss.matched()
    shapes = activation.saved_shapes(z.shape)
    saved = {name: np.empty(shape, z.dtype) for name, shape in shapes.items()}
    with np.errstate(over="ignore"):  # as sigmoid does
        activation.forward(z, a, saved)
    output = LayerBuffers(z, a, np.ones(len(z)), dy=dy, saved={"z": z, "dz": dz, **saved})
    loss.score_gradient(output, t, scratch, loss.factor(*t.shape))
    return dz


# two rows, two outputs: the errors a - t are 1, -2 and 0, 3
OUTPUTS = [[2.0, 1.0], [4.0, 5.0]]
TARGETS = [[1.0, 3.0], [4.0, 2.0]]


@pytest.mark.parametrize(("loss", "worked"), WORKED, ids=[loss.name for loss, _ in WORKED])
def test_losses_match_hand_worked_values(loss, worked):
    assert value(loss, worked.a, worked.t) == pytest.approx(worked.value, rel=1e-15)
    np.testing.assert_allclose(gradient(loss, worked.a, worked.t), worked.gradient, rtol=1e-15)


@pytest.mark.parametrize("loss", TEXTBOOK, ids=lambda cls: cls.name)
def test_reduction_over_4_rows_and_3_outputs(loss):
    assert loss().factor(4, 3) == pytest.approx(CASES[loss.name].factor)


@pytest.mark.parametrize("loss", [c for c in LOSSES if c.is_proper], ids=lambda cls: cls.name)
def test_a_perfect_prediction_has_no_gradient_and_no_smaller_neighbour(loss):
    t = np.array([[0.25, 0.75], [0.5, 0.5]])
    here = value(loss(), t, t)
    for away in ([0.01, -0.01], [-0.01, 0.01]):
        assert value(loss(), t + away, t) > here
    slopes = gradient(loss(), t, t) @ [1.0, -1.0]
    np.testing.assert_allclose(slopes, 0.0, atol=1e-15)


@pytest.mark.parametrize("loss", [Focal, BinaryFocal])
def test_a_focal_loss_has_no_gradient_and_no_loss_where_all_is_right(loss):
    t = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert value(loss(), t, t) == 0.0
    assert not np.nonzero(gradient(loss(), t, t))[0].size
    assert value(loss(), np.abs(t - 0.01), t) > 0


def test_a_focal_loss_counts_what_is_easy_less():
    # of a = 0.9 and gamma 2 cross-entropy is cut to 1 %, of a = 0.1 to 81 %
    for a, share in ((0.9, 0.01), (0.1, 0.81)):
        args = [[a, 1 - a]], [[1.0, 0.0]]
        found = value(Focal(gamma=2.0, alpha=1.0), *args)
        assert found == pytest.approx(share * value(CrossEntropy(), *args), rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "softened"),
    [
        # y (1 - 0.1) + 0.1 / 4 of four classes, + 0.1 / 2 of a yes or no
        (CrossEntropy(label_smoothing=0.1), [0.025, 0.925]),
        (Focal(label_smoothing=0.1), [0.025, 0.925]),
        (BinaryCrossEntropy(label_smoothing=0.1), [0.05, 0.95]),
        (BinaryFocal(label_smoothing=0.1), [0.05, 0.95]),
        (CrossEntropy(), [0.0, 1.0]),
        (Mse(), [0.0, 1.0]),
    ],
    ids=lambda each: each.name if isinstance(each, Loss) else "",
)
def test_smoothed_targets_are_those_of_the_formula(loss, softened):
    y = np.array([0.0, 1.0])
    np.testing.assert_allclose(loss.smoothed(y, 4), softened, rtol=1e-15)
    template = loss.smoothing_formula(4)
    assert bool(template) == (softened[0] > 0)
    if template:
        worked = [eval(template.format(y=each)) for each in y]
        np.testing.assert_allclose(worked, softened, rtol=1e-15)


@every_loss
def test_the_total_is_the_sum_of_the_terms_of_all_rows(loss):
    random = np.random.default_rng(1)
    a, t = random.uniform(0.1, 0.9, (5, 3)), random.dirichlet(np.ones(3), 5)
    terms = loss().terms(a, t)
    assert len(terms) == 5
    assert loss().total(a, t) == pytest.approx(terms.sum(), rel=1e-14)
    one_by_one = [loss().total(a[row : row + 1], t[row : row + 1]) for row in range(5)]
    np.testing.assert_allclose(terms.reshape(5, -1).sum(axis=1), one_by_one, rtol=1e-14)


@every_matched_pair
def test_the_total_from_scores_is_the_sum_of_the_terms_of_all_rows(loss):
    random = np.random.default_rng(1)
    z, t = random.normal(size=(5, 3)), random.dirichlet(np.ones(3), 5)
    terms = loss().terms_from_scores(z, t)
    assert len(terms) == 5
    assert loss().total_from_scores(z, t) == pytest.approx(terms.sum(), rel=1e-14)


def only_total():
    """A loss of another package: sum |a - t|^3, and the same from scores."""

    class OnlyTotal(Loss):
        def total(self, a, t):
            return float((np.abs(a - t) ** 3).sum())

        total_from_scores = total

    return OnlyTotal()


def only_terms():
    """The same, the other way round."""

    class OnlyTerms(Loss):
        def terms(self, a, t):
            return np.abs(a - t) ** 3

        terms_from_scores = terms

    return OnlyTerms()


@pytest.mark.parametrize("declare", [only_total, only_terms])
def test_a_loss_needs_only_its_total_or_only_its_terms(declare):
    loss, a, t = declare(), np.array(OUTPUTS), np.array(TARGETS)  # the errors are 1, -2 and 0, 3
    for terms, total in (("terms", "total"), ("terms_from_scores", "total_from_scores")):
        assert getattr(loss, total)(a, t) == 1 + 8 + 27
        by_row = getattr(loss, terms)(a, t).reshape(2, -1).sum(axis=1)
        assert by_row.tolist() == [1 + 8, 27]


def twice_the_total():
    class TwiceTheTotal(Mae):
        def total(self, a, t):
            return 2.0 * super().total(a, t)

    return TwiceTheTotal


def twice_the_terms():
    class TwiceTheTerms(Rss):
        def terms(self, a, t):
            return 2.0 * super().terms(a, t)

    return TwiceTheTerms


@pytest.mark.parametrize("declare", [twice_the_total, twice_the_terms])
def test_a_loss_that_changes_one_of_them_has_changed_both(declare):
    a, t = np.array(OUTPUTS), np.array(TARGETS)
    loss = declare()
    base = loss.__base__()
    assert loss().total(a, t) == 2.0 * base.total(a, t)
    twice = loss().terms(a, t).reshape(2, -1).sum(axis=1)
    np.testing.assert_array_equal(twice, 2.0 * base.terms(a, t).sum(axis=1))


scores = st.lists(st.floats(-15, 15), min_size=3, max_size=3)


@every_matched_pair
@settings(max_examples=100)
@given(rows=st.lists(scores, min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_matched_pairs_agree_with_the_general_path(loss, rows, seed):
    z = np.array(rows)
    t = np.random.default_rng(seed).dirichlet(np.ones(3), len(z))
    a, dz, activation = np.empty_like(z), np.empty_like(z), loss.matched()
    saved = {name: np.empty(shape) for name, shape in activation.saved_shapes(z.shape).items()}
    activation.forward(z, a, saved)
    assert loss().total_from_scores(z, t) == pytest.approx(loss().total(a, t), rel=1e-9)
    activation.backward(gradient(loss(), a, t), z, a, dz, saved)
    fused = score_gradient(loss(), z, t)
    np.testing.assert_allclose(dz, fused, rtol=1e-9, atol=1e-12)
    if loss.is_proper:
        np.testing.assert_array_equal(fused, (a - t) * loss().factor(*t.shape))


@every_dtype
@every_matched_pair
def test_matched_pairs_are_finite_at_extreme_scores(loss, dtype):
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [0.0, 1e-300]], dtype)
    t = np.array([[1.0, 0.0]] * 4, dtype)
    with strict():
        total = loss().total_from_scores(z, t)
        slopes = score_gradient(loss(), z, t)
    # the second row is wrong, so wrong that focal losses are cross-entropies there, times alpha
    alphas = {"focal": (0.25, 0.25), "binary_focal": (0.25, 0.75)}.get(loss.name, (1.0, 1.0))
    np.testing.assert_allclose(slopes[1] * len(t), np.multiply([-1, 1], alphas), rtol=1e-6)
    assert np.isfinite(slopes).all()
    # only the second row is wrong: by 2e4 in one softmax, by 1e4 in each of two sigmoids;
    # in the third the softmax is even (ln 2), the second sigmoid is off by 1e4; the last is even
    expected = {
        "cross_entropy": 2e4 + 2 * np.log(2),
        "binary_cross_entropy": 3e4 + 2 * np.log(2),
        "focal": 0.25 * (2e4 + 2 * np.log(2) / 4),  # (1 - 1/2)^2 of the even ones
        "binary_focal": 0.25 * 1e4 + 0.75 * 2e4 + np.log(2) / 4,  # 1/4 + 3/4 of the even row
    }
    assert total == pytest.approx(expected[loss.name], rel=1e-6)


def test_binary_cross_entropy_keeps_its_digits_when_nearly_certain():
    z, t = np.array([[30.0], [-30.0]]), np.array([[1.0], [0.0]])
    # twice ln(1 + exp(-30)), which is exp(-30) to 13 digits
    expected = pytest.approx(2 * np.exp(-30.0), rel=1e-12, abs=0)
    assert BinaryCrossEntropy().total_from_scores(z, t) == expected


def test_cross_entropy_loses_no_digits_to_a_shift_of_the_scores():
    z, t = np.array([[2.0**40 + 1, 2.0**40]]), np.array([[1.0, 0.0]])
    expected = pytest.approx(np.log1p(np.exp(-1.0)), rel=1e-14, abs=0)
    assert CrossEntropy().total_from_scores(z, t) == expected


@every_dtype
@pytest.mark.parametrize("loss", UNMATCHED, ids=lambda cls: cls.name)
def test_losses_of_outputs_are_finite_at_extreme_outputs(loss, dtype):
    a = np.array([[1e4, 0.0], [0.0, 1e4]], dtype)
    t = np.array([[0.0, 1e4], [3.0, 1e4]], dtype)
    with strict():
        assert np.isfinite(value(loss(), a, t))
        assert np.isfinite(gradient(loss(), a, t)).all()


@every_dtype
@every_matched_pair
def test_probabilities_of_exactly_zero_and_one_are_finite(loss, dtype):
    a = np.array([[0.0, 1.0], [1.0, 0.0]], dtype)
    t = np.array([[1.0, 0.0], [1.0, 0.0]], dtype)
    with strict():
        assert np.isfinite(value(loss(), a, t))
        assert np.isfinite(gradient(loss(), a, t)).all()


@every_dtype
@pytest.mark.parametrize("activation", [Softplus(), Relu()], ids=["softplus", "relu"])
def test_poisson_of_a_dead_output_has_a_finite_gradient(activation, dtype):
    z, t = np.full((1, 1), -1e4, dtype), np.full((1, 1), 1000, dtype)
    a, dz = np.empty_like(z), np.empty_like(z)
    with strict():
        activation.forward(z, a, {})
        activation.backward(gradient(Poisson(), a, t), z, a, dz, {})
    assert np.isfinite(dz).all()


@pytest.mark.parametrize(
    ("loss", "activation", "advice"),
    [
        (Poisson(), Identity(), "not identity: use softplus"),
        (Poisson(), Sigmoid(), "not sigmoid: use softplus"),
        (BinaryCrossEntropy(), Softmax(), "can't take softmax, whose outputs are tied"),
        (BinaryCrossEntropy(), Tanh(), "needs probabilities, not tanh: use sigmoid"),
        (BinaryCrossEntropy(), Step(), "needs probabilities, not step: use sigmoid"),
        (Hinge(), Sigmoid(), "hinge needs scores on both sides of 0, not sigmoid: use identity"),
        (CrossEntropy(), Sigmoid(), "softmax, or binary_cross_entropy"),
        (CrossEntropy(), Relu(), "not relu: use softmax"),
        (Focal(), Sigmoid(), "softmax, or binary_focal"),
        (BinaryFocal(), Softmax(), "use focal"),
    ],
)
def test_a_misfit_says_what_to_use_instead(loss, activation, advice):
    assert advice in loss.misfit(activation, 3)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        (Poisson(), Softplus()),
        (Poisson(), Relu()),
        (BinaryCrossEntropy(), Sigmoid()),
        (CrossEntropy(), Softmax()),
        (Mse(), Softmax()),
        (Huber(), Tanh()),
    ],
)
def test_a_fitting_pair_has_no_misfit(loss, activation):
    assert loss.misfit(activation, 3) == ""


@every_matched_pair
def test_a_loss_fits_its_matched_activation(loss):
    assert loss().misfit(loss.matched(), 3) == ""

"""What the output units are asked for, and what their answers mean."""

import numpy as np
import pytest

from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_encoder import ColumnEncoder
from nncli.data.scaling import Scaling
from nncli.data.targets import MAX_CLASSES, TargetCoding, as_task
from nncli.errors import DataError
from nncli.parts.datasets import AndGate, Iris
from nncli.parts.table import Table

UNSCALED = Scaling.fit("none", np.zeros((1, 1)))


def number_table(y):
    y = np.array(y, dtype=float).reshape(len(y), -1)
    return Table(np.zeros((len(y), 1)), y, ("x1",))


# ---- tasks


def test_numbers_become_classes_in_ascending_order():
    table = as_task(number_table([3, 1, 3, 2.5]), "classification")
    assert table.classes == ("1", "2.5", "3")
    assert table.y.tolist() == [2, 0, 2, 1]


def test_negative_zero_is_the_class_and_category_0():
    table = as_task(number_table([-1, -0.0, 0.0]), "classification")
    assert (table.classes, table.y.tolist()) == (("-1", "0"), [0, 1, 1])
    encoder = ColumnEncoder("x", "text", is_forced=True, parser=NumberParser())
    encoder.encode(np.array([0.0, -0.0]))
    assert encoder.vocabulary.texts == ("0",)


def test_class_indices_become_numbers():
    table = as_task(AndGate().load(), "regression")
    assert table.classes == ()
    assert table.y.tolist() == [[0.0], [0.0], [0.0], [1.0]]


def test_a_table_with_the_task_already_stays_as_it_is():
    table = Iris().load()
    assert as_task(table, "classification").y.tolist() == table.y.tolist()


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        ([0, 1, 2], "binary", "needs 2 classes, but the target has 3"),
        ([5, 5, 5], "binary", "nothing to tell apart"),
        ([[0, 1], [1, 0]], "classification", "several targets can't be classes"),
        (range(MAX_CLASSES + 1), "classification", "too many for classes"),
    ],
)
def test_targets_that_do_not_fit_the_task_are_refused(y, task, message):
    with pytest.raises(DataError, match=message):
        as_task(number_table(y), task)


# ---- coding


def test_classes_are_coded_one_hot():
    coding = TargetCoding(classes=3, units=3, scaling=UNSCALED)
    assert coding.encode(np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_two_classes_in_one_unit_are_0_and_1():
    coding = TargetCoding(classes=2, units=1, scaling=UNSCALED)
    assert coding.encode(np.array([1, 0])).tolist() == [[1.0], [0.0]]
    assert coding.decode(np.array([[0.75]])).tolist() == [[0.25, 0.75]]


def test_numbers_are_scaled_and_their_predictions_scaled_back():
    y = np.array([[10.0], [20.0], [30.0]])
    coding = TargetCoding(classes=0, units=1, scaling=Scaling.fit("minmax", y))
    assert coding.encode(y).tolist() == [[0.0], [0.5], [1.0]]
    assert coding.decode(np.array([[0.25]])).tolist() == [[15.0]]


def test_probabilities_are_left_as_they_are():
    coding = TargetCoding(classes=3, units=3, scaling=UNSCALED)
    outputs = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    np.testing.assert_array_equal(coding.decode(outputs), outputs)


def test_one_unit_outside_0_to_1_is_cut():
    coding = TargetCoding(classes=2, units=1, scaling=UNSCALED)
    assert coding.decode(np.array([[-0.5], [1.5]])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("outputs", "probabilities"),
    [
        ([1.0, 3.0], [0.25, 0.75]),  # divided by 4
        ([-1.0, 1.0], [0.0, 1.0]),  # lifted to (0, 2)
        ([0.0, 0.0], [0.5, 0.5]),  # nothing to go by
        ([-2.0, -2.0], [0.5, 0.5]),  # lifted to (0, 0)
    ],
)
def test_any_outputs_of_several_units_are_made_probabilities(outputs, probabilities):
    coding = TargetCoding(classes=2, units=2, scaling=UNSCALED)
    assert coding.decode(np.array([outputs])).tolist() == [probabilities]


def test_making_probabilities_keeps_the_order_of_the_classes():
    coding = TargetCoding(classes=4, units=4, scaling=UNSCALED)
    outputs = np.random.default_rng(0).normal(size=(100, 4))
    decoded = coding.decode(outputs)
    np.testing.assert_array_equal(decoded.argsort(axis=1), outputs.argsort(axis=1))
    np.testing.assert_allclose(decoded.sum(axis=1), 1.0)


@pytest.mark.parametrize(("classes", "units"), [(3, 3), (2, 1), (2, 2)])
def test_decoding_the_code_of_a_class_gives_that_class(classes, units):
    coding = TargetCoding(classes, units, UNSCALED)
    y = np.arange(classes)
    assert coding.decode(coding.encode(y)).argmax(axis=1).tolist() == y.tolist()

"""Dimensions: the values of a range by hand, options as text, and nothing outside."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from study_spaces import PATH, config, space_of

from nncli.config.load import read_root
from nncli.config.sweep_keys import Range
from nncli.study.dimensions import Numeric
from nncli.study.space_reading import read_dimensions


def numbers(**keys):
    return Numeric("x", "x", "here", Range(**keys))


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ({"low": 1, "high": 4}, [1, 2, 3, 4]),
        ({"low": 8, "high": 30, "step": 8}, [8, 16, 24]),
        ({"low": 0.1, "high": 0.7, "step": 0.2}, [0.1, 0.3, 0.5, 0.7]),
        ({"low": -1, "high": 0.5, "step": 0.5}, [-1.0, -0.5, 0.0, 0.5]),
    ],
)
def test_counted_values(keys, values):
    it = numbers(**keys)
    assert it.count == len(values)
    assert repr([it.value(place) for place in range(it.count)]) == repr(values)
    assert [it.index_of(value) for value in values] == [*range(it.count)]
    shares = [(place + 0.5) / it.count for place in range(it.count)]
    assert [it.from_unit(share) for share in shares] == values
    assert it.from_unit(0.0) == values[0]
    assert it.from_unit(1.0) == values[-1]


def test_logarithms_are_even():
    it = numbers(low=1e-4, high=1.0, log=True)
    assert it.count is None
    assert [it.from_unit(unit) for unit in (0.25, 0.5, 0.75)] == pytest.approx([1e-3, 1e-2, 1e-1])
    whole = numbers(low=1, high=4, log=True)
    drawn = [whole.from_unit((i + 0.5) / 1000) for i in range(1000)]
    assert [drawn.count(value) for value in (1, 2, 3, 4)] == pytest.approx(
        [500, 233, 153, 114], abs=1
    )  # log 3, log 5/3, log 7/5 and log 9/7 of log 9


FINITE = st.floats(-1e300, 1e300)
WHOLE = st.integers(-(10**9), 10**9)


@settings(max_examples=300)
@given(st.data())
def test_whatever_is_drawn_lies_in_the_range_and_reads_back_to_the_bit(data):
    low, high = sorted(data.draw(st.tuples(*[data.draw(st.sampled_from([FINITE, WHOLE]))] * 2)))
    step = data.draw(st.none() | st.sampled_from([1, 3, 0.1, 0.25]))
    log = step is None and low > 0 and data.draw(st.booleans())
    assume(low < high and (step is None or 1e-9 * (high - low) < step <= high - low))
    it = numbers(low=low, high=high, log=log, step=step)
    value = it.from_unit(data.draw(st.floats(0, 1)))
    assert type(value) is (int if it.range.is_whole else float)
    assert value in it
    read = it.read(it.text(value))
    assert (type(read), read.hex() if type(read) is float else read) == (
        type(value),
        value.hex() if type(value) is float else value,
    )


@pytest.mark.parametrize(
    "value", [0, 5, 2.5, "2", None, True, [2]], ids=["below", "above", *"ftnbl"]
)
def test_what_is_outside_of_a_range(value):
    assert value not in numbers(low=1, high=4)


@pytest.mark.parametrize("text", ["0", "5", "2.0", "x", "", "nan"])
def test_texts_that_no_value_has(text):
    with pytest.raises(ValueError, match=r"\S"):
        numbers(low=1, high=4).read(text)


ODD = """\
x:
  - sgd
  - {type: sgd, nesterov: true}
  - {type: sgd, momentum: {low: 0.1, high: 0.5}}
  - "sgd #2"
  - null
  - "null"
  - 1
  - 1.0
  - true
  - ""
  - "a\\nb, \\"c\\""
  - [32, {type: dropout, rate: 0.5}, {low: 1, high: 2}]
  - {patience: 5}
"""
LABELS = [
    "sgd",
    "sgd (nesterov true)",
    "sgd #2",
    "sgd #2 #2",
    "null",
    "null #2",
    "1",
    "1.0",
    "true",
    "''",
    'a\\nb, "c"',
    "[32, dropout (rate 0.5), range]",
    "(patience 5)",
]


def test_options_are_told_apart_in_a_table():
    choice = read_dimensions(read_root(config(ODD), PATH), PATH)[0]
    assert choice.labels == LABELS
    assert [choice.read(text) for text in LABELS] == [*range(len(LABELS))]
    with pytest.raises(ValueError, match="none of the choices of x"):
        choice.read("other")


def test_a_point_that_the_space_has_not_is_refused():
    space = space_of("training.epochs: [1, 2]\noptimizer.lr: {low: 0.1, high: 0.2}")
    for cells in (
        {"training.epochs": "3", "optimizer.lr": "0.1"},
        {"training.epochs": "1", "optimizer.lr": "0.3"},
    ):
        with pytest.raises(ValueError, match=r"choices of|isn't in the range of"):
            space.point(cells)

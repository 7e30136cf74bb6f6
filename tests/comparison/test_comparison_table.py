"""The table of a comparison: numbers with the digits that count."""

from dataclasses import replace

import pytest

from nncli.cli.comparison_table import _number, _p, comparison_in_words
from nncli.comparison.comparison import compare
from nncli.comparison.pairing import Difference
from nncli.evaluation.statistics import Mean


@pytest.fixture
def scaled(on_one_split, all_of):
    """scaled(factor, ...): a comparison whose means are as given."""
    found = compare(all_of(on_one_split))

    def call(*means, std=0.01):
        groups = [
            replace(group, mean=Mean(mean, 4), std=std, versus=None)
            for group, mean in zip(found.groups, means, strict=True)
        ]
        return comparison_in_words(replace(found, groups=groups)).split("\n\n")[1].split("\n")

    return call


@pytest.mark.parametrize(
    ("means", "std", "shown"),
    [
        ((0.0511, 0.3712), 0.02, ["0.05110", "0.37120"]),
        ((0.9565, 1.0), 0.02, ["0.9565", "1.0000"]),
        ((123.44, 150.0), 5.0, ["123.4", "150.0"]),
        ((123.44, 123.45), 0.01, ["123.440", "123.450"]),
        ((1e-7, 2.0), 0.1, ["1e-07", "2"]),
        ((1.5e12, 2e12), 1e10, ["1.5e+12", "2e+12"]),
        ((0.0, 0.0), None, ["0.0", "0.0"]),
    ],
)
def test_means_have_the_digits_that_count(scaled, means, std, shown):
    assert [line.split()[4] for line in scaled(*means, std=std)[1:]] == shown


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (None, ""),
        (1e-9, "<0.001"),
        (0.00123, "0.0012"),
        (0.049, "0.049"),
        (0.5, "0.50"),
        (1.0, "1.00"),
    ],
)
def test_p_has_two_digits(on_one_split, p, shown):
    (group,) = compare(on_one_split[0.1]).groups
    assert _p(replace(group, versus=Difference(Mean(0.1, 4), p_holm=p))) == shown


def test_what_is_not_known_is_empty():
    assert _number(None, 3) == ""

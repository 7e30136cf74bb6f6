"""Numbers that are no amounts: said, with the key that mends it, and not said of true amounts."""

import numpy as np
import pytest
from table_files import columns, read

from nncli.data.number_checks import number_warnings
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.text_format import MISSING_MARKERS

RANDOM = np.random.default_rng(3)
AMOUNTS = RANDOM.normal(10, 3, size=120).round(2)


@pytest.mark.parametrize("number", [-9999, -999, 999, 99999])
def test_a_number_that_stands_for_no_value_is_said(tmp_path, number):
    values = np.where(np.arange(120) % 7 == 0, number, AMOUNTS)
    (said,) = number_warnings("temp", values)
    assert f"column 'temp' has {number} 18 times, far from its other numbers" in said
    text = columns(temp=values.tolist(), x=[1, 2, 4], y=["a", "b"], rows=120)
    table = read(tmp_path, text, missing=[*MISSING_MARKERS, str(number), f"{number}.0"])
    assert np.isnan(table.column("temp").values).sum() == 18


def test_true_amounts_are_not_said():
    for values in (
        AMOUNTS,
        np.arange(900.0, 1000),
        np.array([99.0, *range(99), *range(99)]),
        [7, 99],
    ):
        assert not [*number_warnings("x", np.asarray(values, dtype=float))]


def test_dates_in_digits_are_said_and_the_key_cures(tmp_path):
    days = [20230101 + 100 * (i % 12) + i % 28 for i in range(60)]
    months = [201001 + 100 * (i // 12) + i % 12 for i in range(60)]
    for numbers, form in ((days, "%Y%m%d"), (months, "%Y%m")):
        (said,) = number_warnings("when", np.array(numbers, dtype=float))
        assert f'data.columns: {{when: {{type: date, format: "{form}"}}}}' in said
        text = columns(when=numbers, x=[1, 2, 4], y=["a", "b"], rows=60)
        keys = {"when": ColumnKeys(type="date", format=form)}
        assert read(tmp_path, text, keys=keys, kinds={"when": "date"}).kind("when") == "date"
    assert not [*number_warnings("income", np.array(days, dtype=float) + 60)]

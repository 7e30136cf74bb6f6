"""The metrics log: numbers read back to the bit."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.artifacts.metrics_log import MetricsLog, format_row, read_columns
from nncli.errors import CorruptRun

SOURCE = Path("run/metrics.csv")


def log_of(*rows):
    log = MetricsLog()
    for row in rows:
        log.append(row)
    return log


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_every_number_reads_back_as_the_same_bits(values):
    rows = [{"epoch": epoch, "loss": value} for epoch, value in enumerate(values)]
    back = read_columns(log_of(*rows).text(), SOURCE)["loss"]
    assert [value.hex() for value in back] == [value.hex() for value in values]


def test_log_is_a_header_and_a_line_per_row():
    text = log_of({"epoch": 0, "loss": 0.1}, {"epoch": 1, "loss": 1e-9}).text()
    assert text == b"epoch,loss\n0,0.1\n1,1e-09\n"


def test_numpy_numbers_are_written_as_numbers():
    import numpy as np

    assert format_row([np.float64(0.1), np.float32(0.5), np.int64(3)]) == "0.1,0.5,3.0\n"


def test_what_is_not_known_is_an_empty_cell_and_reads_as_nan():
    log = log_of({"epoch": 0, "loss": 1.0, "learning_rate": None})
    assert log.text().endswith(b"0,1.0,\n")
    assert math.isnan(read_columns(log.text(), SOURCE)["learning_rate"][0])


def test_nan_and_infinity_read_back():
    log = log_of({"epoch": 0, "loss": math.inf, "r2": math.nan})
    columns = read_columns(log.text(), SOURCE)
    assert columns["loss"] == [math.inf]
    assert math.isnan(columns["r2"][0])


def test_log_goes_on_from_its_own_lines():
    first = log_of({"epoch": 0, "loss": 1.0})
    again = MetricsLog(first.text().decode().splitlines(keepends=True))
    again.append({"epoch": 1, "loss": 0.5})
    assert again.text() == first.text() + b"1,0.5\n"


def test_columns_keep_the_file_s_order():
    row = {"epoch": 0, "loss": 1.0, "val_loss": 2.0, "accuracy": 0.5, "seconds": 0.0}
    assert list(read_columns(log_of(row).text(), SOURCE)) == list(row)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"epoch,loss\n",
        b"epoch\n0\n",
        b"loss\n0\n",
        b"epoch,loss\n0\n",
        b"epoch,loss\n0,1.0,2.0\n",
        b"epoch,loss\n0,x\n",
        b"epoch,loss\n0,1.0\n\n",
        b"epoch,loss\n0,\x00\n",
        b"epoch,loss\n0,1\r2\n",
        b"epoch,loss\n0," + b"1" * 200_000 + b"\n",
        b'epoch,loss\n"0,1\n',
        b"\xff\xfe\x00",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_garbage_is_a_corrupt_run(content):
    with pytest.raises(CorruptRun, match=r"metrics\.csv"):
        read_columns(content, SOURCE)

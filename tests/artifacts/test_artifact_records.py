"""Records: values out of JSON -> the dataclasses they were written from."""

import numpy as np
import pytest
from memory import kept_by

from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as


def test_a_value_is_read_as_the_first_type_that_it_fits():
    assert read_as(3, str | float) == 3.0
    with pytest.raises(Malformed, match="it: expected float, found x"):
        read_as("x", int | float)


def test_nothing_of_the_reader_is_kept():
    def read():
        rows = np.zeros(1 << 17)
        return read_as(len(rows), str | int)

    assert kept_by(read) < 1 << 17

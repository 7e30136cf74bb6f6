"""Class values: converts class names to numbers, booleans or texts, as pandas would read them."""

from collections.abc import Sequence

import numpy as np

from nncli.data.number_cells import to_number
from nncli.data.reading.chunks import MAX_EXACT_INT, loses_digits
from nncli.data.targets import number_text
from nncli.parts.arrays import Array

BOOLEANS = {"true": True, "false": False}


def class_values(names: Sequence[str]) -> Array:
    """(classes,) the value of each class, comparable with a DataFrame's column.

    >>> class_values(["0", "1"]), class_values(["no", "yes"]).tolist()
    (array([0, 1]), ['no', 'yes'])
    >>> class_values(["False", "True"]), class_values(["007", "7"]).tolist()
    (array([False,  True]), ['007', '7'])
    """
    if all(name.lower() in BOOLEANS for name in names):
        return np.array([BOOLEANS[name.lower()] for name in names])
    numbers = [to_number(name) for name in names]
    if loses_digits(names) or not all(
        number is not None and np.isfinite(number) for number in numbers
    ):
        return np.array(names)
    values = np.array(numbers, dtype=float)
    is_whole = (values == np.floor(values)).all() and (np.abs(values) <= MAX_EXACT_INT).all()
    are_whole = is_whole and all(number_text(float(name)) == name for name in names)
    return values.astype(int) if are_whole else values

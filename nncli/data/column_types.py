"""Column types, told from the values, and which columns teach a network nothing."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nncli.data.rare_categories import NONE_RARE, USUAL, Rare, counts_of
from nncli.data.reading.number_cells import to_number
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Kind, Table

PAIRS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"))
TRUTHS = {word: truth for pair in PAIRS for word, truth in zip(pair, (1.0, 0.0), strict=True)}
MOST_CATEGORIES = 1000
TRAINING = 2  # rows for each that may be left to train
TOLD = 0.1  # the share of rows that have a frequent text, from which others may be rare
FEW = 10  # rows up to which all values may differ by chance
WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
ID_WORDS = ("id", "uuid", "guid", "uid")
COUNTER = (
    "index|idx|row|row(id|number|num|index|names?|no|nr)|unnamed0|level0|no|nr|"
    "(s|sl|sr|serial)no|serialnumber"
)
PANDAS_LABEL = r"(?i:Unnamed: 0(\.\d+)*)"  # saved once more with each .1
OWNERS = (
    "account|case|client|customer|device|employee|invoice|item|loan|member|order|passenger|patient|"
    "person|player|product|record|sample|session|store|student|subject|transaction|user|visit"
)
OWNER_ID = rf"({OWNERS})id"
MOSTLY_COUNTING = 0.9  # the share of rows; the others begin a table joined to the first
FEW_VALUES = 20  # different numbers up to which a target might be meant as classes
SPARSE = 1.25  # numbers for each row up to which an ascending column still counts the rows


def kind_of(column: Column) -> Kind:
    """What the values are: 0 and 1 alone, or yes and no, are boolean."""
    if column.categories:
        return "boolean" if truths(column.categories) is not None else "categorical"
    present = column.values[~np.isnan(column.values)]
    return "boolean" if np.isin(present, (0.0, 1.0)).all() else "numeric"


def truths(categories: Sequence[str]) -> Array | None:
    """What each category means as 0 or 1; None unless they are truth values, both of one pair."""
    words = [category.lower() for category in categories]
    if len(set(words)) < len(words) or not any(set(words) <= set(pair) for pair in PAIRS):
        return None
    return np.array([TRUTHS[word] for word in words])


def truth_pair(words: Sequence[str]) -> tuple[str, str] | None:
    """(no, yes) as these words spell them, or the only one of them and its other; None if they
    aren't truth values of one pair.

    >>> [truth_pair(words) for words in (("yes", "no"), ("True",), ("0", "1"), ("b", "m"))]
    [('no', 'yes'), ('False', 'True'), ('0', '1'), None]
    """
    if not 1 <= len(words) <= 2 or truths(words) is None:
        return None
    of_truth = {TRUTHS[word.lower()]: word for word in words}
    if len(of_truth) == 1:
        word = words[0]
        other = next(o for p in PAIRS if word.lower() in p for o in p if o != word.lower())
        alike = str.title if word.istitle() else str.upper if word.isupper() else str
        of_truth[1.0 - TRUTHS[word.lower()]] = alike(other)
    return of_truth[0.0], of_truth[1.0]


def uninformative(name: str, column: Column, rare: Rare = NONE_RARE) -> str:
    """Why a column teaches a network nothing: `constant` or `id-like` in words; empty if it may.

    rare: which of its texts are taken for one.
    """
    present = column.values[~np.isnan(column.values)]
    if not len(present):
        return ""  # an error of its own
    least, most = present.min(), present.max()
    if least == most:
        value = column.categories[int(least)] if column.categories else f"{least:g}"
        return f"constant: always {value}"
    if column.categories:
        why = too_many_texts(column)
        if why and _rows_in_common(column, rare if rare.is_asked else USUAL) >= TOLD:
            hint = f"data.preprocessing.categorical.min_count: {USUAL.min_count}"
            return "" if rare.is_asked else f"{why}; usable with {hint}"
        return why
    if not _all_differ(present):
        return _repeated_id(name, present)
    spread = most - least + 1
    is_ascending = bool((np.diff(present) > 0).all())
    counts_rows = spread <= len(present) * (SPARSE if is_ascending else 1)
    if (counts_rows and len(present) > 2 * FEW) or (is_id_name(name) and len(present) >= FEW):
        return "id-like: a different whole number in every row"
    return ""


def too_many_texts(column: Column) -> str:
    """Why texts, of which each were an input, tell rows apart or are too many; empty if neither."""
    present = column.values[~np.isnan(column.values)]
    different = len(np.unique(present))
    if different > max(len(present) / 2, 2 * FEW) or len(present) == different >= FEW:
        return f"id-like: {different:,} different texts in {len(present):,} rows"
    return f"too many categories: {different:,}" if different > MOST_CATEGORIES else ""


def _rows_in_common(column: Column, rare: Rare) -> float:
    """The share of rows whose text won't be rare, with most rows or with half of them to train."""
    counts = counts_of(column)
    rule = replace(rare, min_count=TRAINING * rare.min_count)
    merged, rows = sum(map(counts.__getitem__, rule.among(counts))), sum(counts.values())
    return (rows - merged) / rows


def _repeated_id(name: str, present: Array) -> str:
    """Why numbers that hardly repeat, under the name of an id, are none to learn from, or ``."""
    different = len(np.unique(present))
    is_whole = bool((present == np.floor(present)).all())
    if is_id_name(name) and is_whole and different > max(len(present) / 2, FEW):
        return f"id-like: {different:,} different whole numbers in {len(present):,} rows"
    return ""


def uninformative_date(column: Column) -> str:
    """Why days since 1970 teach nothing: that they are all one day; empty if they may."""
    present = column.values[~np.isnan(column.values)]
    is_constant = len(present) > 0 and present.min() == present.max()
    return f"constant: always {np.datetime64(int(present[0]), 'D')}" if is_constant else ""


def is_id_name(name: str) -> bool:
    """Whether a name says that a column tells rows apart, in whatever capitals.

    >>> [is_id_name(name) for name in ("ID", "Patient ID", "userId", "customerid", "Row Number")]
    [True, True, True, True, True]
    >>> [is_id_name(name) for name in ("humid", "paid", "Covid", "BMI index", "rows")]
    [False, False, False, False, False]
    """
    words = [word.lower() for word in re.findall(WORDS, name)]
    joined = "".join(words)
    is_sign = name.strip() in ("#", "№", "Nº", "N°") or re.fullmatch(PANDAS_LABEL, name)
    is_counter = bool(is_sign or re.fullmatch(COUNTER, joined))
    return (
        is_counter or bool(words and words[-1] in ID_WORDS) or bool(re.fullmatch(OWNER_ID, joined))
    )


def _all_differ(values: Array) -> bool:
    if values.max() - values.min() + 1 < len(values):
        return False  # there are fewer whole numbers between the ends
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)


def tells_rows_apart(column: Column) -> bool:
    """Whether most rows have a text or a whole number of their own, or one more than the last."""
    present = column.values[~np.isnan(column.values)]
    is_whole = bool(column.categories) or bool((present == np.floor(present)).all())
    counts_up = len(present) > 1 and np.mean(np.diff(present) == 1) > MOSTLY_COUNTING
    return is_whole and bool(counts_up or len(np.unique(present)) > len(present) / 2)


def is_class_number(values: Array) -> bool:
    """Whether a numeric target looks like names of classes: 2 values, or 0..k-1 or 1..k, k <= 20.

    Ten rows a class are asked for, so that a small count isn't taken for one.
    """
    different = np.unique(values)
    if len(different) == 2:
        return True
    counts = np.array_equal(different, np.arange(len(different)) + different[0])
    starts = different[0] in (0.0, 1.0)
    return bool(
        counts and starts and len(different) <= FEW_VALUES and len(values) >= 10 * len(different)
    )


def task_reason(table: Table) -> str:
    """Why a target of few different numbers was taken for classes or for amounts, and the key that
    overrules it; empty where nothing was to choose."""
    if table.origin is None:
        return ""
    if len(table.targets) > 1:
        return _reason_of_several(table)
    if table.classes:
        names = [to_number(name) for name in table.classes]
        if None in names:
            return ""
        why, other = f"{len(names)} whole numbers in a row from 0 or 1 name classes", "regression"
        if len(names) == 2:
            why = "a target of 2 numbers names classes"
    else:
        different = np.unique(table.y[:, 0])
        if not 1 < len(different) <= FEW_VALUES:
            return ""
        why = f"{len(different)} different numbers, not 0, 1, 2 ... of ten rows each, are amounts"
        other = "classification"
    return f"{why}: say data.task: {other} if they are not"


def _reason_of_several(table: Table) -> str:
    """The same of several targets, which are labels or amounts."""
    count = f"{len(table.targets)} targets"
    if table.labels:
        why = f"{count} of two values each are labels, which a row has or has not"
        are_numbers = all(pair == ("0", "1") for pair in table.labels)
        return f"{why}: say data.task: regression if they are amounts" if are_numbers else why
    if any(len(np.unique(column)) != 2 for column in table.y.T):
        return ""
    why = f"{count} of two numbers each, not 0 and 1, are amounts"
    return f"{why}: say data.task: multilabel if they are not"

"""Column types: infers the kind of a column, and which columns are uninformative."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nncli.data.number_cells import to_number
from nncli.data.rare_categories import DEFAULT_RARE, NO_RARE, RareRule, counts_of
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Kind, Table

BOOLEAN_PAIRS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("1", "0"),
)
BOOLEAN_VALUES = {
    word: truth for pair in BOOLEAN_PAIRS for word, truth in zip(pair, (1.0, 0.0), strict=True)
}
YES_FIRST = (  # (yes, no) in other languages, where the alphabet has yes first
    ("ja", "nein"), ("ja", "nee"), ("ja", "nei"), ("ja", "nej"), ("j", "n"), ("да", "нет"),
    ("да", "не"), ("da", "ne"), ("da", "nu"), ("ano", "ne"), ("igen", "nem"), ("jā", "nē"),
    ("já", "nei"), ("evet", "hayır"), ("evet", "hayir"), ("có", "không"),  # noqa: RUF001
)  # fmt: skip
MAX_CATEGORIES = 1000
ROWS_PER_TRAIN_ROW = 2  # at most: at least half of the rows are trained on
MIN_FREQUENT_SHARE = 0.1  # of rows in frequent categories, from which rare ones may be merged
CHANCE_ROWS = 10  # up to which all values may differ by chance
NAME_WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
ID_WORDS = ("id", "uuid", "guid", "uid")
COUNTER_NAMES = (
    "index|idx|row|row(id|number|num|index|names?|no|nr)|unnamed0|level0|no|nr|"
    "(s|sl|sr|serial)no|serialnumber"
)
PANDAS_INDEX = r"(?i:Unnamed: 0(\.\d+)*)"  # .1 is appended each time it is saved
ID_OWNERS = (
    "account|case|client|customer|device|employee|invoice|item|loan|member|order|passenger|patient|"
    "person|player|product|record|sample|session|store|student|subject|transaction|user|visit"
)
NUMBERED = "account|case|client|customer|employee|invoice|member|passenger|patient|person|user"
OWNER_ID = rf"({ID_OWNERS})id|({NUMBERED})(no|nr|num|number)|pid|idno"
COUNTING_SHARE = 0.9  # of rows one above the previous; counts restart where tables were joined
MAX_NUMERIC_CLASSES = 20  # distinct numbers, up to which a numeric target may be classes
MAX_SPAN_PER_ROW = 1.25  # up to which an ascending column still counts the rows


def kind_of(column: Column) -> Kind:
    """The kind of a column's values; 0 and 1, or yes and no, are boolean."""
    if column.categories:
        return "boolean" if boolean_values(column.categories) is not None else "categorical"
    present = column.values[~np.isnan(column.values)]
    return "boolean" if np.isin(present, (0.0, 1.0)).all() else "numeric"


def boolean_values(categories: Sequence[str]) -> Array | None:
    """Each category as 0 or 1; None unless they are booleans of one pair."""
    words = [category.lower() for category in categories]
    if len(set(words)) < len(words) or not any(set(words) <= set(pair) for pair in BOOLEAN_PAIRS):
        return None
    return np.array([BOOLEAN_VALUES[word] for word in words])


def boolean_pair(words: Sequence[str]) -> tuple[str, str] | None:
    """(no, yes) as one or two given words are spelt; None if they aren't booleans of one pair.

    >>> [boolean_pair(words) for words in (("yes", "no"), ("True",), ("0", "1"), ("b", "m"))]
    [('no', 'yes'), ('False', 'True'), ('0', '1'), None]
    """
    if not 1 <= len(words) <= 2 or boolean_values(words) is None:
        return None
    words_of = {BOOLEAN_VALUES[word.lower()]: word for word in words}
    if len(words_of) == 1:
        word = words[0]
        other = next(o for p in BOOLEAN_PAIRS if word.lower() in p for o in p if o != word.lower())
        in_case = str.title if word.istitle() else str.upper if word.isupper() else str
        words_of[1.0 - BOOLEAN_VALUES[word.lower()]] = in_case(other)
    return words_of[0.0], words_of[1.0]


def no_before_yes(words: Sequence[str]) -> tuple[str, ...]:
    """Return sorted words, or (no, yes) if they are these two in a language that sorts yes first.

    >>> no_before_yes(["ja", "nein"]), no_before_yes(["nein", "vielleicht"])
    (('nein', 'ja'), ('nein', 'vielleicht'))
    """
    return tuple(reversed(words) if tuple(map(str.lower, words)) in YES_FIRST else words)


def uninformative(name: str, column: Column, rare: RareRule = NO_RARE) -> str:
    """Why a column is uninformative: constant, or like an id; empty if it may be informative.

    rare: the rule by which categories are merged.
    """
    present = column.values[~np.isnan(column.values)]
    if not len(present):
        return ""  # reported as an error elsewhere
    least, most = present.min(), present.max()
    if least == most:
        value = column.categories[int(least)] if column.categories else f"{least:g}"
        return f"constant: always {value}"
    if column.categories:
        why = too_many_texts(column)
        if (
            why
            and _frequent_share(column, rare if rare.is_active else DEFAULT_RARE)
            >= MIN_FREQUENT_SHARE
        ):
            hint = f"data.preprocessing.categorical.min_count: {DEFAULT_RARE.min_count}"
            return "" if rare.is_active else f"{why}; usable with {hint}"
        return why
    if not _are_distinct_integers(present):
        return _repeated_id(name, present)
    spread = most - least + 1
    is_ascending = bool((np.diff(present) > 0).all())
    counts_rows = spread <= len(present) * (MAX_SPAN_PER_ROW if is_ascending else 1)
    if (counts_rows and len(present) > 2 * CHANCE_ROWS) or (
        is_id_name(name) and len(present) >= CHANCE_ROWS
    ):
        return "id-like: a different whole number in every row"
    return ""


def too_many_texts(column: Column) -> str:
    """Why a text column is unfit for one-hot encoding: id-like, or too many categories."""
    present = column.values[~np.isnan(column.values)]
    different = len(np.unique(present))
    if (
        different > max(len(present) / 2, 2 * CHANCE_ROWS)
        or len(present) == different >= CHANCE_ROWS
    ):
        return f"id-like: {different:,} different texts in {len(present):,} rows"
    return f"too many categories: {different:,}" if different > MAX_CATEGORIES else ""


def _frequent_share(column: Column, rare: RareRule) -> float:
    """The share of rows whose category isn't rare, even if only half of the rows are trained on."""
    counts = counts_of(column)
    rule = replace(rare, min_count=ROWS_PER_TRAIN_ROW * rare.min_count)
    merged, rows = sum(map(counts.__getitem__, rule.rare_among(counts))), sum(counts.values())
    return (rows - merged) / rows


def _repeated_id(name: str, present: Array) -> str:
    """Why a column named like an id is uninformative: few of its integers repeat; else empty."""
    different = len(np.unique(present))
    is_whole = bool((present == np.floor(present)).all())
    if is_id_name(name) and is_whole and different > max(len(present) / 2, CHANCE_ROWS):
        return f"id-like: {different:,} different whole numbers in {len(present):,} rows"
    return ""


def uninformative_date(column: Column) -> str:
    """Why a date column is uninformative: it is constant; else empty."""
    present = column.values[~np.isnan(column.values)]
    is_constant = len(present) > 0 and present.min() == present.max()
    return f"constant: always {np.datetime64(int(present[0]), 'D')}" if is_constant else ""


def is_id_name(name: str) -> bool:
    """Whether a column's name is that of an id or a row number, in any case.

    >>> [is_id_name(name) for name in ("ID", "Patient ID", "userId", "customerid", "Row Number")]
    [True, True, True, True, True]
    >>> [is_id_name(name) for name in ("humid", "paid", "Covid", "BMI index", "rows")]
    [False, False, False, False, False]
    """
    words = [word.lower() for word in re.findall(NAME_WORDS, name)]
    joined = "".join(words)
    is_sign = name.strip() in ("#", "№", "Nº", "N°") or re.fullmatch(PANDAS_INDEX, name)
    is_counter = bool(is_sign or re.fullmatch(COUNTER_NAMES, joined))
    return (
        is_counter or bool(words and words[-1] in ID_WORDS) or bool(re.fullmatch(OWNER_ID, joined))
    )


def _are_distinct_integers(values: Array) -> bool:
    if values.max() - values.min() + 1 < len(values):
        return False  # the range has fewer integers
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)


def identifies_rows(column: Column) -> bool:
    """Whether most rows have a unique text or integer, or the previous row's number plus one."""
    present = column.values[~np.isnan(column.values)]
    is_whole = bool(column.categories) or bool((present == np.floor(present)).all())
    counts_up = len(present) > 1 and np.mean(np.diff(present) == 1) > COUNTING_SHARE
    return is_whole and bool(counts_up or len(np.unique(present)) > len(present) / 2)


def is_class_number(values: Array) -> bool:
    """Whether a numeric target looks like classes: 2 values, or 0..k-1 or 1..k with k <= 20.

    More than 2 need ten rows a class on average; else they may be counts.
    """
    different = np.unique(values)
    if len(different) == 2:
        return True
    counts = np.array_equal(different, np.arange(len(different)) + different[0])
    starts = different[0] in (0.0, 1.0)
    return bool(
        counts
        and starts
        and len(different) <= MAX_NUMERIC_CLASSES
        and len(values) >= 10 * len(different)
    )


def task_reason(table: Table) -> str:
    """Why a target of few distinct numbers was taken for classes or for amounts, with the key that
    overrules the choice; empty if there was no doubt."""
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
        if not 1 < len(different) <= MAX_NUMERIC_CLASSES:
            return ""
        why = f"{len(different)} different numbers, not 0, 1, 2 ... of ten rows each, are amounts"
        other = "classification"
    return f"{why}: say data.task: {other} if they are not"


def _reason_of_several(table: Table) -> str:
    """`task_reason` for several targets, which are labels or amounts."""
    count = f"{len(table.targets)} targets"
    if table.labels:
        why = f"{count} of two values each are labels, which a row has or has not"
        are_numbers = all(pair == ("0", "1") for pair in table.labels)
        return f"{why}: say data.task: regression if they are amounts" if are_numbers else why
    if any(len(np.unique(column)) != 2 for column in table.y.T):
        return ""
    why = f"{count} of two numbers each, not 0 and 1, are amounts"
    return f"{why}: say data.task: multilabel if they are not"

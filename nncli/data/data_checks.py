"""Data checks: warnings before training of target leakage, duplicates, imbalance and the like."""

from collections.abc import Collection, Iterator

import numpy as np

from nncli.data.column_types import uninformative
from nncli.data.label_checks import SPLIT_WORDS, effect_of_absence, label_warnings
from nncli.data.number_cells import to_number
from nncli.data.number_checks import number_warnings
from nncli.data.rare_categories import NO_RARE, RareRule
from nncli.data.spellings import spelling_warnings
from nncli.data.target_leaks import target_leak
from nncli.errors import DataError, TableError, few, printable
from nncli.parts.arrays import Array
from nncli.parts.splits import Rows
from nncli.parts.table import Table, cell_problem

MAX_CLASS_RATIO = 10  # rows of the largest class / rows of the smallest
CHUNK_VALUES = 1 << 16
MAJORITY = 0.5
MANY_SINGLETONS = 20


def refuse_singleton_classes(table: Table) -> None:
    """Raises TableError for each class of one row, which can't be both trained on and tested."""
    counts = np.bincount(table.y, minlength=len(table.classes)) if table.classes else np.empty(0)
    singletons = np.flatnonzero(counts == 1).tolist()
    if not singletons:
        return
    are_numbers = None not in map(to_number, table.classes)
    amounts = "; if the target is an amount, data.task: regression" if are_numbers else ""
    if len(singletons) > MANY_SINGLETONS:
        names = few([f"'{printable(table.classes[index])}'" for index in singletons], 2)
        raise DataError(
            f"{len(singletons):,} of {len(counts):,} classes of the target "
            f"'{printable(table.targets[0])}' have one row each, such as {names}, which can't be "
            f"both learnt and tested (drop these rows, or merge the classes{amounts})",
            key="data.task" if are_numbers else "data.target",
        )
    raise TableError(
        [
            cell_problem(
                table.place(int(np.flatnonzero(table.y == index)[0])),
                table.targets[0],
                f"class '{table.classes[index]}' has this row alone, which can't be both learnt "
                f"and tested (drop it, or merge the class with another{amounts})",
            )
            for index in singletons
        ]
    )


def data_warnings(
    table: Table,
    rows: Rows,
    *,
    is_balanced: bool = False,
    indicated: Collection[str] = (),
    rare: RareRule = NO_RARE,
) -> Iterator[str]:
    """Yield warnings, a line each, with advice.

    is_balanced: whether the config deals with imbalance.  indicated: the kinds of columns that
    have a missing indicator.  rare: the rule by which categories are merged.
    """
    if table.origin is not None:
        yield from table.origin.notes
    if len(table) == 1:
        yield "the table has one row: a network learns that row by heart, and nothing more"
        return
    yield from _duplicates(table, rows)
    yield from _last_row_of_sums(table)
    yield from _constant_targets(table)
    for name in () if table.image_shape else table.features:  # a pixel may never vary
        column = table.column(name)
        if how := target_leak(column, table):
            yield (
                f"column '{name}' {how}: "
                "leave it out with data.features.exclude, unless you know it before the answer"
            )
        elif reason := "" if name in table.dates else uninformative(name, column, rare):
            yield f"column '{name}' is {reason}: a network learns it by heart, if anything"
        else:
            kind = table.kind(name)
            yield from _missing_or_constant(
                name, column.values[rows.train], kind, is_indicated=kind in indicated
            )
            if table.kind(name) == "numeric":
                yield from number_warnings(name, column.values)
    yield from spelling_warnings(table)
    if table.labels:
        yield from label_warnings(table, rows)
    if table.classes:
        absent = [*_absent_classes(table, rows)]
        yield from absent
        if not (is_balanced or absent):
            yield from _imbalance(table, rows)


def _missing_or_constant(
    name: str, values: Array, kind: str, *, is_indicated: bool
) -> Iterator[str]:
    """Warn of columns that are mostly missing or constant in the training rows."""
    present = values[~np.isnan(values)]
    if len(present) < MAJORITY * len(values) and not is_indicated:
        missing = len(values) - len(present)
        fix = "categorical: {impute: category}"
        fix = fix if kind == "categorical" else "numeric: {missing_indicator: true}"
        yield (
            f"column '{name}' lacks {missing:,} of its {len(values):,} training values: "
            f"data.preprocessing.{fix} tells the network where"
        )
    elif len(present) and present.min() == present.max():
        yield f"column '{name}' never varies in the training rows: nothing can be learnt from it"


def _duplicates(table: Table, rows: Rows) -> Iterator[str]:
    """Warn of val and test rows that equal a training row, target included."""
    hashes = _hashes(table)
    learnt = np.sort(hashes[rows.train])
    if np.count_nonzero(np.diff(learnt)) < MAJORITY * (len(learnt) - 1):
        return  # a few coarse columns: rows naturally repeat
    for name, held in (("val", rows.val), ("test", rows.test)):
        places = np.searchsorted(learnt[:-1], hashes[held])
        again = held[learnt[places] == hashes[held]]
        if len(again):
            few = "row equals" if len(again) == 1 else "rows equal"
            yield (
                f"{len(again):,} {name} {few} a training row in every column used, the first at "
                f"{table.place(int(again[0]))}: scores on them flatter"
            )


def _last_row_of_sums(table: Table) -> Iterator[str]:
    """Warn if the last row is the sum of the rows above, in several columns or in the target."""
    numeric = [name for name in table.features if table.kind(name) == "numeric"]
    sums = [name for name in numeric if _ends_in_sum(table.column(name).values)]
    targets = () if table.classes else zip(table.targets, table.y.T, strict=True)
    of_targets = [name for name, values in targets if _ends_in_sum(values)]
    sums += of_targets
    if len(sums) > 1 or of_targets:
        shown = few([f"'{printable(name)}'" for name in sums])
        yield (
            f"{table.place(len(table) - 1)}: the sums of the rows above it in {shown}: if this is "
            "no row like them, take the line out"
        )


def _ends_in_sum(values: Array) -> bool:
    """Whether the last number is the sum of the others and larger than each of them.

    Most of the others must be neither 0 nor missing: a few small ones may have this sum by chance.
    """
    above = np.nan_to_num(values[:-1])
    if np.count_nonzero(above) <= max(1, MAJORITY * len(above)):
        return False
    with np.errstate(over="ignore"):  # numbers near the largest
        is_sum = np.isclose(values[-1], above.sum(), rtol=1e-9, atol=0)
    return bool(is_sum and abs(values[-1]) > np.abs(above).max())


def _hashes(table: Table) -> Array:
    """(rows,) hashes, equal for equal rows: sums of bits times odd numbers, modulo 2^64."""
    columns = len(table.features)
    targets = table.y.reshape(len(table), -1).astype(float)
    odd = np.random.default_rng(0).integers(2**63, size=columns + targets.shape[1], dtype=np.uint64)
    odd = odd * np.uint64(2) + np.uint64(1)
    hashes = np.empty(len(table), dtype=np.uint64)
    step = max(CHUNK_VALUES // len(odd), 1)
    for start in range(0, len(table), step):
        part = slice(start, start + step)
        cells = np.hstack([table.x[part], targets[part]]) + 0.0  # so that -0 is 0
        bits = np.ascontiguousarray(cells).view(np.uint64)
        mixed = (bits ^ (bits >> np.uint64(29))) * odd
        hashes[part] = (mixed ^ (mixed >> np.uint64(32))).sum(axis=1, dtype=np.uint64)
    return hashes


def rowless_classes(table: Table) -> Iterator[str]:
    """Warn of classes without rows, which only data.classes names."""
    if not table.classes:
        return
    lacking = np.flatnonzero(np.bincount(table.y, minlength=len(table.classes)) == 0)
    if len(lacking):
        names = few([f"'{printable(table.classes[i])}'" for i in lacking])
        which, them = ("class", "it") if len(lacking) == 1 else ("classes", "them")
        yield f"no row is of {which} {names}: nothing can be learnt of {them}"


def _constant_targets(table: Table) -> Iterator[str]:
    """Warn of constant numeric targets."""
    if table.classes:
        return
    same = np.flatnonzero(table.y.min(axis=0) == table.y.max(axis=0))
    if len(same):
        found = [f"'{printable(table.targets[i])}' (always {table.y[0, i]:g})" for i in same]
        what = "target" if len(same) == 1 else "targets"
        never = "never varies" if len(same) == 1 else "never vary"
        yield f"{what} {few(found)} {never}: there is nothing to learn but that"


def _absent_classes(table: Table, rows: Rows) -> Iterator[str]:
    """Warn of classes that have rows, but none in one of the splits."""
    of_all = np.bincount(table.y, minlength=len(table.classes))
    for name, chosen in rows.named().items():
        counts = np.bincount(table.y[chosen], minlength=len(table.classes))
        lacking = np.flatnonzero((counts == 0) & (of_all > 0))
        if len(lacking):
            classes = few([f"'{printable(table.classes[i])}'" for i in lacking])
            which = "class" if len(lacking) == 1 else "classes"
            yield (
                f"{which} {classes} {'has' if len(lacking) == 1 else 'have'} no "
                f"{SPLIT_WORDS.get(name, name)} row and {effect_of_absence(name, len(lacking))}: "
                "see data.split"
            )


def is_imbalanced(counts: Array) -> bool:
    """Whether the largest class has 10 times the rows of the smallest. counts: rows by class."""
    return bool(counts.max() >= MAX_CLASS_RATIO * max(counts.min(), 1))


def _imbalance(table: Table, rows: Rows) -> Iterator[str]:
    counts = np.bincount(table.y[rows.train], minlength=len(table.classes))
    least, most = int(counts.argmin()), int(counts.argmax())
    if is_imbalanced(counts):
        weights = "training.class_weight: balanced, which makes probabilities wrong"
        threshold = "decision: {maximize: balanced_accuracy}"
        fix = f"{threshold}, or {weights}" if len(counts) == 2 else weights
        yield (
            f"class '{table.classes[most]}' has {counts[most]:,} training rows and "
            f"'{table.classes[least]}' has {counts[least]:,}: accuracy says little then; see "
            f"balanced_accuracy, and {fix}"
        )

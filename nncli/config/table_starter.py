"""The table starter: a commented config for a table of the user's, with what was found in it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nncli.config.dump import to_yaml
from nncli.config.starter import STOPPING, TEMPLATE, loss_of, output_of
from nncli.data.doubts import IMBALANCE
from nncli.data.reading.chunks import MISSING
from nncli.data.reading.tables import EMPTY, TableFile, listed, nearest, open_table
from nncli.data.reading.text_files import TextFormat
from nncli.data.targets import as_task
from nncli.errors import DataError, MarkersFound, UserError
from nncli.parts.metrics import DEFAULTS
from nncli.parts.table import Table

TABLE = """\
  path: {path}
  target: {target}{pad}# {facts}
{missing}  # features: the other columns; say features: {{exclude: [name, ...]}} to leave some out
{features}
{split}
  preprocessing:                # everything is fitted on the training rows alone
    numeric: {{impute: median, scale: {scale}}}
"""

CATEGORICAL = """\
    categorical: {impute: most_frequent, encode: onehot, handle_unknown: ignore}
"""

MANY_INPUTS = 100
MANY_ROWS = 20_000
VAL_SHARE, MANY_VAL_ROWS = 0.15, 500
PIXELS = 16  # columns that share one range from 0: more than chance


def table_starter(path: Path, target: Sequence[str], config: Path) -> str:
    """The text of a config, to be written at `config`, that trains on a table of the user's.

    The more inputs, the wider the layers and the smaller the steps; dropout and early stopping
    keep a network of a few thousand weights from learning a few hundred rows by heart.
    Raises UserError if there is no such column, or no target was named; DataError and TableError
    for a table that can't be read.
    """
    names = open_table(path, TextFormat()).names
    if not target:
        raise UserError(f"{path}: which column is to be predicted? --target one of {listed(names)}")
    for name in target:
        if name not in names:
            raise UserError(f"{path} has no column '{name}'{nearest(name, names)}")
    source, table = _read(path, tuple(dict.fromkeys(target)))
    many, rows = _count_inputs(table) > MANY_INPUTS, len(table)
    return TEMPLATE.format(
        file=_one_line(config.name),
        name=_scalar(stem(path)),
        data=_table_block(table, source, config),
        hidden=f"[{128 if many else 64}, {{type: dropout, rate: 0.2}}, {64 if many else 32}]",
        output=output_of(table),
        loss=loss_of(table),
        rate=0.001 if many else 0.003,
        epochs=200,
        batch=32 if rows <= MANY_ROWS else 256,
        training=_table_training(table),
        metrics=f"[{', '.join(_table_metrics(table))}]",
    )


def stem(path: Path) -> str:
    """A table's name without what says how it is packed: `sales.2026.csv.gz` is sales.2026."""
    inner = Path(path.stem) if path.suffix == ".gz" else path
    return inner.stem or "table"


def _read(path: Path, target: tuple[str, ...]) -> tuple[TableFile, Table]:
    """The table, and the first way in which it can be read: as it is, without rows that lack the
    target, or either with decimal commas where cells are parted by something else; words among
    numbers are then taken to stand for no value."""
    plain = TableFile(path=path, target=target, excuses_empty=True)
    ways = [plain, replace(plain, drops_missing_target=True)]
    if getattr(open_table(path, TextFormat()), "delimiter", ",") != ",":
        ways += [replace(way, format=TextFormat(decimal=",")) for way in ways]
    trouble: list[DataError] = []
    for way in ways:
        try:
            table = way.load()
        except MarkersFound as error:
            trouble.append(error)
            if not set(error.markers) <= set(way.missing):  # what stands for no value, most likely
                ways.append(replace(way, missing=(*way.missing, *error.markers)))
        except DataError as error:
            trouble.append(error)
        else:
            return way, as_task(table, table.task)
    raise trouble[0]


def _table_block(table: Table, source: TableFile, config: Path) -> str:
    """The `data` block of a table, with what was found in it as comments."""
    assert table.origin is not None
    relative = os.path.relpath(source.path.resolve(), config.resolve().parent)
    target = to_yaml({"x": list(source.target)}).removeprefix("x: ").rstrip()
    if len(source.target) == 1:
        target = _scalar(source.target[0])
    empty = [name for name, why in table.origin.left_out.items() if why == EMPTY]
    extra = (
        "  missing_target: drop          # some rows lack it\n"
        if source.drops_missing_target
        else ""
    )
    if own := [text for text in source.missing if text not in MISSING]:
        words = to_yaml({"x": [*MISSING, *own]}).removeprefix("x: ").rstrip()
        extra += f"  # taken to mean that there is no value: {_one_line(', '.join(own))}\n"
        extra += f"  missing: {words}\n"
    if source.format.decimal != ".":
        extra += '  decimal: ","\n'
    if empty:
        excluded = to_yaml({"x": empty}).removeprefix("x: ").rstrip()
        extra += f"  features: {{exclude: {excluded}}}  # no value at all\n"
    facts = f"{len(table):,} rows; "
    numbers = "a number" if len(source.target) == 1 else "numbers"
    facts += f"{len(table.classes)} classes" if table.classes else numbers
    text = TABLE.format(
        path=_scalar(relative),
        target=target,
        pad=" " * max(22 - len(target), 1),
        facts=facts,
        missing=extra,
        features="\n".join(f"  #   {line}" for line in _column_lines(table)),
        split=f"  split: {{type: {_split(table)}, train: 0.7, val: 0.15, test: 0.15}}",
        scale="minmax" if _looks_like_pixels(table) else "standard",
    )
    if any(kind == "categorical" for kind in _kinds(table).values()):
        text += CATEGORICAL
    return text


def _kinds(table: Table) -> dict[str, str]:
    return {
        name: "boolean"
        if name in table.booleans
        else ("categorical" if name in table.categories else "numeric")
        for name in table.features
    }


def _column_lines(table: Table) -> list[str]:
    """The features by kind, then what is left out and why."""
    assert table.origin is not None
    kinds = _kinds(table)
    lines = []
    for kind in ("numeric", "boolean", "categorical"):
        names = [_said(table, name, kind) for name in table.features if kinds[name] == kind]
        if names:
            lines.append(f"{kind}: {_few(names)}")
    for reason in dict.fromkeys(table.origin.left_out.values()):
        names = [name for name, why in table.origin.left_out.items() if why == reason]
        lines.append(f"left out: {_few(names)} ({reason})")
    return [_one_line(line) for line in lines]


def _said(table: Table, name: str, kind: str) -> str:
    """A feature, with how many categories it has and how many of its cells are missing."""
    missing = int(np.isnan(table.column(name).values).sum())
    facts = [f"{len(table.categories[name])}"] if kind == "categorical" else []
    facts += [f"{missing:,} missing"] if missing else []
    return name + (f" ({', '.join(facts)})" if facts else "")


def _few(names: list[str], most: int = 10) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _one_line(text: str) -> str:
    """Text that may stand in a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:150]


def _scalar(text: str) -> str:
    """YAML for a text, quoted where it has to be."""
    return to_yaml({"x": text}).removeprefix("x: ").rstrip("\n")


def _count_inputs(table: Table) -> int:
    kinds = _kinds(table)
    return sum(
        len(table.categories[name]) if kinds[name] == "categorical" else 1
        for name in table.features
    )


def _split(table: Table) -> str:
    return "stratified" if table.classes else "random"


def _looks_like_pixels(table: Table) -> bool:
    """Whether most columns go from 0 to one common maximum: then that range is their scale."""
    numeric = [name for name, kind in _kinds(table).items() if kind == "numeric"]
    if len(numeric) < PIXELS:
        return False
    columns = [table.column(name).values for name in numeric]
    least = np.array([np.nanmin(values) for values in columns])
    most = np.array([np.nanmax(values) for values in columns])
    return bool((least == 0).all() and np.mean(most == most.max()) > 0.25)


def _table_training(table: Table) -> str:
    """What ends training: on few validation rows, accuracy is too coarse to tell epochs apart."""
    fine = table.classes and VAL_SHARE * len(table) >= MANY_VAL_ROWS
    is_imbalanced = bool(table.classes) and _is_imbalanced(table)
    score = "val_balanced_accuracy" if is_imbalanced else "val_accuracy"
    text = STOPPING.format(monitor=score if fine else "val_loss", patience=20)
    if is_imbalanced:
        text += "  class_weight: balanced        # the smallest class has few rows\n"
    return text


def _is_imbalanced(table: Table) -> bool:
    counts = np.bincount(table.y, minlength=len(table.classes))
    return bool(counts.max() >= IMBALANCE * counts.min())


def _table_metrics(table: Table) -> tuple[str, ...]:
    names = DEFAULTS[table.task]
    if table.classes and _is_imbalanced(table):
        return ("balanced_accuracy", *names)
    return names

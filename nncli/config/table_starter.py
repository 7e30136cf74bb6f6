"""The table starter: a commented config for a table of the user's, with what was found in it."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from nncli.config.dump import to_yaml
from nncli.config.starter import STOPPING, TEMPLATE, loss_of, output_of
from nncli.data.doubts import IMBALANCE
from nncli.data.tables import TableFile, listed, nearest, open_table
from nncli.data.targets import as_task
from nncli.data.text_files import TextFormat
from nncli.errors import TableError, UserError
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


def table_starter(path: Path, target: str | None, config: Path) -> str:
    """The text of a config, to be written at `config`, that trains on a table of the user's.

    The more inputs, the wider the layers and the smaller the steps; dropout and early stopping
    keep a network of a few thousand weights from learning a few hundred rows by heart.
    Raises UserError if there is no such column, or no target was named; DataError and TableError
    for a table that can't be read.
    """
    names = open_table(path, TextFormat()).names
    if target is None:
        raise UserError(f"{path}: which column is to be predicted? --target one of {listed(names)}")
    if target not in names:
        raise UserError(f"{path} has no column '{target}'{nearest(target, names)}")
    table, drops = _read(path, target)
    inputs = _count_inputs(table)
    many, rows = inputs > MANY_INPUTS, len(table)
    return TEMPLATE.format(
        file=config.name,
        name=_scalar(Path(path.stem).stem),
        data=_table_block(table, path, target, config, drops=drops),
        hidden=f"[{128 if many else 64}, {{type: dropout, rate: 0.2}}, {64 if many else 32}]",
        output=output_of(table),
        loss=loss_of(table),
        rate=0.001 if many else 0.003,
        epochs=200,
        batch=32 if rows <= MANY_ROWS else 256,
        training=_table_training(table),
        metrics=f"[{', '.join(_table_metrics(table))}]",
    )


def _read(path: Path, target: str) -> tuple[Table, bool]:
    """The table, and whether rows had to be dropped because they lack the target."""
    strict = TableFile(path=path, target=(target,))
    try:
        table, drops = strict.load(), False
    except TableError:  # or something else is wrong, which is then said
        table, drops = replace(strict, drops_missing_target=True).load(), True
    return as_task(table, table.task), drops


def _table_block(table: Table, path: Path, target: str, config: Path, *, drops: bool) -> str:
    """The `data` block of a table, with what was found in it as comments."""
    assert table.origin is not None
    relative = os.path.relpath(path.resolve(), config.resolve().parent)
    facts = f"{len(table):,} rows; "
    facts += f"{len(table.classes)} classes" if table.classes else "a number"
    text = TABLE.format(
        path=_scalar(relative),
        target=_scalar(target),
        pad=" " * max(22 - len(_scalar(target)), 1),
        facts=facts,
        missing="  missing_target: drop          # some rows lack it\n" if drops else "",
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
        names = [
            name + (f" ({len(table.categories[name])})" if kind == "categorical" else "")
            for name in table.features
            if kinds[name] == kind
        ]
        if names:
            lines.append(f"{kind}: {_few(names)}")
    for reason in dict.fromkeys(table.origin.left_out.values()):
        names = [name for name, why in table.origin.left_out.items() if why == reason]
        lines.append(f"left out: {_few(names)} ({reason})")
    return [_one_line(line) for line in lines]


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
    text = STOPPING.format(monitor="val_accuracy" if fine else "val_loss", patience=20)
    if table.classes and _is_imbalanced(table):
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

"""The table starter: a commented config for a table of the user's, with what was found in it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nncli.config.dump import to_yaml
from nncli.data.column_types import task_reason, too_many_texts
from nncli.data.data_checks import is_imbalanced
from nncli.data.rare_categories import NONE_RARE, USUAL, Rare, counts_of
from nncli.data.reading.chunks import MISSING
from nncli.data.reading.column_names import flow_list
from nncli.data.reading.feature_choice import EMPTY
from nncli.data.reading.number_formats import yaml_name
from nncli.data.table_formats import unpacked
from nncli.data.target_transforms import skew_hint
from nncli.errors import escaped, few
from nncli.operating_system import relative_path
from nncli.parts.metrics import DEFAULTS
from nncli.parts.table import Column, Table
from nncli.starter.asked import NOTHING, Asked
from nncli.starter.dataset_starter import STOPPING, TEMPLATE, loss_of, output_of
from nncli.starter.table_found import TableFound, layout_lines, read_table

TABLE = """\
  path: {path}
  target: {target}{pad}# {facts}
{missing}  # features: the other columns; say features: {{exclude: [name, ...]}} to leave some out
{features}
{split}
  preprocessing:                # everything is fitted on the training rows alone
    numeric: {{impute: median, scale: {scale}}}
{skew}"""

CATEGORICAL = """\
    categorical: {{impute: most_frequent, encode: onehot, {rare}handle_unknown: ignore}}
"""
RARE = """\
    # {names}: texts that fewer rows have are taken for one, as are new ones
"""

FEWEST_SPLIT = 10  # rows, of which 15% is one at least
MANY_INPUTS = 100
MANY_ROWS = 20_000
VAL_SHARE, MANY_VAL_ROWS = 0.15, 500
SHOWN = 10  # columns of a kind that a comment names
PIXELS = 16  # columns that share one range from 0: more than chance


def table_starter(
    path: Path,
    target: Sequence[str],
    config: Path,
    asked: Asked = NOTHING,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """The text of a config, to be written at `config`, that trains on a table of the user's.

    say: is told what was guessed of how the table is written.

    The more inputs, the wider the layers and the smaller the steps; dropout and early stopping
    keep a network of a few thousand weights from learning a few hundred rows by heart.
    Raises UserError if there is no such column, or no target was named; DataError and TableError
    for a table that can't be read.
    """
    found = read_table(path, tuple(dict.fromkeys(target)), asked)
    table = found.table
    for note in (*found.said, *found.notes):
        say(note)
    many, rows = _count_inputs(table) > MANY_INPUTS, len(table)
    return TEMPLATE.format(
        file=_one_line(config.name),
        name=_yaml(stem(path)),
        data=_table_block(found, config, asked),
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
    return unpacked(path).stem or "table"


def _table_block(found: TableFound, config: Path, asked: Asked) -> str:
    """The `data` block of a table, with what was found in it as comments."""
    table, source = found.table, found.source
    assert table.origin is not None
    relative = relative_path(source.path.resolve(), config.resolve().parent)
    target = _yaml(list(source.target))
    if len(source.target) == 1:
        target = _yaml(source.target[0])
    empty = [name for name, why in table.origin.left_out.items() if why == EMPTY]
    extra = (
        "  missing_target: drop          # some rows lack it\n"
        if source.drops_missing_target
        else ""
    )
    if own := [text for text in source.missing if text not in MISSING]:
        words = _yaml([*MISSING, *own])
        extra += f"  # taken to mean that there is no value: {_one_line(', '.join(own))}\n"
        extra += f"  missing: {words}\n"
    said = ", ".join(
        f"{yaml_name(name)}: {{values: {flow_list(texts)}}}"
        for name, texts in table.origin.values.items()
    )
    if said:
        extra += (
            "  # quoted or so many that they are values, none of them missing; values: [] if not\n"
        )
        extra += f"  columns: {{{said}}}\n"
    if source.format.decimal != ".":
        extra += '  decimal: ","\n'
    extra += asked.lines() + layout_lines(found)
    if empty:
        excluded = _yaml(empty)
        extra += f"  features: {{exclude: {excluded}}}  # no value at all\n"
    if asked.task in (None, "auto") and (why := task_reason(table)):
        extra = f"  # {why}\n" + extra
    facts = f"{len(table):,} rows; "
    numbers = "a number" if len(source.target) == 1 else "numbers"
    numbers = f"{len(table.labels)} labels" if table.labels else numbers
    facts += f"{len(table.classes)} classes" if table.classes else numbers
    text = TABLE.format(
        path=_yaml(relative),
        target=target,
        pad=" " * max(22 - len(target), 1),
        facts=facts,
        missing=extra,
        features="\n".join(f"  #   {line}" for line in _column_lines(table)),
        split=_split_line(table) + _time_hint(table),
        scale="minmax" if _looks_like_pixels(table) else "standard",
        skew=f"    # {_one_line(hint)}\n" if (hint := skew_hint(table)) else "",
    )
    if any(table.kind(name) == "categorical" for name in table.features):
        text += _rare_line(table)
        text += CATEGORICAL.format(
            rare=f"min_count: {USUAL.min_count}, " if _with_rare(table) else ""
        )
    return text


def _with_rare(table: Table) -> list[str]:
    """The columns whose texts are too many for an input each."""
    texts = [name for name in table.features if table.kind(name) == "categorical"]
    return [name for name in texts if too_many_texts(table.column(name))]


def _rare_line(table: Table) -> str:
    names = _with_rare(table)
    return RARE.format(names=_one_line(few(names, SHOWN))) if names else ""


def _time_hint(table: Table) -> str:
    """How rows are split by a date, where there is one."""
    dates = [name for name in table.features if name in table.dates]
    if not dates:
        return ""
    return f"\n  # split: {{type: time, column: {_yaml(dates[0])}}}  to be scored on later rows"


def _column_lines(table: Table) -> list[str]:
    """The features by kind, then what is left out and why."""
    assert table.origin is not None
    lines = []
    for kind in ("numeric", "boolean", "categorical", "date"):
        names = [_said(table, name, kind) for name in table.features if table.kind(name) == kind]
        if names:
            lines.append(f"{kind}: {few(names, SHOWN)}")
    for reason in dict.fromkeys(table.origin.left_out.values()):
        names = [name for name, why in table.origin.left_out.items() if why == reason]
        lines.append(f"left out: {few(names, SHOWN)} ({reason})")
    return [_one_line(line) for line in lines]


def _said(table: Table, name: str, kind: str) -> str:
    """A feature, with how many categories it has and how many of its cells are missing."""
    missing = int(np.isnan(table.column(name).values).sum())
    facts = [f"{len(table.categories[name])}"] if kind == "categorical" else []
    facts += [f"{missing:,} missing"] if missing else []
    return name + (f" ({', '.join(facts)})" if facts else "")


def _one_line(text: str) -> str:
    """Text that may stand in a comment."""
    return escaped(text)[:150]


def _yaml(value: str | list[str]) -> str:
    """A text or a list on one line, quoted where it has to be."""
    return to_yaml({"x": value}).removeprefix("x: ").rstrip("\n")


def _count_inputs(table: Table) -> int:
    rare = USUAL if _with_rare(table) else NONE_RARE
    texts = [name for name in table.features if table.kind(name) == "categorical"]
    return sum(_places(table.column(name), rare) for name in texts) + sum(
        6 if table.kind(name) == "date" else 1 for name in table.features if name not in texts
    )


def _places(column: Column, rare: Rare) -> int:
    """How many inputs the texts of a column become."""
    counts = counts_of(column)
    merged = rare.among(counts)
    return len(counts) - len(merged) + bool(merged)


def _split_line(table: Table) -> str:
    if len(table) < FEWEST_SPLIT:
        return "  split: none                   # too few rows to hold any back"
    kind = "random" if table.task == "regression" else "stratified"
    return f"  split: {{type: {kind}, train: 0.7, val: 0.15, test: 0.15}}"


def _looks_like_pixels(table: Table) -> bool:
    """Whether most columns go from 0 to one common maximum: then that range is their scale."""
    numeric = [name for name in table.features if table.kind(name) == "numeric"]
    if len(numeric) < PIXELS:
        return False
    columns = [table.column(name).values for name in numeric]
    least = np.array([np.nanmin(values) for values in columns])
    most = np.array([np.nanmax(values) for values in columns])
    return bool((least == 0).all() and np.mean(most == most.max()) > 0.25)


def _table_training(table: Table) -> str:
    """What ends training: on few validation rows, accuracy is too coarse to tell epochs apart."""
    fine = table.classes and VAL_SHARE * len(table) >= MANY_VAL_ROWS
    imbalanced = _is_imbalanced(table)
    has_val = len(table) >= FEWEST_SPLIT
    score = "val_balanced_accuracy" if imbalanced else "val_accuracy"
    monitor = score if fine else "val_loss"
    text = STOPPING.format(monitor=monitor, patience=20) if has_val else ""
    if imbalanced:
        text += "  class_weight: balanced        # the smallest class has few rows\n"
    return text


def _is_imbalanced(table: Table) -> bool:
    return bool(table.classes) and is_imbalanced(np.bincount(table.y))


def _table_metrics(table: Table) -> tuple[str, ...]:
    names = tuple(metric.name for metric in DEFAULTS[table.task])
    if _is_imbalanced(table):
        return ("balanced_accuracy", *names)
    return names

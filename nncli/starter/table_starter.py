"""Table starter: writes a commented config for a user's table."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nncli.config.dump import to_yaml
from nncli.data.column_names import flow_keys, yaml_name
from nncli.data.column_types import task_reason, too_many_texts
from nncli.data.rare_categories import DEFAULT_RARE
from nncli.data.reading.feature_choice import EMPTY, NEARLY_EMPTY
from nncli.data.reading.table_formats import unpacked
from nncli.data.reading.text_format import MISSING_MARKERS
from nncli.data.target_transforms import skew_hint
from nncli.errors import escaped, few
from nncli.operating_system import relative_path
from nncli.parts.dates import has_no_day
from nncli.parts.table import Table
from nncli.starter.recipe import MIN_SPLIT_ROWS, numeric_lines, positive_class_last, recipe
from nncli.starter.table_found import TableFound, layout_lines, read_table
from nncli.starter.table_options import NO_OPTIONS, TableOptions

DATA_BLOCK = """\
  path: {path}
  target: {target}{pad}# {facts}
{keys}  # features: the other columns; say features: {{exclude: [name, ...]}} to leave some out
{features}
{split}
  preprocessing:                # everything is fitted on the training rows alone
{numeric}{skew}"""

CATEGORICAL = """\
    categorical: {{impute: category, encode: onehot, {rare}handle_unknown: ignore}}
"""
RARE = """\
    # {names}: rarer and new texts are one category
"""

MAX_NAMES = 10  # columns of a kind, in a comment
MAX_WIDTH = 150  # of a comment


def table_starter(
    path: Path,
    target: Sequence[str],
    config: Path,
    options: TableOptions = NO_OPTIONS,
    say: Callable[[str], None] = lambda _: None,
    *,
    is_quick: bool = False,
) -> str:
    """The text of a config, to be written at `config`, that trains on a user's table.

    say: called with each guess about the table's format.  is_quick: one network, no ensemble.
    Raises UserError for a missing or unknown target, DataError and TableError for an unreadable
    table.
    """
    found = read_table(path, tuple(dict.fromkeys(target)), options)
    table = found.table
    for note in (*found.layout_notes, *found.notes):
        say(note)
    data = _table_block(found, config, options)
    return recipe(table, escaped(config.name), _yaml(stem(path)), data, is_quick=is_quick)


def stem(path: Path) -> str:
    """A table's name without its extensions: `sales.2026.csv.gz` is sales.2026."""
    return unpacked(path).stem or "table"


def _table_block(found: TableFound, config: Path, options: TableOptions) -> str:
    """The `data` block of a table, with comments on its columns."""
    table, source = found.table, found.source
    relative = relative_path(source.path.resolve(), config.resolve().parent)
    target = _yaml(source.target[0] if len(source.target) == 1 else list(source.target))
    text = DATA_BLOCK.format(
        path=_yaml(relative),
        target=target,
        pad=" " * max(22 - len(target), 1),
        facts=f"{len(table):,} rows; {_target_facts(table)}",
        keys="".join([*_class_lines(table, options), *_reading_lines(found, options)]),
        features="\n".join(f"  #   {line}" for line in _column_lines(table)),
        split=_split_line(table) + _time_hint(table),
        numeric=numeric_lines(table),
        skew=f"    # {_one_line(hint)}\n" if (hint := skew_hint(table)) else "",
    )
    if any(table.kind(name) == "categorical" for name in table.features):
        text += _rare_line(table)
        text += CATEGORICAL.format(
            rare=f"min_count: {DEFAULT_RARE.min_count}, " if _rare_columns(table) else ""
        )
    return text


def _target_facts(table: Table) -> str:
    if table.classes:
        return f"{len(table.classes)} classes"
    if table.labels:
        return f"{len(table.labels)} labels"
    return "a number" if len(table.targets) == 1 else "numbers"


def _class_lines(table: Table, options: TableOptions) -> Iterator[str]:
    """Lines on the order of the classes, and on the choice of the task."""
    classes, why = positive_class_last(table)
    if classes:
        order = _yaml([*classes])
        yield f"  classes: {order}  # the second, which {why}, is the positive class\n"
    if options.task in (None, "auto") and (why := task_reason(table)):
        yield f"  # {why}\n"


def _reading_lines(found: TableFound, options: TableOptions) -> Iterator[str]:
    """The lines of the keys that the table needs to be read in the same way."""
    origin, source = found.table.origin, found.source
    assert origin is not None
    if source.drops_missing_target:
        yield "  missing_target: drop\n"
    if added := [text for text in source.missing if text not in MISSING_MARKERS]:
        yield f"  # also taken as missing: {_one_line(', '.join(added))}\n"
        yield f"  missing: {_yaml([*MISSING_MARKERS, *added])}\n"
    if origin.values:
        yield "  # quoted or frequent, so taken as values; values: [] takes them as missing\n"
    columns = {
        name: {key: getattr(keys, key) for key in keys.shown_keys}
        for name, keys in source.keys.items()
    }
    for name, texts in origin.values.items():
        columns[name] = {**columns.get(name, {}), "values": [*texts]}
    if columns:
        shown = (f"{yaml_name(name)}: {flow_keys(keys)}" for name, keys in columns.items())
        yield f"  columns: {{{', '.join(shown)}}}\n"
    if source.format.decimal != ".":
        yield '  decimal: ","\n'
    yield options.lines() + layout_lines(found)
    if empty := [n for n, why in origin.left_out.items() if why in (EMPTY, NEARLY_EMPTY)]:
        yield f"  features: {{exclude: {_yaml(empty)}}}  # without values, or nearly\n"


def _rare_columns(table: Table) -> list[str]:
    """The columns with too many categories for one-hot encoding."""
    texts = [name for name in table.features if table.kind(name) == "categorical"]
    return [name for name in texts if too_many_texts(table.column(name))]


def _rare_line(table: Table) -> str:
    names = _rare_columns(table)
    return RARE.format(names=_one_line(few(names, MAX_NAMES))) if names else ""


def _time_hint(table: Table) -> str:
    """A comment with a split by time, if there is a date column."""
    formats = table.origin.date_formats if table.origin else {}
    dates = [name for name in table.features if name in table.dates]
    dates = [name for name in dates if not has_no_day(formats.get(name))]
    if not dates:
        return ""
    return f"\n  # split: {{type: time, column: {_yaml(dates[0])}}}  to score on later rows"


def _column_lines(table: Table) -> list[str]:
    """Lines with the features by kind, then the columns left out, with reasons."""
    assert table.origin is not None
    lines = []
    for kind in ("numeric", "boolean", "categorical", "date"):
        names = [
            _described(table, name, kind) for name in table.features if table.kind(name) == kind
        ]
        if names:
            lines.append(_names(f"{kind}: ", names))
    for reason in dict.fromkeys(table.origin.left_out.values()):
        names = [name for name, why in table.origin.left_out.items() if why == reason]
        lines.append(_names("left out: ", names, f" ({reason})"))
    return lines


def _names(before: str, names: Sequence[str], after: str = "") -> str:
    """As many names as fit into a comment, and the number of others."""
    for shown in range(MAX_NAMES, 1, -1):
        line = escaped(before + few(names, shown) + after)
        if len(line) <= MAX_WIDTH:
            return line
    return _one_line(before + few(names, 1) + after)


def _described(table: Table, name: str, kind: str) -> str:
    """A feature's name, and how many categories and missing cells it has."""
    missing = int(np.isnan(table.column(name).values).sum())
    facts = [f"{len(table.categories[name])}"] if kind == "categorical" else []
    facts += [f"{missing:,} missing"] if missing else []
    return name + (f" ({', '.join(facts)})" if facts else "")


def _one_line(text: str) -> str:
    """A text as one line of a comment, truncated after a word."""
    line = escaped(text)
    if len(line) <= MAX_WIDTH:
        return line
    whole = line[:MAX_WIDTH].rpartition(" ")[0]
    return f"{whole or line[:MAX_WIDTH]} ..."


def _yaml(value: str | list[str]) -> str:
    """A text or list as YAML on one line."""
    return to_yaml({"x": value}).removeprefix("x: ").rstrip("\n")


def _split_line(table: Table) -> str:
    if len(table) < MIN_SPLIT_ROWS:
        return "  split: none                   # too few rows to hold any back"
    kind = "random" if table.task == "regression" else "stratified"
    return f"  split: {{type: {kind}, train: 0.7, val: 0.15, test: 0.15}}"

"""Comparison table: groups down, statistics across, within the terminal's width."""

import math
import textwrap
from collections import Counter
from collections.abc import Sequence

from nncli.cli.text_table import table, terminal_width
from nncli.comparison.comparison import Comparison, Group
from nncli.comparison.group_labels import short_keys, short_names, short_values
from nncli.engine.metric_columns import rows_of
from nncli.errors import counted, escaped, few

OF_ROWS = {"train": "training rows", "val": "validation rows", "held_out": "held-out rows"}
SIGNIFICANT_DIGITS = 4


def comparison_in_words(comparison: Comparison) -> str:
    """The table with its heading and notes."""
    width = terminal_width()
    heading, notes = (
        "\n".join(_wrapped(line, width) for line in lines)
        for lines in (_heading(comparison), _notes(comparison))
    )
    blocks = [heading, *_table(comparison, width), notes]
    return "\n\n".join(filter(None, blocks))


def _wrapped(line: str, width: int) -> str:
    return textwrap.fill(
        escaped(line), width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _heading(comparison: Comparison) -> list[str]:
    """The metric, the number of groups and runs, and the differing keys."""
    runs = sum(len(group.runs.results) for group in comparison.groups)
    rows = f" of {OF_ROWS[rows_of(comparison.metric)]}" if comparison.metric != "seconds" else ""
    better = "higher" if comparison.is_score else "lower"
    counts = f"{counted(len(comparison.groups), 'config')}, {counted(runs, 'run')}"
    differ = few(list(comparison.keys), 12) or "none"
    _, shape = short_names([group.name for group in comparison.groups])
    named = [f"names: {shape}"] if shape else []
    return [
        f"{comparison.metric}{rows}, {better} is better; {counts}",
        f"keys that differ: {differ}",
        *named,
    ]


def _table(comparison: Comparison, width: int) -> list[str]:
    """The table; settings that don't fit as columns come below it, then names too."""
    groups = comparison.groups
    names, _ = short_names([group.name for group in groups])
    values = [short_values([group.settings[key] for group in groups]) for key in comparison.keys]
    settings = _columns(short_keys(comparison.keys), values)
    figures = _columns(*_figures(comparison))
    whole = _across([["", *names], *settings, *figures])
    if _fits(whole, width):
        return [whole]
    text = _across([["", *names], *figures])
    if _fits(text, width):
        return [text, *_beneath(names, settings, width)]
    numbers = [str(place) for place in range(1, len(groups) + 1)]
    text = _across([["", *numbers], *figures])
    return [text, *_beneath(numbers, [["name", *names], *settings], width)]


def _beneath(labels: Sequence[str], settings: Sequence[Sequence[str]], width: int) -> list[str]:
    """Labels and settings as a table if it fits, else as lines for each group."""
    if not settings:
        return []
    text = _across([["", *labels], *settings])
    if _fits(text, width):
        return [text]
    headers, *rows = zip(*settings, strict=True)
    lines = [
        f"{label}: " + ", ".join(f"{key} {value}" for key, value in zip(headers, row, strict=True))
        for label, row in zip(labels, rows, strict=True)
    ]
    return ["\n".join(_wrapped(line, width) for line in lines)]


def _columns(headers: Sequence[str], columns: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[header, *values] for header, values in zip(headers, columns, strict=True)]


def _across(columns: Sequence[Sequence[str]]) -> str:
    return table(list(zip(*columns, strict=True)))


def _fits(text: str, width: int) -> bool:
    return max(map(len, text.split("\n"))) <= width


def _figures(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Headers and cells of the numeric columns; empty columns are left out."""
    groups = comparison.groups
    versus = [group.versus.mean if group.versus else None for group in groups]
    decimals = _decimals(groups)
    columns = [
        ("n", [str(len(group.runs.results)) for group in groups]),
        ("mean", [_number(group.mean.value, decimals) for group in groups]),
        ("±95%", [_number(group.mean.reach, decimals) for group in groups]),
        ("std", [_number(group.std, decimals) for group in groups]),
        ("vs best", [_number(each.value if each else None, decimals, "+") for each in versus]),
        ("±95%", [_number(each.reach if each else None, decimals) for each in versus]),
        ("p", [_p(group) for group in groups]),
    ]
    kept = [(header, cells) for header, cells in columns if any(cells)]
    return [header for header, _ in kept], [cells for _, cells in kept]


def _decimals(groups: Sequence[Group]) -> int | None:
    """Decimals for a table: four significant digits of means, two of deviations.

    None if the values' sizes differ too much.
    """
    sizes = [_size(group.mean.value) for group in groups if group.mean.value]
    if not sizes:
        return 1
    if max(sizes) - min(sizes) >= SIGNIFICANT_DIGITS or not -4 <= max(sizes) < 6:
        return None
    least = SIGNIFICANT_DIGITS - 1 - min(sizes)
    scatter = [_size(group.std) for group in groups if group.std]
    wanted = 1 - min(scatter, default=0)
    return max(0, least, min(wanted, least + 2))


def _size(value: float) -> int:
    """The exponent of a number's first digit."""
    return math.floor(math.log10(abs(value)))


def _number(value: float | None, decimals: int | None, sign: str = "") -> str:
    if value is None:
        return ""
    return format(value, f"{sign}.3g" if decimals is None else f"{sign}.{decimals}f")


def _p(group: Group) -> str:
    """p, with Holm's correction for several groups, in two significant digits."""
    if group.versus is None or group.versus.p_holm is None:
        return ""
    p = group.versus.p_holm
    return "<0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def _notes(comparison: Comparison) -> list[str]:
    """Notes: the tests, missing p-values, and excluded runs."""
    found = [group.versus for group in comparison.groups if group.versus]
    about = {**ABOUT, "Welch": OF_SECONDS} if comparison.metric == "seconds" else ABOUT
    lines = [f"p: {about[test]}" for test in dict.fromkeys(each.test for each in found) if test]
    if comparison.tested > 1:
        pairs = counted(comparison.tested, "pair")
        lines.append(f"p is Holm's, of all {pairs}: which config is the best was chosen by looking")
    reasons = Counter(each.why for each in found if each.why)
    lines += [f"no p for {counted(number, 'config')}: {why}" for why, number in reasons.items()]
    return lines + _left_out(comparison)


def _left_out(comparison: Comparison) -> list[str]:
    """The excluded runs, by reason."""
    by_reason: dict[str, list[str]] = {}
    for each in comparison.left_out:
        by_reason.setdefault(each.why, []).append(each.name)
    return [
        f"left out, {why}: {counted(len(names), 'run')} ({few(names)})"
        for why, names in by_reason.items()
    ]


OF_SECONDS = "Welch's t test over runs: as if nothing else had kept the machine busy"
ABOUT = {
    "paired t": "paired t test over seeds on one split: is it more than the luck of initial "
    "weights and order? It says nothing of other splits",
    "corrected paired t": "paired t test over splits, corrected for the rows that they share "
    "(Nadeau and Bengio, 2003)",
    "Welch": "Welch's t test of runs on one split with other seeds: is it more than their luck?",
}

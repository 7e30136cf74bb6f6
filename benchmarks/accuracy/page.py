"""Page: docs/accuracy.md, out of the lines of results.jsonl."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.accuracy.methods import METHODS
from benchmarks.accuracy.tables import TABLES, BenchTable

Lines = list[dict[str, Any]]
HEAD = Path(__file__).parent / "head.md"
CHOICES = Path(__file__).parent / "choices.md"  # how the defaults were chosen: written by hand
SCORES = {True: ("r2",), False: ("accuracy", "log_loss")}  # of a table of numbers, of classes
LOSSES = {"log_loss"}  # the less the better
OURS = ("nncli", "nncli --quick")
TOLERATED = 0.02
DEAR = ("TabM",)  # which are tried on fewer tables and seeds


def _paired(lines: Lines) -> Lines:
    """Those of the rows that every method of a table was tried on, so that all are scored on the
    same: of each table, the seeds that no method lacks which has any."""
    seeds: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        seeds[line["table"]][line["method"]].add(line["seed"])
    shared = {table: set.intersection(*of_method.values()) for table, of_method in seeds.items()}
    return [line for line in lines if line["seed"] in shared[line["table"]]]


class Results:
    """Means over seeds, by method and table."""

    def __init__(self, lines: Lines) -> None:
        self.values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for line in lines:
            for name, value in line.items():
                if name not in ("method", "table", "seed"):
                    self.values[line["method"], line["table"], name].append(value)

    def get(self, method: str, table: str, name: str) -> float | None:
        values = self.values.get((method, table, name))
        return fmean(values) if values else None

    def seeds(self, method: str, table: str) -> int:
        return len(self.values.get((method, table, "cpu"), ()))

    def complete(self, tables: Sequence[BenchTable]) -> list[str]:
        """The methods that have been measured on every one of the tables."""
        return [m for m in METHODS if tables and all(self.seeds(m, t.name) for t in tables)]


def page(lines: Lines) -> str:
    """The whole page."""
    results = Results(_paired([line for line in lines if line["method"] not in DEAR]))
    new = [t for t in TABLES if not t.is_old and results.seeds("nncli", t.name)]
    old = [t for t in TABLES if t.is_old and results.seeds("nncli", t.name)]
    text = HEAD.read_text(encoding="utf-8")
    text += "## The ten tables that the defaults were chosen on\n\n" + _summary(results, new)
    text += _cells(results, new) + _dear(lines, new)
    text += _trust(results, new) + _worst(results, [*new, *old])
    text += "## Others\n\n" + (
        _summary(results, old) + _cells(results, old) if old else "Not run.\n\n"
    )
    return text + CHOICES.read_text(encoding="utf-8")


def _summary(results: Results, tables: Sequence[BenchTable]) -> str:
    """Mean scores, ranks and the cost of the methods that are complete."""
    methods = results.complete(tables)
    ranks = _ranks(results, tables, methods)
    header = ["method", "mean rank", "accuracy", "log loss", "R2", "median CPU s", "seeds"]
    rows = []
    for method in sorted(methods, key=lambda m: ranks[m]):
        means = [_mean(results, method, tables, score) for score in ("accuracy", "log_loss", "r2")]
        cpu = median(results.get(method, t.name, "cpu") or 0 for t in tables)
        seeds = [results.seeds(method, t.name) for t in tables]
        count = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
        rows.append([method, f"{ranks[method]:.2f}", *means, f"{cpu:.2g}", count])
    text = (
        f"{len(tables)} tables; rank over accuracy and log loss, or R2:\n\n{_table(header, rows)}\n"
    )
    alone = _ranks(results, tables, [m for m in methods if m != OURS[0]])
    if {OURS[1], "HGB"} <= alone.keys():
        text += f"Ranked without nncli's eight: nncli --quick {alone[OURS[1]]:.2f}, "
        text += f"HGB {alone['HGB']:.2f}.\n\n"
    missing = [m for m in METHODS if m not in methods and m not in DEAR]
    if missing:
        text += f"Not measured on each of them: {', '.join(missing)}.\n\n"
    return text


def _mean(results: Results, method: str, tables: Sequence[BenchTable], score: str) -> str:
    values = [v for t in tables if (v := results.get(method, t.name, score)) is not None]
    return f"{fmean(values):.3f}" if values else ""


def _ranks(
    results: Results, tables: Sequence[BenchTable], methods: Sequence[str]
) -> dict[str, float]:
    """Mean rank of each method; ties share theirs."""
    ranks: dict[str, list[float]] = defaultdict(list)
    for table in tables:
        own = {
            m: [_rank(results, table, m, s, methods) for s in SCORES[table.is_number]]
            for m in methods
        }
        for method, values in own.items():
            ranks[method].append(fmean(values))
    return {method: fmean(values) for method, values in ranks.items()}


def _rank(
    results: Results, table: BenchTable, method: str, score: str, methods: Sequence[str]
) -> float:
    sign = -1 if score in LOSSES else 1
    values = {m: sign * (results.get(m, table.name, score) or 0.0) for m in methods}
    better = sum(value > values[method] for value in values.values())
    equal = sum(value == values[method] for value in values.values())
    return better + (equal + 1) / 2


def _cells(results: Results, tables: Sequence[BenchTable]) -> str:
    """Every method's score of every table: accuracy / log loss, or R2."""
    methods = [m for m in METHODS if any(results.seeds(m, t.name) for t in tables)]
    rows = [[t.name, *(_cell(results, t, m) for m in methods)] for t in tables]
    return f"Accuracy / log loss, or R2:\n\n{_table(['table', *methods], rows)}\n"


def _cell(results: Results, table: BenchTable, method: str) -> str:
    values = [results.get(method, table.name, score) for score in SCORES[table.is_number]]
    return " / ".join(f"{value:.3f}" for value in values if value is not None)


def _dear(lines: Lines, tables: Sequence[BenchTable]) -> str:
    """The methods that were tried on some tables and seeds, beside ours on the same."""
    rows = []
    for method in DEAR:
        own = [line for line in lines if line["method"] == method]
        for table in tables:
            seeds = {line["seed"] for line in own if line["table"] == table.name}
            found = Results([line for line in lines if line["seed"] in seeds])
            if seeds and found.seeds(OURS[0], table.name):
                names = (method, OURS[0])
                scores = [_cell(found, table, name) for name in names]
                cpu = [f"{found.get(name, table.name, 'cpu') or 0:.2g}" for name in names]
                rows.append([table.name, method, str(len(seeds)), *scores, *cpu])
    header = ["table", "method", "seeds", "its scores", "nncli's", "its CPU s", "nncli's CPU s"]
    text = f"Tried on some tables, and seeds, alone:\n\n{_table(header, rows)}\n" if rows else ""
    return text + "".join(_ranked_with(lines, tables, method) for method in DEAR)


def _ranked_with(lines: Lines, tables: Sequence[BenchTable], dear: str) -> str:
    """The mean ranks on the tables and seeds that a dear method was tried on, if these are some."""
    tried = {(line["table"], line["seed"]) for line in lines if line["method"] == dear}
    found = Results([line for line in lines if (line["table"], line["seed"]) in tried])
    own = [table for table in tables if found.seeds(dear, table.name)]
    if len(own) < 2:
        return ""
    methods = [m for m in found.complete(own) if m == dear or m not in DEAR]
    ranks = _ranks(found, own, methods)
    said = ", ".join(f"{m} {ranks[m]:.2f}" for m in sorted(methods, key=lambda m: ranks[m]))
    return f"Mean ranks with {dear}, on its {len(own)} tables and their seeds: {said}.\n\n"


def _trust(results: Results, tables: Sequence[BenchTable]) -> str:
    """Coverage of intervals, and calibration beside that of boosted trees."""
    numbers = [t for t in tables if t.is_number]
    covered = [
        [t.name, *(_number(results.get(m, t.name, "coverage")) for m in OURS)] for t in numbers
    ]
    means = [_mean(results, m, numbers, "coverage") for m in OURS]
    text = "Share of test rows in their 90% prediction interval:\n\n"
    text += _table(["table", *OURS], [*covered, ["mean", *means]])
    methods = (*OURS, "HGB", "linear")
    classes = [t for t in tables if not t.is_number]
    errors = [
        [t.name, *(_number(results.get(m, t.name, "calibration_error")) for m in methods)]
        for t in classes
    ]
    means = [_mean(results, m, classes, "calibration_error") for m in methods]
    text += "\nExpected calibration error (likeliest class, ten groups of equally many rows):\n\n"
    return text + _table(["table", *methods], [*errors, ["mean", *means]]) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _worst(results: Results, tables: Sequence[BenchTable]) -> str:
    """Whether ours is far below a simpler model anywhere."""
    found = []
    for table in tables:
        score = "r2" if table.is_number else "accuracy"
        own = results.get("nncli", table.name, score)
        others = [
            v for m in ("linear", "MLP") if (v := results.get(m, table.name, score)) is not None
        ]
        if own is not None and others and own < max(others) - TOLERATED:
            found.append(f"{table.name} ({own:.3f} beside {max(others):.3f})")
    where = ", ".join(found) or "none"
    what = f"Tables on which nncli is more than {TOLERATED} below the better of linear and MLP"
    return f"{what}: {where}.\n\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

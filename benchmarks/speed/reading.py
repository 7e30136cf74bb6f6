"""Reading: the two tables of decision 7, by whole processes, import included, in turns with pandas.

`python -m benchmarks.speed.reading` prints the medians, and those of the ratio of each pair: wall
clock, and the processor's time, which other work on the machine disturbs less.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.speed import machine

Turn = tuple[float, float, int]  # seconds, seconds of processor, bytes at the peak

SCRIPTS = Path(__file__).parent / "scripts"
HEADER = "| table | reader | seconds | of processor | ÷ pandas's | of processor | peak ÷ float64 |"
WORDS = {"city": ["Berlin", "Hamburg", "Bonn", "Paris", "Oslo"], "level": ["low", "mid", "high"]}


def digits(path: Path) -> int:
    """5,000 x 785 whole numbers, four of five zero, as in pictures of digits; returns its cells."""
    random = np.random.default_rng(0)
    cells = random.integers(1, 256, (5000, 785)) * (random.random((5000, 785)) < 0.2)
    cells[:, -1] = random.integers(10, size=5000)
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([[*(f"p{j}" for j in range(784)), "y"], *cells.tolist()])
    return cells.size


def mixed(path: Path, rows: int = 200_000) -> int:
    """200,000 x 10: fractions, whole numbers, words, and a column that lacks some."""
    random = np.random.default_rng(0)
    columns: dict[str, list[str]] = {
        f"f{j}": [f"{value:.4f}" for value in random.normal(size=rows)] for j in range(4)
    }
    columns["age"] = list(map(str, random.integers(18, 90, rows)))
    columns["income"] = [f"{value:.2f}" for value in random.lognormal(10, 1, rows)]
    columns |= {name: random.choice(words, rows).tolist() for name, words in WORDS.items()}
    lacks = random.random(rows) < 0.05
    scores = zip(random.random(rows), lacks, strict=True)
    columns["score"] = ["" if lacking else f"{value:.3f}" for value, lacking in scores]
    columns["y"] = random.choice(["yes", "no"], rows).tolist()
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([columns, *zip(*columns.values(), strict=True)])
    return rows * len(columns)


def run(script: str, *arguments: str) -> Turn:
    """Of a whole process."""
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    environment = machine.user_environment() | {"PYTHONPATH": str(machine.ROOT)}
    before, began = os.times(), time.perf_counter()
    answer = subprocess.run(command, env=environment, capture_output=True, check=True)
    seconds, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return seconds, used, int(answer.stdout)


def compare(repetitions: int) -> None:
    """Both tables by both readers, in turns; the first turn warms the caches."""
    readers = {"nncli": "read_nncli.py"}
    if find_spec("pandas"):
        readers["pandas"] = "read_pandas.py"
    print(HEADER, "| --- | --- |" + " ---: |" * 5, sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        for make in (digits, mixed):
            path = Path(folder) / f"{make.__name__}.csv"
            cells = make(path)
            found: dict[str, list[Turn]] = {name: [] for name in readers}
            for _ in range(repetitions + 1):
                for name, script in readers.items():
                    target = ["y"] if name == "nncli" else []
                    found[name].append(run(script, str(path), *target))
            for name, turns in found.items():
                print(line(make.__name__, name, turns[1:], found.get("pandas", [])[1:], cells))


def line(table: str, reader: str, turns: list[Turn], peers: list[Turn], cells: int) -> str:
    """A row of the table."""
    wall, used, peak = (statistics.median(part) for part in zip(*turns, strict=True))
    pairs = list(zip(turns, peers, strict=True)) if peers else []
    ratios = ["", ""]
    if pairs:
        ratios = [f"{statistics.median(a[k] / b[k] for a, b in pairs):.2f}" for k in (0, 1)]
    shown = [table, reader, f"{wall:.2f}", f"{used:.2f}", *ratios, f"{peak / (8 * cells):.2f}"]
    return f"| {' | '.join(shown)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    compare(parser.parse_args().repetitions)


if __name__ == "__main__":
    main()

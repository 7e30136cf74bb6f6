"""Small runs of every task, one of them with names that would be code somewhere."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nncli.cli.main import run

EVIL = "</script><script>document.title=1</script>"
IMAGE = "<img src=x onerror=alert(1)>"
MARKED = "[a](http://evil.example) `x` *b* |c| $1$ https://evil.example"
ROWS = 160

CONFIGS = {
    "hostile": "data: {path: t.csv, target: outcome}\nevaluation: {metrics: [roc_auc, accuracy]}",
    "classes": "data: {dataset: iris}",
    "numbers": "data: {path: t.csv, target: size, features: {exclude: [outcome]}}",
    "targets": "data: {path: t.csv, target: [size, weight], features: {exclude: [outcome]}}",
    "labels": "data: {path: labels.csv, target: [rain, wind]}",
    "gate": "data: {dataset: and_gate}",
    "vectors": "data: {path: t.csv, target: outcome, "
    "preprocessing: {categorical: {encode: embedding, one_hot_max_size: 2}}}",
    "ensemble": "data: {dataset: iris}\nensemble: {members: 2}",
    "gaps": "data: {path: gaps.csv, target: outcome}\nensemble: {members: 2}",
    "wide": "data: {path: wide.csv, target: class, task: classification}",
}


def made_run(folder: Path, name: str) -> Path:
    """The run directory of one of them, trained for a few epochs."""
    for file, lines in (
        ("t.csv", _hostile()),
        ("labels.csv", _labels()),
        ("wide.csv", _wide()),
        ("gaps.csv", _gaps()),
    ):
        if not (folder / file).exists():
            (folder / file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    config = folder / f"{name}.yaml"
    keys = "network: {hidden: [6, {type: dropout, rate: 0.1}, 4]}\ntraining: {epochs: 6}\n"
    config.write_text(f"{CONFIGS[name]}\n{keys}output: {{plots: []}}\n", encoding="utf-8")
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert run(["train", str(config), "--runs-dir", str(folder), "-q"]) == 0, said.getvalue()
    return folder / f"{name}-001"


def _hostile() -> Iterator[str]:
    """Names that HTML, JavaScript or Markdown would obey; missing cells; dates; categories."""
    random = np.random.default_rng(0)
    yield f'"{IMAGE}","{EVIL}","{MARKED}",day,size,weight,outcome'
    for row in range(ROWS):
        a, b = random.normal(size=2)
        first = "" if row % 17 == 0 else f"{100_000 * a:.0f}"
        word = (EVIL, "Łódź & co", "it's", "quo te")[row % 4]
        day = f"2020-{1 + row % 12:02d}-{1 + row % 28:02d}"
        outcome = IMAGE if a + b + 0.5 * random.normal() > 0 else "well"
        yield f'{first},{b:.3f},"{word}",{day},{a * 50_000:.0f},{b + a:.4f},"{outcome}"'


def _labels() -> Iterator[str]:
    yield "a,b,rain,wind"
    for a, b in np.random.default_rng(1).normal(size=(120, 2)):
        yield f"{a:.3f},{b:.3f},{int(a > 0)},{int(a + b > 0.3)}"


def _gaps() -> Iterator[str]:
    """Missing cells in each column, and rows twice."""
    random = np.random.default_rng(3)
    rows = [
        f"{a:.2f},{'' if a > 1 else 'xy'[int(b > 0)]},{int(a + b > 0)}"
        for a, b in random.normal(size=(90, 2))
    ]
    yield "a,b,outcome"
    yield from (row if place % 7 else f",{row.split(',', 1)[1]}" for place, row in enumerate(rows))
    yield from rows[:60]


def _wide() -> Iterator[str]:
    """32 columns, 13 classes."""
    random = np.random.default_rng(2)
    yield ",".join([*(f"column_{place}" for place in range(32)), "class"])
    for row in range(65):
        cells = random.normal(size=32)
        cells[row % 13] += 3
        yield ",".join([*(f"{cell:.2f}" for cell in cells), f"c{row % 13}"])

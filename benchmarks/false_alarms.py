"""How often does a comparison find a difference between equally good learners?

Two learners each see one half of the features of a table whose label depends on both halves in the
same way: by symmetry neither is better. Every repetition draws another table, splits it ten times,
and trains and scores both on each split. A p below 5% is a false alarm: there should be 5% of them.

Then several equally good configs, each with its own seeds on one split: the best of them is looked
up, and the others are compared with it. An alarm in any of them counts.

    python benchmarks/false_alarms.py              # least squares, a minute
    python benchmarks/false_alarms.py --networks   # networks trained by nncli, some ten minutes
"""

import argparse
import sys
from collections.abc import Callable
from itertools import combinations

import numpy as np

from nncli.evaluation.statistics import holm, mean

SPLITS, LEVEL = 10, 0.05
ROWS, FEATURES = 200, 5
SHARES = {  # that train, that are scored
    "least squares": ((0.9, 0.1), (0.7, 0.15), (0.7, 0.3)),
    "networks": ((0.7, 0.3),),
}
REPETITIONS = {"least squares": 2000, "networks": 250}
Learner = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def draw(random: np.random.Generator) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Both halves of the features, and the labels, -1 and 1."""
    a, b = random.normal(size=(2, ROWS, FEATURES))
    return (a, b), np.sign((a + b).sum(axis=1) + random.normal(0.0, 2.0, ROWS))


def least_squares(x: np.ndarray, y: np.ndarray, new: np.ndarray, seed: int) -> np.ndarray:
    weights = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[0]
    predicted: np.ndarray = np.c_[new, np.ones(len(new))] @ weights
    return predicted


def network(x: np.ndarray, y: np.ndarray, new: np.ndarray, seed: int) -> np.ndarray:
    from nncli.sklearn import NNRegressor

    model = NNRegressor(
        network={"hidden": [4]},
        optimizer={"type": "adam", "learning_rate": 0.03},
        training={"epochs": 15},
        random_state=seed,
    )
    return np.asarray(model.fit(x, y).predict(new)).ravel()


def differences(
    learner: Learner, shares: tuple[float, float], random: np.random.Generator
) -> list[float]:
    """Accuracy of one learner - of the other, on each split of one table."""
    halves, y = draw(random)
    counts = [round(share * ROWS) for share in shares]
    found = []
    for seed in range(SPLITS):
        order = random.permutation(ROWS)
        train, scored = order[: counts[0]], order[counts[0] : sum(counts)]
        accuracies = [
            float(np.mean(np.sign(learner(x[train], y[train], x[scored], seed)) == y[scored]))
            for x in halves
        ]
        found.append(accuracies[0] - accuracies[1])
    return found


def alarms(learner: Learner, shares: tuple[float, float], repetitions: int) -> tuple[int, int, int]:
    """Tables whose differences scatter at all, and false alarms of the plain and corrected test."""
    random = np.random.default_rng(1)
    plain, corrected, defined = 0, 0, 0
    for _ in range(repetitions):
        values = differences(learner, shares, random)
        of_plain, of_corrected = mean(values).p, mean(values, shares[1] / shares[0]).p
        if of_plain is not None and of_corrected is not None:
            defined += 1
            plain += of_plain < LEVEL
            corrected += of_corrected < LEVEL
    return defined, plain, corrected


def report_splits(name: str, learner: Learner) -> None:
    for shares in SHARES[name]:
        count, plain, corrected = alarms(learner, shares, REPETITIONS[name])
        print(
            f"{name}, {SPLITS} splits of {shares[0]:.0%} and {shares[1]:.0%}, {count:,} tables: "
            f"plain {_share(plain, count)}, corrected {_share(corrected, count)}"
        )


def report_best(groups: int, seeds: int = 5, repetitions: int = 2000) -> None:
    """Alarms in a table of `groups` equally good configs, the best of which was looked up."""
    random, alarms = np.random.default_rng(2), dict.fromkeys(("none", "to the best", "all"), 0)
    for _ in range(repetitions):
        values = random.normal(size=(groups, seeds))
        values = values[values.mean(axis=1).argsort()]
        pairs = list(combinations(range(groups), 2))
        p = [mean((values[j] - values[i]).tolist()).p or 1.0 for i, j in pairs]
        of_best = [each for (i, _), each in zip(pairs, p, strict=True) if i == 0]
        alarms["none"] += min(of_best) < LEVEL
        alarms["to the best"] += min(holm(of_best)) < LEVEL
        whole = holm(p)
        alarms["all"] += min(whole[: groups - 1]) < LEVEL
    said = ", ".join(f"{name} {_share(count, repetitions)}" for name, count in alarms.items())
    print(f"{groups} configs, {seeds} seeds each, {repetitions:,} tables; Holm of: {said}")


def _share(count: int, total: int) -> str:
    share = count / total
    return f"{share:.1%} (± {1.96 * (share * (1 - share) / total) ** 0.5:.1%})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", action="store_true")
    if parser.parse_args().networks:
        report_splits("networks", network)
        sys.exit()
    report_splits("least squares", least_squares)
    for count in (2, 5, 20):
        report_best(count)

"""Runs of a few epochs, made once and read only: two learning rates, each with several seeds."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from comparison_runs import CONFIG, RATES, SEEDS, Maker, rate, seed

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique


@pytest.fixture
def maker(folder: Path) -> Maker:
    """Of runs of one test."""
    return Maker(folder)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="session")
def on_one_split(shared: Maker) -> dict[float, list[Path]]:
    """By learning rate, runs that differ by their seeds but for the split's."""
    return {lr: [shared.run("one", rate(lr), seed(s)) for s in SEEDS] for lr in RATES}


@pytest.fixture(scope="session")
def resplit(shared: Maker) -> dict[float, list[Path]]:
    """The same, each on a split of its own."""
    return {lr: [shared.run("many", rate(lr), f"seed={s}") for s in SEEDS] for lr in RATES}


@pytest.fixture(scope="session")
def folds(shared: Maker) -> dict[float, Path]:
    """By learning rate, a cross-validation."""
    from nncli.cli.main import run

    path, made = shared.folder / "cv.yaml", {}
    path.write_text(CONFIG, encoding="utf-8")
    for number, lr in enumerate(RATES, 1):
        arguments = ["--folds", "3", "--runs-dir", str(shared.folder), "-q", "--set", rate(lr)]
        with contextlib.redirect_stdout(io.StringIO()):
            assert run(["train", str(path), *arguments]) == 0
        made[lr] = shared.folder / f"cv-folds-{number:03d}"
    return made


@pytest.fixture(scope="session")
def twenty(shared: Maker) -> list[Path]:
    """Runs of twenty configs, of a long name."""
    return [
        shared.run(
            "a-rather-long-name-of-a-digits-sweep",
            f"optimizer={{type: sgd, learning_rate: {number / 100}, momentum: {number % 3 / 4}}}",
            f"network.hidden={[4] * (number % 3 + 1)}",
            "training.epochs=1",
        )
        for number in range(1, 21)
    ]


@pytest.fixture(scope="session")
def all_of() -> Callable[[dict[float, list[Path]]], list[Path]]:
    return lambda runs: [path for of_rate in runs.values() for path in of_rate]

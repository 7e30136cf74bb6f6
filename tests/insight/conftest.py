"""Configs, and what is made of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nncli.insight.subject import Subject, open_subject

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def shipped() -> Callable[..., Subject]:
    """shipped("iris", "seed=1"): what configs/iris.yaml declares, with `--set seed=1`."""
    return lambda name, *assignments: open_subject(CONFIGS / f"{name}.yaml", assignments)


@pytest.fixture
def declared(tmp_path: Path) -> Callable[..., Subject]:
    """declared("data: {dataset: iris}", ...): what a config of these lines declares."""

    def make(*lines: str) -> Subject:
        path = tmp_path / "net.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return open_subject(path)

    return make

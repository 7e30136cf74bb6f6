"""Runs of every kind, each trained once, and their facts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from report_runs import CONFIGS, made_run

from nncli.artifacts.open_model import trained_model
from nncli.report.facts import Document
from nncli.report.model_document import document_of

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """run_of("hostile"): the run of that config, made when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("reported"), dict[str, Path]()

    def run(name: str) -> Path:
        assert name in CONFIGS
        if name not in made:
            made[name] = made_run(folder, name)
        return made[name]

    return run


@pytest.fixture(scope="session")
def facts_of(run_of: Callable[[str], Path]) -> Callable[[str], Document]:
    """facts_of("hostile"): what its report says."""
    known = dict[str, Document]()

    def facts(name: str) -> Document:
        if name not in known:
            known[name] = document_of(trained_model(run_of(name)))
        return known[name]

    return facts

"""Real tables, from `nncli init` to a score, with nothing changed by hand."""

from statistics import fmean

import pytest
import threadpoolctl
from real_tables import TABLES

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.reading.table_file import TableFile
from nncli.engine.evaluator import Evaluator
from nncli.engine.trainer import train
from nncli.starter.table_starter import table_starter

SEEDS = range(5)
SPLITS = {"mnist": ("data.split.val=0.1", "data.split.test=0.2")}  # 80/20, as its bar asks


@pytest.mark.parametrize("name", TABLES)
def test_starter_config_reaches_the_bar_as_a_mean_of_five_seeds(name, tmp_path, monkeypatch):
    table = TABLES[name]
    path, config = table.write(tmp_path), tmp_path / "config.yaml"
    config.write_text(table_starter(path, [table.target], config), encoding="utf-8")
    reached, read, tables = [], TableFile.load, []

    def read_once(file):
        tables.extend([] if tables else [read(file)])
        return tables[0]

    monkeypatch.setattr(TableFile, "load", read_once)
    for seed in SEEDS:
        built = build(*load(config, [f"seed={seed}", *SPLITS.get(name, ())]))
        assert built.table.task == table.task
        state = built.job.start()
        with threadpoolctl.threadpool_limits(1):  # as `train` does; two fight over small steps
            for _ in train(built.job, state):
                pass
        job, rows = built.job, built.evaluation_set("test")
        score = Evaluator(job.network, state.weights, rows, job.decode, job.metrics).score()
        reached.append(score.metrics[table.metric])
    assert fmean(reached) >= table.at_least, reached


def test_penguins_config_is_valid_and_names_every_kind(capsys):
    from pathlib import Path

    from nncli.cli.main import run

    config = Path(__file__).parents[2] / "configs" / "penguins.yaml"
    assert run(["validate", str(config)]) == 0
    assert "categorical  2: island (3), sex (2)" in capsys.readouterr().out

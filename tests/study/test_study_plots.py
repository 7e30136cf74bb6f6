"""Pictures of studies: there, sealed, the same bytes each time; none where none are asked for."""

from pathlib import Path

import pytest
from study_spaces import space_of

from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.study import study_plots
from nncli.study.study import Study

SWEEP = (
    "sweep: {space: {optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}, "
    "network.hidden: [[3], [5, 4]]}, method: random, trials: 3, confirm: 0}"
)
BASE = ("data: {dataset: iris}", "network: {hidden: [4]}", "training: {epochs: 3}")
STUDIES = {
    "sweep": (("sweep", "it.yaml"), ["history.png", "space.png"]),
    "seeds": (("train", "it.yaml", "--seeds", 2), ["runs.png"]),
    "folds": (("train", "it.yaml", "--folds", 2), ["runs.png"]),
}


def study_of(nncli, arguments):
    done = nncli(*arguments, "-q", "--json", "--workers", 1)
    assert (done.code, done.err) == (0, "")
    return Path(done.json["run"])


@pytest.mark.parametrize("kind", STUDIES)
def test_pictures_are_sealed_and_the_same_each_time(nncli, write, kind):
    write("it.yaml", *BASE, SWEEP)
    arguments, names = STUDIES[kind]
    first, second = (study_of(nncli, arguments) for _ in range(2))
    manifest = (first / "manifest.json").read_text()
    assert sorted(path.name for path in (first / "plots").iterdir()) == names
    for name in names:
        assert f"plots/{name}" in manifest
        assert (first / "plots" / name).read_bytes() == (second / "plots" / name).read_bytes()
    assert nncli("verify", first).code == 0


@pytest.mark.parametrize("kind", STUDIES)
def test_pictures_are_there_when_a_study_has_ended(nncli, write, monkeypatch, kind):
    """A kill after the end leaves nothing to resume, so that nothing may be missing then."""
    write("it.yaml", *BASE, SWEEP)
    arguments, names = STUDIES[kind]
    found = []

    def end(study, result, files, end=Study.end):
        found.extend(sorted(path.name for path in (study.directory.path / "plots").iterdir()))
        return end(study, result, files)

    monkeypatch.setattr(Study, "end", end)
    study_of(nncli, arguments)
    assert found == names


@pytest.mark.parametrize("kind", STUDIES)
def test_config_without_plots_has_none(nncli, write, kind):
    write("it.yaml", *BASE, SWEEP, "output: {plots: []}")
    assert not (study_of(nncli, STUDIES[kind][0]) / "plots").exists()


def test_picture_that_fails_is_a_warning(nncli, write, monkeypatch):
    def fail(*arguments):
        raise ValueError("no ink")

    monkeypatch.setattr(study_plots, "_history", fail)
    write("it.yaml", *BASE, SWEEP)
    done = nncli("sweep", "it.yaml", "-q", "--workers", 1)
    assert done.code == 0
    assert done.err.endswith("its plots could not be drawn: no ink\n")
    assert nncli("verify", "runs/it-sweep-001").code == 0


def test_panels_are_as_the_space_is():
    """Log axes where ranges are, strips for choices; the panels that are left over are empty."""
    space = space_of(
        "optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}\n"
        "network.hidden.0: {low: 8, high: 128}\n"
        "training.batch_size: [16, 32, 64]\n"
        "seed.init: {low: 1, high: 2}\n",
        "network: {hidden: [20]}\n",
    )
    keys = {"optimizer.learning_rate": "0.01", "network.hidden.0": "20"}
    trials = [
        TrialRecord(0, "trial-0000", keys, COMPLETED, 0.5),
        TrialRecord(1, "trial-0001", {**keys, "training.batch_size": "16"}, "pruned", 0.4),
        TrialRecord(2, "trial-0002", keys, "failed", None),
        TrialRecord(3, "trial-0003", keys, "diverged", float("nan")),
    ]

    class Facts:
        objective, higher_is_better = "val_loss", False

    axes = study_plots._space(Facts, trials, space).axes
    assert [each.get_xscale() for each in axes[:3]] == ["log", "linear", "linear"]
    assert [tick.get_text() for tick in axes[2].get_xticklabels()] == ["16", "32", "64"]
    assert [each.axison for each in axes] == [True] * 4 + [False] * 2
    labels = {
        text.get_text() for text in study_plots._history(Facts, trials).legends[0].get_texts()
    }
    assert labels == {"best so far", "pruned or diverged", "as given", "best", "no value"}
    nothing = [TrialRecord(0, "trial-0000", {}, "failed")]
    assert len(study_plots.sweep_plots(Facts, nothing, space)) == 2

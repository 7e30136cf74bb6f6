"""Open the trained model of a directory."""

from pathlib import Path

from nncli.artifacts.ensemble_model import Ensemble
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, is_study
from nncli.artifacts.trained_model import TrainedModel, TrainedNetwork


def trained_model(path: Path) -> TrainedModel:
    """The model of a run directory or an ensemble's.

    Raises UserError if there is none at `path`.
    """
    if is_study(path):
        study = StudyDirectory.open(path)
        if study.facts().kind == "ensemble":
            return Ensemble(study)
    return TrainedNetwork(RunReader(RunDirectory.open(path)))

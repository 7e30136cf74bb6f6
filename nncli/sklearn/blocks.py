"""Blocks: an estimator's parameters as config blocks.

They are read like a config file, so that keys, defaults, aliases and messages are the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nncli.artifacts.run_directory import RESOLVED
from nncli.artifacts.run_reader import RunReader
from nncli.config.data_keys import Data
from nncli.config.decode import Decoder
from nncli.config.dump import plain
from nncli.config.experiment import EnsembleKeys, Experiment
from nncli.config.hints import hints_of
from nncli.config.load import Source, load
from nncli.config.nodes import Node
from nncli.config.preprocessing_keys import PreprocessingKeys
from nncli.config.table_defaults import with_estimator_defaults
from nncli.constraints import Auto, Fraction
from nncli.errors import ConfigError, NncliError
from nncli.parts.datasets import Dataset
from nncli.parts.splits import NoSplit, RandomSplit, Split, StratifiedSplit
from nncli.parts.table import Table

BLOCKS = (
    *("network", "loss", "optimizer", "schedule", "training", "decision", "evaluation"),
    "ensemble",
)
HINTS = {
    **{name: hints_of(Experiment)[name] for name in BLOCKS},
    **{name: hints_of(Data)[name] for name in ("features", "preprocessing")},
    "validation_fraction": Fraction | Auto,
    "random_state": hints_of(Experiment)["seed"],
}
OPTIMIZER = "adam"
HELD_BACK = 0.15  # share of the rows, as in `nncli init`
MIN_HELD_OUT_ROWS, MIN_CLASS_ROWS = 100, 8  # with fewer all rows train, and the network is small
SOURCE = Source(Path(), "", {"": ""})  # without a file, problems are located by key only


def read(parameters: Mapping[str, Any], table: Table) -> Experiment:
    """The Experiment of an estimator's parameters, for rows given to `fit`.

    None: a parameter isn't given. If neither a network nor its training is given, and there are
    enough rows to hold some back for early stopping, the defaults are those that did best on tables
    (docs/accuracy.md). Raises ConfigError with every problem at once.
    """
    given = {name: _node(parameters[name]) for name in HINTS if parameters[name] is not None}
    is_measured = _leaves_all(parameters) and _may_hold_back(table)
    if is_measured:
        del given["optimizer"]
        given = with_estimator_defaults(given, len(table))
    decoder = Decoder(Path())
    decoded = {
        name: decoder.decode(given[name], hint, name)
        for name, hint in HINTS.items()
        if name in given
    }
    if decoder.problems:
        raise ConfigError(decoder.problems)
    blocks = {name: decoded[name] for name in BLOCKS if name in decoded}
    steps: dict[str, Any] = {
        "preprocessing": _imputing(decoded.get("preprocessing", PreprocessingKeys()))
    }
    if "features" in decoded:
        steps["features"] = decoded["features"]
    fraction = decoded.get("validation_fraction", "auto")
    if fraction == "auto":
        fraction = HELD_BACK if is_measured and _stops_by_split(blocks.get("ensemble")) else 0.0
    split = _split(fraction, is_regression=table.task == "regression")
    data = Data(dataset=Dataset(), split=split, **steps)
    return Experiment(name="", seed=decoded["random_state"], data=data, **blocks)


def _imputing(keys: PreprocessingKeys | Literal["none"]) -> PreprocessingKeys | Literal["none"]:
    """The keys with auto as for a table in a file: numbers may be missing."""
    if keys == "none" or keys.numeric.impute != "auto":
        return keys
    return replace(keys, numeric=replace(keys.numeric, impute="median"))


def _leaves_all(parameters: Mapping[str, Any]) -> bool:
    """Whether network and training are left to the defaults."""
    is_open = parameters["network"] is None and parameters["training"] is None
    fraction = parameters["validation_fraction"]
    return is_open and parameters["optimizer"] == OPTIMIZER and fraction not in (None, 0)


def _may_hold_back(table: Table) -> bool:
    """Whether there are enough rows, also of each class, to hold some back."""
    few = min(np.bincount(table.y)) < MIN_CLASS_ROWS if table.classes else False
    return len(table) >= MIN_HELD_OUT_ROWS and not few


def _stops_by_split(ensemble: EnsembleKeys | None) -> bool:
    """Whether one part of the rows is held back: an ensemble by folds holds back one per member."""
    return ensemble is None or not ensemble.folds(is_by_time=False)


def _split(fraction: float, *, is_regression: bool) -> Split:
    if fraction == 0:
        return NoSplit()
    return RandomSplit(val=fraction) if is_regression else StratifiedSplit(val=fraction)


def _node(value: Any) -> Node:
    """A plain Python value as a config node; other values are refused later."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return Node({label(key): _node(item) for key, item in value.items()}, "")
    if isinstance(value, list | tuple):
        return Node([_node(item) for item in value], "")
    return Node(str(value) if isinstance(value, Path) else value, "")


def label(value: Any) -> str:
    """A class as a key of class_weight: 1, 1.0 and "1" are the same."""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, Integral) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return str(value)


def parameters_of(path: Path) -> dict[str, Any]:
    """The estimator parameters of a config file, with absolute paths.

    Blocks in the file are complete with their defaults. Raises ConfigError.
    """
    experiment, source = load(path)
    given: dict[str, Any] = {
        name: getattr(experiment, name) for name in BLOCKS if name in source.places
    }
    if experiment.data.features.makes_columns:
        given["features"] = experiment.data.features
    if "data.preprocessing" in source.places:
        given["preprocessing"] = experiment.data.preprocessing
    given["random_state"] = experiment.seed
    return {name: plain(value, lambda path: str(path.resolve())) for name, value in given.items()}


def parameters_of_run(run: RunReader) -> dict[str, Any]:
    """The estimator parameters of a run, without values that follow from its rows."""
    given = parameters_of(run.run.path / RESOLVED)
    network, training, rows = given["network"], given["training"], run.rows
    network["input"] = network["output"]["units"] = "auto"
    one_pass = run.recorded.training.steps_per_pass(len(rows.train))
    if training["batch_size"] != "full" and training["steps_per_epoch"] == one_pass:
        training["steps_per_epoch"] = "auto"
    fraction = len(rows.val) / (len(rows.train) + len(rows.val))
    return {**given, "validation_fraction": round(fraction, 4)}


def error_in_words(error: NncliError) -> str:
    """The message, with each key called as the estimator's parameter."""
    if not isinstance(error, ConfigError):
        return str(error)
    renamed = {"data.dataset": "X"}
    return "\n".join(
        str(replace(found, path=renamed.get(found.path, found.path.removeprefix("data."))))
        for found in error.problems
    )

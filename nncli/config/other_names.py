"""Other names: finds parts by their names in other libraries, and the block of a misplaced key.

The names are in the `equivalents` of the parts; `NEAR` adds further ones. Case and underscores are
ignored: MSELoss, mse_loss and mseloss are one name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from difflib import SequenceMatcher
from typing import Any

from nncli.config.hints import alternatives, hints_of, is_family, spec
from nncli.registry import Part, members

NEAR: Mapping[str, Mapping[str, str]] = {
    "activation": {"linear": "identity", "none": "identity", "logsoftmax": "softmax"},
    "loss": {
        "bceloss": "binary_cross_entropy",
        "categoricalhinge": "multiclass_hinge",
        "l2": "mse",
        "l1": "mae",
        "logcosh": "huber",
        "multimarginloss": "multiclass_hinge",
        "nllloss": "cross_entropy",
        "smoothl1loss": "huber",
        "softmaxcrossentropy": "cross_entropy",
        "sparsecategoricalcrossentropy": "cross_entropy",
        "squarederror": "mse",
        "svm": "hinge",
    },
    "optimizer": {"momentum": "sgd", "nag": "sgd", "nesterov": "sgd", "batchgradientdescent": "gd"},
    "schedule": {
        "adaptive": "reduce_on_plateau",
        "invscaling": "inverse_time",
        "multisteplr": "step",
        "plateau": "reduce_on_plateau",
    },
    "initializer": {
        "kaiming": "he_normal",
        "truncatednormal": "normal",
        "xavier": "glorot_uniform",
        "glorot": "glorot_uniform",
        "he": "he_normal",
    },
    "layer": {"fc": "dense", "linear": "dense"},
    "metric": {
        "acc": "accuracy",
        "auc": "roc_auc",
        "aucpr": "average_precision",
        "averageprecisionscore": "average_precision",
        "binaryaccuracy": "accuracy",
        "categoricalaccuracy": "accuracy",
        "crossentropy": "log_loss",
        "f1": "f1_macro",
        "f1score": "f1_macro",
        "matthews": "matthews_corrcoef",
        "negmeansquarederror": "mse",
        "prauc": "average_precision",
        "precision": "precision_macro",
        "precisionscore": "precision_macro",
        "recall": "recall_macro",
        "recallscore": "recall_macro",
        "rocaucscore": "roc_auc",
        "sparsecategoricalaccuracy": "accuracy",
    },
    "dataset": {"makemoons": "moons", "makecircles": "circles", "makeblobs": "blobs"},
    "split": {
        "groupkfold": "group",
        "groupshufflesplit": "group",
        "stratifiedkfold": "stratified",
        "stratifiedshufflesplit": "stratified",
        "shufflesplit": "random",
        "timeseriessplit": "time",
        "traintestsplit": "random",
    },
}
CALLED = r'([A-Za-z_]\w*)\(|^"(\w+)"$'
MIN_KEY_LENGTH = 3  # of a misplaced key
IGNORED_NAMES = {
    "model",
    "parameters",
    "optimizer",
    "lambda",
    "scaling",
    "loss",
}  # in code, that aren't the part's


def part_elsewhere(name: str, family: type[Part]) -> str:
    """The part of a family that another library calls `name`; empty if there is none."""
    wanted = _normalized(name)
    parts = {cls.name: cls for cls in members(family.kind).values() if issubclass(cls, family)}
    if same := [known for known in parts if _normalized(known) == wanted]:
        return same[0]
    if (near := NEAR.get(family.kind, {}).get(wanted)) in parts:
        return str(near)
    matching = [known for known, cls in parts.items() if wanted in _names_elsewhere(cls)]
    return max(matching, key=lambda known: _likeness(_normalized(known), wanted), default="")


def _normalized(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _names_elsewhere(cls: type[Part]) -> set[str]:
    """The classes and names in the equivalent code of other libraries."""
    codes = [each if isinstance(each, str) else each.code for each in cls.equivalents.values()]
    found = [first or second for code in codes for first, second in re.findall(CALLED, code)]
    return {_normalized(name) for name in found} - IGNORED_NAMES


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def block_of_key(key: str, path: str) -> str:
    """The dotted path where a misplaced key belongs; empty if there is none. path: where it is."""
    from nncli.config.experiment import Experiment

    if len(key) < MIN_KEY_LENGTH:
        return ""
    block = path.rpartition(".")[0]
    homes = [home for home, name in _keys(Experiment, "") if name == key and home != path]
    inside = [home for home in homes if block and home.startswith(f"{block}.")]
    found = inside or homes
    return found[0] if found else ""


def _keys(cls: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yields (dotted path, name) of every key of a block, its blocks and their parts."""
    names = hints_of(cls)
    for name in names:
        yield f"{path}{name}", name
    for name, hint in names.items():
        for option in alternatives(hint):
            base = spec(option).base
            if is_family(base):
                for part in members(base.kind).values():
                    cls_: Any = part
                    if issubclass(part, base):
                        yield from ((f"{path}{name}.{key}", key) for key in hints_of(cls_))
            elif is_dataclass(base) and not issubclass(base, Part):  # type: ignore[arg-type]
                yield from _keys(base, f"{path}{name}.")

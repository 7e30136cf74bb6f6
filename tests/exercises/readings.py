"""Where a command's numbers stand: on stdout, in metrics.csv, among the weights."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from exercises import Claim
from safetensors.numpy import load_file


@dataclass(frozen=True)
class Ended:
    """What a command printed, and the run it left or read, if any."""

    out: str
    err: str
    run: Path | None


def read(claim: Claim, ended: Ended) -> list[Any]:
    """What a claim is about: numbers, or the texts found.

    column: of metrics.csv, `loss` of its last row or `loss@0,300` of epochs
    weight: `output/W` of model.safetensors, or a part of it, `output/W[0,1]`
    tensor: the same of a trace, in its last step, or `output/dz@2` in another
    json: of the object on stdout, `metrics.train.loss`
    says: a text that was printed, a regular expression whose groups, if any, are the numbers
    file: a file that is there, below the run's folder or here
    """
    return {
        "column": _column,
        "weight": _weight,
        "tensor": _tensor,
        "json": _json,
        "says": _says,
        "file": _file,
    }[claim.where](claim.place, ended)


def _column(place: str, ended: Ended) -> list[Any]:
    assert ended.run is not None
    name, _, epochs = place.partition("@")
    with (ended.run / "metrics.csv").open(encoding="utf-8") as file:
        rows = {row["epoch"]: row for row in csv.DictReader(file)}
    chosen = epochs.split(",") if epochs else [list(rows)[-1]]
    return [float(rows[epoch][name]) for epoch in chosen]


def _weight(place: str, ended: Ended) -> list[Any]:
    assert ended.run is not None
    return _part(load_file(ended.run / "model.safetensors"), place)


def _tensor(place: str, ended: Ended) -> list[Any]:
    shown = json.loads(ended.out)
    place, _, step = place.partition("@")
    if step or "steps" in shown:
        shown = shown["steps"][int(step) - 1 if step else -1]
    # of a name that stands twice, weights before and after a step, the last
    named = {each["name"]: np.array(each["values"], float) for each in shown["tensors"]}
    return _part(named, place)


def _part(tensors: dict[str, np.ndarray], place: str) -> list[Any]:
    name, _, index = place.rstrip("]").partition("[")
    found = tensors[name]
    if index:
        found = found[tuple(slice(None) if it == ":" else int(it) for it in index.split(","))]
    return np.asarray(found, float).ravel().tolist()


def _json(place: str, ended: Ended) -> list[Any]:
    found = json.loads(ended.out)
    for key in place.split("."):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return np.ravel(found).tolist() if isinstance(found, list) else [found]


def _says(place: str, ended: Ended) -> list[Any]:
    found = re.search(place, ended.out + ended.err, re.M)
    assert found, f"{place!r} isn't in:\n{ended.out}{ended.err}"
    return [float(each) for each in found.groups()] or [found.group()]


def _file(place: str, ended: Ended) -> list[Any]:
    path = Path(place) if Path(place).exists() or ended.run is None else ended.run / place
    assert path.exists(), place
    return [place]

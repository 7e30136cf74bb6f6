"""Several networks as one file: each with the statistics of its own rows, and the mean of all."""

import json

import numpy as np
import onnx
import pytest
from onnx_models import both

from nncli import study
from nncli.artifacts.open_model import trained_model
from nncli.export.onnx.runtime_check import compare

LINES = (
    "data: {path: t.csv, target: TARGET, split: {type: random, train: 0.7, val: 0.3, test: 0}, "
    "preprocessing: {categorical: {min_count: COUNT}}}",
    "network: {hidden: [4]}",
    "training: {epochs: 2}",
    "ensemble: {members: 3}",
    "output: {plots: []}",
)


def rows():
    """80 rows; one colour is in one of them only, and so unknown to some members."""
    random = np.random.default_rng(0)
    size = random.normal(size=80).round(3)
    colour = np.array(["red", "blue"])[random.integers(2, size=80)]
    colour[11] = "rare"
    for k in range(80):
        yield f"{size[k]},{colour[k]},{'' if k % 9 else k},{('yes', 'no')[k % 2]},{2 + k % 7}"


@pytest.mark.parametrize(
    ("target", "outputs", "count"),
    [("kind", ("label", "probabilities"), 1), ("price", ("prediction",), 2)],
)
def test_an_ensemble_is_one_file(target, outputs, count, tmp_path):
    table = "size,colour,gaps,kind,price\n" + "".join(f"{row}\n" for row in rows())
    (tmp_path / "t.csv").write_text(table)
    text = "\n".join(LINES).replace("TARGET", target).replace("COUNT", str(count))
    (tmp_path / "t.yaml").write_text(text)
    trained = trained_model(study.run(tmp_path / "t.yaml", runs_dir=tmp_path).path)
    found, expected, model = both(trained, tmp_path / "t.csv")
    assert compare(trained, expected, found).agrees
    assert model.outputs == outputs
    read = onnx.load_from_string(model.content)
    names = {each.name for each in read.graph.initializer}
    assert {"network_1/hidden_1/W", "network_3/hidden_1/W"} <= names
    columns = json.loads({each.key: each.value for each in read.metadata_props}["columns"])
    [colour] = [each for each in columns if each["name"] == "colour"]
    assert {*colour["values"]} - {"(rare)"} == {"red", "blue", "rare"}

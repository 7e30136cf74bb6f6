"""configs/iris.yaml: eight sigmoid units tell three species apart."""

import numpy as np
from config_runs import run


def test_iris_flowers_held_back_are_recognized():
    split = "data.split={type: stratified, test: 0.3}"
    runs = [run("iris", split, f"seed={seed}") for seed in range(10)]
    assert {len(each.built.rows.test) for each in runs} == {45}
    assert np.mean([each.accuracy("test") for each in runs]) >= 0.95

"""Every built-in part of a network as ONNX answers as nncli does."""

from pathlib import Path

import numpy as np
import pytest
from onnx_models import RandomModel, answers, compared, config

from nncli.export.onnx.cells import takes_text
from nncli.export.onnx.runtime_check import compare
from nncli.registry import members

CONFIGS = Path(__file__).parents[2] / "configs"

TABLE = "a,b,y\n" + "".join(
    f"{a:.3f},{b:.3f},{'pqr'[k % 3]}\n"
    for k, (a, b) in enumerate(np.random.default_rng(1).normal(0, 2, (40, 2)))
)
NUMBERS = TABLE.replace(",p", ",1.5").replace(",q", ",-2").replace(",r", ",0.25")
TWO = TABLE.replace(",r", ",p")
ACTIVATIONS = list(members("activation"))
DTYPES = ("float64", "float32")


def model(folder, table, hidden="[5]", output="{}", *lines, **options):
    path = config(
        folder,
        table,
        "data: {path: table.csv, target: y}",
        f"network: {{hidden: {hidden}, output: {output}}}",
        *lines,
    )
    return RandomModel(path, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_in_a_layer_and_by_itself(activation, dtype, tmp_path):
    dense = f"{{type: dense, units: 5, activation: {activation}}}"
    hidden = f"[{dense}, 4, {{type: activation, function: {activation}}}]"
    trained = model(tmp_path, TABLE, hidden, "{}", f"training: {{dtype: {dtype}}}")
    assert compared(trained, tmp_path / "table.csv").agrees


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "hidden",
    [
        "[]",
        "[feature_scale, batch_norm, 6, {type: dropout, rate: 0.4}, batch_norm]",
        "[{type: dense, units: 4, bias: false}, {type: dropout}]",
        "[{type: gaussian_noise, std: 0.3}, 4]",
    ],
)
def test_every_layer(hidden, dtype, tmp_path):
    trained = model(tmp_path, TABLE, hidden, "{}", f"training: {{dtype: {dtype}}}")
    assert compared(trained, tmp_path / "table.csv").agrees


PIXELS = [f"p{k}" for k in range(24)]  # 3 x 4 of two channels
IMAGES = f"{','.join(PIXELS)},y\n" + "".join(
    f"{','.join(f'{number:.2f}' for number in row)},{'pqr'[k % 3]}\n"
    for k, row in enumerate(np.random.default_rng(2).normal(0, 2, (20, 24)))
)
CONV = "{type: conv2d, filters: 3, kernel_size: [2, 3], strides: [1, 2], padding: same}"
BLOCK = "{type: residual, layers: [{type: conv2d, filters: 3, kernel_size: 1}, batch_norm, prelu]}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "hidden",
    [
        f"[{CONV}, layer_norm, {BLOCK}, flatten, {{type: residual, layers: [5, 18]}}]",
        f"[{{type: conv2d, filters: 2, kernel_size: 2, bias: false}}, {CONV}, flatten]",
        f"[{{type: max_pool2d, padding: same}}, {CONV}, flatten]",
        "[{type: avg_pool2d, pool_size: [2, 3], strides: 2, padding: same}, flatten]",
        "[{type: conv2d, filters: 3, kernel_size: 1, activation: softmax}, flatten]",
        "[{type: reshape, shape: [4, 6, 1]}, {type: max_pool2d, pool_size: [4, 1]}, flatten]",
        "[{type: max_pool2d, pool_size: 2, strides: 1}, {type: avg_pool2d, pool_size: 2}, flatten]",
    ],
)
def test_layers_of_images(hidden, dtype, tmp_path):
    path = config(
        tmp_path,
        IMAGES,
        "data: {path: table.csv, target: y}",
        f"network: {{input: {{type: input, shape: [3, 4, 2]}}, hidden: {hidden}}}",
        f"training: {{dtype: {dtype}}}",
    )
    assert compared(RandomModel(path), tmp_path / "table.csv").agrees


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("table", "output", "loss"),
    [
        (TWO, "{}", "binary_cross_entropy"),
        (TWO, "{units: 2, activation: softmax}", "cross_entropy"),
        (TWO, "{units: 1, activation: identity}", "mse"),
        (TWO, "{}", "hinge"),
        (TABLE, "{}", "multiclass_hinge"),
        (TABLE, "{units: 3, activation: identity}", "mse"),
        (TABLE, "{units: 3, activation: relu}", "mse"),
        (NUMBERS, "{}", "mse"),
        (NUMBERS, "{activation: tanh}", "mae"),
    ],
)
def test_every_kind_of_output(table, output, loss, dtype, tmp_path):
    lines = f"loss: {loss}", f"training: {{dtype: {dtype}}}"
    trained = model(tmp_path, table, "[4]", output, *lines)
    assert compared(trained, tmp_path / "table.csv").agrees


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("output", ["{}", "{units: 2, activation: softmax}"])
def test_a_threshold_decides(output, threshold, tmp_path):
    loss = "cross_entropy" if "2" in output else "binary_cross_entropy"
    trained = model(tmp_path, TWO, "[4]", output, f"loss: {loss}", threshold=threshold)
    assert compared(trained, tmp_path / "table.csv").agrees
    labels, probabilities = answers(trained, a=[-5.0, 0.0, 5.0], b=[1.0, 0.0, -1.0])
    assert (labels == np.where(probabilities[:, 1] > threshold, "q", "p")).all()


def test_one_row_none_and_many(tmp_path):
    trained = model(tmp_path, TABLE)
    label, probabilities = answers(trained, a=[0.5], b=[0.5])
    assert label.shape == (1,)
    assert probabilities.shape == (1, 3)
    label, probabilities = answers(trained, a=[0.5] * 3000, b=[0.5] * 3000)
    assert set(label) == {label[0]}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example(path, tmp_path):
    trained = RandomModel(path, folder=tmp_path)
    table, given = trained.table, {}
    for feature in trained.model.preprocessing.features:
        column = table.column(feature.name)
        if takes_text(feature):
            names = [*(column.categories or ("0", "1")), ""]
            places = np.nan_to_num(column.values, nan=len(names) - 1).astype(int)
            given[feature.name] = [names[place] for place in places]
        else:
            given[feature.name] = column.values
    assert compare(trained, trained.predict(table), answers(trained, **given)).agrees

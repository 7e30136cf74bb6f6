"""`nncli export --to pytorch`: inputs to the bit, and the whole where torch is installed."""

import csv
import importlib.util
import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.cli.main import run as command
from nncli.data.nonlinear_scales import NormalScores
from nncli.data.numeric_encodings import Encoding
from nncli.export.pytorch import convolution, features, layers
from nncli.export.pytorch.layers import modules
from nncli.export.pytorch.script import pytorch_script
from nncli.parts.activations import Activation
from nncli.registry import members

HAS_TORCH = importlib.util.find_spec("torch") is not None
MIXED = """\
data:
  path: rows.csv
  target: {target}
  split: {{type: random, train: 0.7, val: 0.3, test: 0.0}}
  features: {{exclude: [{exclude}]{derive}}}
  columns:
    level: {{order: [low, mid, high]}}
    day: {{type: date, format: "%d.%m.%Y"}}
    moment: date
    price: {{thousands: "'", prefix: "€"}}
    code: categorical
    city: {{fold_case: true}}
  missing: ["", "-99"]
  preprocessing: {{{steps}}}
network: {{hidden: [{hidden}]}}
{more}
training: {{epochs: 2, batch_size: 16, dtype: {dtype}}}
output: {{plots: []}}
"""
HEAD = ("a", "b", "level", "day", "moment", "price", "code", "city", "on")
TARGETS = ("y", "z", "kind", "two", "l")
EVERY = (
    "{type: feature_scale, rate: 4}, {type: dense, units: 5, activation: relu, bias: false}, "
    "batch_norm, {type: dropout, rate: 0.1}, {type: gaussian_noise, std: 0.1}"
    + "".join(f", {{type: dense, units: 4, activation: {name}}}" for name in members("activation"))
)
CASES = {
    "regression": {"target": "y", "hidden": EVERY},
    "of logarithms": {
        "target": "y",
        "steps": "numeric: {encode: piecewise_linear, bins: 4}, target: {transform: log1p}",
    },
    "of bins and values": {
        "target": "y",
        "steps": "numeric: {encode: piecewise_linear, bins: 4, with_value: true}",
    },
    "of formulas": {
        "target": "y",
        "steps": "categorical: {encode: embedding, min_count: 12, one_hot_max_size: 2}",
        "derive": ", derive: {product: a*b, wave: sin(a)/2 - 2^a, far: '(b > 1) + on*log(b)'}, "
        "polynomial: {degree: 3, of: [a, b]}",
        "exclude_too": ", b",
    },
    "embedded": {
        "target": "kind",
        "steps": "categorical: {encode: embedding, one_hot_max_size: 2, embedding_size: 3}",
    },
    "embedded, rare": {
        "target": "two",
        "steps": "categorical: {encode: embedding, min_count: 12, one_hot_max_size: 2}",
    },
    "of roots": {"target": "y", "steps": "numeric: {scale: quantile}, target: {transform: sqrt}"},
    "of two": {"target": "[y, z]", "steps": "numeric: {scale: robust_clip}"},
    "classes": {"target": "kind", "steps": "categorical: {min_count: 12, impute: category}"},
    "two classes": {"target": "two", "more": "decision: {maximize: f1}"},
    "of one": {"target": "two", "steps": "numeric: {scale: none, missing_indicator: true}"},
    "labels": {"target": "[two, l]", "more": ""},
    "float32": {"target": "kind", "dtype": "float32"},
}
GIVEN = {"steps": "numeric: {missing_indicator: true}", "hidden": "4", "dtype": "float64"}


def _rows(*, are_new: bool) -> list[list[str]]:
    """Rows with something missing in most columns, and with words that training lacks if new."""
    rows, random = [], np.random.default_rng(are_new)
    for n in range(60):
        a, b = random.normal(), math.exp(2 * random.normal())
        row = [
            f"{a:.4g}",
            f"{b:.4g}",
            ("low", "mid", "high")[n % 3],
            f"{1 + n % 28:02}.{1 + n % 12:02}.20{10 + n % 9}",
            f"2020-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:30",
            f"€{int(1000 * b):,}.5".replace(",", "'"),
            ("1", "2", "10")[n % 3],
            ("Köln", "Bonn", "São Paulo", "x")[n % 4],
            "yes" if n % 5 else "no",
            f"{b + n:.5g}",
            f"{a - n:.5g}",
            ("u", "v", "w")[n % 3],
            ("p", "q")[int(a > 0)],
            str(n % 2),
        ]
        for place in random.integers(0, 9, 2):
            row[place] = random.choice(("", " -99.0 " if place < 2 else "", "-99"))
        if are_new and n % 4 == 0:
            row[2], row[7], row[8] = "none", "Ulm", "perhaps"
        if are_new and n % 4 == 1:
            row[6], row[7], row[4] = "2.0", "KÖLN", "2020/3/4"
        rows.append(row)
    return rows


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD + TARGETS, *rows])


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A run of each case, by its name."""
    folder, found = tmp_path_factory.mktemp("pytorch"), {}
    _write(folder / "rows.csv", _rows(are_new=False))
    _write(folder / "new.csv", _rows(are_new=True))
    for name, case in CASES.items():
        keys = {"more": "", "derive": "", "exclude_too": "", **GIVEN, **case}
        chosen = keys["target"].strip("[]").split(", ")
        keys["exclude"] = ", ".join(each for each in TARGETS if each not in chosen)
        keys["exclude"] += keys["exclude_too"]
        config = folder / f"{re.sub(r'[ ,]+', '_', name)}.yaml"
        config.write_text(MIXED.format(**keys), encoding="utf-8")
        runs = folder / "runs"
        assert command(["train", str(config), "--quiet", "--json", "--runs-dir", str(runs)]) == 0
        found[name] = RunReader(RunDirectory.open(runs / f"{config.stem}-001"))
    return found


@pytest.fixture
def no_torch(monkeypatch):
    """What a script needs of torch to be imported: nothing of it computes."""
    if HAS_TORCH:
        return
    torch, nn = ModuleType("torch"), ModuleType("torch.nn")
    nn.Module = object
    torch.float64, torch.float32, torch.nn = "float64", "float32", nn
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch.nn", nn)


def _executed(reader: RunReader) -> SimpleNamespace:
    page, names = pytorch_script(reader, "it.py").page, {"__name__": "it", "__file__": "it.py"}
    exec(compile(page, "it.py", "exec"), names)
    return SimpleNamespace(**names)


def _table(reader: RunReader) -> tuple[Path, list[dict[str, str]]]:
    path = reader.run.path.parents[1] / "new.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return path, [*csv.DictReader(file)]


@pytest.mark.parametrize("name", CASES)
def test_rows_become_the_same_inputs_to_the_bit(name, readers, no_torch):
    model, (path, rows) = readers[name].model, _table(readers[name])
    table = model.read(path, needs_target=False)
    found = model.inputs(table, np.arange(len(table)))
    codes = [found[column.block].astype(float) for column in model.preprocessing.embedded]
    expected = np.column_stack([found["x"], *codes])
    script = _executed(readers[name])
    given = script.inputs(rows).astype(expected.dtype)
    np.testing.assert_array_equal(given, expected)
    columns = {key: [row[key] or None for row in rows] for key in rows[0]}
    np.testing.assert_array_equal(script.inputs(columns), script.inputs(rows))


@pytest.mark.parametrize("name", CASES)
def test_outputs_become_the_same_answers(name, readers, no_torch):
    reader = readers[name]
    outputs = np.random.default_rng(0).normal(size=(50, reader.model.network.outputs))
    expected, script = reader.model.coding.decode(outputs), _executed(reader)
    decoded = {
        "classes": "many_classes",
        "float32": "many_classes",
        "two classes": "two_classes",
        "of one": "two_classes",
        "labels": "labels",
        "embedded": "many_classes",
        "embedded, rare": "two_classes",
    }.get(name, "numbers_in_units")
    answers = getattr(script, decoded)(outputs)
    np.testing.assert_allclose(answers, expected, rtol=1e-14)
    if reader.model.preprocessing.classes:
        decide = script.above_threshold if name == "two classes" else script.likeliest
        classes = np.array(reader.model.preprocessing.classes)
        np.testing.assert_array_equal(decide(answers), classes[reader.decision(expected)])


def test_bad_cells_are_refused_by_place(readers, no_torch):
    script, (_, rows) = _executed(readers["classes"]), _table(readers["classes"])
    for name, cell in (("a", "wet"), ("a", "inf"), ("a", "1_0"), ("day", "soon"), ("price", "1'2")):
        with pytest.raises(ValueError, match=f"row 2: column '{name}': expected a .*{cell}"):
            script.inputs([rows[0], {**rows[1], name: cell}])
    with pytest.raises(ValueError, match="the rows lack the column 'a'"):
        script.inputs([{}])


def test_weights_are_read_without_a_package_and_only_the_right_ones(readers, no_torch, tmp_path):
    reader = readers["regression"]
    script, made = _executed(reader), pytorch_script(reader, "it.py")
    (path := tmp_path / made.weights_name).write_bytes(made.weights)
    tensors, layout = script.read_tensors(path), reader.model.network.layout
    for name, view in layout.views(reader.theta).items():
        np.testing.assert_array_equal(tensors[name], view)
    assert {*script.TENSORS.values()} == {tensor.name for tensor in layout.tensors}
    path.write_bytes(made.weights[:-1] + b"x")
    with pytest.raises(ValueError, match="not the weights that this script was written for"):
        script.read_tensors(path)


def test_every_layer_is_a_module_with_its_tensors(readers):
    found = [module.code for module in modules(readers["regression"].model.network)]
    inputs = readers["regression"].model.network.inputs
    assert found[:5] == [
        f"FeatureScale({inputs}, 4.0)",
        f"nn.Linear({inputs}, 5, bias=False)",
        "nn.ReLU()",
        "nn.BatchNorm1d(5, eps=1e-05, momentum=0.1)",
        "nn.Dropout(0.1)",
    ]
    for code in ("nn.GELU()", "nn.Softplus(threshold=40.0)", "nn.LeakyReLU(0.01)", "nn.Mish()"):
        assert code in found
    assert found[-1].startswith("nn.Linear(4, 1)")


IMAGES = """\
data: {dataset: iris}
network:
  input: {type: input, shape: [2, 2, 1]}
  hidden:
  - {type: conv2d, filters: 3, kernel_size: [1, 2], padding: same, activation: tanh}
  - batch_norm
  - {type: residual, layers: [{type: conv2d, filters: 3, kernel_size: 1, bias: false}, layer_norm]}
  - {type: max_pool2d, strides: 1, padding: same}
  - {type: avg_pool2d, strides: 1, padding: same}
  - prelu
  - flatten
  - {type: residual, layers: [5, {type: residual, layers: [prelu]}, 12]}
training: {epochs: 2}
output: {plots: []}
"""
SEVERAL_AXES = """data: {dataset: iris}
network: {hidden: [8, {type: reshape, shape: [2, 2, 1, 2]}, layer_norm, batch_norm,
  {type: reshape, shape: [4, 2]}, {type: activation, function: tanh}, prelu,
  {type: activation, function: softmax}, flatten]}
training: {epochs: 2}
output: {plots: []}
"""


def _trained(folder: Path, config: str) -> RunReader:
    path, runs = folder / "c.yaml", folder / "runs"
    path.write_text(config, encoding="utf-8")
    assert command(["train", str(path), "--quiet", "--json", "--runs-dir", str(runs)]) == 0
    return RunReader(RunDirectory.open(runs / "c-001"))


@pytest.fixture(scope="module")
def images_run(tmp_path_factory):
    return _trained(tmp_path_factory.mktemp("images"), IMAGES)


@pytest.fixture(scope="module")
def several_axes_run(tmp_path_factory):
    return _trained(tmp_path_factory.mktemp("axes"), SEVERAL_AXES)


def test_a_reshape_goes_by_way_of_rows(declared):
    hidden = "[{type: reshape, shape: [2, 2, 1]}, {type: reshape, shape: [1, 2, 2]}, flatten]"
    more = "[{type: reshape, shape: [2, 2]}, {type: reshape, shape: [4]}]"
    for block, codes in {
        hidden: ["Images(2, 2, 1)", "Rows()", "Images(1, 2, 2)", "Rows()"],
        more: ["nn.Unflatten(1, (2, 2))", "nn.Flatten()"],
    }.items():
        network = declared("data: {dataset: iris}", f"network: {{hidden: {block}}}").built.network
        found = [module.code for module in modules(network)]
        assert found[: len(codes)] == codes


def test_layers_of_images_are_modules(images_run):
    found = modules(images_run.model.network)
    norm = "ByPlace(nn.LayerNorm(3, eps=1e-05))"
    conv = "nn.Conv2d(3, 3, (1, 1), stride=(1, 1), bias=False)"
    assert [module.code for module in found][:-2] == [
        "Images(2, 2, 1)",
        "nn.ConstantPad2d((0, 1, 0, 0), 0.0)",
        "nn.Conv2d(1, 3, (1, 2), stride=(1, 1))",
        "nn.Tanh()",
        "nn.BatchNorm2d(3, eps=1e-05, momentum=0.1)",
        f"Residual(\n    {conv},\n    nn.ReLU(),\n    {norm},\n)",
        "nn.ConstantPad2d((0, 1, 0, 1), -torch.inf)",
        "nn.MaxPool2d((2, 2), (1, 1))",
        "AveragePool((2, 2), (1, 1), (0, 1, 0, 1))",
        "nn.PReLU(3)",
        "Rows()",
        "Residual(\n    nn.Linear(12, 5),\n    nn.ReLU(),\n"
        "    Residual(\n        nn.PReLU(5),\n    ),\n    nn.Linear(5, 12),\n    nn.ReLU(),\n)",
    ]
    assert found[5].tensors == {
        "layers.0.weight": "hidden_3_1/W",
        "layers.2.layer.weight": "hidden_3_2/gamma",
        "layers.2.layer.bias": "hidden_3_2/beta",
    }
    assert found[11].tensors["layers.2.layers.0.weight"] == "hidden_8_2_1/alpha"


def test_layers_over_the_last_of_several_axes_are_not_those_over_channels(several_axes_run):
    found = modules(several_axes_run.model.network)
    assert [module.code for module in found][2:-2] == [
        "nn.Unflatten(1, (2, 2, 1, 2))",
        "LastAxis(nn.LayerNorm(2, eps=1e-05))",
        "LastAxis(nn.BatchNorm1d(2, eps=1e-05, momentum=0.1))",
        "nn.Flatten()",
        "nn.Unflatten(1, (4, 2))",
        "nn.Tanh()",
        "LastAxis(nn.PReLU(2))",
        "LastAxis(nn.Softmax(dim=1))",
        "nn.Flatten()",
    ]
    assert found[8].tensors == {"layer.weight": "hidden_7/alpha"}


@pytest.mark.skipif(not HAS_TORCH, reason="torch is no package of the tests: too large")
@pytest.mark.parametrize("name", ["images_run", "several_axes_run"])
def test_torch_answers_for_rows_of_several_axes_as_predict_does(name, request, nncli, tmp_path):
    reader = request.getfixturevalue(name)
    table = reader.built.table
    names = [feature.name for feature in reader.model.preprocessing.features]
    np.savetxt(tmp_path / "x.csv", table.x, delimiter=",", header=",".join(names), comments="")
    path = reader.run.path
    assert nncli("export", path, "--to", "pytorch", "-o", tmp_path / "it.py").code == 0
    said = subprocess.run(
        [sys.executable, tmp_path / "it.py", tmp_path / "x.csv"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = nncli("predict", path, tmp_path / "x.csv", "--probabilities")
    wanted = [*csv.DictReader(io.StringIO(expected.out))]
    for row, other in zip(csv.DictReader(io.StringIO(said.stdout)), wanted, strict=True):
        for name in reader.model.preprocessing.classes:
            cell = f"probability_{name}"
            assert float(row[cell]) == pytest.approx(float(other[cell]), rel=1e-12, abs=1e-12)


def test_what_has_no_equivalent_is_refused_by_name(nncli, readers, monkeypatch):
    patches = {
        "regression": ("equivalent", Activation, lambda *_, **__: SimpleNamespace(code="")),
        "of logarithms": ("PiecewiseLinear", features, NormalScores),  # and so no known encoding
    }
    said = {
        "regression": "relu has no equivalent in PyTorch",
        "of logarithms": "column 'a': PiecewiseLinear can't be written as a script",
    }
    for name, (attribute, owner, value) in patches.items():
        path = readers[name].run.path
        with monkeypatch.context() as patch:
            patch.setattr(owner, attribute, value)
            done = nncli("export", path, "--to", "pytorch")
        assert (done.code, done.out) == (2, "")
        assert done.err == f"{path}: it can't be written for PyTorch: {said[name]}\n"


def test_the_command_writes_both_files(nncli, readers, tmp_path):
    reader = readers["classes"]
    done = nncli("export", reader.run.path, "--to", "pytorch", "-o", tmp_path / "it.py")
    assert (done.code, done.out) == (0, "")
    assert f"its weights in {tmp_path / 'it.safetensors'}; run it with: python " in done.err
    weights = (tmp_path / "it.safetensors").read_bytes()
    assert weights == (reader.run.path / "model.safetensors").read_bytes()
    page = (tmp_path / "it.py").read_text(encoding="utf-8")
    assert max(map(len, page.splitlines())) <= 100
    done = nncli("export", reader.run.path, "--to", "pytorch")
    assert done.code == 0
    body = page[page.index("import csv") :]  # below what it is called
    assert done.out.endswith(body.replace("'it.", "'classes."))
    assert done.err.startswith("beside it: cp ")


@pytest.mark.skipif(not HAS_TORCH, reason="torch is no package of the tests: too large")
@pytest.mark.parametrize("name", CASES)
def test_torch_answers_as_predict_does(name, readers, nncli, tmp_path):
    reader = readers[name]
    path, _ = _table(reader)
    assert nncli("export", reader.run.path, "--to", "pytorch", "-o", tmp_path / "it.py").code == 0
    said = subprocess.run(
        [sys.executable, tmp_path / "it.py", path], capture_output=True, text=True, check=True
    )
    learnt = reader.model.preprocessing
    more = ["--probabilities"] if learnt.classes or learnt.labels else []
    expected = nncli("predict", reader.run.path, path, *more)
    bound = 1e-6 if name == "float32" else 1e-12
    wanted = [*csv.DictReader(io.StringIO(expected.out))]
    for row, other in zip(csv.DictReader(io.StringIO(said.stdout)), wanted, strict=True):
        for key, cell in row.items():
            try:
                assert float(cell) == pytest.approx(float(other[key]), rel=bound, abs=bound)
            except ValueError:
                assert json.dumps(cell) == json.dumps(other[key])


def test_every_encoding_and_layer_that_there_is_can_be_written():
    written = Path(features.__file__).read_text(encoding="utf-8")
    known = [f"isinstance(encoding, {each.__name__})" for each in get_args(Encoding)]
    assert [text for text in known if text not in written] == []
    written = "".join(Path(each.__file__).read_text("utf-8") for each in (layers, convolution))
    hidden = {n: each for n, each in members("layer").items() if n not in ("input", "output")}
    assert [name for name, each in hidden.items() if each.__name__ not in written] == []

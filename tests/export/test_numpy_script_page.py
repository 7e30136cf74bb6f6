"""The page as a reader finds it: what is on it, what isn't, and how it is laid out."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from script_runs import CONFIGS, IRIS, logged, page_of, trained
from waiting import PATIENCE

from nncli.parts.optimizers import Adam

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """The run directory of configs/iris.yaml."""
    return trained(IRIS, tmp_path_factory.mktemp("iris"), "training.epochs=20")


KINDS = {
    "iris": [],
    "everything": [
        "network.hidden=[{type: dense, units: 12, activation: gelu, kernel_regularizer: l1_l2},"
        " batch_norm, {type: activation, function: leaky_relu}, {type: dense, units: 7,"
        " activation: sigmoid, kernel_regularizer: l1}, {type: dropout, rate: 0.1}, 8, 8, 8, 8, 8]",
        *("training.class_weight=balanced", "training.clip_grad_norm=0.5", "loss=mse"),
        *("schedule=one_cycle", "optimizer=adamw", "training.dtype=float32"),
    ],
    "plateau": ["schedule={type: reduce_on_plateau, warmup: 2}", "output.log_every=7"],
    "lbfgs": ["optimizer=lbfgs", "training.batch_size=full"],
    "lbfgs_once": ["optimizer=lbfgs", "training.batch_size=full", "training.epochs=1"],
}


@pytest.fixture(scope="module", params=KINDS)
def page(request, tmp_path_factory):
    """Pages of runs that differ in as many ways as they can."""
    return page_of(trained(IRIS, tmp_path_factory.mktemp("kinds"), *KINDS[request.param]))


@pytest.mark.parametrize("name", ["by_hand", "iris"])
def test_the_page_is_as_written_down(name, tmp_path, monkeypatch):
    monkeypatch.setattr("nncli.export.numpy_script.script._versions", lambda reader: "its NumPy")
    epochs = {"by_hand": 1, "iris": 200}[name]
    page = page_of(trained(CONFIGS / f"{name}.yaml", tmp_path, f"training.epochs={epochs}"))
    golden = GOLDEN / f"numpy_script_{name}.txt"
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        golden.write_text(page, encoding="utf-8")
    assert page == golden.read_text(encoding="utf-8")


def test_the_script_needs_nothing_but_numpy_and_prints_the_losses(iris, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(page_of(iris), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    spy = "import runpy, sys; runpy.run_path('script.py', run_name='__main__'); "
    spy += "assert not [name for name in sys.modules if name.startswith('nncli')]"
    for arguments in (["script.py"], ["-c", spy]):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == logged(iris)


TRAIN_AND_EXPORT = """
import sys
import nncli_squareplus
from nncli.cli.main import run
config, *_ = sys.argv[1:]
sets = ["--set", "output.plots=[]", "--set", "training.epochs=5"]
assert run(["train", config, "--quiet", "--runs-dir", "runs", *sets]) == 0
assert run(["export", "runs/iris_squareplus-001", "--to", "numpy", "-o", "script.py"]) == 0
"""


def test_a_part_of_another_package_is_written_out_too(tmp_path):
    repository = CONFIGS.parent
    plugin = repository / "examples" / "plugin"
    paths = os.pathsep.join([str(repository), str(plugin)])
    subprocess.run(
        [sys.executable, "-c", TRAIN_AND_EXPORT, plugin / "iris_squareplus.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    script, run = tmp_path / "script.py", tmp_path / "runs" / "iris_squareplus-001"
    assert "root1 = np.sqrt(z1 * z1 + 4.0)" in script.read_text(encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, script]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == logged(run)


def test_a_run_that_draws_nothing_has_no_code_for_it(tmp_path):
    page = page_of(trained(CONFIGS / "by_hand.yaml", tmp_path))
    code = page.partition("import numpy")[2]
    for word in ("random", "shuffle", "dropout", "x_val", "predict", "base64", "math."):
        assert word not in code


def test_lines_are_at_most_100_columns_wide(page):
    assert max(map(len, page.splitlines())) <= 100


def test_every_function_says_what_it_does(page):
    functions = [n for n in ast.walk(ast.parse(page)) if isinstance(n, ast.FunctionDef)]
    assert len(functions) > 6
    assert all(ast.get_docstring(function) for function in functions)


def test_the_page_passes_the_default_rules_of_ruff(page, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(page, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "E4,E7,E9,F",
        script,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout


UPDATES = {
    "gd": ["gd, with g for the gradient:", "theta <- theta - lr * g"],
    "{type: sgd, momentum: 0.9}": [
        "sgd, with g for the gradient:",
        "v <- 0.9 * v + lr * g",
        "theta <- theta - v",
    ],
    "adam": [
        "adam, with g for the gradient:",
        "m <- 0.9 * m + (1 - 0.9) * g",
        "s <- 0.999 * s + (1 - 0.999) * g^2",
        "m_hat = m / (1 - 0.9^t)",
        "s_hat = s / (1 - 0.999^t)",
        "theta <- theta - lr * m_hat / (sqrt(s_hat) + 1e-08)",
        "Here mean = m / (1 - 0.9) and squares = s / (1 - 0.999); `rate` and `floor` make up",
        "for that: lr m_hat / (sqrt(s_hat) + epsilon) = rate mean / (sqrt(squares) + floor).",
    ],
}


def docstring_of(page, name):
    functions = ast.parse(page).body
    [found] = [f for f in functions if isinstance(f, ast.FunctionDef) and f.name == name]
    return ast.get_docstring(found)


@pytest.mark.parametrize("optimizer", UPDATES)
def test_the_update_is_told_in_the_textbook_s_formulas_and_in_no_others(optimizer, tmp_path):
    options = [f"optimizer={optimizer}", "training.batch_size=full"]
    told = docstring_of(page_of(trained(IRIS, tmp_path, *options)), "update")
    assert told.splitlines() == UPDATES[optimizer]


def test_what_the_slots_of_adam_hold_is_what_the_page_says_of_them():
    """lr m_hat / (sqrt(s_hat) + epsilon) = rate mean / (sqrt(squares) + floor), in any step."""
    adam, (b1, b2) = Adam(0.01), (0.9, 0.999)
    for step, m, s in ((1, 0.3, 0.02), (7, -0.4, 0.5), (1000, 2.0, 1e-4)):
        scalars = adam.scalars(step, 0.01)
        mean, squares = m / (1 - b1), s / (1 - b2)
        textbook = 0.01 * m / (1 - b1**step) / ((s / (1 - b2**step)) ** 0.5 + 1e-8)
        assert scalars["rate"] * mean / (squares**0.5 + scalars["floor"]) == pytest.approx(textbook)


@pytest.mark.parametrize(("activation", "is_told"), [("sigmoid", True), ("softmax", False)])
def test_of_a_loss_only_the_way_that_is_taken_is_told(activation, is_told, tmp_path):
    loss = "binary_cross_entropy" if activation == "sigmoid" else "mse"
    options = [f"network.output={{activation: {activation}}}", f"loss={loss}"]
    told = docstring_of(page_of(trained(IRIS, tmp_path, *options)), "objective")
    assert ("From scores" in told) == is_told


def test_rows_are_shown_in_their_own_units(iris):
    assert "[5.1, 3.5, 1.4, 0.2], [4.7, 3.2, 1.3, 0.2]" in page_of(iris)


def test_long_data_stand_packed_behind_the_part_to_be_read(tmp_path):
    page = page_of(trained(CONFIGS / "linear_regression.yaml", tmp_path))
    read, _, packed = page.partition("# Data ---")
    assert read.count("\n") < 150
    assert re.search(r'unpacked\(\n    """\n[\w+/=]{100}\n', packed)

"""Formulas of features where the network goes: ONNX, scripts, traces, boundaries, influence."""

import numpy as np
import pytest
from onnx_models import RandomModel, compared, config, session
from script_runs import assert_repeats, trained

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.boundary.boundary import boundary_of
from nncli.explain.formulas import formulas
from nncli.explain.scikit_learn import equivalent
from nncli.export.onnx.model import onnx_model
from nncli.influence.importance import permutation_importance
from nncli.influence.partial_dependence import partial_dependence
from nncli.influence.predictor import Predictor
from nncli.trace.traced_steps import trace

FORMULAS = {
    "product": "a*b - a/(1 + abs(b))",
    "power": "abs(a)^1.5 + 2^-a + a^3 - -a",
    "waves": "sin(pi*a) + cos(b) + tan(a/9)",
    "logs": "log(2 + abs(a)) + log10(2 + b^2) - exp(-abs(a)) + sqrt(abs(b)) + tanh(a)",
    "steps": "floor(a) + min(a, b, 1) + max(a, 0)",
    "compared": "(a < b) + (a <= 1) + (b > 0) + (b >= 1) + (a == 1) + (a != 1) + on*a",
}


def rows(count=40):
    cells = [
        ("" if k % 9 == 4 else k % 13 / 3 - 2, k * 7 % 11 / 2 - 2, ("no", "yes")[k % 2], k % 5)
        for k in range(count)
    ]
    lines = [",".join(map(str, row)) for row in cells]
    return "\n".join(["a,b,on,y", *lines, ""])


def described(folder, preprocessing="{}", derive=None, more="exclude: [b]; polynomial: 3"):
    lines = [f"      {name}: '{text}'" for name, text in (derive or FORMULAS).items()]
    return config(
        folder, rows(), "data:", "  path: table.csv", "  target: y", "  task: regression",
        f"  preprocessing: {{numeric: {preprocessing}}}", "  features:",
        *(f"    {each}" for each in more.split("; ")), "    derive:", *lines,
        "network: {hidden: [3]}",
    )  # fmt: skip


@pytest.mark.parametrize(
    "steps", ["{}", "{scale: robust_clip, missing_indicator: true}", "{encode: piecewise_linear}"]
)
def test_every_function_in_onnx(steps, tmp_path):
    model = RandomModel(described(tmp_path, steps))
    assert {"a", "a^2", "a^3", *FORMULAS} == {
        name.partition("=")[0].partition("[")[0]
        for name in model.model.preprocessing.inputs
        if not name.startswith("on")
    }
    assert compared(model, tmp_path / "table.csv").agrees


def test_ranks_of_formulas_in_onnx(tmp_path):
    """Of exact ones: where a runtime rounds otherwise, ties of the training rows part."""
    exact = {"product": "a*b", "steps": "floor(a) + min(a, b, 1)", "compared": "(a < b) + on*a"}
    path = described(tmp_path, "{scale: quantile}", exact, "exclude: [b]")
    assert compared(RandomModel(path), tmp_path / "table.csv").agrees


def test_a_row_without_a_value_is_refused_in_onnx_too(tmp_path):
    """There as NaN, as ONNX can't raise."""
    model = RandomModel(described(tmp_path, derive={"l": "log(3 + a)"}, more="exclude: [on, b]"))
    exported = onnx_model(model)
    assert exported.inputs == ("a",)
    [found] = session(exported).run(None, {"a": np.array([[1.0], [-3.0], [-4.0]])})
    assert np.isnan(found).ravel().tolist() == [False, True, True]


def test_a_script_has_the_formulas_and_repeats_the_run(tmp_path):
    path = described(tmp_path, more="exclude: [b, on]", derive={
        name: text.replace(" + on*a", "") for name, text in FORMULAS.items()
    })  # fmt: skip
    text = (tmp_path / "table.csv").read_text().replace("\n,", "\n1,")  # nothing is missing
    (tmp_path / "table.csv").write_text(text)
    page = assert_repeats(path, tmp_path / "runs")
    assert "np.column_stack([" in page
    assert (
        "        (x[:, 0] * x[:, 1]) - (x[:, 0] / (1.0 + np.absolute(x[:, 1]))),  # product" in page
    )
    assert_repeats(described(tmp_path), tmp_path / "more")  # with inputs that aren't only scaled


NETWORK = (
    "data: {dataset: {type: spiral, samples: 60}, split: none, features: {exclude: [x1], derive: ",
    "  {r2: x1^2 + x2^2, root: sqrt(x1 + 0.8)}}}",
    "network: {hidden: [4]}",
)


def test_trace_and_formulas_say_what_inputs_are(declared):
    loaded = declared(*NETWORK)
    said = [each.formula for each in formulas(loaded.built) if each.name == "x"]
    assert said[1].startswith("r2 = x1^2 + x2^2; its input is (value - ")
    tensor = trace(loaded).steps[0].tensors[0]
    assert (tensor.name, [*tensor.meaning]) == ("input", said[1:])


def test_the_same_polynomial_in_scikit_learn_is_named(declared):
    features = "{polynomial: {degree: 4, of: [x1]}}"
    built = declared(f"data: {{dataset: spiral, features: {features}}}").built
    [said] = [note for note in equivalent(built).notes if "Polynomial" in note]
    assert said == (
        "x are the inputs; PolynomialFeatures(4, include_bias=False) of x1 makes the products, "
        "before they are scaled"
    )


def test_the_boundary_is_in_the_plane_of_the_tables_columns(tmp_path):
    """White where a formula has no value: the plane reaches past the rows, as sqrt doesn't."""
    path = tmp_path / "net.yaml"
    path.write_text("\n".join(NETWORK))
    drawn = boundary_of(RunReader(RunDirectory.open(trained(path, tmp_path / "runs"))), None, None)
    assert [axis.name for axis in drawn.axes] == ["x1", "x2"]
    is_outside = drawn.axes[0].values < -0.8
    assert is_outside.any()
    assert (np.isnan(drawn.predictions).any(axis=-1) == is_outside).all()


def test_importance_leaves_out_rows_that_have_no_value_once_moved(declared):
    rows = [[k, k - 1] for k in range(1, 13)]
    built = declared(
        f"data: {{dataset: {{type: inline, x: {rows}, y: {[k % 3 for k, _ in rows]}}},",
        "  features: {derive: {d: sqrt(x1 - x2)}}}",
        "network: {hidden: []}",
    ).built
    predict = Predictor(built.model, built.job.start().theta, built.table)
    assert np.isnan(predict(np.array(rows)[:, ::-1])).all()
    found = permutation_importance(predict, built.table, np.arange(12), seed=0)
    assert all(np.isfinite(column.mean) for column in found.columns)
    [along, _] = partial_dependence(predict, built.table, np.arange(12), ["x1", "x2"])
    assert np.isfinite(along.means).any()

"""Raw cells of every kind: what preprocessing makes of them in ONNX is what nncli makes of them."""

from dataclasses import replace

import numpy as np
import pytest
from onnx_models import RandomModel, answers, both, compared, config

from nncli.errors import UserError
from nncli.export.onnx.model import onnx_model
from nncli.export.onnx.runtime_check import compare

RANDOM = np.random.default_rng(4)
NUMERIC = [
    "{scale: none}",
    "{scale: standard, impute: mean}",
    "{scale: minmax, impute: most_frequent}",
    "{scale: robust, missing_indicator: true}",
    "{scale: quantile}",
    "{scale: quantile, missing_indicator: true}",
    "{scale: robust_clip}",
    "{encode: piecewise_linear, bins: 5}",
    "{encode: piecewise_linear, missing_indicator: true}",
    "{encode: piecewise_linear, with_value: true}",
    "{encode: piecewise_linear, bins: 5, with_value: true}",
]
NETWORK = "network: {hidden: [5]}"


def table(rows, cells, target="y"):
    """Text of a table. cells: of row k, by column."""
    columns = [*cells(0)]
    lines = [",".join(str(cells(k)[name]) for name in columns) for k in range(rows)]
    return "\n".join([",".join(columns), *lines, ""])


def mixed(k):
    """Numbers, some of them missing, repeated or far out; a text of three, and 0 or 1."""
    return {
        "long": "" if k % 9 == 4 else f"{np.exp(k * 0.31 % 5):.4f}",
        "few": (1, 1, 2, 5)[k % 4],
        "far": 1e6 if k == 7 else k % 13 - 6,
        "text": ("red", "blue", "", "green")[k % 4],
        "flag": k % 5 % 2,
        "y": ("p", "q", "r")[k * 7 % 3],
    }


def rows_of(folder, text):
    path = folder / "new.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("numeric", NUMERIC)
def test_every_treatment_of_numbers(numeric, dtype, tmp_path):
    path = config(
        tmp_path,
        table(50, mixed),
        f"data: {{path: table.csv, target: y, preprocessing: {{numeric: {numeric}}}}}",
        NETWORK,
        f"training: {{dtype: {dtype}}}",
    )
    new = (
        "long,few,far,text,flag\n,,,,\n1e5,-3,0.5,red,1\n-2,2,1,pink,0\n0.0,1,2,,1\n1,1.5,3,NA,0\n"
    )
    trained = RandomModel(path)
    for each in (tmp_path / "table.csv", rows_of(tmp_path, new)):
        assert compared(trained, each).agrees


def test_an_encoding_that_onnx_is_not_told_of_is_refused(tmp_path):
    class Other:
        """An encoding of a later day."""

        def inputs(self, name):
            return [name]

    path = config(tmp_path, table(50, mixed), "data: {path: table.csv, target: y}", NETWORK)
    trained = RandomModel(path)
    learnt = trained.model.preprocessing
    first = replace(learnt.features[0], encoding=Other())
    learnt = replace(learnt, features=(first, *learnt.features[1:]))
    trained._weights.model = replace(trained.model, preprocessing=learnt)
    with pytest.raises(UserError, match=r"column 'long' has an encoding .* told of: Other$"):
        onnx_model(trained)


@pytest.mark.parametrize(
    "categorical",
    ["{impute: most_frequent}", "{impute: category}", "{impute: category, handle_unknown: error}"],
)
def test_every_treatment_of_texts(categorical, tmp_path):
    path = config(
        tmp_path,
        table(50, mixed),
        f"data: {{path: table.csv, target: y, preprocessing: {{categorical: {categorical}}}}}",
        NETWORK,
    )
    assert compared(RandomModel(path), tmp_path / "table.csv").agrees


EMBEDDED = "encode: embedding, embedding_size: 3, one_hot_max_size: 0"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("others", ["handle_unknown: ignore", "min_count: 12", "impute: category"])
@pytest.mark.parametrize("columns", ["[long, text, flag]", "[text]"])
def test_categories_as_vectors(columns, others, dtype, tmp_path):
    path = config(
        tmp_path,
        table(50, mixed),
        f"data: {{path: table.csv, target: y, features: {{include: {columns}}}, "
        f"preprocessing: {{categorical: {{{EMBEDDED}, {others}}}}}}}",
        NETWORK,
        f"training: {{dtype: {dtype}}}",
    )
    new = rows_of(tmp_path, "long,text,flag\n1,pink,1\n1,,0\n,red,\n")
    trained = RandomModel(path)
    assert [each.name for each in trained.model.preprocessing.embedded] == ["text"]
    for each in (tmp_path / "table.csv", new):
        assert compared(trained, each).agrees


def test_a_category_that_may_not_be_has_no_answer_where_it_would_be_a_vector(tmp_path):
    keys = f"categorical: {{{EMBEDDED}, handle_unknown: error}}"
    path = config(
        tmp_path,
        table(50, mixed),
        f"data: {{path: table.csv, target: y, preprocessing: {{{keys}}}}}",
        NETWORK,
    )
    trained = RandomModel(path)
    assert compared(trained, tmp_path / "table.csv").agrees
    label, probabilities = answers(trained, **row(text=["pink"]))
    assert label.tolist() == [""]
    assert np.isnan(probabilities).all()


def row(**cells):
    return {"long": [1.0], "few": [1.0], "far": [1.0], "text": ["red"], "flag": ["1"]} | cells


@pytest.fixture
def strict(tmp_path):
    """A model that takes no new category, and no missing number."""

    def whole(k):
        return {n: ("red" if n == "text" else 1) if v == "" else v for n, v in mixed(k).items()}

    full = table(50, whole)
    keys = "{numeric: {impute: none}, categorical: {impute: none, handle_unknown: error}}"
    return RandomModel(
        config(
            tmp_path, full, f"data: {{path: table.csv, target: y, preprocessing: {keys}}}", NETWORK
        )
    )


@pytest.mark.parametrize(
    "refused",
    [
        {"text": ["pink"]},
        {"text": [""]},
        {"text": ["NA"]},
        {"long": [np.nan]},
        {"few": [np.inf]},
        {"far": [-np.inf]},
        {"flag": ["2"]},
        {"flag": [""]},
    ],
)
def test_a_row_that_nncli_refuses_has_no_answer(refused, strict):
    label, probabilities = answers(strict, **row(**refused))
    assert label.tolist() == [""]
    assert np.isnan(probabilities).all()
    label, probabilities = answers(strict, **row())
    assert label[0] in "pqr"
    assert np.isfinite(probabilities).all()


def test_what_can_not_be_raised_is_said(strict):
    assert onnx_model(strict).notes[-1] == (
        "handle_unknown is error, which ONNX can't raise: of a row with another category, the "
        "answers are NaN"
    )


def test_words_with_an_order(tmp_path):
    def cells(k):
        return {"size": ("low", "mid", "high", "")[k % 4], "x": k * 0.7 % 3, "y": "pq"[k % 2]}

    path = config(
        tmp_path,
        table(30, cells),
        "data: {path: table.csv, target: y, columns: {size: {order: [low, mid, high]}}}",
        NETWORK,
    )
    new = rows_of(tmp_path, "size,x\nlow,1\nhigh,1\nhuge,1\n,1\n")
    for each in (tmp_path / "table.csv", new):
        assert compared(RandomModel(path), each).agrees


def test_numbers_that_mean_missing(tmp_path):
    def cells(k):
        return {"x": -999 if k % 5 == 2 else k * 0.7 % 3, "z": k % 7, "y": "pq"[k % 2]}

    path = config(
        tmp_path,
        table(30, cells),
        'data: {path: table.csv, target: y, missing: ["", "-999"]}',
        NETWORK,
    )
    trained = RandomModel(path)
    assert trained.model.preprocessing.features[0].missing
    marked, gone = (answers(trained, x=[x], z=[1.0])[1] for x in (-999.0, np.nan))
    assert marked.tolist() == gone.tolist()


@pytest.mark.parametrize("unknown", ["ignore", "error"])
def test_texts_that_are_true_or_false(unknown, tmp_path):
    def cells(k):
        return {"is": ("yes", "No", "", "yes")[k % 4], "x": k * 0.7 % 3, "y": "pq"[k % 2]}

    keys = f"{{categorical: {{handle_unknown: {unknown}}}, numeric: {{missing_indicator: true}}}}"
    path = config(
        tmp_path,
        table(30, cells),
        f"data: {{path: table.csv, target: y, preprocessing: {keys}}}",
        NETWORK,
    )
    new = rows_of(tmp_path, "is,x\nyes,1\nFALSE,1\nt,1\n,1\nOff,1\n")
    trained = RandomModel(path)
    for each in (tmp_path / "table.csv", new):
        assert compared(trained, each).agrees
    other, missing = (answers(trained, **{"is": [text], "x": [1.0]})[1] for text in ("maybe", ""))
    assert np.isnan(other).all() == (unknown == "error")
    assert (other != missing).any()


def test_capitals_and_blanks_make_no_difference_where_a_run_says_so(tmp_path):
    def cells(k):
        return {"town": ("Old Town", "Straße", "Él")[k % 3], "x": k * 0.7 % 3, "y": "pq"[k % 2]}

    path = config(
        tmp_path,
        table(30, cells),
        "data: {path: table.csv, target: y, fold_case: true}",
        NETWORK,
    )
    new = "town,x\nold town,1\nOLD TOWN,1\noldtown,1\nstrasse,1\nSTRASSE,1\nE\u0301l,1\n\u00c9L,1\n"
    trained = RandomModel(path)
    assert compared(trained, rows_of(tmp_path, new)).agrees
    assert onnx_model(trained).notes[1] == (
        "town takes texts as training had them, or in lower case without blanks"
    )


def test_a_category_that_is_a_number_in_several_spellings(tmp_path):
    def cells(k):
        return {"code": ("1", "2", "07", "x")[k % 4], "x": k * 0.7 % 3, "y": "pq"[k % 2]}

    path = config(tmp_path, table(40, cells), "data: {path: table.csv, target: y}", NETWORK)
    new = rows_of(tmp_path, "code,x\n1,1\n1.0,1\n2.00,1\n07,1\n7,1\n7.0,1\nx,1\n")
    assert compared(RandomModel(path), new).agrees


@pytest.mark.parametrize("times", [False, True])
def test_dates(times, tmp_path):
    moments = np.datetime64("1896-02-27T00:00") + np.cumsum(
        RANDOM.integers(1, 90 * 1440, 60)
    ).astype("timedelta64[m]")

    def cells(k):
        text = str(moments[k]) if times else str(moments[k])[:10]
        return {"day": "" if k % 11 == 3 else text, "x": k * 0.7 % 3, "y": "pq"[k % 2]}

    path = config(
        tmp_path,
        table(60, cells),
        "data: {path: table.csv, target: y, preprocessing: {numeric: {missing_indicator: true}}}",
        NETWORK,
    )
    days = "1600-02-29 2000-02-29 2000-03-01 2026-12-31 0001-01-01 9999-12-31 1970-01-01 1969-12-31"
    new = "day,x\n" + "".join(f"{day},1\n" for day in days.split())
    trained = RandomModel(path)
    for each in (tmp_path / "table.csv", rows_of(tmp_path, new)):
        assert compared(trained, each).agrees
    assert onnx_model(trained).notes[1] == (
        "ONNX reads no dates: day takes days since 1970-01-01 in UTC (noon is .5)"
    )
    for none in (1e15, -1e6, np.inf):
        assert np.isnan(answers(trained, day=[none], x=[1.0])[1]).all()


@pytest.mark.parametrize("transform", ["none", "log", "log1p", "sqrt"])
@pytest.mark.parametrize("scale", ["none", "standard", "robust"])
def test_targets_in_their_own_units(transform, scale, tmp_path):
    def cells(k):
        return {"x": k * 0.7 % 3, "z": k % 7, "y": 1 + k * k * 0.37 % 9, "w": 1e6 + k % 4}

    path = config(
        tmp_path,
        table(40, cells),
        "data: {path: table.csv, target: [y, w], task: regression, "
        f"preprocessing: {{target: {{transform: {transform}, scale: {scale}}}}}}}",
        NETWORK,
    )
    assert compared(RandomModel(path), tmp_path / "table.csv").agrees


def test_several_labels(tmp_path):
    def cells(k):
        return {"x": k * 0.7 % 3, "z": k % 7, "hot": ("yes", "no")[k % 2], "wet": "ab"[k % 3 % 2]}

    path = config(
        tmp_path, table(40, cells), "data: {path: table.csv, target: [hot, wet]}", NETWORK
    )
    trained = RandomModel(path)
    found, expected, model = both(trained, tmp_path / "table.csv")
    assert model.outputs == ("label", "probabilities")
    assert found[0].shape == (40, 2)
    assert compare(trained, expected, found).agrees


HOSTILE = ["label", "probabilities", "where", "hidden_1/W", "a b", "=1+1", "<b>", "é\u4e2d", "x.y"]


def test_hostile_names_of_columns(tmp_path):
    def cells(k):
        return {name: (k * (n + 3)) % 13 for n, name in enumerate(HOSTILE)} | {"y": "pq"[k % 2]}

    path = config(tmp_path, table(40, cells), "data: {path: table.csv, target: y}", NETWORK)
    trained = RandomModel(path)
    assert compared(trained, tmp_path / "table.csv").agrees
    model = onnx_model(trained)
    assert model.inputs == tuple(HOSTILE)
    assert model.outputs == ("label_2", "probabilities_2")
    assert model.notes[1:] == (
        "the output is called label_2, as a column is called label",
        "the output is called probabilities_2, as a column is called probabilities",
    )

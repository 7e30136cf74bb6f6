"""Derived columns: made of filled cells, fitted like others, recorded, made again of new rows."""

import json

import numpy as np
import pytest

from nncli.assembly.build import build
from nncli.assembly.recorded_data import RecordedData
from nncli.config.load import load
from nncli.data.disk import ColumnFile
from nncli.data.preprocessing import Preprocessing
from nncli.errors import ConfigError, TableError
from nncli.untrusted_files.array_headers import Malformed

HEADER = "id,size,rooms len,age,old,city,price\n"


def houses(rows=60):
    random = np.random.default_rng(0)
    lines = []
    for i in range(rows):
        size, rooms, age = random.uniform(20, 200), random.uniform(1, 9), i % 40
        cells = (
            i, f"{size:.2f}", "" if i % 7 == 3 else f"{rooms:.2f}", age, ("yes", "no")[age < 20],
            "ABC"[i % 3], f"{size * rooms:.2f}",
        )  # fmt: skip
        lines.append(",".join(map(str, cells)))
    return HEADER + "\n".join(lines) + "\n"


def config(folder, features, table=None, more=""):
    (folder / "houses.csv").write_text(houses() if table is None else table)
    path = folder / "net.yaml"
    path.write_text(
        f"data:\n  path: houses.csv\n  target: price\n  features: {features}\n{more}"
        "network: {hidden: []}\ntraining: {epochs: 1}\n"
    )
    return path


def built_of(path, *assignments):
    return build(*load(path, assignments))


def inputs_of(built):
    rows = np.arange(len(built.table))
    return built.preprocessing.apply(built.table, rows), built.preprocessing.inputs


FORMULAS = (
    "{exclude: [age, city], derive: {area: size*`rooms len`, root: sqrt(area), "
    "wise: log(1 + age) + (age >= 20), lived: old*age}}"
)


@pytest.fixture
def made(tmp_path):
    return built_of(config(tmp_path, FORMULAS))


def test_formulas_are_of_filled_cells_and_scaled_after_it(made):
    x, names = inputs_of(made)
    assert names == ["size", "rooms len", "old", "area", "root", "wise", "lived"]
    size, rooms, age, old = (
        made.table.column(n).values for n in ("size", "rooms len", "age", "old")
    )
    is_yes = np.array(made.table.categories["old"])[old.astype(int)] == "yes"
    train = made.rows.train
    rooms = np.where(np.isnan(rooms), np.nanmedian(rooms[train]), rooms)
    expected = [size * rooms, np.sqrt(size * rooms), np.log(1 + age) + (age >= 20), is_yes * age]
    for place, column in enumerate(expected, 3):
        scaled = (column - column[train].mean()) / column[train].std()
        np.testing.assert_allclose(x[:, place], scaled, rtol=1e-12)


def test_they_are_recorded_and_made_again_of_new_rows(made, tmp_path):
    recorded = json.loads(json.dumps(made.preprocessing.to_json()))
    assert recorded["derived"][1]["formula"] == "sqrt(size*`rooms len`)"
    fitted = Preprocessing.from_json(recorded)
    assert fitted == made.preprocessing
    given, source = load(tmp_path / "net.yaml")
    assert given.data.features.derive["root"] == "sqrt(area)"
    again = build(given, source, RecordedData(made.rows, fitted, made.table.sha256()))
    assert inputs_of(again)[0].tolist() == inputs_of(made)[0].tolist()
    new = made.model.read(tmp_path / "houses.csv", needs_target=False)
    assert fitted.apply(new, np.arange(len(new))).tolist() == inputs_of(made)[0].tolist()
    for damage in ("log(city)", "log(", "age"):
        recorded["derived"][0]["formula"] = damage if damage != "age" else "agee"
        with pytest.raises(Malformed):
            Preprocessing.from_json(recorded)


def test_a_row_of_new_data_without_a_value_is_named(made, tmp_path):
    (tmp_path / "new.csv").write_text(HEADER + "1,5,3,4,no,A,1\n2,-5,3,4,no,A,1\n3,5,3,-1,no,A,1\n")
    new = made.model.read(tmp_path / "new.csv", needs_target=False)
    with pytest.raises(TableError) as caught:
        made.preprocessing.apply(new, np.arange(3))
    assert [line.replace(f"{tmp_path}/", "") for line in caught.value.lines()] == [
        "new.csv:3: column 'root': sqrt(size*`rooms len`) is nan where size is -5, rooms len is 3: "
        "sqrt(max(x, 0)) or sqrt(abs(x)) has a value there",
        "new.csv:4: column 'wise': log(1 + age) is -inf where age is -1: log(1 + x) for numbers "
        "that begin at 0, log(max(x, 0.001)) for others",
    ]
    assert made.preprocessing.is_defined(new).tolist() == [True, False, False]


def test_rows_on_disk_give_the_same_inputs(made, tmp_path):
    other = built_of(tmp_path / "net.yaml", "data.on_disk=true")
    assert isinstance(other.table.x, ColumnFile)
    assert inputs_of(other)[0].tobytes() == inputs_of(made)[0].tobytes()
    assert other.preprocessing == made.preprocessing


def test_a_column_in_a_formula_is_learnt_from_though_it_looks_like_an_id(tmp_path):
    plain, asked = (
        built_of(config(tmp_path, features)) for features in ("{}", "{derive: {late: id/10}}")
    )
    assert "id" not in plain.preprocessing.inputs
    assert {"id", "late"} <= {*asked.preprocessing.inputs}


@pytest.mark.parametrize(
    "steps",
    ["scale: minmax", "encode: piecewise_linear", "scale: quantile", "missing_indicator: true"],
)
def test_every_treatment_of_numbers_is_theirs_too(steps, tmp_path):
    """A formula that only copies a column becomes what the column does."""
    more = f"  preprocessing: {{numeric: {{{steps}}}}}\n"
    x, names = inputs_of(built_of(config(tmp_path, "{derive: {twin: size}}", more=more)))
    own = [place for place, name in enumerate(names) if name.startswith("size")]
    twin = [place for place, name in enumerate(names) if name.startswith("twin")]
    np.testing.assert_array_equal(x[:, own], x[:, twin])


def test_a_polynomial_is_of_all_numbers_or_of_some(tmp_path):
    of_all = built_of(config(tmp_path, "{exclude: [id], polynomial: 2}"))
    made = [column.name for column in of_all.preprocessing.derived]
    assert made == [
        "size^2", "size*`rooms len`", "size*age", "`rooms len`^2", "`rooms len`*age", "age^2",
    ]  # fmt: skip
    some = "{include: [city], polynomial: {degree: 3, of: [size]}}"
    names = inputs_of(built_of(config(tmp_path, some)))[1]
    assert names == ["city=A", "city=B", "city=C", "size^2", "size^3"]


@pytest.mark.parametrize(
    ("features", "lines"),
    [
        ("{derive: {a: sise^2}}",
         ["4:26: data.features.derive.a: houses.csv has no column 'sise' (did you mean 'size'?)"]),
        ("{derive: {a: city^2, b: price/2, c: a + 1}}",
         ["4:26: data.features.derive.a: column 'city' holds text: formulas are of numbers",
          "4:37: data.features.derive.b: 'price' is what is to be predicted: a feature can't be "
          "made of it"]),
        ("{derive: {a: b + size, b: size^2, size: age^2}}",
         ["4:26: data.features.derive.a: 'b' comes later: formulas refer to earlier ones only",
          "4:53: data.features.derive.size: 'size' is a column of the table already: another "
          "name"]),
        ("{derive: {a: 'size^', b: size size, c: }}",
         ["4:26: data.features.derive.a: character 6: expected a number, a column or a bracket, "
          "found the end",
          "4:38: data.features.derive.b: character 6: expected a sign such as + or *, found 'size'"
          ": write * between them",
          "4:51: data.features.derive.c: expected text, found nothing"]),
        ("{polynomial: 60}",
         ["4:26: data.features.polynomial: degree 60 of 3 columns makes 39,707 columns, and 1,000 "
          "is the most (degree 16 makes 965; of: [...] chooses columns)"]),
        ("{polynomial: {degree: 2, of: [city]}}",
         ["4:26: data.features.polynomial: column 'city' holds text: formulas are of numbers"]),
        ("{derive: {b0: size*size*size*size, b1: b0*b0*b0*b0*b0*b0, b2: b1*b1*b1*b1*b1*b1, "
         "b3: b2*b2*b2*b2*b2*b2*b2*b2*b2*b2}}",
         ["4:98: data.features.derive.b3: with the formulas it refers to written out it has more "
          "than 2,000 steps: make it shorter"]),
    ],
)  # fmt: skip
def test_what_a_config_asks_in_vain_is_told_with_a_fix(features, lines, tmp_path):
    with pytest.raises(ConfigError) as caught:
        built_of(config(tmp_path, features))
    found = [line.replace(f"{tmp_path}/", "") for line in caught.value.lines()]
    assert found == [f"net.yaml:{line}" for line in lines]


def test_a_training_row_without_a_value_is_named(tmp_path):
    with pytest.raises(TableError) as caught:
        built_of(config(tmp_path, "{derive: {a: log(age)}}"))
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines()[0] == (
        "houses.csv:2: column 'a': log(age) is -inf where age is 0: log(1 + x) for numbers that "
        "begin at 0, log(max(x, 0.001)) for others"
    )


def test_a_datasets_columns_are_chosen_and_crossed(declared):
    data = "data: {dataset: {type: spiral, samples: 40}, features: {%s}}"
    some = declared(data % "exclude: [x1, x2], derive: {r: sqrt(x1^2 + x2^2), s: sin(r)}").built
    assert some.preprocessing.inputs == ["r", "s"]
    assert some.table.features == ("x1", "x2")
    assert "features" not in declared("data: {dataset: iris}").built.experiment.data.shown_keys
    hidden = declared(data % "exclude: [x1, r], derive: {r: sqrt(x1^2 + x2^2), s: sin(r)}").built
    assert hidden.preprocessing.inputs == ["x2", "s"]
    with pytest.raises(ConfigError) as caught:
        declared(data % "exclude: [x3], derive: {a: x1*y, b: log(x1)}")
    assert [line.partition("data.features.")[2] for line in caught.value.lines()] == [
        "exclude: no column 'x3'; known: x1, x2",
        "derive.a: no column 'y'; known: x1, x2",
    ]
    with pytest.raises(ConfigError, match=r"derive\.b: row \d+: log\(x1\) is -inf where x1 is 0"):
        declared(data % "derive: {b: log(x1)}")


def test_where_not_even_squares_fit_the_columns_are_to_be_chosen(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: digits, features: {polynomial: 2}}\n")
    with pytest.raises(ConfigError, match=r"makes 2,080 .* 1,000 is the most \(of: \[...\] choo"):
        build(*load(path))

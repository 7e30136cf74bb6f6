"""`nncli evaluate --data`: scores on the rows of another table."""

import numpy as np
import pytest

FIGURES = ["--json", "--no-plots"]


def table(path, rows, header="x1,x2,y"):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows), ""]))
    return path


def drawn(count, seed):
    """Rows of two classes, which the first column tells apart."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((count, 2)).round(3)
    return [[a, b, "yes" if a > 0 else "no"] for a, b in x.tolist()]


@pytest.fixture
def run(train, write, folder):
    """A run on t.csv, all of whose rows it was trained on."""
    table(folder / "t.csv", drawn(60, seed=0))
    config = write(
        "t.yaml",
        "data: {path: t.csv, target: y, split: none}",
        "network: {hidden: []}",
        "optimizer: {type: gd, learning_rate: 2.0}",
        "training: {epochs: 50}",
    )
    return train(config, warns="column 'x1' says exactly what the target 'y' is")


def test_rows_of_another_table_are_scored_under_its_name(nncli, run, folder):
    new = table(folder / "new.csv", drawn(40, seed=1))
    result = nncli("evaluate", run.path, "--data", new, *FIGURES).json
    assert (result["split"], result["rows"]) == ("new.csv", 40)
    assert result["metrics"]["accuracy"] > 0.8
    assert list(result["classes"]) == ["no", "yes"]
    assert result["files"] == ["evaluation/new.csv.json"]


def test_same_rows_score_the_same_however_they_are_given(nncli, run, folder):
    own = nncli("evaluate", run.path, *FIGURES).json
    given = nncli("evaluate", run.path, "--data", folder / "t.csv", *FIGURES).json
    for key in ("rows", "metrics", "baselines", "intervals", "classes", "confusion"):
        assert given[key] == own[key]


def test_columns_may_stand_in_another_order_beside_others(nncli, run, folder):
    rows = drawn(30, seed=2)
    plain = table(folder / "plain.csv", rows)
    turned = [[y, "more", x2, x1] for x1, x2, y in rows]
    other = table(folder / "other.csv", turned, "y,note,x2,x1")
    first, second = (
        nncli("evaluate", run.path, "--data", path, *FIGURES).json["metrics"]
        for path in (plain, other)
    )
    assert first == second


def test_table_is_named_with_its_rows_and_pictures(nncli, run, folder):
    new = table(folder / "new.csv", drawn(40, seed=1))
    out = nncli("evaluate", run.path, "--data", new).out.splitlines()
    assert out[0] == f"{run.path}: 40 rows of new.csv"
    assert out[-1] == f"plots: {run.path}/evaluation/new.csv/"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_rows_of_one_class_are_scored(nncli, run, folder, answer):
    new = table(folder / "new.csv", [row for row in drawn(40, seed=1) if row[-1] == answer])
    done = nncli("evaluate", run.path, "--data", new, "--json")
    assert done.code == 0
    assert done.json["metrics"]["roc_auc"] is None
    assert done.err == "note: no roc.png and precision_recall.png: all rows are of one class\n"


def test_one_row_is_scored_without_intervals(nncli, run, folder):
    new = table(folder / "new.csv", [[1.0, 0.0, "yes"]])
    result = nncli("evaluate", run.path, "--data", new, *FIGURES).json
    assert set(result["intervals"].values()) == {None}
    assert "No better" not in nncli("evaluate", run.path, "--data", new, "--no-plots").out


def test_split_and_data_exclude_each_other(nncli, run, folder):
    done = nncli("evaluate", run.path, "--data", folder / "t.csv", "--split", "train")
    assert (done.code, done.out) == (2, "")
    assert "--split and --data" in done.err


@pytest.mark.parametrize(
    ("header", "rows", "named"),
    [
        ("x1,x2", [[1, 2]], "'y'"),
        ("x1,y", [[1, "yes"]], "'x2'"),
        ("x1,x2,y", [[1, 2, "perhaps"]], "perhaps"),
        ("x1,x2,y", [[1, "two", "yes"]], "two"),
        ("x1,x2,y", [], "rows"),
    ],
    ids=["no target", "no feature", "unknown class", "text for a number", "no rows"],
)
def test_table_that_does_not_fit_is_a_user_error(nncli, run, folder, header, rows, named):
    new = table(folder / "new.csv", rows, header)
    done = nncli("evaluate", run.path, "--data", new)
    assert (done.code, done.out) == (2, "")
    assert "new.csv" in done.err
    assert named in done.err


def test_table_that_is_not_there_is_named(nncli, run):
    done = nncli("evaluate", run.path, "--data", "nowhere.csv")
    assert done.code in (2, 74)
    assert "nowhere.csv" in done.err


def test_numbers_are_scored_in_their_own_units(nncli, train, write, folder):
    random = np.random.default_rng(0)
    x = random.standard_normal((80, 2))
    y = 1000 * x[:, 0] + 100 * x[:, 1] + 5000 + random.standard_normal(80)
    rows = np.column_stack([x, y]).tolist()
    table(folder / "t.csv", rows[:60])
    config = write(
        "t.yaml",
        "data: {path: t.csv, target: y, split: none}",
        "training: {epochs: 1}",
        "evaluation: {metrics: [mae]}",
    )
    new = table(folder / "new.csv", rows[60:])
    result = nncli("evaluate", train(config).path, "--data", new, *FIGURES).json
    assert result["baselines"]["linear model"]["mae"] == pytest.approx(0.8, abs=0.4)
    assert result["baselines"]["mean"]["mae"] == pytest.approx(800, abs=400)

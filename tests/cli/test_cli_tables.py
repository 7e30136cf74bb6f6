"""A table of one's own: init, train, evaluate and predict, from a CSV to an answer."""

import csv
import gzip
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

PENGUINS = Path(__file__).parents[2] / "configs" / "penguins.csv"


@pytest.fixture
def flats(folder):
    """120 flats: an id, sizes (some missing), a district, a garden yes or no, and the price."""
    random = np.random.default_rng(3)
    lines = ["id,size,district,garden,price"]
    for number in range(1, 121):
        size, garden = random.uniform(30, 120), random.integers(2)
        district = ("north", "south", "old town")[random.integers(3)]
        price = 3 * size + 40 * garden + 20 * (district == "old town") + random.normal()
        shown = "NA" if number % 10 == 0 else f"{size:.1f}"
        lines.append(f"{number},{shown},{district},{('no', 'yes')[garden]},{price:.2f}")
    path = folder / "flats.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def run_of_flats(nncli, flats):
    assert nncli("init", flats, "--target", "price").code == 0
    done = nncli("train", "flats.yaml", "--json", "-q", "--set", "output.plots=[]")
    assert done.code == 0, done.err
    return Path(done.json["run"])


def predictions(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_init_train_evaluate_predict(nncli, flats, run_of_flats):
    scores = nncli("evaluate", run_of_flats, "--json").json
    assert scores["split"] == "test"
    assert scores["metrics"]["r2"] > 0.5
    done = nncli("predict", run_of_flats, flats)
    rows = predictions(done.out)
    truth = [float(row["price"]) for row in rows]
    found = [float(row["prediction"]) for row in rows]
    assert len(rows) == 120
    assert np.corrcoef(truth, found)[0, 1] > 0.8


def test_init_says_what_each_column_was_taken_for(nncli, flats, folder):
    nncli("init", flats, "--target", "price")
    text = (folder / "flats.yaml").read_text()
    assert "#   numeric: size" in text
    assert "#   boolean: garden" in text
    assert "#   categorical: district (3)" in text
    assert "#   left out: id (id-like: a different whole number in every row)" in text


def test_init_asks_for_the_target(nncli, flats):
    done = nncli("init", flats)
    assert done.code == 2
    assert done.err == (
        "flats.csv: which column is to be predicted? --target one of "
        "'id', 'size', 'district', 'garden', 'price'\n"
    ).replace("flats.csv", str(flats))


def test_init_guesses_a_misspelt_target(nncli, flats):
    done = nncli("init", flats, "--target", "Price")
    assert done.err == f"{flats} has no column 'Price' (did you mean 'price'?)\n"


def test_init_drops_rows_that_lack_the_target_and_says_so(nncli, write):
    write("t.csv", "x,y", *(f"{i * 1.5},{'' if i == 7 else i * 2.25}" for i in range(60)))
    assert nncli("init", "t.csv", "--target", "y").code == 0
    assert "missing_target: drop" in Path("t.yaml").read_text()
    assert nncli("validate", "t.yaml").code == 0


def test_summary_names_kinds_and_what_is_left_out(nncli, flats):
    nncli("init", flats, "--target", "price")
    shown = nncli("validate", "flats.yaml").out
    assert "numeric      1: size; " in shown
    assert "left out     id (id-like: a different whole number in every row)" in shown


def test_run_is_self_contained(nncli, flats, run_of_flats, folder):
    before = nncli("evaluate", run_of_flats, "--json", "--no-plots").json["metrics"]
    shutil.move(run_of_flats, folder / "elsewhere")
    flats.unlink()
    assert nncli("evaluate", "elsewhere", "--json", "--no-plots").json["metrics"] == before


def test_predict_needs_neither_target_nor_order_nor_the_data(nncli, flats, run_of_flats, write):
    whole = predictions(nncli("predict", run_of_flats, flats).out)
    rows = predictions(flats.read_text())[:5]
    names = ["garden", "size", "note", "district"]
    lines = [",".join({**row, "note": "x"}[name] for name in names) for row in rows]
    new = write("new.csv", ",".join(names), *lines)
    shutil.rmtree(run_of_flats / "files")  # the training table
    done = nncli("predict", run_of_flats, new)
    assert done.code == 0
    assert done.err == f"note: {run_of_flats} doesn't use the column note\n"
    found = predictions(done.out)
    assert [row["prediction"] for row in found] == [row["prediction"] for row in whole[:5]]
    assert list(found[0]) == [*names, "prediction"]


def test_predict_names_missing_columns_and_writes_nothing(nncli, run_of_flats, write, folder):
    new = write("new.csv", "Size,district", "50,north")
    done = nncli("predict", run_of_flats, new, "-o", "out.csv")
    assert done.code == 2
    assert done.err == (
        f"{new}: lacks columns 'size' (did you mean 'Size'?), 'garden'; it has 'Size', 'district'\n"
    )
    assert not (folder / "out.csv").exists()


def test_predict_places_a_bad_cell(nncli, run_of_flats, write):
    new = write("new.csv", "size,district,garden", "50,north,yes", "fifty,north,yes")
    done = nncli("predict", run_of_flats, new)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{new}:3: column 'size': expected a number, found 'fifty'")


def test_unseen_category_is_ignored_or_refused(nncli, flats, write):
    new = write("new.csv", "size,district,garden", "50,nowhere,yes")
    nncli("init", flats, "--target", "price")
    quick = ("--json", "-q", "--set", "training.epochs=2", "--set", "output.plots=[]")
    run = nncli("train", "flats.yaml", *quick).json["run"]
    assert nncli("predict", run, new).code == 0
    key = "data.preprocessing.categorical.handle_unknown=error"
    strict = nncli("train", "flats.yaml", *quick, "--set", key).json["run"]
    done = nncli("predict", strict, new)
    assert done.code == 2
    assert done.err == (
        f"{new}:2: column 'district': unknown category 'nowhere': "
        "the training rows have 'north', 'old town', 'south'\n"
    )


def test_probabilities_have_the_class_names_and_sum_to_one(nncli, write):
    config = write(
        "p.yaml", f"data: {{path: {PENGUINS}, target: species}}", "training: {epochs: 3}"
    )
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    rows = predictions(nncli("predict", run, PENGUINS, "--probabilities").out)
    names = [f"probability_{name}" for name in ("Adelie", "Chinstrap", "Gentoo")]
    assert all(sum(float(row[name]) for name in names) == pytest.approx(1.0) for row in rows)
    likely = [max(names, key=lambda name: float(row[name])) for row in rows]
    assert [f"probability_{row['prediction']}" for row in rows] == likely


def test_probabilities_of_numbers_are_refused(nncli, flats, run_of_flats):
    done = nncli("predict", run_of_flats, flats, "--probabilities")
    assert done.code == 2
    assert done.err == "--probabilities is for classes, and this run predicts a number\n"


def test_output_is_written_in_the_format_of_its_name(nncli, flats, run_of_flats):
    assert nncli("predict", run_of_flats, flats, "-o", "out.tsv.gz").code == 0
    lines = gzip.decompress(Path("out.tsv.gz").read_bytes()).decode().splitlines()
    assert lines[0] == "id\tsize\tdistrict\tgarden\tprice\tprediction"
    assert len(lines) == 121
    done = nncli("predict", run_of_flats, flats, "-o", "out.xlsx")
    assert done.code == 2
    assert "expected a name ending in .csv, .tsv or .gz of these" in done.err
    assert nncli("predict", run_of_flats, flats, "-o", flats).code == 2


def test_column_called_prediction_is_kept(nncli, flats, run_of_flats, write):
    lines = flats.read_text().splitlines()
    header = lines[0].replace("id", "prediction")
    new = write("new.csv", header, *lines[1:3])
    rows = predictions(nncli("predict", run_of_flats, new).out)
    assert [row["prediction"] for row in rows] == ["1", "2"]
    assert "prediction_2" in rows[0]


def test_run_of_a_built_in_dataset_predicts_too(nncli, iris, write):
    names = "sepal_length,sepal_width,petal_length,petal_width"
    features = [column["name"] for column in iris.json("preprocessing.json")["features"]]
    assert len(features) == len(names.split(","))
    new = write("new.csv", ",".join(features), "5.1,3.5,1.4,0.2")
    assert predictions(nncli("predict", iris.path, new).out)[0]["prediction"] == "setosa"


def test_training_cells_are_placed_in_errors(nncli, flats, write):
    lines = flats.read_text().splitlines()
    lines[41] = lines[41].replace(lines[41].split(",")[1], "huge", 1)
    flats.write_text("\n".join(lines) + "\n")
    config = write("f.yaml", "data: {path: flats.csv, target: price}")
    done = nncli("train", config)
    assert done.code == 2
    assert done.err.startswith(
        f"{flats}:42: column 'size': expected a number, found 'huge' (if it stands for missing, "
        "add it to data.missing; if the column is text, data.columns: {size: categorical})\n"
    )
    assert not Path("runs").exists()


def test_misspelt_columns_are_all_named_at_their_keys(nncli, flats, write):
    config = write(
        "f.yaml",
        "data:",
        "  path: flats.csv",
        "  target: pric",
        "  features: {exclude: [nr, ID]}",
        "  columns: {sise: numeric}",
    )
    done = nncli("validate", config)
    assert done.code == 2
    assert done.err.splitlines() == [
        f"{config}:3:11: data.target: {flats} has no column 'pric' (did you mean 'price'?)",
        f"{config}:4:23: data.features.exclude: {flats} has no column 'nr'; it has 'id', 'size', "
        "'district', 'garden', 'price'",
        f"{config}:4:23: data.features.exclude: {flats} has no column 'ID' (did you mean 'id'?)",
        f"{config}:5:12: data.columns: {flats} has no column 'sise' (did you mean 'size'?)",
    ]


def test_changed_table_is_noticed_when_it_was_too_large_to_copy(nncli, flats, write, monkeypatch):
    monkeypatch.setattr("nncli.artifacts.run_recorder.LARGEST_COPY", 100)
    config = write("f.yaml", "data: {path: flats.csv, target: price}", "training: {epochs: 2}")
    done = nncli("train", config, "--json", "-q", "--set", "output.plots=[]")
    assert "flats.csv isn't copied into the run, which needs it to evaluate" in done.err
    run = done.json["run"]
    assert nncli("evaluate", run, "--no-plots").code == 0
    flats.write_text(flats.read_text().replace("north", "South", 1))
    changed = nncli("evaluate", run, "--no-plots")
    assert changed.code == 2
    assert "the data has changed since this run was trained" in changed.err
    assert nncli("predict", run, flats).code == 0


def test_on_disk_or_in_memory_the_weights_are_the_same(nncli, flats, write):
    config = write("f.yaml", "data: {path: flats.csv, target: price}", "training: {epochs: 3}")
    quick = ("--json", "-q", "--set", "output.plots=[]")
    runs = [
        Path(nncli("train", config, *quick, "--set", f"data.on_disk={where}").json["run"])
        for where in ("true", "false")
    ]
    first, second = ((run / "model.safetensors").read_bytes() for run in runs)
    assert first == second


def test_resumed_run_of_a_table_equals_an_uninterrupted_one(nncli, flats, write):
    config = write("f.yaml", "data: {path: flats.csv, target: price}", "training: {epochs: 6}")
    quick = ("--json", "-q", "--set", "output.plots=[]")
    whole = Path(nncli("train", config, *quick).json["run"])
    half = nncli("train", config, *quick, "--set", "training.epochs=3").json["run"]
    flats.unlink()
    done = nncli("train", "--resume", half, "--set", "training.epochs=6", "--json", "-q")
    assert done.code == 0, done.err
    weights = (Path(half) / "model.safetensors").read_bytes()
    assert weights == (whole / "model.safetensors").read_bytes()


# ---- cross-validation


def test_folds_score_every_row_that_isn_t_kept_aside_once(nncli, write):
    config = write(
        "p.yaml", f"data: {{path: {PENGUINS}, target: species}}", "training: {epochs: 3}"
    )
    done = nncli("train", config, "--folds", "4", "--json", "-q", "--set", "output.plots=[]")
    assert done.code == 0, done.err
    folder = Path(done.json["run"])
    assert folder.name == "p-folds-001"
    held, aside = [], done.json["test_rows_kept_aside"]
    for fold in done.json["folds"]:
        with np.load(folder / fold["run"] / "split.npz") as rows:
            assert not set(rows["test"]) & (set(rows["train"]) | set(rows["val"]))
            held += rows["test"].tolist()
    assert len(held) == len(set(held)) == 344 - aside
    values = [fold["metrics"]["accuracy"] for fold in done.json["folds"]]
    assert done.json["mean"]["accuracy"] == pytest.approx(np.mean(values))
    assert done.json["std"]["accuracy"] == pytest.approx(np.std(values, ddof=1))
    assert json.loads((folder / "folds.json").read_text())["mean"] == done.json["mean"]


def test_fold_is_a_run_like_any_other(nncli, write):
    config = write("i.yaml", "data: {dataset: iris}", "training: {epochs: 3}")
    done = nncli("train", config, "--folds", "3", "--json", "-q", "--set", "output.plots=[]")
    fold = done.json["folds"][1]
    scores = nncli("evaluate", Path(done.json["run"]) / fold["run"], "--json", "--no-plots").json
    assert scores["metrics"]["accuracy"] == fold["metrics"]["accuracy"]


def test_folds_are_shown_as_a_table(nncli, gate):
    done = nncli("train", gate, "--folds", "2", "-q", "--set", "data.dataset=iris")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["held", "out", "1", "2", "mean", "std"]


def test_more_folds_than_rows_are_refused(nncli, gate):
    done = nncli("train", gate, "--folds", "5")
    assert done.code == 2
    assert "5 folds of 4 rows: a fold would be empty" in done.err
    assert not Path("runs").exists()


def test_folds_and_resume_exclude_each_other(nncli, iris):
    assert nncli("train", "--resume", iris.path, "--folds", "2").code == 2

"""A table of one's own: init, train, evaluate and predict, from a CSV to an answer."""

import csv
import gzip
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nncli.config.load import load
from nncli.data.writing import table_formats

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
    assert nncli("init", flats, "--target", "price", "--quick").code == 0
    done = nncli("train", "flats.yaml", "--json", "-q", "--set", "output.plots=[]")
    assert done.code == 0, done.err
    return Path(done.json["run"])


def predictions(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_init_train_evaluate_predict(nncli, flats, quick):
    assert nncli("init", flats, "--target", "price", *quick).code == 0
    trained = nncli("train", "flats.yaml", "--json", "-q", "--set", "output.plots=[]")
    assert trained.code == 0, trained.err
    model = trained.json["run"]
    scores = nncli("evaluate", model, "--json").json
    assert scores["split"] == "test"
    assert scores["metrics"]["r2"] > 0.5
    done = nncli("predict", model, flats)
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


def test_init_takes_codes_for_categories_when_told(nncli, write):
    rows = (f"{98100 + i % 7}{'-4820' if i == 50 else ''},{i % 5},{i * 2.25}" for i in range(60))
    write("t.csv", "zip code,floor,y", *rows)
    given = ("init", "t.csv", "--target", "y")
    done = nncli(*given)
    assert done.code == 2
    assert done.err.endswith(
        "(nncli init: --missing TEXT, repeatable; --categorical COLUMN, repeatable)\n"
    )
    done = nncli(*given, "--categorical", "zip code", "--categorical", "floor")
    assert done.code == 0
    config = Path("t.yaml").read_text()
    assert '  columns: {"zip code": {type: categorical}, floor: {type: categorical}}\n' in config
    assert "categorical  2: zip code (8), floor (5)" in nncli("validate", "t.yaml").out
    unknown = nncli(*given, "--categorical", "flor", "-o", "u.yaml")
    assert unknown.err == "t.csv has no column 'flor' (did you mean 'floor'?)\n"


def test_init_drops_rows_that_lack_the_target_and_says_so(nncli, write):
    write("t.csv", "x,y", *(f"{i * 1.5},{'' if i == 7 else i * 2.25}" for i in range(60)))
    assert nncli("init", "t.csv", "--target", "y").code == 0
    said = "data.missing_target: drop leaves out 1 of 60 rows"
    assert f"  missing_target: drop\n  # {said}\n" in Path("t.yaml").read_text()
    done = nncli("validate", "t.yaml")
    assert (done.code, done.err.splitlines()[0]) == (0, f"warning: {said}")


@pytest.mark.parametrize(("count", "is_left_out"), [(1, True), (9, True), (10, False)])
def test_init_leaves_out_what_the_training_rows_may_lack(nncli, write, count, is_left_out):
    write("t.csv", "x,z,y", *(f"{i * i},{i + 0.5 if i < count else ''},{i % 3}" for i in range(60)))
    assert nncli("init", "t.csv", "--target", "y").code == 0
    assert ("exclude: [z]" in Path("t.yaml").read_text()) == is_left_out
    assert nncli("validate", "t.yaml").code == 0


def test_init_and_train_say_which_class_is_dropped_and_how_it_is_kept(nncli, write):
    rows = (f"{i * 1.5},{('up', 'down', '?')[i % 3]}" for i in range(60))
    write("t.csv", "x,y", *rows)
    said = "target 'y': rows with '?' (20) are left out"
    cure = """columns: {y: {values: ["?"]}}"""
    started = nncli("init", "t.csv", "--target", "y")
    assert said in started.out + started.err
    config = Path("t.yaml").read_text()
    assert said in config
    assert f"data.{cure}" in config
    trained = nncli("train", "t.yaml", "--set", "training.epochs=1")
    assert said in trained.out + trained.err
    Path("t.yaml").write_text(config.replace("missing_target: drop", cure))
    assert "expected 3, one unit a class, found 1" in nncli("validate", "t.yaml").err


@pytest.mark.parametrize("every", [5, 40])
def test_init_reads_limits_as_numbers_and_says_so(nncli, write, every):
    write("t.csv", "x,y", *(f"{'' if i % every else '<'}{i}.5,{i % 2}" for i in range(1, 81)))
    said = f"column 'x' has limits such as '<{every}.5', read as {every}.5"
    assert said in nncli("init", "t.csv", "--target", "y").err
    assert said in Path("t.yaml").read_text()
    assert nncli("validate", "t.yaml").code == 0


def test_init_says_which_decimals_may_be_thousands(nncli, write):
    write("t.csv", "x,y", *(f"{i}.{37 * i % 1000:03d},{i % 2}" for i in range(1, 61)))
    assert "thousands" in nncli("init", "t.csv", "--target", "y").err
    assert """data.columns: {x: {thousands: "."}}""" in Path("t.yaml").read_text()
    assert nncli("validate", "t.yaml", "--set", """data.columns={x: {thousands: "."}}""").code == 0


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
    few, first = ([float(row["prediction"]) for row in part] for part in (found, whole[:5]))
    assert few == pytest.approx(first, rel=1e-5)  # float32, in a product of other size
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
    assert nncli("predict", run_of_flats, flats, "-o", flats).code == 2


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.npz", "out.parquet.gz"])
def test_output_that_is_no_format_or_one_that_is_only_read_is_refused(
    nncli, flats, run_of_flats, name
):
    done = nncli("predict", run_of_flats, flats, "-o", name)
    assert done.code == 2
    assert done.err == f"{name}: expected a name ending in {table_formats.WRITABLE}\n"


def test_an_entry_is_all_that_a_new_output_format_takes(nncli, flats, run_of_flats, monkeypatch):
    def write(file, table):
        file.write(
            "\n".join("|".join(row) for row in [table.names, *table.rows_of_texts()]).encode()
        )

    monkeypatch.setitem(table_formats.WRITERS, ".md", write)
    assert nncli("predict", run_of_flats, flats, "-o", "out.md").code == 0
    lines = Path("out.md").read_text().splitlines()
    assert lines[0] == "id|size|district|garden|price|prediction"
    assert len(lines) == 121


def test_column_called_prediction_is_kept(nncli, flats, run_of_flats, write):
    lines = flats.read_text().splitlines()
    header = lines[0].replace("id", "prediction")
    new = write("new.csv", header, *lines[1:3])
    rows = predictions(nncli("predict", run_of_flats, new).out)
    assert [row["prediction"] for row in rows] == ["1", "2"]
    assert "prediction_2" in rows[0]


def test_every_class_keeps_its_column_of_probabilities(nncli, write):
    write("t.csv", "x,y", *(f"{n},{('a', 'a_2')[n % 2]}" for n in range(20)))
    config = write("t.yaml", "data: {path: t.csv, target: y}", "training: {epochs: 1}")
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    new = write("new.csv", "x,probability_a", "1,yes", "2,no")
    rows = predictions(nncli("predict", run, new, "--probabilities").out)
    assert [row["probability_a"] for row in rows] == ["yes", "no"]
    assert all(
        float(row["probability_a_3"]) + float(row["probability_a_2"]) == pytest.approx(1.0)
        for row in rows
    )


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
    monkeypatch.setattr("nncli.artifacts.run_recorder.MAX_COPY_BYTES", 100)
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
    header = done.out.splitlines()[0]
    assert header.split() == ["held", "out", "1", "2", "mean", "std", "95%", "interval"]


def test_more_folds_than_rows_are_refused(nncli, gate):
    done = nncli("train", gate, "--folds", "5")
    assert done.code == 2
    assert "5 folds of 4 rows: a fold would be empty" in done.err
    assert not Path("runs").exists()


def test_folds_and_resume_exclude_each_other(nncli, iris):
    assert nncli("train", "--resume", iris.path, "--folds", "2").code == 2


# ---- what a first user stumbled over


@pytest.fixture
def churn(folder):
    """A table with a rare class, and weights for its rows."""
    random = np.random.default_rng(5)
    lines = ["x,z,w,left"]
    for _ in range(300):
        x, z = random.normal(size=2)
        left = "yes" if x + 0.3 * random.normal() > 1.8 else "no"
        lines.append(f"{x:.4f},{z:.4f},{random.uniform(0.5, 2):.3f},{left}")
    path = folder / "churn.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("key", ["class_weight: balanced", "epochs: 3"])
def test_same_rows_have_the_same_loss_from_a_file(nncli, churn, write, key):
    config = write(
        "c.yaml",
        "data: {path: churn.csv, target: left, sample_weight: w}",
        f"training: {{{key}, batch_size: 64}}",
    )
    run = Path(nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"])
    with np.load(run / "split.npz") as rows:
        chosen = rows["test"].tolist()
    header, *lines = churn.read_text().splitlines()
    write("test.csv", header, *(lines[row] for row in chosen))
    of_split = nncli("evaluate", run, "--json", "--no-plots").json["metrics"]
    of_file = nncli("evaluate", run, "--data", "test.csv", "--json", "--no-plots").json["metrics"]
    assert of_file == pytest.approx(of_split, rel=1e-12)


def test_rows_the_run_was_trained_on_are_said_to_be(nncli, churn, write):
    config = write("c.yaml", "data: {path: churn.csv, target: left}", "training: {epochs: 2}")
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    done = nncli("evaluate", run, "--data", churn, "--no-plots")
    assert f"note: 210 rows of {churn} are those the run was trained on" in done.err


def test_imbalance_is_warned_of_unless_classes_are_weighed(nncli, churn, write):
    config = write("c.yaml", "data: {path: churn.csv, target: left}", "training: {epochs: 2}")
    weighed = ("--set", "training.class_weight=balanced")
    assert "see balanced_accuracy" in nncli("train", config).err
    assert "see balanced_accuracy" not in nncli("train", config, *weighed).err


def test_decimal_commas_byte_order_mark_and_line_ends_go_out_as_they_came(nncli, folder):
    lines = ["x;y", *(f"{i},5;{3 * i},25" for i in range(60))]
    Path("euro.csv").write_bytes("\ufeff".encode() + "\r\n".join(lines).encode() + b"\r\n")
    assert nncli("init", "euro.csv", "--target", "y").code == 0
    assert 'decimal: ","' in Path("euro.yaml").read_text()
    run = nncli("train", "euro.yaml", "--json", "-q", "--set", "output.plots=[]").json["run"]
    assert nncli("predict", run, "euro.csv", "-o", "out.csv").code == 0
    written = Path("out.csv").read_bytes()
    assert written.startswith("\ufeffx;y;prediction\r\n0,5;0,25;".encode())
    assert written.count(b"\r\n") == 61
    assert b"." not in written


def test_column_that_never_varies_in_training_cannot_move_a_prediction(nncli, write):
    part = ["train"] * 40 + ["val"] * 10 + ["test"] * 10
    rows = [f"{i / 7:.3f},{int(p == 'test')},{i * 2},{p}" for i, p in enumerate(part)]
    write("t.csv", "x,rare,y,part", *rows)
    config = write(
        "t.yaml",
        "data:",
        "  path: t.csv",
        "  target: y",
        "  split: {type: fixed, column: part}",
        "  columns: {rare: numeric}",
    )
    done = nncli("train", config, "--json", "--set", "output.plots=[]")
    assert "column 'rare' never varies in the training rows" in done.err
    write("new.csv", "x,rare", "1,0", "1,1000000")
    first, second = predictions(nncli("predict", done.json["run"], "new.csv").out)
    assert first["prediction"] == second["prediction"]


def test_several_targets_are_a_list_in_the_config(nncli, write):
    write("m.csv", "x,y1,y2", *(f"{i},{i * 2.5},{i * i}" for i in range(60)))
    assert nncli("init", "m.csv", "--target", "y1", "--target", "y2").code == 0
    assert "target: [y1, y2]" in Path("m.yaml").read_text()
    run = nncli("train", "m.yaml", "--json", "-q", "--set", "output.plots=[]").json["run"]
    assert {"prediction_y1", "prediction_y2"} <= set(
        predictions(nncli("predict", run, "m.csv").out)[0]
    )


def test_init_leaves_out_columns_without_a_value(nncli, write):
    write("x.csv", "x,y,", *(f"{i},{i * 2.5}," for i in range(60)))
    assert nncli("init", "x.csv", "--target", "y").code == 0
    assert "features: {exclude: [column_3]}" in Path("x.yaml").read_text()
    assert nncli("validate", "x.yaml").code == 0


@pytest.mark.parametrize(
    ("cell", "key", "advice"),
    [
        ("$1,{}.50", "data.columns", "has numbers such as '$1,100.50': write '1100.50', say"),
        ("{}%", "data.columns", "has numbers such as '100%': write '100', say"),
        ("{},5", "data.decimal", "has numbers such as '100,5': use ',' if that is a decimal comma"),
    ],
)
def test_numbers_in_disguise_are_no_classes(nncli, write, cell, key, advice):
    write("p.csv", "x;price", *(f"{i};{cell.format(i + 100)}" for i in range(60)))
    done = nncli("validate", write("p.yaml", "data: {path: p.csv, target: price}"))
    assert done.code == 2
    assert f": {key}: " in done.err
    assert f"p.csv:2: column 'price' {advice}" in done.err


def test_unknown_markers_among_numbers_are_named(nncli, write):
    write("p.csv", "x,y", *(f"{i},{'lost' if i % 4 == 0 else i * 1.5}" for i in range(80)))
    done = nncli("validate", write("p.yaml", "data: {path: p.csv, target: y}"))
    assert done.code == 2
    assert "data.missing: " in done.err
    assert "column 'y' has numbers, and 'lost' among them" in done.err


def test_directory_of_folds_points_to_its_runs(nncli, gate):
    done = nncli("train", gate, "--folds", "2", "-q", "--set", "data.dataset=iris", "--json")
    folder = done.json["run"]
    said = nncli("evaluate", folder)
    assert said.code == 2
    best = min(done.json["folds"], key=lambda fold: fold["metrics"]["loss"])["run"]
    assert said.err == (
        f"{folder}: holds the runs of a study: take one; the best by held_out_loss is "
        f"{folder}/{best}\n"
    )


def test_new_categories_are_counted(nncli, flats, run_of_flats, write):
    new = write("new.csv", "size,district,garden", "50,nowhere,yes", "60,north,maybe")
    done = nncli("predict", run_of_flats, new)
    assert done.code == 0
    assert "note: column 'district': 1 cell holds a category that no training row had" in done.err


# ---- what a review found


def test_values_too_large_to_scale_are_refused_before_there_is_a_run(nncli, write):
    write("t.csv", "x,z,y", *(f"{i * 1.5},{'1e300' if i == 3 else i},{i * 2}" for i in range(60)))
    config = write("t.yaml", "data: {path: t.csv, target: y, columns: {z: numeric}, split: none}")
    done = nncli("train", config)
    assert done.code == 2
    assert "column 'z' has values too large to scale" in done.err
    assert not Path("runs").exists()


def test_target_too_large_to_scale_is_refused(nncli, write):
    write("t.csv", "x,y", *(f"{i * 1.5},{i}.5e200" for i in range(60)))
    done = nncli("train", write("t.yaml", "data: {path: t.csv, target: y}"))
    assert done.code == 2
    message = "target 'y' has values too large to scale, such as 5"
    assert message in done.err
    begun = nncli("init", "t.csv", "--target", "y", "-o", "-")
    assert begun.code == 2
    assert begun.err.startswith(f"t.csv: {message}")


def test_row_that_overflows_is_refused_by_predict_and_named(nncli, flats, run_of_flats, write):
    config = write(
        "f.yaml",
        "data: {path: flats.csv, target: price}",
        "network: {hidden: [8]}",
        "training: {epochs: 2, dtype: float32}",
    )
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    new = write("new.csv", "size,district,garden", "50,north,yes", "1e300,north,yes")
    done = nncli("predict", run, new)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{new}:3: its values overflow when scaled or stored as float32\n"


def test_rows_without_their_weights_weigh_what_training_rows_do(nncli, churn, write):
    config = write(
        "c.yaml",
        "data: {path: churn.csv, target: left, sample_weight: w}",
        "network: {hidden: [8]}",
        "training: {epochs: 2}",
    )
    heavy = churn.read_text().splitlines()
    names, *rows = (line.split(",") for line in heavy)
    lines = [",".join([x, z, str(1000 * float(w)), left]) for x, z, w, left in rows]
    churn.write_text("\n".join([",".join(names), *lines]) + "\n")
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    write("new.csv", "x,z,left", *(",".join([x, z, left]) for x, z, _, left in rows))
    metrics = nncli("evaluate", run, "--data", "new.csv", "--json", "--no-plots").json["metrics"]
    assert metrics["loss"] == pytest.approx(metrics["log_loss"], rel=1e-9)


def test_fold_with_an_undefined_metric_leaves_the_others_known(nncli, write):
    groups = [i % 6 for i in range(60)]
    rows = [f"{i * 0.37:.2f},{g},{'b' if g == 0 else 'a'}" for i, g in enumerate(groups)]
    write("g.csv", "x,g,y", *rows)
    config = write(
        "g.yaml",
        "data: {path: g.csv, target: y, split: {type: group, column: g, train: 1}}",
        "training: {epochs: 2}",
    )
    done = nncli("train", config, "--folds", "6", "-q", "--json", "--set", "output.plots=[]")
    assert done.code == 0, done.err
    assert done.json["mean"]["roc_auc"] is None
    assert done.json["mean"]["accuracy"] is not None


def test_folds_warn_as_a_single_run_does(nncli, write):
    write("l.csv", "x,leak,y", *(f"{i * 0.37:.2f},{i % 2},{'ab'[i % 2]}" for i in range(60)))
    config = write("l.yaml", "data: {path: l.csv, target: y}", "training: {epochs: 2}")
    done = nncli("train", config, "--folds", "3", "-q", "--set", "output.plots=[]")
    assert "column 'leak' is the target 'y' in other words" in done.err


def test_what_a_dropped_row_holds_is_no_matter(nncli, write):
    lines = [f"{i * 1.5},2026-01-{i % 28 + 1:02d},{i * 2.5}" for i in range(60)]
    write("t.csv", "x,day,y", *lines, "Total,all days,")
    config = write(
        "t.yaml",
        "data:",
        "  {path: t.csv, target: y, missing_target: drop, split: {type: time, column: day}}",
    )
    done = nncli("validate", config)
    assert done.code == 0, done.err
    assert "numeric     1: x" in done.out


@pytest.mark.parametrize("odd", ["7", "lots"])
def test_value_that_is_no_truth_is_treated_as_handle_unknown_says(nncli, write, odd):
    write("b.csv", "x,b,y", *(f"{i * 1.5},{i % 2},{i * 2.5}" for i in range(60)))
    config = write("b.yaml", "data: {path: b.csv, target: y}", "training: {epochs: 2}")
    new, known = write("new.csv", "x,b", f"1,{odd}", "2,1"), write("known.csv", "x,b", "1,0", "2,1")
    quiet = ("--json", "-q", "--set", "output.plots=[]")
    run = nncli("train", config, *quiet).json["run"]
    done = nncli("predict", run, new)
    assert done.err == "note: column 'b': 1 cell holds a category that no training row had\n"
    answers = [line.rpartition(",")[2] for line in done.out.splitlines()]
    expected = [line.rpartition(",")[2] for line in nncli("predict", run, known).out.splitlines()]
    assert answers == expected  # as the most frequent one
    strict = ("--set", "data.preprocessing.categorical.handle_unknown=error")
    run = nncli("train", config, *quiet, *strict).json["run"]
    done = nncli("predict", run, new)
    assert done.code == 2
    assert f"new.csv:2: column 'b': expected yes or no, true or false, found '{odd}'" in done.err


def test_table_without_a_header_stays_without_one(nncli, write):
    write("n.csv", *(f"{i * 1.5},{i % 7},{i * 2.5}" for i in range(60)))
    config = write("n.yaml", "data: {path: n.csv, target: column_3}", "training: {epochs: 2}")
    run = nncli("train", config, "--json", "-q", "--set", "output.plots=[]").json["run"]
    assert nncli("predict", run, "n.csv", "-o", "once.csv").code == 0
    assert len(Path("once.csv").read_text().splitlines()) == 60
    assert nncli("predict", run, "once.csv", "-o", "twice.csv").code == 0


def test_init_takes_words_among_numbers_for_missing_ones_and_says_so(nncli, write):
    cells = ["lost" if i % 4 == 0 else str(i * 1.5) for i in range(80)]
    write("p.csv", "x,z,y", *(f"{c},{i * 0.7:.1f},{i * 3}.5" for i, c in enumerate(cells)))
    assert nncli("init", "p.csv", "--target", "y").code == 0
    text = Path("p.yaml").read_text()
    assert "# also taken as missing: lost" in text
    assert "#   numeric: x (20 missing), z" in text
    assert nncli("validate", "p.yaml").code == 0


def test_a_word_that_is_missing_among_numbers_stays_a_category_elsewhere(nncli, write):
    cells = ["T" if i % 4 == 0 else str(i * 1.5) for i in range(80)]
    sizes = [*"ABCDEFGHIJ", "T"] * 8  # not a tenth are T, which would be kept anyway
    rows = (f"{c},{s},{i * 3}.5" for i, (c, s) in enumerate(zip(cells, sizes, strict=False)))
    write("p.csv", "rain,size,y", *rows)
    said = "note: column 'rain' has numbers, and 'T' among them, taken to mean that there is no"
    assert said in nncli("init", "p.csv", "--target", "y").err
    text = Path("p.yaml").read_text()
    assert '  columns: {size: {values: ["T"]}}\n' in text
    assert "#   numeric: rain (20 missing)" in text
    assert "#   categorical: size (11)\n" in text
    assert nncli("validate", "p.yaml").code == 0


def test_init_of_an_imbalanced_table_weighs_no_classes_and_says_what_finds_more(nncli, write):
    rows = [f"{i % 17},{'yes' if i % 20 == 0 else 'no'}" for i in range(200)]
    write("t.csv", "x,y", *rows)
    assert nncli("init", "t.csv", "--target", "y").code == 0
    text = Path("t.yaml").read_text()
    assert "class_weight" not in text
    assert "# 5% of the rows are 'yes'." in text
    assert "metrics: [log_loss, balanced_accuracy, accuracy," in text
    *_, costs = text.splitlines()
    assert nncli("validate", "t.yaml").code == 0
    Path("t.yaml").write_text(text + costs.removeprefix("# ") + "\n")
    assert nncli("validate", "t.yaml").code == 0


@pytest.mark.parametrize(("rows", "members"), [(99, None), (100, 8)])
def test_init_writes_an_ensemble_where_there_are_rows_for_it_and_quick_none(
    nncli, write, rows, members
):
    write("t.csv", "x,y", *(f"{i % 17},{i * i % 7}.5" for i in range(rows)))
    assert nncli("init", "t.csv", "--target", "y").code == 0
    assert nncli("init", "t.csv", "--target", "y", "--quick", "-o", "quick.yaml").code == 0
    asked = [load(Path(name))[0].ensemble for name in ("t.yaml", "quick.yaml")]
    assert [keys and keys.members for keys in asked] == [members, None]
    assert nncli("validate", "t.yaml").code == nncli("validate", "quick.yaml").code == 0


def test_quick_is_for_a_table(nncli):
    done = nncli("init", "--dataset", "iris", "--quick")
    assert done.code == 2
    assert "--quick is for a TABLE" in done.err


def test_init_names_as_many_columns_as_there_is_room_for_and_cuts_no_word(nncli, write):
    names = [f"a_long_name_of_column_{i}" for i in range(40)]
    write(
        "t.csv",
        ",".join([*names, "y"]),
        *(",".join([str(i)] * 40 + ["01"[i % 2]]) for i in range(40)),
    )
    assert nncli("init", "t.csv", "--target", "y").code == 0
    line = next(line for line in Path("t.yaml").read_text().splitlines() if "numeric: a" in line)
    shown = line.partition("numeric: ")[2].partition(" and ")[0].split(", ")
    assert shown == names[: len(shown)]
    assert line.endswith(f" and {40 - len(shown)} more")
    assert len(line) < 160


def test_init_of_a_table_that_can_not_be_read_says_why_and_writes_nothing(nncli, write):
    write("t.csv", "x,y", *(f"{i},{i * 2}{'x' if i == 9 else ''}" for i in range(60)))
    done = nncli("init", "t.csv", "--target", "y")
    assert done.code == 2
    assert done.err.startswith("t.csv:11: column 'y': expected a number, found '18x'")
    assert not Path("t.yaml").exists()


def test_input_that_forgets_what_categories_become_is_told(nncli, write):
    write("t.csv", "x,c,y", *(f"{i % 17},{'pqr'[i % 3]},{i * 2}" for i in range(60)))
    config = write("t.yaml", "data: {path: t.csv, target: y}", "network: {input: 2}")
    message = "network.input: expected 4, what 2 features become, a category an input, found 2"
    assert nncli("validate", config).err == f"{config}:2:18: {message}\n"
    bins = "data.preprocessing.numeric.encode=piecewise_linear"
    said = nncli("validate", config, "--set", bins).err
    assert "what 2 features become, a category or a bin an input" in said


def test_value_beyond_the_dtype_is_told_with_its_row(nncli, write):
    write("t.csv", "x,y", *(f"{i % 17}{'e100' if i == 9 else ''},{i * 2}" for i in range(60)))
    config = write(
        "t.yaml",
        "data: {path: t.csv, target: y, preprocessing: {numeric: {scale: none}}}",
        "training: {dtype: float32}",
    )
    done = nncli("validate", config)
    assert done.code == 2
    assert done.err.endswith("t.csv:11: its values overflow when scaled or stored as float32\n")


def test_a_class_of_empty_cells_is_shown_as_such(nncli, write):
    write("t.csv", "x,y", *(f"{i},{('sick', '')[i % 2]}" for i in range(60)))
    write("t.yaml", "data: {path: t.csv, target: y}\ntraining: {epochs: 2}")
    assert "target      y: '', sick\n" in nncli("train", "t.yaml").err
    scores = nncli("evaluate", "runs/t-001", "--no-plots").out.splitlines()
    assert [line.split()[0] for line in scores if line.startswith(("''", "sick"))] == [
        *("''", "sick"),  # by class
        *("''", "sick"),  # the rows by true class
    ]


def test_a_run_reads_new_rows_with_the_guess_that_it_was_trained_with(nncli, write):
    words = ["p", "None", "q"]
    write("t.csv", "x,t,y", *(f"{i},{words[i % 3]},{words[i % 3]}" for i in range(60)))
    write("t.yaml", "data: {path: t.csv, target: y}\ntraining: {epochs: 2}")
    done = nncli("train", "t.yaml")
    assert done.code == 0
    assert "column 'y': 'None' (20) of 60 cells: too many to mean that there is no" in done.err
    assert "t:\n      values: [None]" in Path("runs/t-001/config.resolved.yaml").read_text()
    write("new.csv", "x,t,y", "1,None,None")  # where it is frequent by chance alone
    done = nncli("evaluate", "runs/t-001", "--data", "new.csv", "--json")
    assert json.loads(done.out)["rows"] == 1
    assert nncli("predict", "runs/t-001", "new.csv").code == 0
    assert nncli("init", "t.csv", "--target", "y", "-o", "i.yaml").code == 0
    assert 'y: {values: ["None"]}' in Path("i.yaml").read_text()
    assert nncli("validate", "i.yaml").code == 0


def test_a_run_reads_new_rows_in_the_format_of_its_config(nncli, write):
    write("t.csv", "x,y", *(f"€1'{i:03} kg,{'ab'[i % 2]}" for i in range(60)))
    keys = """{x: {thousands: "'", prefix: "€", suffix: kg}}"""
    write("t.yaml", f"data: {{path: t.csv, target: y, columns: {keys}}}\ntraining: {{epochs: 2}}")
    assert nncli("train", "t.yaml").code == 0
    write("new.csv", "x", "€2'000 kg", "€2'000 kg")
    assert nncli("predict", "runs/t-001", "new.csv").code == 0
    write("wrong.csv", "x", "$5")
    done = nncli("predict", "runs/t-001", "wrong.csv")
    assert (done.code, "wrong.csv:2: column 'x': expected a number, found '$5'" in done.err) == (
        2,
        1,
    )


def test_dates_are_said_recorded_and_read_again(nncli, write):
    days = [f"2025-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(84)]
    write("t.csv", "day,x,y", *(f"{day},{i % 7},{i * 1.5}" for i, day in enumerate(days)))
    assert nncli("init", "t.csv", "--target", "y").code == 0
    assert "# split: {type: time, column: day}" in Path("t.yaml").read_text()
    done = nncli("train", "t.yaml", "--set", "training.epochs=2")
    assert done.code == 0
    assert "column 'day' is read as dates (ISO 8601) from " in done.err
    assert "day:\n      type: date" in nncli("config", "t.yaml").out
    write("new.csv", "x,day", "3,2026-01-01", "3,2026-01-02T12:00Z")
    assert nncli("predict", "runs/t-001", "new.csv").code == 0
    time = "data.split={type: time, column: day}"
    for form in ("{}", "{} 10:00 UTC"):
        rows = (f"{form.format(day.replace('-', '/'))},{i},{i}" for i, day in enumerate(days))
        write("t.csv", "day,x,y", *rows)
        assert nncli("validate", "t.yaml", "--set", time).code == 0

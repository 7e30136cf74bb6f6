"""The report: what it says in words and JSON, and the files it leaves beside a run."""

import json

import numpy as np
import pytest
from report_samples import classified, regressed, report

from nncli.artifacts.run_directory import RunDirectory
from nncli.evaluation.descriptions import alternatives
from nncli.evaluation.report_files import plots_of, save

SURE = np.eye(2)[np.arange(40) % 2]
HALF_RIGHT = np.eye(2)[np.arange(40) // 2 % 2]
TRUTH = np.arange(40) % 2


def test_standing_is_given_metric_by_metric():
    made = report(SURE, TRUTH, "ab", baselines={"half": HALF_RIGHT, "itself": SURE})
    assert set(made.standings("half").values()) == {"better"}
    assert set(made.standings("itself").values()) == {"open"}
    other = report(HALF_RIGHT, TRUTH, "ab", baselines={"sure": SURE})
    assert set(other.standings("sure").values()) == {"worse"}


def test_lower_error_is_better():
    truth = np.arange(20.0)[:, None]
    made = report(truth + 0.1, truth, targets="y", baselines={"far": truth + 5})
    assert made.standings("far")["mae"] == "better"


def test_json_of_a_classifier_has_the_keys_of_the_contract():
    value = report(SURE, TRUTH, ("no", "yes"), baselines={"half": HALF_RIGHT}).to_json()
    assert list(value) == [
        "split",
        "rows",
        "metrics",
        "baselines",
        "intervals",
        "differences",
        "best",
        "classes",
        "confusion",
        "calibration_error",
        "notes",
    ]
    assert value["metrics"] == {"loss": 0.5, "accuracy": 1.0, "f1_macro": 1.0, "roc_auc": 1.0}
    assert value["baselines"]["half"]["accuracy"] == 0.5
    assert value["intervals"] == dict.fromkeys(["accuracy", "f1_macro", "roc_auc"])
    assert value["classes"]["yes"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 20}
    assert value["confusion"] == {"classes": ["no", "yes"], "counts": [[20, 0], [0, 20]]}
    assert value["calibration_error"] == 0.0
    low, high = value["differences"]["half"]["accuracy"]
    assert low < 0.5 < high


def test_json_of_numbers_has_no_key_of_classes():
    value = regressed(20).to_json()
    assert value.keys().isdisjoint({"classes", "confusion", "calibration_error"})


@pytest.mark.parametrize(
    ("made", "note"),
    [
        (report([[0.1, 0.9]], [1], "ab"), "intervals: none, as it takes 10 rows to tell anything"),
        (classified(22, "abc"), "intervals: 22 rows are few"),
        (
            report(SURE, TRUTH, "ab"),
            # (1 - p)^40 = 5% at p = 0.072
            "accuracy: no interval, as none of 40 rows is wrong; a true share of wrong rows up to "
            "0.072 would fit that",
        ),
        (report(SURE, TRUTH, "ab"), "f1_macro, roc_auc: no interval, as every resample scores"),
        (report(SURE, TRUTH * 0, "ab"), "roc_auc: undefined on these rows"),
        (regressed(50), "max_error: no interval, as resampling can't tell how much larger"),
        (
            report([[0.9, 0.1], *[[0.4, 0.6]] * 11], [0, *[1] * 11], "ab"),
            "of the resamples, left out; no interval, as all others score the same",
        ),
        (
            regressed(50, fitted_rows=1_000, training_rows=20_000),
            "linear model: fitted on a random sample of 1,000 of 20,000 training rows",
        ),
    ],
)
def test_notes_say_what_the_figures_can_not(made, note):
    assert any(note in each for each in made.notes())


def test_nothing_to_note_is_no_note():
    assert classified(100, ("a", "b", "c")).notes() == []


def test_rows_are_named_by_their_split_or_their_file():
    assert classified(2_000, "abc").what == "2,000 test rows"
    assert report([[0.1, 0.9]], [1], "ab", name="train").what == "1 train row"
    assert classified(22, "abc", name="new.csv").what == "22 rows of new.csv"


def drawn_and_saved(made, path):
    """(files, troubles) of a report with its pictures."""
    pictures, not_drawn = plots_of(made)
    files, not_saved = save(made, path, pictures)
    return files, [*not_drawn, *not_saved]


def test_files_of_a_classifier(tmp_path):
    made = classified(50, ("no", "yes"))
    files, troubles = drawn_and_saved(made, tmp_path)
    assert files == [
        "evaluation/test.json",
        "evaluation/test/confusion.png",
        "evaluation/test/roc.png",
        "evaluation/test/precision_recall.png",
        "evaluation/test/calibration.png",
    ]
    assert troubles == []
    assert json.loads((tmp_path / files[0]).read_bytes()) == {
        "run": "run-001",
        **json.loads(json.dumps(made.to_json())),
        "files": files,
        "alt": alternatives(made, files),
    }
    assert sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    ) == sorted([*files, "evaluation/manifest.json"])


def test_files_of_a_regression(tmp_path):
    files, _ = drawn_and_saved(regressed(50, name="new.csv"), tmp_path)
    assert files == [
        "evaluation/new.csv.json",
        "evaluation/new.csv/predicted_vs_true.png",
        "evaluation/new.csv/residuals.png",
    ]


def test_same_report_gives_the_same_bytes(tmp_path):
    made = classified(50, ("a", "b", "c"))
    for folder in ("first", "second"):
        files, _ = drawn_and_saved(made, tmp_path / folder)
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_without_plots_only_the_figures_are_written(tmp_path):
    files, _ = save(classified(50, "abc"), tmp_path)
    assert files == ["evaluation/test.json"]


def test_rows_of_one_class_have_no_curves_and_a_note(tmp_path):
    files, troubles = drawn_and_saved(report([[0.2, 0.8]] * 5, [1] * 5, "ab"), tmp_path)
    assert len(files) == 3
    assert troubles == ["no roc.png and precision_recall.png: all rows are of one class"]


def test_predictions_that_are_not_finite_are_not_drawn(tmp_path):
    made = report([[np.nan, 0.8]] * 5, [1] * 5, "ab")
    files, troubles = drawn_and_saved(made, tmp_path)
    assert files == ["evaluation/test.json"]
    assert troubles == ["no plots: the predictions are not all finite"]
    assert made.to_json()["calibration_error"] is None


def test_values_that_no_axis_can_show_are_a_trouble_and_no_error(tmp_path):
    made = report([[-1e308], [1e308]], [[1e308], [-1e308]], targets="y")
    files, troubles = drawn_and_saved(made, tmp_path)
    assert files == ["evaluation/test.json"]
    assert [trouble.split(":")[0] for trouble in troubles] == [
        "predicted_vs_true.png could not be drawn",
        "residuals.png could not be drawn",
    ]


def test_place_that_can_not_be_written_is_a_trouble_and_no_error(tmp_path):
    (tmp_path / "evaluation").touch()
    files, troubles = drawn_and_saved(classified(50, "abc"), tmp_path)
    assert files == []
    assert [trouble.startswith("not saved: ") for trouble in troubles] == [True]


def test_sealed_run_does_not_mind_the_files(tmp_path):
    run = RunDirectory.create(tmp_path, "run")
    run.write("a.txt", b"alpha")
    run.write_manifest()
    before = run.manifest()
    files, _ = drawn_and_saved(classified(50, "abc"), run.path)
    again = RunDirectory.open(run.path)
    assert again.read("a.txt") == b"alpha"
    again.recover()
    again.commit({"a.txt": [b"beta"]})
    assert again.manifest().keys() == before.keys()
    assert all((run.path / file).is_file() for file in files)

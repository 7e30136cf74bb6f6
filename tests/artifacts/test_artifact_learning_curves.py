"""Learning curves: what a picture shows, and what happens when it can't be drawn."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nncli.artifacts import learning_curves
from nncli.artifacts.learning_curves import BackgroundPlotter, Curves, NotDrawn, draw_curves
from nncli.errors import FileFailure, UserError

COLUMNS = {
    "epoch": [0.0, 1.0, 2.0, 3.0],
    "loss": [4.0, 3.0, 2.0, 1.0],
    "val_loss": [4.0, 2.0, 2.5, 3.0],
    "accuracy": [0.0, 0.5, 0.5, 1.0],
}
RUN = Curves(
    "iris-001",
    COLUMNS,
    "cross_entropy, nats per row",
    best_epoch=1,
    monitor="val_loss",
    scores=["accuracy"],
)
TRAIN_ONLY = Curves("gate-001", {"epoch": [0.0, 1.0], "loss": [1.0, 0.5]}, "mse", best_epoch=1)


def axes_of(*runs, metric="loss", is_log=False):
    return learning_curves._figure(runs, metric, is_log).axes[0]


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_curves_are_the_columns():
    train, validation, _ = axes_of(RUN).get_lines()
    assert train.get_xydata().tolist() == [[0, 4], [1, 3], [2, 2], [3, 1]]
    assert validation.get_xydata().tolist() == [[0, 4], [1, 2], [2, 2.5], [3, 3]]


def test_best_epoch_is_marked_once_on_the_validation_curve():
    *_, mark = axes_of(RUN).get_lines()
    assert mark.get_xydata().tolist() == [[1, 2]]
    assert labels(axes_of(RUN)) == ["train", "validation", "best val_loss: epoch 1, 2"]


def test_best_epoch_is_marked_on_the_train_curve_where_there_is_no_other():
    *_, mark = axes_of(TRAIN_ONLY).get_lines()
    assert mark.get_xydata().tolist() == [[1, 0.5]]


def test_best_of_another_metric_is_its_own_and_not_the_monitor_s():
    assert labels(axes_of(RUN, metric="accuracy")) == ["train", "best accuracy: epoch 3, 1"]
    low = replace(RUN, scores=[])  # a metric that is better the lower it is
    assert labels(axes_of(low, metric="accuracy")) == ["train", "best accuracy: epoch 0, 0"]


def test_best_by_a_least_step_says_so_and_is_the_epoch_that_was_kept():
    run = replace(RUN, best_epoch=2, min_delta=0.75)
    assert labels(axes_of(run))[-1] == "best val_loss (min_delta 0.75): epoch 2, 2.5"


def test_what_is_no_better_high_or_low_has_no_best():
    columns = {**COLUMNS, "seconds": [0.0, 1.0, 2.0, 3.0], "learning_rate": [0.1] * 4}
    run = replace(RUN, columns=columns)
    assert labels(axes_of(run, metric="seconds")) == ["seconds"]
    assert labels(axes_of(run, metric="learning_rate")) == ["learning_rate"]


def test_best_of_a_curve_passes_over_values_that_are_no_numbers():
    columns = {**COLUMNS, "val_accuracy": [0.2, float("nan"), 0.9, 0.3]}
    run = replace(RUN, columns=columns)
    assert run.best_of("val_accuracy") == 2
    assert (
        replace(run, columns={**columns, "val_accuracy": [float("nan")] * 4}).best_of(
            "val_accuracy"
        )
        is None
    )


@pytest.mark.parametrize("best", [None, 9])
def test_best_epoch_that_is_not_in_the_log_is_not_marked(best):
    assert len(axes_of(replace(RUN, best_epoch=best)).get_lines()) == 2


def test_labels_of_several_runs_begin_with_their_names():
    assert labels(axes_of(RUN, TRAIN_ONLY)) == [
        "iris-001 train",
        "iris-001 validation",
        "iris-001 best val_loss: epoch 1, 2",
        "gate-001 train",
        "gate-001 best loss: epoch 1, 0.5",
    ]


def test_runs_have_colors_of_their_own():
    first, _, _, second, _ = axes_of(RUN, TRAIN_ONLY).get_lines()
    assert first.get_color() != second.get_color()


def test_axes_say_what_they_show_and_in_what_unit():
    axes = axes_of(RUN)
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "loss (cross_entropy, nats per row)"
    assert axes.get_title(loc="left") == "iris-001"
    assert axes_of(TRAIN_ONLY).get_ylabel() == "loss (mse)"
    assert axes_of(RUN, TRAIN_ONLY).get_ylabel() == "loss"
    assert axes_of(RUN, metric="accuracy").get_ylabel() == "accuracy"


def test_log_scale_is_asked_for():
    assert axes_of(RUN).get_yscale() == "linear"
    assert axes_of(RUN, is_log=True).get_yscale() == "log"


def test_run_of_one_epoch_is_a_dot_that_can_be_seen(tmp_path):
    run = Curves("x", {"epoch": [0.0], "loss": [1.0]}, "mse", 0)
    line, _ = axes_of(run).get_lines()
    assert line.get_marker() == "o"
    draw_curves([run], tmp_path / "a.png", "loss", is_log=False)


def test_metric_that_only_some_runs_have_is_drawn_for_those():
    assert labels(axes_of(RUN, TRAIN_ONLY, metric="accuracy"))[0] == "iris-001 train"


NOT_POSITIVE = [[0.0, 0.0], [-1.0, -2.0], [float("nan")] * 2]


def curve(values):
    return Curves("x", {"epoch": [0.0, 1.0], "loss": values}, "mse", 1)


@pytest.mark.parametrize("values", [*NOT_POSITIVE, [1e30, 1e-30], [1e300, 1.0]])
def test_values_of_any_kind_are_drawn_without_a_warning(tmp_path, values):
    draw_curves([curve(values)], tmp_path / "a.png", "loss", is_log=False)
    assert (tmp_path / "a.png").stat().st_size > 0


@pytest.mark.parametrize("values", NOT_POSITIVE)
def test_logarithmic_axis_asks_for_a_positive_value(tmp_path, values):
    with pytest.raises(UserError, match="loss has no positive values to draw on a logarithmic"):
        draw_curves([curve(values)], tmp_path / "a.png", "loss", is_log=True)


def test_more_runs_than_colors_are_drawn():
    assert len(axes_of(*[TRAIN_ONLY] * 12).get_lines()) == 24


def test_metric_that_no_run_has_names_the_known_ones(tmp_path):
    with pytest.raises(UserError, match=r"'r2'; known: epoch, loss, accuracy$"):
        draw_curves([RUN], tmp_path / "a.png", "r2", is_log=False)


def test_unknown_suffix_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(UserError, match=r"a\.gif: expected a name ending in \.png, \.svg, \.pdf"):
        draw_curves([RUN], tmp_path / "a.gif", "loss", is_log=False)


def test_place_that_can_not_be_written_is_a_file_failure(tmp_path):
    with pytest.raises(FileFailure, match="nowhere"):
        draw_curves([RUN], tmp_path / "nowhere" / "a.png", "loss", is_log=False)


def test_background_process_draws_what_this_one_would(tmp_path):
    with BackgroundPlotter() as plotter:
        plotter.start()
        picture = plotter.draw_loss(RUN)
    draw_curves([RUN], tmp_path / "here.png", "loss", is_log=False)
    assert picture == (tmp_path / "here.png").read_bytes()


def test_background_process_says_why_it_could_not_draw():
    with BackgroundPlotter() as plotter:
        plotter.start()
        with pytest.raises(NotDrawn, match="ValueError"):
            plotter.draw_loss(Curves("x", {"epoch": [0.0], "loss": [1.0, 2.0]}, "mse", 0))


def test_background_process_that_was_killed_is_trouble_too():
    with BackgroundPlotter() as plotter:
        plotter.start()
        os.kill(plotter._process.pid, signal.SIGKILL)
        with pytest.raises(NotDrawn, match="ended with -9"):
            plotter.draw_loss(RUN)


def test_background_process_that_can_not_start_is_trouble_not_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with BackgroundPlotter() as plotter:
        plotter.start()
        with pytest.raises(NotDrawn, match="no python"):
            plotter.draw_loss(RUN)


def test_background_process_that_was_not_needed_ends():
    with BackgroundPlotter() as plotter:
        plotter.start()
        process = plotter._process
    assert process.returncode is not None


def test_background_process_takes_no_module_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("matplotlib.py").write_text("raise SystemExit('not this one')")
    with BackgroundPlotter() as plotter:
        plotter.start()
        assert plotter.draw_loss(RUN).startswith(b"\x89PNG")

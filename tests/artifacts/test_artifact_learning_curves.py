"""Learning curves: what a picture shows, and what happens when it can't be drawn."""

import gc
import io
import os
import runpy
import signal
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from nncli.artifacts import rendering
from nncli.artifacts.background_plotter import BackgroundPlotter, NotDrawn
from nncli.artifacts.learning_curves import draw_curves
from nncli.artifacts.learning_curves_plot import Curves, alt_text, curves_figure
from nncli.artifacts.palette import COLORS
from nncli.artifacts.rendering import DOTS_PER_INCH
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


def axes_of(*runs, metric="loss", is_log=None):
    return curves_figure(runs, metric, is_log).axes[0]


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


def test_best_epoch_without_a_row_of_its_own_is_on_the_curve():
    columns = {name: [values[0], *values[2:]] for name, values in COLUMNS.items()}
    best = {"loss": 3.0, "val_loss": 2.0, "accuracy": 0.5}
    train, validation, mark = axes_of(replace(RUN, columns=columns, best_values=best)).get_lines()
    assert train.get_xydata().tolist() == [[0, 4], [1, 3], [2, 2], [3, 1]]
    assert validation.get_xydata().tolist() == [[0, 4], [1, 2], [2, 2.5], [3, 3]]
    assert mark.get_xydata().tolist() == [[1, 2]]


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
    assert run.best_of("val_accuracy") == (2, 0.9)
    assert (
        replace(run, columns={**columns, "val_accuracy": [float("nan")] * 4}).best_of(
            "val_accuracy"
        )
        is None
    )


@pytest.mark.parametrize("best", [None, 9])
def test_best_epoch_that_is_not_in_the_log_is_not_marked(best):
    assert len(axes_of(replace(RUN, best_epoch=best)).get_lines()) == 2


def test_several_runs_have_a_label_each_and_one_for_what_lines_mean():
    assert labels(axes_of(RUN, TRAIN_ONLY)) == [
        "iris-001  2 at 1",
        "gate-001  0.5 at 1",
        "train",
        "validation",
        "best, at epoch",
    ]


def test_runs_have_colors_of_their_own_and_both_lines_of_a_run_the_same():
    train, validation, ring, other, *_ = axes_of(RUN, TRAIN_ONLY).get_lines()
    assert train.get_color() == validation.get_color() == ring.get_color() == COLORS[0]
    assert other.get_color() == COLORS[1]


def test_legend_of_many_runs_fits_into_the_picture():
    runs = [replace(RUN, name=f"a-run-with-a-longer-name-{n:03}") for n in range(60)]
    figure = curves_figure(runs, "loss")
    figure.draw_without_rendering()
    made = figure.axes[0].get_legend().get_window_extent()
    assert figure.bbox.y0 <= made.y0
    assert made.y1 <= figure.bbox.y1
    assert made.x1 <= figure.bbox.x1
    assert labels(figure.axes[0])[-1] == "best, at epoch (and 36 more runs)"


def test_curves_that_are_equal_all_show_and_are_said_to_be():
    axes = axes_of(RUN, replace(RUN, name="iris-002"), TRAIN_ONLY)
    assert labels(axes)[1] == "iris-002  the same as iris-001"
    below, above = axes.get_lines()[0], axes.get_lines()[3]
    assert below.get_linewidth() >= above.get_linewidth() + 0.5


def falling(last, epochs=100):
    values = [last + (1.0 - last) * 0.9**epoch for epoch in range(epochs + 1)]
    return Curves("x", {"epoch": [float(e) for e in range(epochs + 1)], "loss": values}, "mse", 1)


def test_loss_that_falls_more_than_tenfold_has_an_axis_that_shows_its_end():
    one, other = falling(0.038), falling(0.049)
    axes = axes_of(one, other)
    assert axes.get_yscale() == "log"
    ends = [axes.transData.transform(run.get_xydata()[-1])[1] for run in axes.get_lines()[:3:2]]
    assert abs(ends[1] - ends[0]) > 0.05 * axes.bbox.height
    assert axes_of(falling(0.2)).get_yscale() == "linear"
    assert axes_of(one, is_log=False).get_yscale() == "linear"


def test_score_stays_linear():
    columns = {"epoch": [0.0, 1.0], "accuracy": [0.01, 1.0]}
    assert axes_of(replace(RUN, columns=columns), metric="accuracy").get_yscale() == "linear"


def test_run_of_ten_epochs_shows_beside_one_of_a_thousand():
    axes = axes_of(falling(0.2, epochs=10), falling(0.2, epochs=1_000))
    axes.figure.draw_without_rendering()
    short_one = axes.get_lines()[0].get_xydata()
    (left, _), (right, _) = axes.transData.transform(short_one[[0, -1]])
    assert right - left > 0.25 * axes.bbox.width
    assert left >= axes.bbox.x0


@pytest.mark.parametrize("runs", [(0.001,), (0.5, 1_000)])
def test_numbers_of_logarithmic_axes_are_written_out_and_do_not_touch(runs):
    made = [falling(0.001), falling(0.5, 1_000)][: len(runs)]
    axes = axes_of(*made)
    axes.figure.draw_without_rendering()
    texts = [t for t in axes.get_yticklabels(which="both") if t.get_text() and t.get_visible()]
    low, high = axes.get_ylim()
    inside = sorted(
        (t.get_window_extent() for t in texts if low <= t.get_position()[1] <= high),
        key=lambda box: box.y0,
    )
    assert len(inside) >= 3
    assert not any("$" in text.get_text() for text in texts)
    assert all(below.y1 <= above.y0 for below, above in pairwise(inside))


def test_description_says_from_where_to_where():
    said = alt_text([RUN], "loss")
    assert said == (
        "Learning curves over epochs. iris-001: loss from 4 to 1, val_loss from 4 to 3, best "
        "val_loss 2 at epoch 1"
    )


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
    assert labels(axes_of(RUN, TRAIN_ONLY, metric="accuracy"))[0] == "iris-001  1 at 3"


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
    assert len(axes_of(*[TRAIN_ONLY] * 12).get_lines()) == 24 + 2


def test_metric_that_no_run_has_names_the_known_ones(tmp_path):
    with pytest.raises(UserError, match=r"'r2'; known: epoch, loss, accuracy$"):
        draw_curves([RUN], tmp_path / "a.png", "r2", is_log=False)


def test_unknown_suffix_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(UserError, match=r"a\.gif: expected a name ending in \.png, \.svg, \.pdf"):
        draw_curves([RUN], tmp_path / "a.gif", "loss", is_log=False)


def test_place_that_can_not_be_written_is_a_file_failure(tmp_path):
    with pytest.raises(FileFailure, match="nowhere"):
        draw_curves([RUN], tmp_path / "nowhere" / "a.png", "loss", is_log=False)


def test_background_process_draws_what_this_one_would(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "DOTS_PER_INCH", DOTS_PER_INCH)  # as the process
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


def test_the_plotter_ends_without_looking_for_garbage(monkeypatch):
    ended = []
    monkeypatch.setattr(gc, "freeze", lambda: ended.append(True))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.delitem(sys.modules, "nncli.artifacts.background_plotter")
    runpy.run_module("nncli.artifacts.background_plotter", run_name="__main__")
    assert ended

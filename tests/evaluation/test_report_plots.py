"""The pictures of a report: what they show, and that every report can be drawn."""

import warnings

import numpy as np
import pytest
from report_samples import classified, regressed, report

from nncli.artifacts.figure_style import short
from nncli.artifacts.palette import class_colors
from nncli.artifacts.rendering import render
from nncli.evaluation import calibration_plot, class_plots, confusion_plot, regression_plots
from nncli.parts.metrics import AveragePrecision

STRANGE = ("_no_$a$", "$\\frac{1}{0$ zażółć")
TITLE = "iris-001, 22 test rows"


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_long_name_is_cut_and_a_line_break_is_a_space():
    assert short("a\nb") == "a b"
    assert short("x" * 40) == "x" * 23 + "…"


def test_roc_of_two_classes_is_one_curve_from_corner_to_corner():
    made = classified(100, ("no", "yes"))
    (axes,) = class_plots.roc(made, TITLE).axes
    curve, chance = axes.get_lines()
    assert curve.get_color() == class_colors(2)[1]
    assert curve.get_xydata()[[0, -1]].tolist() == [[0, 0], [1, 1]]
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    area = made.network.values["roc_auc"]
    assert texts(axes) == [f"{area:.3f}  yes", "0.500  chance"]
    assert axes.get_title(loc="left") == f"ROC curves\n{TITLE}"
    assert "'no' rows" in axes.get_xlabel()


def test_roc_of_many_classes_shows_the_ten_largest_and_says_so():
    names = [f"class {number}" for number in range(30)]
    (axes,) = class_plots.roc(classified(500, names), TITLE).axes
    assert len(axes.get_lines()) == 11
    assert axes.get_title(loc="left").startswith("ROC curves, the 10 largest of 30 classes")


def test_rows_of_one_class_have_no_picture_of_curves():
    made = report([[0.2, 0.8]] * 5, [1] * 5, "ab")
    assert class_plots.roc(made, TITLE) is None
    assert class_plots.precision_recall(made, TITLE) is None


def test_precision_and_recall_of_two_classes_are_one_curve_above_the_share_of_the_second():
    made = classified(100, ("no", "yes"))
    (axes,) = class_plots.precision_recall(made, TITLE).axes
    curve, chance = axes.get_lines()
    assert curve.get_xydata()[0].tolist() == [0, 1]
    share = made.truth.mean()
    assert curve.get_xydata()[-1].tolist() == [1, share]
    assert chance.get_xydata().tolist() == [[0, share], [1, share]]
    area = AveragePrecision()(made.predictions, made.truth)
    assert texts(axes) == [f"{area:.3f}  yes", f"{share:.3f}  chance"]
    assert axes.get_title(loc="left") == f"precision and recall\n{TITLE}"


def test_precision_and_recall_of_several_classes_are_a_curve_each():
    (axes,) = class_plots.precision_recall(classified(100, "abc"), TITLE).axes
    assert [text[-1] for text in texts(axes)] == ["a", "b", "c"]


def test_calibration_shows_the_bins_and_says_how_many_rows_each_has():
    made = classified(100, ("no", "yes"))
    above, below = calibration_plot.reliability(made, TITLE).axes
    _, _, dots = above.get_lines()
    bins = made.calibration
    np.testing.assert_array_equal(dots.get_xydata(), np.transpose([bins.probability, bins.share]))
    error = f"(expected calibration error {bins.error:.3g})"
    assert texts(above)[-1] == f"network, 10 rows per dot\n{error}"
    assert above.get_ylabel() == "share of rows that are 'yes'"
    assert below.get_xlabel() == "predicted probability of 'yes'"
    (outline,) = below.patches
    x, y = outline.get_xy().T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert area == pytest.approx(100 / calibration_plot.BARS)


def test_confusion_has_a_count_and_its_share_in_every_cell_that_has_rows():
    made = classified(50, ("a", "b", "c"))
    (axes,) = confusion_plot.confusion(made, TITLE).axes
    rows = made.counts.sum(axis=1, keepdims=True)
    cells = zip(made.counts.ravel(), np.repeat(rows, 3), strict=True)
    shares = [f"{count}\n{count / of:.0%}" for count, of in cells if count]
    assert [text.get_text() for text in axes.texts] == shares
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_confusion_of_many_classes_shows_the_largest_without_counts():
    names = [f"class {number}" for number in range(100)]
    (axes,) = confusion_plot.confusion(classified(2_000, names), TITLE).axes
    assert len(axes.get_yticklabels()) == 40
    assert axes.get_title(loc="left").startswith("confusion, the 40 largest of 100 classes")
    assert len(axes.texts) == 0


def test_prediction_is_drawn_over_the_true_value_with_a_diagonal():
    made = regressed(30, ("price_$",))
    (axes,) = regression_plots.predicted_vs_true(made, TITLE).axes
    dots = axes.collections[0].get_offsets()
    np.testing.assert_array_equal(dots, np.hstack([made.truth, made.predictions]))
    (diagonal,) = axes.get_lines()
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true price_$", "predicted price_$")


def test_residual_is_true_minus_predicted_over_predicted():
    made = regressed(30)
    axes = regression_plots.residuals(made, TITLE).axes[0]
    dots = axes.collections[0].get_offsets()
    residual = made.truth - made.predictions
    np.testing.assert_array_equal(dots, np.hstack([made.predictions, residual]))
    assert axes.get_ylabel() == "true - predicted y"


def test_more_rows_than_dots_are_thinned_and_said_to_be():
    (axes,) = regression_plots.predicted_vs_true(regressed(12_000), TITLE).axes
    assert len(axes.collections[0].get_offsets()) == 4_000
    assert axes.get_title(loc="left").startswith("predicted and true values (4,000 dots)")


def test_each_of_several_targets_has_its_own_axes():
    names = tuple(f"target {number}" for number in range(8))
    figure = regression_plots.predicted_vs_true(regressed(20, names), TITLE)
    assert [axes.get_xlabel() for axes in figure.axes] == [f"true {name}" for name in names[:6]]
    assert "(6 of 8 targets)" in figure.axes[0].get_title(loc="left")


CLASSIFIED = {
    "strange names": classified(60, STRANGE),
    "long names": classified(60, ("x" * 300, "a b\nc", "")),
    "one row": report([[0.2, 0.8]], [1], "ab"),
    "one class": report([[0.2, 0.8]] * 30, [1] * 30, "ab"),
    "certain": report(np.eye(3)[[0, 1, 2, 0]], [0, 1, 2, 0], "abc"),
    "a thousand classes": classified(2_000, [f"class {number}" for number in range(1000)]),
}
REGRESSED = {
    "strange name": regressed(20, STRANGE[:1]),
    "one row": regressed(1),
    "constant": report([[3.0]] * 9, [[3.0]] * 9, targets="y"),
    "huge": regressed(20, scale=1e300),
    "tiny": regressed(20, scale=1e-300),
    "many": regressed(20_000),
}


DRAWN = {
    "roc": class_plots.roc,
    "precision_recall": class_plots.precision_recall,
    "calibration": calibration_plot.reliability,
    "confusion": confusion_plot.confusion,
}


@pytest.mark.parametrize("name", CLASSIFIED)
@pytest.mark.parametrize("draw", DRAWN)
def test_every_classifier_is_drawn_without_a_word(name, draw):
    figure = DRAWN[draw](CLASSIFIED[name], f"$run_{name}$, 3 rows")
    assert figure is None or render(".png", lambda: figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", REGRESSED)
@pytest.mark.parametrize("draw", ["predicted_vs_true", "residuals"])
def test_every_regression_is_drawn_without_a_word(name, draw):
    figure = getattr(regression_plots, draw)(REGRESSED[name], f"$run_{name}$, 3 rows")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if name in ("huge", "tiny") else "error")
        assert render(".png", lambda: figure).startswith(b"\x89PNG")

"""The layout of a report's pictures: what is written can be read, what is drawn can be seen."""

from itertools import pairwise

import numpy as np
import pytest
from report_samples import classified, regressed, report

from nncli.artifacts.palette import class_colors
from nncli.evaluation import calibration_plot, class_plots, confusion_plot, regression_plots
from nncli.evaluation.descriptions import describe

LONG = "houses-with-a-name-of-some-forty-letters-001, 90 test rows"


def laid_out(figure):
    figure.draw_without_rendering()
    return figure


def boxes(texts):
    """The boxes of the texts that are seen."""
    seen = [text for text in texts if text.get_visible() and text.get_text()]
    return [text.get_window_extent() for text in seen]


def numbers(axis):
    """The boxes of the numbers within the axis' limits, in their order."""
    low, high = sorted(axis.get_view_interval())
    ticks = sorted(axis.get_major_ticks(), key=lambda tick: tick.get_loc())
    return boxes([tick.label1 for tick in ticks if low <= tick.get_loc() <= high])


def sure(wrong=3, rows=270, classes=10, seed=0):
    """A report of a classifier that is sure, and wrong on a few rows."""
    random = np.random.default_rng(seed)
    truth = np.arange(rows) % classes
    scores = random.normal(0, 1, (rows, classes))
    scores[np.arange(rows), truth] += 12
    for row in range(wrong):
        scores[row, [truth[row], (truth[row] + 1) % classes]] = 3, 3.5
    powers = np.exp(scores)
    names = [f"class {letter}" for letter in "abcdefghij"[:classes]]
    return report(powers / powers.sum(axis=1, keepdims=True), truth, names)


@pytest.mark.parametrize("scale", [1e-6, 2e5, 3e6, 4e8])
@pytest.mark.parametrize("draw", [regression_plots.predicted_vs_true, regression_plots.residuals])
def test_numbers_of_an_axis_do_not_touch(draw, scale):
    (main,) = laid_out(draw(regressed(90, scale=scale), LONG)).axes
    for axes in (main, *main.child_axes):
        across = numbers(axes.xaxis)
        assert all(left.x1 + 2 < right.x0 for left, right in pairwise(across))
        down = numbers(axes.yaxis)
        assert all(below.y1 < above.y0 for below, above in pairwise(down))


def test_numbers_of_panels_beside_one_another_do_not_touch():
    (main,) = laid_out(regression_plots.residuals(regressed(90, scale=2e5), LONG)).axes
    (beside,) = main.child_axes
    assert not any(
        box.overlaps(other) for box in numbers(main.xaxis) for other in numbers(beside.xaxis)
    )


def test_large_numbers_have_commas():
    figure = laid_out(regression_plots.predicted_vs_true(regressed(90, scale=2e5), LONG))
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert "250,000" in labels
    assert "0" in labels


@pytest.mark.parametrize("name", [LONG, "W" * 200 + ", 90 test rows", "short-001, 90 test rows"])
@pytest.mark.parametrize("draw", [regression_plots.predicted_vs_true, regression_plots.residuals])
def test_title_stays_in_the_picture_and_says_how_many_rows(draw, name):
    figure = laid_out(draw(regressed(90), name))
    title = figure.axes[0].title, figure.axes[0]._left_title
    (text,) = [each for each in title if each.get_text()]
    assert text.get_window_extent().x1 <= figure.bbox.x1
    assert text.get_text().endswith(", 90 test rows")


def test_curves_that_are_perfect_are_one_with_all_their_names():
    made = sure(wrong=0, classes=4)
    (axes,) = class_plots.roc(made, LONG).axes
    assert len(axes.get_lines()) == 2  # and chance
    label = axes.get_legend().get_texts()[0].get_text()
    assert label == "1.000  class a, class b, class c, class d"


@pytest.mark.parametrize("draw", [class_plots.roc, class_plots.precision_recall])
def test_curves_of_a_good_classifier_fill_the_picture(draw):
    (axes,) = draw(sure(), LONG).axes
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert (right - left) * (top - bottom) < 0.26
    lines = [line.get_xydata() for line in axes.get_lines() if line.get_label()[:5] != "0.500"]
    inside = [
        (x > left) & (x < right) & (y > bottom) & (y < top) for x, y in map(np.transpose, lines)
    ]
    assert all(each.any() for each in inside)
    assert " corner" in axes.get_title(loc="left")


def test_curves_of_a_middling_classifier_are_shown_whole():
    (axes,) = class_plots.roc(classified(300, "abc"), LONG).axes
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.02, 1.02), (-0.02, 1.02))
    assert "corner" not in axes.get_title(loc="left")


def test_class_has_its_color_whichever_are_drawn():
    names = [f"class {number}" for number in range(10)]
    truth = np.repeat([2, 7], 40)  # the others have no row
    scores = np.random.default_rng(0).random((80, 10))
    made = report(scores / scores.sum(axis=1, keepdims=True), truth, names)
    for draw in (class_plots.roc, class_plots.precision_recall):
        lines = draw(made, LONG).axes[0].get_lines()[:2]
        assert [line.get_color() for line in lines] == [class_colors(10)[2], class_colors(10)[7]]


def test_calibration_of_a_sure_classifier_has_dots_apart_in_half_of_the_picture():
    above, _ = calibration_plot.reliability(sure(wrong=4), LONG).axes
    dots = above.get_lines()[2].get_xydata()
    low, high = above.get_xlim()
    assert len(dots) < 6
    assert high - low < 0.5
    assert np.ptp(dots[:, 0]) >= 0.2 * (high - low)
    assert (dots > low).all()
    assert (dots < high).all()


def test_calibration_whose_bins_are_joined_counts_every_row_once():
    made = sure(wrong=20)
    bins = calibration_plot.joined(made.calibration)
    assert bins.rows.sum() == made.rows
    assert (np.diff(bins.probability) >= calibration_plot.LIKE / 2).all()
    whole = made.calibration
    assert np.isclose((bins.share * bins.rows).sum(), (whole.share * whole.rows).sum())


def test_confusion_shows_a_single_wrong_row():
    made = sure(wrong=1, rows=1_000)
    (axes,) = confusion_plot.confusion(made, LONG).axes
    shades = axes.images[0].get_array()[..., :3]
    (wrong,) = np.argwhere((made.counts > 0) & ~np.eye(10, dtype=bool))
    assert np.abs(shades[tuple(wrong)] - 1).max() > 0.1  # from white
    assert axes.texts[1 if wrong[0] == 0 else 0].get_text()


@pytest.mark.parametrize(
    "names", [("setosa", "versicolor", "virginica"), "ab", ("x" * 40, "y", "z")]
)
def test_names_of_classes_do_not_touch_and_short_ones_lie_flat(names):
    (axes,) = laid_out(confusion_plot.confusion(classified(60, names), LONG)).axes
    labels = axes.get_xticklabels()
    is_short = max(map(len, names)) < 12
    assert {label.get_rotation() for label in labels} == ({0.0} if is_short else {45.0})
    if is_short:
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes(labels)))


def test_pictures_side_by_side_have_letters_of_like_size():
    made = classified(60, ("setosa", "versicolor", "virginica"))
    widths = [
        draw(made, LONG).get_figwidth() for draw in (class_plots.roc, confusion_plot.confusion)
    ]
    assert abs(np.log(widths[0] / widths[1])) < 0.15


def test_description_says_what_one_sees():
    made = report([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], [0, 0, 1, 1], "ab")
    assert describe("confusion", made) == (
        "Confusion matrix: 3 of 4 rows are on the diagonal, as predicted; most errors are 'b' "
        "taken for 'a', 1 (run-001, 4 test rows)"
    )
    assert describe("roc", made) == "ROC curves, area below: b 1.000 (run-001, 4 test rows)"
    of_numbers = describe("residuals", report([[1.0], [2.0]], [[1.5], [2.5]], targets="y"))
    assert of_numbers.endswith("; mean absolute error: y 0.5 (run-001, 2 test rows)")

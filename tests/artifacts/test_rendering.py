"""Pictures as files: their pixels, what is said of them, and what drawing them costs."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from waiting import PATIENCE

from nncli.artifacts import rendering
from nncli.artifacts.figure_style import legend, new_figure, set_title, style_axes
from nncli.artifacts.rendering import content_of, own_style, render, write_plot
from nncli.errors import UserError

SAID = "Verlust über Epochen: 0.5 → 0.1, 損失"
IMPORTS = """
from nncli.artifacts.rendering import own_style
with own_style():
    from matplotlib.lines import Line2D
    line = Line2D([0], [0])
    line.set(color="red", lw=3.0)
    assert (line.get_color(), line.get_linewidth()) == ("red", 3.0)
    assert "properties" not in (Line2D.set.__doc__ or "")
"""


def opened(content):
    return Image.open(io.BytesIO(content))


def drawn():
    figure = new_figure(4.0, 3.0)
    axes = figure.subplots()
    axes.plot([0, 40_000], [1e-9, 3e-9], label="a line")
    style_axes(axes, "across", "up")
    set_title(axes, "what it shows", "a run, 22 test rows")
    legend(axes)
    return figure


def test_a_picture_is_what_matplotlib_saves():
    with own_style():
        file = io.BytesIO()
        drawn().savefig(file, dpi=rendering.DOTS_PER_INCH)
        content = content_of(drawn(), ".png", SAID)
    expected = np.asarray(opened(file.getvalue()))
    np.testing.assert_array_equal(np.asarray(opened(content)), expected)
    assert opened(content).text["Description"] == SAID


@pytest.mark.parametrize("error", [OverflowError, ValueError])
def test_values_that_no_axis_can_show_are_the_user_s_error_in_every_plot(tmp_path, error):
    def draw():
        raise error

    with pytest.raises(UserError, match=r"loss\.png: the values are too large to draw"):
        write_plot(tmp_path / "loss.png", draw)
    assert not [*tmp_path.iterdir()]


def test_a_picture_is_laid_out_and_drawn_once(monkeypatch):
    from matplotlib.figure import Figure

    draw, calls = Figure.draw, []
    monkeypatch.setattr(Figure, "draw", lambda *given: calls.append(1) or draw(*given))
    render(".png", drawn)
    assert len(calls) == 1


def test_ticks_follow_the_axes_size_and_range():
    with own_style():
        figure = drawn()
        axis = figure.axes[0].xaxis
        before = axis.get_majorticklocs()
        np.testing.assert_array_equal(axis.get_majorticklocs(), before)
        figure.set_size_inches(2.0, 3.0)
        assert len(axis.get_majorticklocs()) < len(before)
        figure.set_size_inches(4.0, 3.0)
        np.testing.assert_array_equal(axis.get_majorticklocs(), before)
        figure.axes[0].set_xlim(0, 10)
        assert axis.get_majorticklocs()[-1] <= 12


def test_matplotlib_composes_no_texts_about_its_classes_as_it_is_imported():
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=PATIENCE)

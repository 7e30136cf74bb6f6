"""Figure style: what all plots share: size, axis labels, titles and legends."""

from typing import Any

from nncli.artifacts.number_ticks import number_ticks
from nncli.errors import escaped

MAX_NAME = 24  # letters of a class's or a target's name
MAX_TITLE = 80  # letters
KEPT_END = 24  # letters at the end of a cut title, which has the rows
TITLE_POINTS = 10
TITLE_MARGIN = 0.9  # inches of a figure's width
REFERENCE = {"color": "0.6", "linewidth": 1.0, "linestyle": "--", "zorder": 1}


def short(name: str, longest: int = MAX_NAME) -> str:
    """A name as a label: one line of at most `longest` letters; '' in quotes for a blank name."""
    name = escaped(" ".join(name.split())) or "''"
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def truncate_middle(text: str, longest: int) -> str:
    """One line, cut in its middle.

    >>> truncate_middle("a-run-with-a-very-long-name-001, 22 test rows", 36)
    'a-run-with-…ng-name-001, 22 test rows'
    """
    text = escaped(" ".join(text.split()))
    start = max(longest - KEPT_END - 1, 1)
    return text if len(text) <= longest else f"{text[:start]}…{text[-KEPT_END - 1 :]}"


def text_width(text: str, points: float) -> float:
    """The width of a text in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=points), ismath=False
    )
    return float(width) / 72


def new_figure(width: float, height: float) -> Any:
    """A figure of that size in inches, whose layout fits its labels."""
    from matplotlib.figure import Figure  # without pyplot: no window system, half the import

    return Figure(figsize=(width, height), layout="constrained")


def style_axes(axes: Any, x: str, y: str) -> None:
    """Label axes, without math markup; set number ticks; hide the upper and right frame."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        number_ticks(axis)


def set_title(axes: Any, what: str, title: str, **place: Any) -> None:
    """Set a title of two lines: what is shown, and `title`, cut to the figure's width.

    place: for matplotlib's set_title. y=1.0 saves time: without it, matplotlib measures the whole
    axis three times, in case that there is a power of ten at its top.
    """
    room = axes.figure.get_figwidth() - TITLE_MARGIN
    longest = min(len(title), MAX_TITLE)
    while (
        longest > KEPT_END + 2 and text_width(truncate_middle(title, longest), TITLE_POINTS) > room
    ):
        longest -= 1
    text = f"{what}\n{truncate_middle(title, longest)}"
    axes.set_title(text, loc="left", fontsize=TITLE_POINTS, parse_math=False, **place)


def legend(axes: Any, **place: Any) -> None:
    """Draw a legend without math markup."""
    style = {"frameon": False, "fontsize": 9, "title_fontsize": 9}
    made = axes.legend(**{**style, **place})
    for text in made.get_texts():
        text.set_parse_math(False)

"""Plots: what every picture has in common: its figure, its axes' numbers, its letters."""

from typing import Any

from nncli.artifacts.number_ticks import number_ticks
from nncli.errors import escaped

LONGEST = 24  # letters of a class's or a target's name
LONGEST_TITLE = 80
KEPT_END = 24  # letters at the end of a title that is cut: how many rows of what
TITLE = 10  # points, as many letters as fit
BESIDE = 0.9  # inches of a figure's width that a title has not
REFERENCE = {"color": "0.6", "linewidth": 1.0, "linestyle": "--", "zorder": 1}


def short(name: str, longest: int = LONGEST) -> str:
    """A name for a label: one line, and not too long."""
    name = escaped(" ".join(name.split()))
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def cut_inside(text: str, longest: int) -> str:
    """One line that keeps its end.

    >>> cut_inside("a-run-with-a-very-long-name-001, 22 test rows", 36)
    'a-run-with-…ng-name-001, 22 test rows'
    """
    text = escaped(" ".join(text.split()))
    start = max(longest - KEPT_END - 1, 1)
    return text if len(text) <= longest else f"{text[:start]}…{text[-KEPT_END - 1 :]}"


def letters_width(text: str, points: float) -> float:
    """Inches that a text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=points), ismath=False
    )
    return float(width) / 72


def new_figure(width: float, height: float) -> Any:
    """A figure of so many inches that finds room for its labels."""
    from matplotlib.figure import Figure  # without pyplot: no window system, half the import

    return Figure(figsize=(width, height), layout="constrained")


def dress(axes: Any, x: str, y: str) -> None:
    """Labels, whose $ and _ are letters; numbers that have room; no frame above and right."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        number_ticks(axis)


def entitle(axes: Any, what: str, title: str, **place: Any) -> None:
    """What is shown, and below it of which rows of which run, as many letters as have room.

    place: y=1.0 where the axis at the left has no power of ten at its top. Matplotlib looks for it
    by measuring the whole axis, three times a picture.
    """
    room = axes.figure.get_figwidth() - BESIDE
    longest = min(len(title), LONGEST_TITLE)
    while longest > KEPT_END + 2 and letters_width(cut_inside(title, longest), TITLE) > room:
        longest -= 1
    text = f"{what}\n{cut_inside(title, longest)}"
    axes.set_title(text, loc="left", fontsize=TITLE, parse_math=False, **place)


def legend(axes: Any, **place: Any) -> None:
    """A legend whose labels are taken as they are."""
    style = {"frameon": False, "fontsize": 9, "title_fontsize": 9}
    made = axes.legend(**{**style, **place})
    for text in made.get_texts():
        text.set_parse_math(False)

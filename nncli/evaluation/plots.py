"""Plots: what every plot of a report has in common."""

import io
from typing import Any

from nncli.errors import escaped

LONGEST = 24  # letters of a class's or a target's name
LONGEST_TITLE = 60
SHADE = "tab:blue"
# Okabe and Ito (2008), then Tol's muted scheme: told apart whatever colours one sees.
COLORS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"),
    *("#332288", "#882255", "#777777"),
)
REFERENCE = {"color": "0.6", "linewidth": 1.0, "linestyle": "--", "zorder": 1}


def short(name: str, longest: int = LONGEST) -> str:
    """A name for a label: one line, and not too long."""
    name = escaped(" ".join(name.split()))
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def new_figure(width: float, height: float) -> Any:
    """A figure of so many inches that finds room for its labels."""
    from matplotlib.figure import Figure  # without pyplot: no window system, half the import

    return Figure(figsize=(width, height), layout="constrained")


def dress(axes: Any, x: str, y: str) -> None:
    """Labels, whose $ and _ are letters; no frame above and to the right."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)


def entitle(axes: Any, what: str, title: str) -> None:
    """What is shown, and below it of which rows of which run."""
    text = f"{what}\n{short(title, LONGEST_TITLE)}"
    axes.set_title(text, loc="left", fontsize=10, parse_math=False)


def legend(axes: Any, **place: Any) -> None:
    """A legend whose labels are taken as they are."""
    made = axes.legend(frameon=False, fontsize=9, title_fontsize=9, **place)
    for text in made.get_texts():
        text.set_parse_math(False)


def to_png(figure: Any) -> bytes:
    """The picture. Raises OverflowError or ValueError for values that no axis can show."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=150, format="png")
    return buffer.getvalue()

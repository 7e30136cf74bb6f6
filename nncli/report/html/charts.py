"""Charts: SVG that scales with the page, while text and stroke widths keep their size.

CSS stretches the drawing to the available width, with strokes in screen pixels; labels are HTML
beside it. So text doesn't shrink on a phone, and nothing is redrawn for rotation or print.
"""

import math
from collections.abc import Iterable, Sequence

from nncli.frozen import frozen
from nncli.page.markup import Markup, join, tag
from nncli.report.html.scale import Scale

SIDE = 1000  # width and height of a drawing's viewBox
N_COLORS = 6  # of the theme, --c0 to --c5
MIN_LINE_POINTS = 3  # fewer points also get dots


@frozen
class Curve:
    """Points joined by a line. color: index in the theme.  marked: index of a highlighted point."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    color: int
    is_dashed: bool = False
    marked: int | None = None


def lines(
    curves: Sequence[Curve],
    x: Scale,
    y: Scale,
    *,
    names: tuple[str, str],
    about: str,
    rug: Sequence[float] = (),
    kind: str = "",
) -> Markup:
    """A chart of curves.

    names: of the axes.  rug: values marked along x.  about: alternative text.
    """
    drawn = [_grid(y), *_rug(x, rug)]
    for curve in curves:
        points = [(x.place(a), y.place(b)) for a, b in zip(curve.x, curve.y, strict=True)]
        style = f"--c:var(--c{curve.color % N_COLORS})"
        line = "line dashed" if curve.is_dashed else "line"
        drawn.append(tag("path", class_=line, d=path(points), style=style))
        if len(points) < MIN_LINE_POINTS:
            drawn.append(tag("path", class_="dots", d=dots(points), style=style))
        if curve.marked is not None:
            here = [points[curve.marked]]
            drawn.append(tag("path", class_="best", d=dots(here), style=style))
    return frame(drawn, x, y, names=names, about=about, kind=kind)


def frame(
    drawn: Sequence[object],
    x: Scale,
    y: Scale,
    *,
    names: tuple[str, str],
    about: str,
    kind: str = "",
) -> Markup:
    """A drawing with axes; tick labels and names are HTML around it."""
    ticks = y.ticks()
    widest = max((len(label) for _, label in ticks), default=1)
    up = [tag("span", label, style=f"bottom:{100 * place:.4g}%") for place, label in ticks]
    along = [
        tag("span", label, style=f"left:{100 * place:.4g}%", class_=_edge(place))
        for place, label in x.ticks()
    ]
    svg = tag("svg", *drawn, viewBox=f"0 0 {SIDE} {SIDE}", preserveAspectRatio="none")
    return tag(
        "div",
        tag("div", names[1], class_="y-name"),
        tag("div", *up, class_="y", aria_hidden="true"),
        tag("div", svg, class_="plot", role="img", aria_label=about),
        tag("div", *along, class_="x", aria_hidden="true"),
        tag("div", names[0], class_="x-name") if names[0] else None,
        class_=f"chart {kind}".strip(),
        style=f"--y:{widest}",
    )


def _edge(place: float) -> str | None:
    """The CSS class of a tick label that would stick out of the frame."""
    return "first" if place < 0.06 else "last" if place > 0.94 else None


def _grid(y: Scale) -> Markup:
    d = "".join(f"M0 {SIDE * (1 - place):.0f}h{SIDE}" for place, _ in y.ticks())
    return tag("path", class_="grid", d=d)


def _rug(x: Scale, values: Sequence[float]) -> list[Markup]:
    if not len(values):
        return []
    d = "".join(f"M{SIDE * x.place(value):.0f} {SIDE}v-45" for value in values)
    return [tag("path", class_="rug", d=d)]


def path(points: Iterable[tuple[float, float]]) -> str:
    """The path data of a line through the points; NaN leaves a gap."""
    d, last = [], None
    for a, b in points:
        if math.isnan(a) or math.isnan(b):
            last = None
            continue
        here = round(SIDE * a), round(SIDE * (1 - b))
        if last is None:
            d.append(f"M{here[0]} {here[1]}")
        else:
            right, down = here[0] - last[0], here[1] - last[1]
            d.append(f"l{right}{' ' if down >= 0 else ''}{down}")
        last = here
    return "".join(d)


def dots(points: Iterable[tuple[float, float]]) -> str:
    """The path data of dots: zero-length lines, whose round caps aren't stretched."""
    return "".join(
        f"M{round(SIDE * a)} {round(SIDE * (1 - b))}h0"
        for a, b in points
        if not (math.isnan(a) or math.isnan(b))
    )


def legend(entries: Sequence[tuple[str, int, bool]]) -> Markup:
    """A legend. entries: (name, color, whether dashed)."""
    return tag(
        "p",
        *(
            tag(
                "span",
                name,
                class_="key dashed" if dashed else "key",
                style=f"--c:var(--c{c % N_COLORS})",
            )
            for name, c, dashed in entries
        ),
        class_="legend",
    )


def histogram(counts: Sequence[int], about: str) -> Markup:
    """A histogram's bars. about: alternative text."""
    most = max(counts, default=1) or 1
    width = SIDE / max(len(counts), 1)
    broad = max(round(width) - 8, 1)
    high = [max(round(SIDE * count / most), 15) if count else 0 for count in counts]
    d = "".join(
        f"M{round(place * width)} {SIDE}v-{height}h{broad}V{SIDE}z"
        for place, height in enumerate(high)
        if height
    )
    return tag(
        "svg",
        tag("path", d=d),
        class_="bars",
        viewBox=f"0 0 {SIDE} {SIDE}",
        preserveAspectRatio="none",
        role="img",
        aria_label=about,
    )


def bar(low: float, value: float, high: float) -> Markup:
    """A bar from 0 to `value` with a whisker from low to high; all are shares of the width."""
    whisker = tag(
        "line", x1=_per_cent(low), x2=_per_cent(high), y1="50%", y2="50%", class_="whisker"
    )
    box = tag("rect", width=_per_cent(value), y="22%", height="56%")
    return tag("svg", box, whisker, class_="bar", aria_hidden="true")


def strip(places: Sequence[tuple[float, int]]) -> Markup:
    """Dots on a line. places: (position from 0 to 1, color)."""
    line = tag("line", x1="0", x2="100%", y1="50%", y2="50%", class_="grid")
    found = [
        tag("circle", cx=_per_cent(place), cy="50%", r="5", style=f"--c:var(--c{color % N_COLORS})")
        for place, color in places
        if not math.isnan(place)
    ]
    return tag("svg", line, *found, class_="strip", aria_hidden="true")


def _per_cent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.4g}%"


def side_by_side(*charts: object) -> Markup:
    """Charts side by side; stacked on a narrow page."""
    return tag("div", *charts, class_="side")


def figure(title: object, *inside: object) -> Markup:
    return tag("figure", tag("figcaption", title), join(*inside))

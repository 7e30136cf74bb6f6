"""Network diagram: the network as a static SVG, with its units and, if there are few, weights."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from nncli.engine.notation import written
from nncli.frozen import frozen
from nncli.page.markup import Markup, join, tag
from nncli.parts.arrays import Array
from nncli.trace.traced_steps import Trace, TracedLayer

MAX_UNITS = 8  # drawn per column: of more, the first ones and the last
MAX_LABELLED = 9  # weights into a column, up to which they are labelled
MAX_NAME_LENGTH = 14  # characters of an input's or output's name
RADIUS, PITCH, TOP = 21, 66, 54
GAP, LABELLED_GAP = 120, 190  # between columns
MIN_SCALE = 0.75  # the smallest scale in a narrow window
SIDE = 118  # margin beside the first and the last column, for names


@frozen
class _Column:
    """A column of units. title, kind: its heading.  layer: None for the inputs."""

    title: str
    kind: str
    names: Sequence[str]
    layer: TracedLayer | None = None

    @property
    def slots(self) -> list[int | None]:
        """The indices of the units drawn; None stands for those left out between them."""
        units: list[int | None] = list(range(len(self.names)))
        return units if len(units) <= MAX_UNITS else [*units[: MAX_UNITS - 2], None, units[-1]]

    def height(self, slot: int, most: int) -> float:
        return TOP + RADIUS + PITCH * (slot + (most - len(self.slots)) / 2)


def drawing(shown: Trace) -> Markup:
    """Draw the network of a trace, with the numbers of its first step if there is room."""
    columns = [
        _Column("inputs", "", shown.inputs),
        *(_Column(it.name, _kind(it), [""] * it.outputs, it) for it in shown.layers),
    ]
    given = {each.name: each.values for each in shown.steps[0].tensors}
    most = max(len(column.slots) for column in columns)
    places = [SIDE]
    for source, column in pairwise(columns):
        is_labelled = _is_labelled(source, column)
        places.append(places[-1] + (LABELLED_GAP if is_labelled else GAP))
    width, height = places[-1] + SIDE, TOP + PITCH * most
    parts = [
        *_all_lines(columns, places, most, given),
        *(_units(*each, most, given) for each in zip(columns, places, strict=True)),
        _ends(shown, columns, places, most, given),
    ]
    label = "The network: " + ", ".join(f"{it.title} {len(it.names)}" for it in columns)
    box, least = f"0 0 {width} {height}", f"min-width: {MIN_SCALE * width:.0f}px"
    return tag("svg", *parts, width=width, viewBox=box, style=least, role="img", aria_label=label)


def _kind(layer: TracedLayer) -> str:
    return layer.activation if layer.kind == "dense" else f"{layer.kind} {layer.activation}".strip()


def _is_labelled(source: _Column, column: _Column) -> bool:
    is_dense = column.layer is not None and column.layer.kind in ("dense", "output")
    return is_dense and len(source.names) * len(column.names) <= MAX_LABELLED


def _all_lines(
    columns: Sequence[_Column], places: Sequence[int], most: int, given: dict[str, Array]
) -> Iterator[Markup]:
    """All lines, then their labels, which are thus on top."""
    ends = zip(columns, columns[1:], places, places[1:], strict=False)
    drawn = [part for each in ends for part in _lines(*each, most, given)]
    yield from (line for line, _ in drawn)
    yield from (label for _, label in drawn if label is not None)


def _lines(
    source: _Column, column: _Column, left: int, right: int, most: int, given: dict[str, Array]
) -> Iterator[tuple[Markup, Markup | None]]:
    """The lines between all units of two columns; without weights, unit by unit."""
    layer = column.layer
    assert layer is not None
    weights = given.get(f"{layer.name}/W")
    is_labelled = weights is not None and _is_labelled(source, column)
    for at, unit in enumerate(column.slots):
        for begin, other in enumerate(source.slots):
            if unit is None or other is None or (weights is None and unit != other):
                continue
            x1, y1 = left + RADIUS, source.height(begin, most)
            x2, y2 = right - RADIUS, column.height(at, most)
            line = tag("line", x1=x1, y1=y1, x2=x2, y2=y2)
            text = written(float(weights[other, unit]), 3) if is_labelled else ""  # type: ignore[index]
            share = 0.3
            x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            yield line, _label(text, x, y) if text else None


def _label(text: str, x: float, y: float) -> Markup:
    half = 4.2 * len(text) + 3
    box = tag("rect", x=round(x - half, 1), y=round(y - 9, 1), width=2 * half, height=18)
    return join(box, _text(text, x, y + 4.5, "weight"))


def _text(text: str, x: float, y: float, kind: str) -> Markup:
    return tag("text", text, x=round(x, 1), y=round(y, 1), class_=kind)


def _units(column: _Column, x: int, most: int, given: dict[str, Array]) -> Markup:
    """A column: its heading, and its units with their indices and biases."""
    parts = [_text(column.title, x, 16, "title"), _text(column.kind, x, 33, "kind")]
    biases = _biases(column, given)
    for slot, unit in enumerate(column.slots):
        y = column.height(slot, most)
        if unit is None:
            parts.append(_text(f"... {len(column.names) - MAX_UNITS + 1} more", x, y + 4, "kind"))
            continue
        parts += [tag("circle", cx=x, cy=y, r=RADIUS), _text(str(unit), x, y + 5, "unit")]
        if biases is not None:
            parts.append(_text(f"b {written(float(biases[unit]), 3)}", x, y + RADIUS + 14, "bias"))
    return join(*parts)


def _biases(column: _Column, given: dict[str, Array]) -> Array | None:
    """The biases of a column, if there is one per unit and all units are drawn; else None."""
    found = given.get(f"{column.layer.name}/b") if column.layer else None
    is_each = found is not None and found.shape == (len(column.names),)
    return found if is_each and len(column.names) <= MAX_UNITS else None


def _ends(
    shown: Trace,
    columns: Sequence[_Column],
    places: Sequence[int],
    most: int,
    given: dict[str, Array],
) -> Markup:
    """The names beside inputs and outputs, with their values if the batch is a single row."""
    is_one = len(shown.steps[0].rows) == 1
    parts = []
    for column, x, names, of, side in (
        (columns[0], places[0] - RADIUS - 8, shown.inputs, "input", "before"),
        (columns[-1], places[-1] + RADIUS + 8, shown.outputs, "targets", "behind"),
    ):
        values = given.get(of)
        for slot, unit in enumerate(column.slots):
            if unit is None or unit >= len(names):
                continue
            name, y = _short(names[unit]), column.height(slot, most)
            has_value = is_one and values is not None and values.shape == (1, len(column.names))
            sign = "" if of == "input" else "t = "
            value = f"{sign}{written(float(values[0, unit]), 4)}" if has_value else ""  # type: ignore[index]
            parts += [_text(name, x, y - 3 if value else y + 5, side)]
            parts += [_text(value, x, y + 14, side)] if value else []
    return join(*parts)


def _short(name: str) -> str:
    return (
        name
        if len(name) <= MAX_NAME_LENGTH
        else f"{name[: MAX_NAME_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}"
    )

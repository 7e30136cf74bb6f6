"""Picture: a boundary drawn as png, svg or pdf."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nncli.artifacts.learning_curves import write_picture
from nncli.boundary.boundary import Boundary
from nncli.boundary.curve import draw_curve
from nncli.boundary.regions import draw_regions
from nncli.boundary.surface import draw_surface
from nncli.errors import UserError


def draw_boundary(boundary: Boundary, path: Path) -> None:
    """Draw it to `path`, by its suffix: a curve over one feature, a map over two.

    Raises UserError for values that no axis can show, FileFailure if it can't write.
    """
    try:
        write_picture(path, lambda: _drawing(boundary)(boundary))
    except (OverflowError, ValueError):
        raise UserError(f"{path}: the values are too large to draw") from None


def _drawing(boundary: Boundary) -> Callable[[Boundary], Any]:
    if len(boundary.axes) == 1:
        return draw_curve
    return draw_regions if boundary.classes else draw_surface

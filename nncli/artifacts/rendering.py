"""Rendering: draw figures with matplotlib's defaults, independent of the user's settings."""

import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from nncli.artifacts.files import output_file
from nncli.errors import UserError
from nncli.importing import importing

FORMATS = (".png", ".svg", ".pdf")
DOTS_PER_INCH = 150
COMPRESS_LEVEL = 3  # of 9; the usual 6 takes a third longer, for a fifth less
ALT = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}
NO_DATE: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
SETTINGS = ("MATPLOTLIBRC", "MPLBACKEND")  # matplotlib's environment variables
WINDOW_KEYS = ("backend", "backend_fallback", "interactive", "toolbar")  # settings kept


def check_format(path: Path) -> None:
    """Raises UserError for a suffix that is no format of plots."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path}: expected a name ending in {', '.join(FORMATS)}")


def write_plot(path: Path, draw: Callable[[], Any], alt: str = "") -> None:
    """Write the figure that `draw` returns, in the suffix's format. Equal figures have equal bytes.

    alt: alternative text, stored in the file.
    Raises UserError for values that no axis can show, FileFailure if it can't write.
    """
    try:
        content = render(path.suffix.lower(), draw, alt)
    except (OverflowError, ValueError):
        raise UserError(f"{path}: the values are too large to draw") from None
    with output_file(path) as file:
        file.write(content)


def render(suffix: str, draw: Callable[[], Any], alt: str = "") -> bytes:
    """The figure that `draw` returns, encoded. Raises OverflowError or ValueError."""
    with own_style():
        return content_of(draw(), suffix, alt)


def content_of(figure: Any, suffix: str, alt: str = "") -> bytes:
    """Encode a figure, within `own_style`. Raises OverflowError or ValueError."""
    about = NO_DATE.get(suffix, {}) | ({ALT[suffix]: alt} if alt else {})
    file = io.BytesIO()
    if suffix == ".png":
        _draw_png(figure, file, about)
        return file.getvalue()
    figure.savefig(file, format=suffix[1:], dpi=DOTS_PER_INCH, metadata=about)
    if suffix == ".svg" and alt:  # browsers read it aloud, even inline
        from xml.sax.saxutils import quoteattr

        label = f"<svg role='img' aria-label={quoteattr(alt)} ".encode()
        return file.getvalue().replace(b"<svg ", label, 1)
    return file.getvalue()


def _draw_png(figure: Any, file: IO[bytes], about: dict[str, Any]) -> None:
    """Draw once, including the layout: savefig draws twice, first for the layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DOTS_PER_INCH)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(file, metadata=about, pil_kwargs={"compress_level": COMPRESS_LEVEL})


@contextmanager
def own_style() -> Iterator[None]:
    """Use matplotlib's defaults: a user's matplotlibrc may even start LaTeX.

    Warnings are silenced, as of missing glyphs or the log of zero.
    """
    matplotlib = _matplotlib()
    style = {key: value for key, value in matplotlib.rcParamsDefault.items() if _is_drawn(key)}
    style["svg.hashsalt"] = "nncli"
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_drawn(key: str) -> bool:
    """Whether a setting affects plots."""
    return key not in WINDOW_KEYS and not key.startswith("webagg.")


def _matplotlib() -> Any:
    """Import matplotlib such that it reads its own default settings first."""
    if "matplotlib" not in sys.modules:
        with _inside(_own_settings()), _without(SETTINGS), importing():
            _leave_out_documentation()
            import matplotlib.figure
    import matplotlib

    return matplotlib


def _leave_out_documentation() -> None:
    """Skip the docstrings that matplotlib composes for each class: half of its import time."""
    artist: Any = import_module("matplotlib.artist")
    artist.kwdoc = lambda thing: ""
    artist.Artist._update_set_signature_and_docstring = classmethod(lambda cls: None)


def _own_settings() -> Path:
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data"


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Change the working folder: matplotlib reads a `matplotlibrc` in it."""
    if not hasattr(os, "fchdir"):
        with chdir(folder):
            yield
        return
    # works even if the folder was deleted
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    os.chdir(folder)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Unset environment variables."""
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)

"""Pictures: drawn by matplotlib as it comes, whatever settings of its own lie around."""

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
SETTINGS = ("MATPLOTLIBRC", "MPLBACKEND")  # environment variables that matplotlib obeys
OF_WINDOWS = ("backend", "backend_fallback", "interactive", "toolbar")  # which nobody opens


def check_format(path: Path) -> None:
    """Raises UserError for a name that ends in no format of a picture."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path}: expected a name ending in {', '.join(FORMATS)}")


def write_picture(path: Path, draw: Callable[[], Any], alt: str = "") -> None:
    """Write the figure that `draw` makes, in the format of its suffix: equal ones, equal bytes.

    alt: what it shows, in words, for who can't see it; it is kept in the file.

    Raises OverflowError for values that no axis can show, FileFailure if it can't write.
    """
    content = picture(path.suffix.lower(), draw, alt)
    with output_file(path) as file:
        file.write(content)


def picture(suffix: str, draw: Callable[[], Any], alt: str = "") -> bytes:
    """The figure that `draw` makes, as a file. Raises OverflowError or ValueError."""
    with own_style():
        return content_of(draw(), suffix, alt)


def content_of(figure: Any, suffix: str, alt: str = "") -> bytes:
    """A figure as a file, where `own_style` is entered. Raises OverflowError or ValueError."""
    about = NO_DATE.get(suffix, {}) | ({ALT[suffix]: alt} if alt else {})
    file = io.BytesIO()
    if suffix == ".png":
        _draw_png(figure, file, about)
        return file.getvalue()
    figure.savefig(file, format=suffix[1:], dpi=DOTS_PER_INCH, metadata=about)
    if suffix == ".svg" and alt:  # which a browser reads out, even within a page
        from xml.sax.saxutils import quoteattr

        label = f"<svg role='img' aria-label={quoteattr(alt)} ".encode()
        return file.getvalue().replace(b"<svg ", label, 1)
    return file.getvalue()


def _draw_png(figure: Any, file: IO[bytes], about: dict[str, Any]) -> None:
    """In one drawing, of which the layout is a part: savefig draws twice, first to lay out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DOTS_PER_INCH)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(file, metadata=about, pil_kwargs={"compress_level": COMPRESS_LEVEL})


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's own defaults: a matplotlibrc may start LaTeX, on a preamble of its own.

    It warns of nothing: of a letter the font lacks, a log of nothing.
    """
    matplotlib = _matplotlib()
    style = {key: value for key, value in matplotlib.rcParamsDefault.items() if _is_drawn(key)}
    style["svg.hashsalt"] = "nncli"
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_drawn(key: str) -> bool:
    """Whether a setting is one of pictures."""
    return key not in OF_WINDOWS and not key.startswith("webagg.")


def _matplotlib() -> Any:
    """Matplotlib, imported where the settings that it finds first are its own."""
    if "matplotlib" not in sys.modules:
        with _inside(_own_settings()), _without(SETTINGS), importing():
            _leave_out_documentation()
            import matplotlib.figure
    import matplotlib

    return matplotlib


def _leave_out_documentation() -> None:
    """Every class of matplotlib composes a text about its properties as it is made, from those of
    its methods: half of the import. Nobody reads it here.
    """
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
    """The working folder is another: matplotlib reads the `matplotlibrc` that lies in it."""
    if not hasattr(os, "fchdir"):
        with chdir(folder):
            yield
        return
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # a folder may have lost its name
    os.chdir(folder)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """These environment variables aren't set."""
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)

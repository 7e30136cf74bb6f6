"""nncli: train neural networks from one YAML file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncli.artifacts.run import Run

__version__ = "0.1.0"
__all__ = ["Run", "__version__"]


def __getattr__(name: str) -> Any:
    """Import `nncli.Run` on first use: the command line doesn't need it."""
    if name != "Run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nncli.artifacts.run import Run

    return Run

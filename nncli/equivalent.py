"""Equivalents: the code for a part in another library, with notes on what differs."""

from collections.abc import Mapping

from nncli.frozen import frozen

LIBRARIES = ("scikit-learn", "keras", "pytorch")
LOADERS = {
    "np.load(": "import numpy as np",
    "load_file(": "from safetensors.numpy import load_file",
}


@frozen
class Equivalent:
    """code: to paste; empty if there is no equivalent.  notes: on what differs, a sentence each.

    >>> Equivalent("layers.ELU({alpha})", "alpha is {alpha}").filled({"alpha": 0.5})
    Equivalent(code='layers.ELU(0.5)', notes=('alpha is 0.5',))
    """

    code: str
    notes: tuple[str, ...]

    def __init__(self, code: str = "", *notes: str) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "notes", notes)

    def __add__(self, other: "Equivalent") -> "Equivalent":
        """The code and notes of both; no note twice."""
        code = "\n".join(text for text in (self.code, other.code) if text)
        return Equivalent(code, *dict.fromkeys(self.notes + other.notes))

    def filled(self, keys: Mapping[str, object]) -> "Equivalent":
        """Code and notes with values for names such as {alpha}."""
        return Equivalent(self.code.format(**keys), *(note.format(**keys) for note in self.notes))


def unsupported(what: str) -> Equivalent:
    """An Equivalent without code: a note that there is none for `what`."""
    return Equivalent("", f"no equivalent: {what}")


def imports_of(code: str) -> list[str]:
    """The imports of the functions that load weights in this code."""
    return [line for call, line in LOADERS.items() if call in code]

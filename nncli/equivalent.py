"""Equivalents: what another library is told in place of a part, and where it still differs."""

from collections.abc import Mapping

from nncli.frozen import frozen

LIBRARIES = ("scikit-learn", "keras", "pytorch")


@frozen
class Equivalent:
    """code: what to paste; empty where there is no equivalent.  notes: a sentence each.

    >>> Equivalent("layers.ELU({alpha})", "alpha is {alpha}").filled({"alpha": 0.5})
    Equivalent(code='layers.ELU(0.5)', notes=('alpha is 0.5',))
    """

    code: str
    notes: tuple[str, ...]

    def __init__(self, code: str = "", *notes: str) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "notes", notes)

    def __add__(self, other: "Equivalent") -> "Equivalent":
        """Both, one after the other; no note twice."""
        code = "\n".join(text for text in (self.code, other.code) if text)
        return Equivalent(code, *dict.fromkeys(self.notes + other.notes))

    def filled(self, keys: Mapping[str, object]) -> "Equivalent":
        """Code and notes with a value for each name, such as {alpha}, in them."""
        return Equivalent(self.code.format(**keys), *(note.format(**keys) for note in self.notes))


def unsupported(what: str) -> Equivalent:
    """There is no equivalent of `what`."""
    return Equivalent("", f"no equivalent: {what}")

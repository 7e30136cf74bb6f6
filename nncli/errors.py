"""The exceptions that nncli raises on purpose.

    NncliError
    |- UserError            exit 2   the config, the data or the command line is wrong
    |  |- ConfigError                one or more problems in a config, with their places
    |  |- DataError                  data that can't be used as the config asks
    |  |  |- FormatsFound            text columns that are numbers, if the config gives their format
    |  |  `- TableError              one or more cells of a table, each with its file and line
    |  |     `- LayoutFound          a text table that needs a config key for its layout
    |  `- ShapeError                 arrays or layers that don't fit together
    |- NothingLeft          exit 0   a run to be continued that has ended already
    |- RunInUse             exit 3   another process holds the run directory
    |- CorruptRun           exit 4   a run directory that isn't what its manifest says
    |- Diverged             exit 5   a loss or a parameter that isn't finite
    |  `- UndefinedMonitor           a monitored value that is NaN
    |- RanksDiffer          exit 70  processes of one network with different parameters
    |- TrialsFailed         exit 70  several trials in a row that ended in exceptions
    `- FileFailure          exit 74  the operating system refused to read or write

Only the command line prints them; every other package raises them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

from nncli.frozen import frozen

MAX_LINE_LENGTH = 2000  # characters


class NncliError(Exception):
    """An error that is reported to the user on one line."""

    exit_code: ClassVar[int] = 1

    def lines(self) -> list[str]:
        """The message, one line per problem, without control characters."""
        return [printable(line, MAX_LINE_LENGTH)[:MAX_LINE_LENGTH] for line in self._problems()]

    def without_traceback(self) -> Self:
        """The error, to be kept: a traceback would keep the arrays of its frames too."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def _problems(self) -> list[str]:
        """The message of each problem."""
        return str(self).split("\n")


Found = Iterable[tuple[str, str]]  # (config key, message)


class UserError(NncliError):
    """The request can't be carried out: the config, the data or the command line is wrong."""

    exit_code = 2


@frozen
class Problem:
    """A problem and its place. where: `file:line:column`.  path: the dotted key."""

    where: str
    path: str
    message: str

    def __str__(self) -> str:
        return ": ".join(text for text in (self.where, self.path, self.message) if text)


class ConfigError(UserError):
    """All problems of a config, in the order of their places; at most MAX_SHOWN are shown."""

    MAX_SHOWN: ClassVar[int] = 100

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self._problems()))

    def _problems(self) -> list[str]:
        left = len(self.problems) - self.MAX_SHOWN
        shown = map(str, self.problems[: self.MAX_SHOWN])
        return [*shown, *([f"and {left:,} more"] if left > 0 else [])]


class DataError(UserError):
    """The data can't be read or used as the config asks.

    found: (key, message) of each problem; the key is the config's, or empty.
    """

    def __init__(self, message: str = "", key: str = "", found: Found = ()) -> None:
        self.found = tuple(found) or ((key, message),)
        super().__init__("\n".join(message for _, message in self.found))

    def _problems(self) -> list[str]:
        return [message for _, message in self.found]


class FormatsFound(DataError):
    """Text columns that can be read as numbers or dates, if the config gives their formats.

    markers: texts in them that mean missing.  formats: by column, the keys of `data.columns` for
    its format.  guesses: the formats in words.
    """

    def __init__(
        self,
        found: Found,
        markers: Sequence[str],
        formats: Mapping[str, Mapping[str, Any]],
        guesses: Sequence[str],
    ) -> None:
        super().__init__(found=found)
        self.markers = tuple(dict.fromkeys(markers))
        self.formats, self.guesses = dict(formats), tuple(guesses)


class TableError(DataError):
    """Problems in a table's cells, each with file and line; at most MAX_SHOWN are shown."""

    MAX_SHOWN: ClassVar[int] = 20

    def __init__(
        self,
        problems: Sequence[Problem],
        count: int = 0,
        formats: Mapping[str, Mapping[str, str]] | None = None,
        guesses: Sequence[str] = (),
    ) -> None:
        """count: the number of all problems, if it is larger than those given.

        formats: by column, the keys of `data.columns` with which all its cells are numbers, if any.
        guesses: what is doubtful about these, in words.
        """
        self.formats, self.guesses = dict(formats or {}), tuple(guesses)
        self.problems = tuple(problems)[: self.MAX_SHOWN]
        self.count = max(count, len(problems))
        super().__init__("\n".join(self._problems()))

    def _problems(self) -> list[str]:
        left = self.count - len(self.problems)
        return [*map(str, self.problems), *([f"and {left:,} more"] if left else [])]


class LayoutFound(TableError):
    """A text table that can be read if the config gives its layout.

    what: was found.  keys: of the data block, with their values.
    """

    def __init__(self, where: str, what: str, fix: str, keys: Mapping[str, object]) -> None:
        super().__init__([Problem(where, "", f"{what}: {fix}")])
        self.what, self.keys = f"{where}: {what}", dict(keys)


class ShapeError(UserError):
    """Two arrays or layers don't fit together. key: the config key to blame, if known."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class NothingLeft(NncliError):
    """A run to be continued has ended already; a loop that restarts it may end too."""

    exit_code = 0


class RunInUse(NncliError):
    """Another process is writing to this run directory."""

    exit_code = 3


class CorruptRun(NncliError):
    """A file of a run directory is missing, or isn't what the manifest says."""

    exit_code = 4


class Diverged(NncliError):
    """The loss or a parameter isn't finite.

    epoch, step: counted from 1 (the step from the run's start); 0 is before training.
    tensor: the first array in the order of computation with an infinity or NaN.
    """

    exit_code = 5

    def __init__(self, epoch: int, step: int, tensor: str) -> None:
        self.epoch, self.step, self.tensor = epoch, step, tensor
        advice = "a smaller optimizer.learning_rate or training.clip_grad_norm usually helps"
        if step == 0:
            advice = "before any step: the data or the initial weights are too large"
        super().__init__(
            f"training diverged in epoch {epoch} at step {step}: {tensor} is not finite ({advice})"
        )


class UndefinedMonitor(Diverged):
    """A monitored value is NaN. key: the config key that monitors it."""

    def __init__(self, epoch: int, step: int, column: str, key: str) -> None:
        super().__init__(epoch, step, column)
        self.args = (
            f"{key}: {column} is NaN in epoch {epoch}: neither better nor worse than another value "
            "(watch another column, such as loss, or mend what makes it NaN)",
        )


class RanksDiffer(NncliError):
    """Processes that train one network together have different parameters.

    odd: the ranks that differ from rank 0.
    """

    exit_code = 70

    def __init__(self, epoch: int, odd: Sequence[str]) -> None:
        super().__init__(
            f"after epoch {epoch} the parameters of {few(odd)} are not those of rank 0: another "
            "kind of processor or another version of a library rounds otherwise (the last "
            "checkpoint is whole: --resume goes on from there, on machines of one kind)"
        )


class TrialsFailed(NncliError):
    """Several trials of a study in a row ended in exceptions: a bug."""

    exit_code = 70


class FileFailure(NncliError):
    """The operating system refused to read or write."""

    exit_code = 74


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'relu'?)` if a known name is similar; else empty.

    Names that differ in a whole word aren't similar: log_loss and mse_loss, batch_norm and
    layer_norm.
    """
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=3, cutoff=0.65)
    likely = [each for each in close if _is_misspelling(name.lower(), each)]
    return f" (did you mean '{likely[0]}'?)" if likely else ""


def _is_misspelling(name: str, known: str) -> bool:
    """Whether each word is similar to its counterpart, if both names have as many words."""
    words, others = name.split("_"), known.split("_")
    if len(words) != len(others) or len(words) == 1:
        return True
    from difflib import get_close_matches

    return all(get_close_matches(a, [b], cutoff=0.5) for a, b in zip(words, others, strict=True))


def printable(text: str, most: int = 60) -> str:
    """`text` on one line, with control characters escaped, truncated to `most` characters."""
    if len(text) > most:
        text = text[: most - 3] + "..."
    return escaped(text)


def escaped(text: str) -> str:
    """The whole text on one line, with characters escaped that a terminal or a reader would obey.

    These are control characters such as ESC and 0x9b, all line ends, and characters that change the
    writing direction or have no width.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def few(names: Sequence[str], most: int = 8) -> str:
    """The first names, and the number of the others."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(count: int, what: str) -> str:
    """`1 trial`, `2 trials`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

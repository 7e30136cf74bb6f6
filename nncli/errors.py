"""The exceptions nncli raises on purpose.

    NncliError
    |- UserError            exit 2   the config, the data or the command line is wrong
    |  |- ConfigError                one or more located problems in a config
    |  |- DataError                  a data set that can't be used as asked
    |  |  |- FormatsFound            columns of numbers once a config says how they are written
    |  |  `- TableError              one or more cells of a table, each with its file and line
    |  |     `- LayoutFound          a text table laid out in a way that a key has to say
    |  `- ShapeError                 arrays or layers that don't fit together
    |- NothingLeft          exit 0   a run to be taken up that has come to its end
    |- RunInUse             exit 3   another process holds the run directory
    |- CorruptRun           exit 4   a run directory that isn't what its manifest says
    |- Diverged             exit 5   training reached a loss or a parameter that isn't finite
    |  `- UndefinedMonitor           or a NaN where it is watched
    |- RanksDiffer          exit 70  processes that train one network come to other numbers
    |- TrialsFailed         exit 70  trials of a study that end in exceptions, one after another
    `- FileFailure          exit 74  the operating system refused to read or write

Only the command line prints them; every floor below raises them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

from nncli.frozen import frozen

MAX_LINE_LENGTH = 2000  # signs


class NncliError(Exception):
    """Anything nncli reports to its user in a line of its own."""

    exit_code: ClassVar[int] = 1

    def lines(self) -> list[str]:
        """The message, one line per problem, whatever signs of a file's own are in it."""
        return [printable(line, MAX_LINE_LENGTH)[:MAX_LINE_LENGTH] for line in self._problems()]

    def without_traceback(self) -> Self:
        """The error, to be kept: a traceback would keep the arrays of its frames too."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def _problems(self) -> list[str]:
        """The message of each."""
        return str(self).split("\n")


Found = Iterable[tuple[str, str]]  # (config key, message)


class UserError(NncliError):
    """The request can't be carried out as written."""

    exit_code = 2


@frozen
class Problem:
    """One thing that is wrong, and where: `where` is `file:line:column`, `path` the dotted key."""

    where: str
    path: str
    message: str

    def __str__(self) -> str:
        return ": ".join(text for text in (self.where, self.path, self.message) if text)


class ConfigError(UserError):
    """All the problems of one config, in the order of their places; `MAX_SHOWN` are named."""

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

    found: (key, message) of each problem; the key is the config's, empty if none is to blame.
    """

    def __init__(self, message: str = "", key: str = "", found: Found = ()) -> None:
        self.found = tuple(found) or ((key, message),)
        super().__init__("\n".join(message for _, message in self.found))

    def _problems(self) -> list[str]:
        return [message for _, message in self.found]


class FormatsFound(DataError):
    """Columns of texts that are numbers or dates once a config says how to read them.

    markers: words among them that stand for no value.  formats: by column, the keys of
    `data.columns` that say how it is written.  guesses: each of these, in words.
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
    """Problems of a table's cells, each with its file and line; at most `MAX_SHOWN` are named."""

    MAX_SHOWN: ClassVar[int] = 20

    def __init__(
        self,
        problems: Sequence[Problem],
        count: int = 0,
        formats: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """count: how many there are in all, if more than are given.

        formats: by column, the keys of `data.columns` with which all cells are numbers, if any.
        """
        self.formats = dict(formats or {})
        self.problems = tuple(problems)[: self.MAX_SHOWN]
        self.count = max(count, len(problems))
        super().__init__("\n".join(self._problems()))

    def _problems(self) -> list[str]:
        left = self.count - len(self.problems)
        return [*map(str, self.problems), *([f"and {left:,} more"] if left else [])]


class LayoutFound(TableError):
    """A text table that can be read once the config says how it is laid out.

    what: is found there.  keys: of the data block, with the value of each.
    """

    def __init__(self, where: str, what: str, cure: str, keys: Mapping[str, object]) -> None:
        super().__init__([Problem(where, "", f"{what}: {cure}")])
        self.what, self.keys = f"{where}: {what}", dict(keys)


class ShapeError(UserError):
    """Two arrays, or two layers, don't fit together. key: the config key to blame, if known."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class NothingLeft(NncliError):
    """A run that was to go on has come to its end: a loop that restarts it may end as well."""

    exit_code = 0


class RunInUse(NncliError):
    """Another process is writing to this run directory."""

    exit_code = 3


class CorruptRun(NncliError):
    """A run directory lacks a file, or a file isn't what the manifest says."""

    exit_code = 4


class Diverged(NncliError):
    """Training left the finite numbers.

    epoch, step: where, counted from 1 (the step within the whole run); 0 is before training.
    tensor: the first array, in the order of computation, that holds an infinity or NaN.
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
    """What is watched during training is NaN. key: the config's, that watches it."""

    def __init__(self, epoch: int, step: int, column: str, key: str) -> None:
        super().__init__(epoch, step, column)
        self.args = (
            f"{key}: {column} is NaN in epoch {epoch}: neither better nor worse than another value "
            "(watch another column, such as loss, or mend what makes it NaN)",
        )


class RanksDiffer(NncliError):
    """Processes that train one network together don't have the same parameters.

    odd: those that differ from the first.
    """

    exit_code = 70

    def __init__(self, epoch: int, odd: Sequence[str]) -> None:
        super().__init__(
            f"after epoch {epoch} the parameters of {few(odd)} are not those of rank 0: another "
            "kind of processor or another version of a library rounds otherwise (the last "
            "checkpoint is whole: --resume goes on from there, on machines of one kind)"
        )


class TrialsFailed(NncliError):
    """Trials of a study end in exceptions, one after another: a bug."""

    exit_code = 70


class FileFailure(NncliError):
    """The operating system refused to read or write."""

    exit_code = 74


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'relu'?)` when a known name is a slip of the pen away, else nothing.

    Another word in the same place is none: log_loss for mse_loss, batch_norm for layer_norm.
    """
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=3, cutoff=0.65)
    slips = [each for each in close if _is_slip(name.lower(), each)]
    return f" (did you mean '{slips[0]}'?)" if slips else ""


def _is_slip(name: str, known: str) -> bool:
    """Whether each word is like its counterpart, where both have as many."""
    words, others = name.split("_"), known.split("_")
    if len(words) != len(others) or len(words) == 1:
        return True
    from difflib import get_close_matches

    return all(get_close_matches(a, [b], cutoff=0.5) for a, b in zip(words, others, strict=True))


def printable(text: str, most: int = 60) -> str:
    """`text` on one line, control characters as escapes, cut to `most` characters."""
    if len(text) > most:
        text = text[: most - 3] + "..."
    return escaped(text)


def escaped(text: str) -> str:
    """`text`, all of it, on one line: signs that a terminal or a reader would obey as escapes.

    These are control signs, ESC and 0x9b among them, ends of lines of all kinds, and what turns
    the direction of writing or takes no room.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def few(names: Sequence[str], most: int = 8) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(count: int, what: str) -> str:
    """`1 trial`, `2 trials`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

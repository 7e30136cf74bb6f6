"""Source text: what a config file holds, and what of it a message may show."""

from pathlib import Path

from nncli.errors import ConfigError, Problem, printable
from nncli.untrusted_files.opening import Unfit, read_file

MOST_BYTES = 1 << 20


def problem(where: str, path: str, message: str) -> Problem:
    """A problem that fills one line, whatever the config's own text in it."""
    return Problem(where, printable(path, 200), printable(message, 1000))


def place_of(option: str, value: str) -> str:
    """Where a value stands that an option gave: `--set optimizer.learning_rate=1`."""
    return f"{option} {printable(value, 200)}"


def join(path: str, key: str) -> str:
    """The dotted path of a key inside the block at `path`."""
    return f"{path}.{printable(key)}" if path else printable(key)


def read_text(path: Path) -> str:
    """The text of a config file. Raises ConfigError if there is none to be had."""

    def refuse(message: str, place: str = "") -> ConfigError:
        return ConfigError([Problem(f"{path}{place}", "", message)])

    try:
        content = read_file(path, MOST_BYTES, "a config")
    except FileNotFoundError:
        raise refuse("no such file") from None
    except Unfit as error:
        own = path / "config.yaml"  # of a run or a study
        cure = f": the config that it was made from is {own}" if own.is_file() else ""
        raise refuse(f"{error}{cure}") from None
    except OSError as error:
        raise refuse(f"can't be read: {error.strerror}") from None
    except ValueError:
        raise refuse("not a possible file name") from None
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse("a binary file, not YAML text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        message = f"byte {error.object[error.start]:#04x} is not UTF-8: save the file as UTF-8"
        raise refuse(message, place_in(before, len(before))) from None


def place_in(text: str, index: int) -> str:
    """`:line:column` of a character."""
    return f":{text.count(chr(10), 0, index) + 1}:{index - text.rfind(chr(10), 0, index)}"

"""Source text: reads config files, and makes texts from them safe for messages."""

from pathlib import Path

from nncli.errors import ConfigError, Problem, printable
from nncli.untrusted_files.opening import Unfit, read_file

MAX_BYTES = 1 << 20


def problem(where: str, path: str, message: str) -> Problem:
    """A problem on one line, with texts from the config escaped and truncated."""
    return Problem(where, printable(path, 200), printable(message, 1000))


def place_of(option: str, value: str) -> str:
    """The position of a value given by an option: `--set optimizer.learning_rate=1`."""
    return f"{option} {printable(value, 200)}"


def join(path: str, key: str) -> str:
    """The dotted path of a key inside the block at `path`."""
    return f"{path}.{printable(key)}" if path else printable(key)


def read_text(path: Path) -> str:
    """Reads a config file. Raises ConfigError if it can't be read as text."""

    def refuse(message: str, place: str = "") -> ConfigError:
        return ConfigError([Problem(f"{path}{place}", "", message)])

    try:
        content = read_file(path, MAX_BYTES, "a config")
    except FileNotFoundError:
        raise refuse("no such file") from None
    except Unfit as error:
        config = path / "config.yaml"  # of a run or a study
        fix = f": the config that it was made from is {config}" if config.is_file() else ""
        raise refuse(f"{error}{fix}") from None
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

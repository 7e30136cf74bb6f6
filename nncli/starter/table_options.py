"""Table options: the options of `nncli init`, each a key of the config's data block."""

from dataclasses import fields
from typing import Literal

from nncli.config.dump import to_yaml
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.errors import DataError, UserError
from nncli.frozen import frozen
from nncli.parts.table import Task

OPTIONS_BY_KEY = {
    "data.missing": "--missing TEXT, repeatable",
    ": categorical}": "--categorical COLUMN, repeatable",
    "data.header: true": "--header",
    "data.header: false": "--no-header",
    "data.header": "--header or --no-header",
    "data.delimiter": "--delimiter CHARACTER",
    "data.decimal": "--decimal ,",
    "data.encoding": "--encoding NAME",
    "data.comment": "--comment SIGN",
    "data.skip_rows": "--skip-rows NUMBER",
    "data.task": "--task TASK",
    "data.target": "--target COLUMN",
}


@frozen(kw_only=True)
class TableOptions:
    """The options given; None or empty: inferred from the table."""

    task: Task | Literal["auto"] | None = None
    missing: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    header: bool | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    comment: str | None = None
    skip_rows: int | None = None

    def __post_init__(self) -> None:
        try:
            assert self.text_format
        except ValueError as error:
            raise UserError(f"--{error}") from None

    def has(self, key: str) -> bool:
        """Whether the option of a key is given."""
        return getattr(self, key) is not None

    @property
    def text_format(self) -> TextFormat:
        names = [key.name for key in fields(TextFormat) if self.has(key.name)]
        return TextFormat(**{name: getattr(self, name) for name in names})

    @property
    def all_missing(self) -> tuple[str, ...]:
        """The default missing markers and the given ones."""
        return tuple(dict.fromkeys((*MISSING_MARKERS, *self.missing)))

    def lines(self) -> str:
        """The given options as lines of the data block, except those written elsewhere."""
        names = ("header", "delimiter", "encoding", "comment", "skip_rows")
        keys = {name: getattr(self, name) for name in names}
        keys["task"] = None if self.task == "auto" else self.task
        given = {key: value for key, value in keys.items() if value is not None}
        return "".join(f"  {line}\n" for line in to_yaml(given).splitlines()) if given else ""


NO_OPTIONS = TableOptions()


def with_options(error: DataError) -> UserError:
    """The error with the options of `nncli init` that set the config keys it names."""
    message = str(error)
    keys = [key for key, _ in error.found]
    fixes = [fix for key, fix in OPTIONS_BY_KEY.items() if key in keys or key in message]
    if "--header" in fixes or "--no-header" in fixes:
        fixes = [fix for fix in fixes if " or " not in fix]
    fixes = [fix for fix in fixes if not fix.startswith("--target") or len(fixes) == 1]
    if not fixes:
        return error
    *first, last = message.split("\n")
    return UserError("\n".join([*first, f"{last} (nncli init: {'; '.join(fixes)})"]))

"""Column names: normalization, and names and keys as messages show them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from nncli.errors import did_you_mean, printable


def nfc(name: str) -> str:
    """Normalize a name to Unicode NFC, so that equal accented letters compare equal.

    >>> nfc("e\\N{COMBINING ACUTE ACCENT}") == "\\N{LATIN SMALL LETTER E WITH ACUTE}"
    True
    """
    return unicodedata.normalize("NFC", name)


def nearest(name: str, names: Sequence[str]) -> str:
    """The hint ` (did you mean ...?)` if a column has a similar name, else the list of columns."""
    return in_other_case(name, names) or did_you_mean(name, names) or f"; it has {listed(names)}"


def in_other_case(name: str, names: Sequence[str]) -> str:
    """The hint ` (did you mean ...?)` if a column's name differs in case alone, else empty."""
    lower = {known.lower(): known for known in names}
    known = lower.get(name.lower())
    return f" (did you mean '{known}'?)" if known is not None else ""


def listed(names: Sequence[str], most: int = 12) -> str:
    """At most `most` names as `'a', 'b' and 5 more`."""
    shown = ", ".join(f"'{printable(name)}'" for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def flow_list(texts: Sequence[str]) -> str:
    """Texts as a YAML list in flow style.

    >>> flow_list(["None", "-"])
    '["None", "-"]'
    """
    return "[" + ", ".join(f'"{printable(text)}"' for text in texts) + "]"


def yaml_name(name: str) -> str:
    """A column's name as a YAML key, quoted where needed."""
    return printable(name) if re.fullmatch(r"[^\W\d]\w*", name) else f'"{printable(name)}"'


def flow_keys(keys: Mapping[str, str | list[str]]) -> str:
    """A column's keys and their values as YAML in flow style.

    >>> flow_keys({"type": "date", "format": "%d.%m.%Y"}), flow_keys({"values": ["None"]})
    ('{type: date, format: "%d.%m.%Y"}', '{values: ["None"]}')
    """
    shown = (f"{key}: {_flow_value(key, value)}" for key, value in keys.items())
    return f"{{{', '.join(shown)}}}"


def _flow_value(key: str, value: str | list[str]) -> str:
    if isinstance(value, list):
        return flow_list(value)
    return value if key == "type" else f'"{printable(value)}"'


def column_fix(name: str, keys: Mapping[str, str | list[str]]) -> str:
    """The config key that sets how a column is read, for messages.

    >>> column_fix("paid", {"type": "numeric", "suffix": "€"})
    'data.columns: {paid: {type: numeric, suffix: "€"}}'
    """
    return f"data.columns: {{{yaml_name(name)}: {flow_keys(keys)}}}"

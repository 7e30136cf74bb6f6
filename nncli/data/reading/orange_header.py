"""Orange header: the names, types and roles of columns in files of the program Orange.

Either three rows (names, types, roles), or one row of names with a prefix of both: `cD#iris`.
"""

import re
from collections.abc import Sequence
from dataclasses import field

from nncli.frozen import frozen

TYPES = {
    "continuous": "C", "c": "C", "numeric": "C", "n": "C", "discrete": "D", "d": "D",
    "categorical": "D", "string": "S", "s": "S", "text": "S", "time": "T", "t": "T", "basket": "S",
}  # fmt: skip
LONG_TYPES = tuple(word for word in TYPES if len(word) > 1)
ROLES = {"class": "c", "c": "c", "meta": "m", "m": "m", "ignore": "i", "i": "i", "skip": "i",
         "weight": "w", "w": "w", "": ""}  # fmt: skip
WHY_NOT = {
    "m": "meta, as the file says", "i": "to be ignored, as the file says",
    "w": "weights, as the file says: data.sample_weight",
}  # fmt: skip
PREFIXED = re.compile(r"(?P<role>[mciw]?)(?P<type>[CDSTN]?)#(?P<name>.+)", re.DOTALL)


@frozen
class OrangeHeader:
    """An Orange header; empty for any other header.

    rows: the number of header rows.  texts: columns that are text, whatever their cells look like.
    targets: the class columns.  non_features: columns that are no features -> the reason.
    """

    names: tuple[str, ...] = ()
    rows: int = 0
    texts: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    non_features: dict[str, str] = field(default_factory=dict)


def read_orange_header(
    first: Sequence[str], rows: Sequence[Sequence[str]], *, is_tab: bool
) -> OrangeHeader:
    """The Orange header of the first rows, else an empty one. is_tab: whether the file is .tab."""
    if len(rows) > 1 and len(rows[0]) == len(first) >= len(rows[1]):
        types = [cell.strip() for cell in rows[0]]
        roles = [cell.strip() for cell in rows[1]] + [""] * (len(first) - len(rows[1]))
        if _are_types(types, roles, is_tab=is_tab):
            return _header(first, [*map(_type, types)], [_role(role) for role in roles], rows=3)
        none = [""] * len(first)
        if is_tab and _are_types(types, none, is_tab=True):  # an empty row of roles is omitted
            return _header(first, [*map(_type, types)], none, rows=2)
    found = [PREFIXED.fullmatch(name) for name in first]
    parts = [match for match in found if match]
    are_marked = bool(parts) and (is_tab or 2 * len(parts) > len(first))
    if are_marked and any(match["role"] or match["type"] for match in parts):
        names = [match["name"] if match else cell for match, cell in zip(found, first, strict=True)]
        types = [match["type"] if match else "" for match in found]
        roles = [match["role"] if match else "" for match in found]
        return _header(names, types, roles, rows=1)
    return OrangeHeader()


def _are_types(types: Sequence[str], roles: Sequence[str], *, is_tab: bool) -> bool:
    """Whether two rows hold types (or lists of categories) and roles."""
    known = [word.lower() in TYPES for word in types]
    if not any(known) or not all(
        is_known or " " in word for is_known, word in zip(known, types, strict=True)
    ):
        return False
    if any(_role(role) is None for role in roles):
        return False
    return is_tab or all(word.lower() in LONG_TYPES for word in types) or any(roles)


def _type(word: str) -> str:
    return TYPES.get(word.lower(), "D")


def _role(cell: str) -> str | None:
    """The role in a cell, which may hold attributes too; None if it holds any other word."""
    words = cell.split()
    known = [ROLES[word.lower()] for word in words if word.lower() in ROLES]
    others = [word for word in words if word.lower() not in ROLES and "=" not in word]
    if [word for word in others if word.lower() != "-dc"]:
        return None
    return known[0] if known else ""


def _header(
    names: Sequence[str], types: Sequence[str], roles: Sequence[str | None], *, rows: int
) -> OrangeHeader:
    return OrangeHeader(
        tuple(names),
        rows,
        frozenset(
            name for name, type_ in zip(names, types, strict=True) if type_ in ("D", "S", "T")
        ),
        tuple(name for name, role in zip(names, roles, strict=True) if role == "c"),
        {name: WHY_NOT[role] for name, role in zip(names, roles, strict=True) if role in WHY_NOT},
    )

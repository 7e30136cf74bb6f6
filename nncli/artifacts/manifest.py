"""The manifest: SHA-256 and size of every file of a run, and its own SHA-256 last.

A manifest is exactly the text that `encode` makes of what it says: whoever changes any byte of it,
a blank included, is found out.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nncli.artifacts.files import reporting, sha256, to_json
from nncli.artifacts.path_safety import is_name
from nncli.errors import CorruptRun, UserError
from nncli.untrusted_files.opening import sha256_of

FORMAT = 3
Entry = Mapping[str, Any]  # {"sha256": ..., "bytes": ...}


def is_listed(path: Path, entry: Entry) -> bool:
    """Whether a file, no link, stands there and is the one that an entry is about."""
    if path.is_symlink() or not path.is_file():
        return False
    with reporting(path):
        return sha256_of(path) == entry.get("sha256")


def encode(files: Mapping[str, Entry]) -> bytes:
    """The text of a manifest. files: by their paths inside the run."""
    body = {"format": FORMAT, "files": dict(sorted(files.items()))}
    return _guarded(body)


def decode(content: bytes, source: Path) -> dict[str, Entry]:
    """The files that a manifest lists. Raises CorruptRun if any byte of it isn't as written.

    Raises UserError for a whole one of another version of nncli.
    """
    try:
        body = json.loads(content)
        own = body.pop("sha256", None)
        found, files = body["format"], body["files"]
        is_whole = all(map(is_name, files)) and all(map(_is_entry, files.values()))
        is_whole &= own is None or content == _guarded(body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CorruptRun(f"{source}: not a manifest") from None
    if not is_whole or (own is None and found not in (1, 2)):  # which had no SHA-256 of their own
        raise CorruptRun(f"{source}: changed since the run was sealed")
    if found != FORMAT:
        other = f"format {found}, which this version of nncli doesn't read"
        raise UserError(f"{source.parent}: a run of {other}: train it again")
    listed: dict[str, Entry] = files
    return listed


def _is_entry(value: Any) -> bool:
    """Whether a file has its size and its SHA-256."""
    kinds = {"bytes": int, "sha256": str}
    return isinstance(value, dict) and all(type(value.get(k)) is kinds[k] for k in kinds)


def _guarded(body: Mapping[str, Any]) -> bytes:
    """JSON text with the SHA-256 of what it says."""
    return to_json({**body, "sha256": sha256(to_json(body))})

"""The manifest: SHA-256 and size of every file of a run, and last its own SHA-256.

`decode` accepts only the exact bytes of `encode`: any changed byte, even a blank, is detected.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nncli.artifacts.files import sha256, to_json, translating_os_errors
from nncli.artifacts.path_safety import is_name
from nncli.errors import CorruptRun, UserError
from nncli.untrusted_files.opening import sha256_of

FORMAT = 3
Entry = Mapping[str, Any]  # {"sha256": ..., "bytes": ...}


def is_listed(path: Path, entry: Entry) -> bool:
    """Whether a regular file is there, with the entry's SHA-256."""
    if path.is_symlink() or not path.is_file():
        return False
    with translating_os_errors(path):
        return sha256_of(path) == entry.get("sha256")


def encode(files: Mapping[str, Entry]) -> bytes:
    """The text of a manifest. files: entries by path inside the run."""
    body = {"format": FORMAT, "files": dict(sorted(files.items()))}
    return _with_checksum(body)


def decode(content: bytes, source: Path) -> dict[str, Entry]:
    """The files that a manifest lists. Raises CorruptRun if any byte was changed.

    Raises UserError for an intact one of another format.
    """
    try:
        body = json.loads(content)
        own = body.pop("sha256", None)
        found, files = body["format"], body["files"]
        is_whole = all(map(is_name, files)) and all(map(_is_entry, files.values()))
        is_whole &= own is None or content == _with_checksum(body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CorruptRun(f"{source}: not a manifest") from None
    # formats 1 and 2 had no SHA-256 of their own
    if not is_whole or (own is None and found not in (1, 2)):
        raise CorruptRun(f"{source}: changed since the run was saved")
    if found != FORMAT:
        other = f"format {found}, which this version of nncli doesn't read"
        raise UserError(f"{source.parent}: a run of {other}: train it again")
    listed: dict[str, Entry] = files
    return listed


def _is_entry(value: Any) -> bool:
    """Whether a value is an entry: a size and a SHA-256."""
    kinds = {"bytes": int, "sha256": str}
    return isinstance(value, dict) and all(type(value.get(k)) is kinds[k] for k in kinds)


def _with_checksum(body: Mapping[str, Any]) -> bytes:
    """JSON text with its own SHA-256 added."""
    return to_json({**body, "sha256": sha256(to_json(body))})

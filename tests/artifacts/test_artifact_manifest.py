"""The manifest: every byte of it is guarded by itself."""

import json
from pathlib import Path

import pytest

from nncli.artifacts.files import sha256
from nncli.artifacts.manifest import decode, encode
from nncli.errors import CorruptRun, UserError

SOURCE = Path("runs/x-001/manifest.json")
CONTENTS = {"b.csv": b"beta", "a.json": b"alpha", "имя \udcff": b""}
FILES = {name: {"sha256": sha256(c), "bytes": len(c)} for name, c in CONTENTS.items()}
TEXT = encode(FILES)


def test_manifest_reads_back_with_its_files_in_order():
    assert list(decode(TEXT, SOURCE).items()) == sorted(FILES.items())


def test_manifest_is_json_that_says_its_format_and_its_own_sha256():
    said = json.loads(TEXT)
    assert list(said) == ["format", "files", "sha256"]
    assert said["format"] == 3
    assert said["files"]["b.csv"]["bytes"] == 4


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80])
def test_any_changed_byte_of_a_manifest_is_found(change):
    for place in range(len(TEXT)):
        changed = bytearray(TEXT)
        changed[place] ^= change
        with pytest.raises(CorruptRun, match=r"manifest\.json"):
            decode(bytes(changed), SOURCE)


def test_any_cut_or_lengthened_manifest_is_found():
    for length in range(len(TEXT)):
        with pytest.raises(CorruptRun):
            decode(TEXT[:length], SOURCE)
    with pytest.raises(CorruptRun):
        decode(TEXT + b"\n", SOURCE)


@pytest.mark.parametrize("found", [1, 2])
def test_run_of_an_earlier_version_is_to_be_trained_again(found):
    older = json.dumps({"format": found, "files": {}}).encode()
    with pytest.raises(UserError, match=f"x-001: a run of format {found}, .*: train it again"):
        decode(older, SOURCE)


def test_manifest_without_its_own_sha256_is_not_believed():
    said = json.loads(TEXT)
    del said["sha256"]
    with pytest.raises(CorruptRun):
        decode(json.dumps(said).encode(), SOURCE)

"""`nncli export --to tensorboard` and `output.tensorboard`: read back record by record."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from nncli.artifacts import event_files
from nncli.artifacts.row_listeners import RowListeners
from nncli.artifacts.tensorboard_log import TensorBoardLog

VECTORS = {  # RFC 3720, B.4
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
}


@pytest.mark.parametrize("content", VECTORS, ids=["zeros", "ones", "up", "down"])
def test_checks_are_those_of_the_standard(content):
    assert event_files.crc32c(content) == VECTORS[content]


def _check(content: bytes) -> int:
    """The masked check, bit by bit."""
    rest = 0xFFFFFFFF
    for byte in content:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    rest ^= 0xFFFFFFFF
    return (((rest >> 15) | (rest << 17)) + 0xA282EAD8) % 2**32


def _records(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        head, (length,) = content[place : place + 8], struct.unpack_from("<Q", content, place)
        event = content[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", content, place + 8) == (_check(head),)
        assert struct.unpack_from("<I", content, place + 12 + length) == (_check(event),)
        place += 16 + length
        yield event
    assert place == len(content)


def _fields(message: bytes) -> list[tuple[int, object]]:
    """(number, value) of each field of a protocol buffer."""
    found, place = [], 0

    def varint() -> int:
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = message[place]
            place, value, shift = place + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while place < len(message):
        tag = varint()
        if tag & 7 == 0:
            value: object = varint()
        elif tag & 7 == 2:
            size = varint()
            value, place = message[place : place + size], place + size
        else:
            form = {1: "<d", 5: "<f"}[tag & 7]
            (value,) = struct.unpack_from(form, message, place)
            place += struct.calcsize(form)
        found.append((tag >> 3, value))
    return found


def _read(file: Path) -> tuple[dict[str, dict[int, float]], list[float]]:
    """(numbers by tag and step, moments) of an event file."""
    first, *events = _records(file.read_bytes())
    assert (3, b"brain.Event:2") in _fields(first)
    found, moments = {}, []
    for event in events:
        fields = dict(_fields(event))
        moments.append(fields[1])
        for _, value in _fields(fields[5]):
            said = dict(_fields(value))
            found.setdefault(said[1].decode(), {})[fields[2]] = said[2]
    return found, moments


def _single(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def _only(folder: Path) -> Path:
    (file,) = (path for path in folder.iterdir() if path.is_file())
    return file


@pytest.mark.parametrize("split", ["train", "val"])
def test_every_number_of_the_metrics_is_there_in_float32(nncli, iris_copy, folder, split):
    done = nncli("export", iris_copy.path, "--to", "tensorboard", "-o", "logs")
    said = "logs/elsewhere: 21 logged epochs\nsee them with: tensorboard --logdir logs\n"
    assert (done.code, done.out, done.err) == (0, "", said)
    found, moments = _read(_only(folder / "logs" / "elsewhere" / split))
    prefix = "val_" if split == "val" else ""
    rows = iris_copy.rows
    names = {n for n in rows[0] if n.startswith("val_") == bool(prefix)} - {"epoch", "seconds"}
    assert {prefix + tag for tag in found} == names
    for tag, values in found.items():
        cells = {int(row["epoch"]): row[prefix + tag] for row in rows}
        assert values == {step: _single(float(cell)) for step, cell in cells.items() if cell}
    elapsed = [float(row["seconds"]) for row in rows]
    assert [round(m - moments[0], 3) for m in moments] == [
        round(s - elapsed[0], 3) for s in elapsed
    ]


def test_the_config_is_a_text_beside_them(nncli, iris_copy, folder):
    nncli("export", iris_copy.path, "--to", "tensorboard", "-o", "logs")
    _, event = _records(_only(folder / "logs" / "elsewhere").read_bytes())
    ((_, value),) = _fields(dict(_fields(event))[5])
    tensor = dict(_fields(value))[8]
    text = dict(_fields(tensor))[8].decode()
    config = iris_copy.file("config.resolved.yaml").decode()
    assert text == "".join(f"    {line}\n" for line in config.splitlines())


def test_all_runs_of_a_study_are_exported_under_its_name(nncli, gate, folder):
    assert nncli("train", gate, "--seeds", 2, "--quiet").code == 0
    done = nncli("export", "runs/gate-seeds-001", "--to", "tensorboard", "-o", "logs")
    assert done.code == 0, done.err
    assert done.err.startswith("logs/gate-seeds-001/seed-0: 5 logged epochs\n")
    found, _ = _read(_only(folder / "logs/gate-seeds-001/seed-1/train"))
    assert [*found["loss"]] == [0, 1, 2, 3, 4]


LIVE = ("--set", "output.tensorboard=live")


def test_a_run_writes_them_as_it_goes_on_and_taken_up_writes_the_same(nncli, train, gate, folder):
    run = train(gate, *LIVE, "--set", "training.epochs=9")
    live = _only(folder / "live/gate-001/train")
    assert nncli("export", run.path, "--to", "tensorboard", "-o", "logs").code == 0
    whole = _only(folder / "logs/gate-001/train").read_bytes()
    assert live.read_bytes() == whole

    inode = live.stat().st_ino
    live.write_bytes(whole[:-5] + b"a kill has left more behind")
    more = ("--set", "training.epochs=12", "--quiet")
    assert nncli("train", "--resume", run.path, *more).code == 0
    assert live.read_bytes()[: len(whole)] == whole
    assert [*_read(live)[0]["loss"]] == [*range(13)]
    assert live.stat().st_ino == inode  # whoever reads it goes on reading


def test_a_folder_that_cannot_be_written_is_said_before_training(nncli, gate, folder):
    (folder / "live").write_text("a file")
    done = nncli("train", gate, *LIVE)
    assert done.code == 74
    assert done.err.endswith("\n\nlive: expected a folder for TensorBoard's files\n")
    assert not [*(folder / "runs").iterdir()]


def test_a_disk_that_fills_up_ends_the_log_and_not_the_run(tmp_path, monkeypatch):
    warnings: list[str] = []
    listeners = RowListeners(warnings)
    board = TensorBoardLog(tmp_path / "logs", tmp_path / "run", "2026-01-01T00:00:00Z", "")

    class Lines:
        lines: tuple[str, ...] = ()
        rows = staticmethod(lambda: ())

    listeners.begin(tmp_path, Lines(), board)
    listeners.append({"epoch": 0, "loss": 1.0, "seconds": 0.0})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(board, "_pieces", full)
    listeners.append({"epoch": 1, "loss": 1.0, "seconds": 0.0})
    listeners.append({"epoch": 2, "loss": 1.0, "seconds": 0.0})
    (said,) = warnings
    assert "TensorBoard has no rows from here on" in said
    assert "No space left on device" in said


def test_numbers_beyond_float32_and_those_that_are_none(tmp_path):
    board = TensorBoardLog(tmp_path, tmp_path / "run", "never", "")
    row = {"epoch": 1, "loss": 1e300, "val_loss": -1e300, "a": None, "b": math.nan, "seconds": 0.5}
    contents = board.contents([row])
    for split, expected in (("train", math.inf), ("val", -math.inf)):
        (tmp_path / split).write_bytes(contents[split])
        assert _read(tmp_path / split) == ({"loss": {1: expected}}, [0.5])


def test_what_can_not_be_exported_is_said(nncli, gate, train, folder):
    run = train(gate)
    done = nncli("export", run.path, "--to", "tensorboard")
    said = "nncli export: --to tensorboard needs a folder for its logs: -o LOGDIR\n"
    assert (done.code, done.err) == (2, said)
    (folder / "taken").write_text("")
    done = nncli("export", run.path, "--to", "tensorboard", "-o", "taken")
    said = "taken: expected a folder for TensorBoard's files\n"
    assert (done.code, done.err) == (74, said)
    done = nncli("export", "nowhere", "--to", "tensorboard", "-o", "logs")
    assert (done.code, done.err) == (2, "nowhere: no such run directory\n")
    (folder / "a folder").mkdir()
    done = nncli("export", run.path, "--to", "numpy", "-o", "a folder")
    assert (done.code, "a folder is a folder: name a file" in done.err) == (2, True)

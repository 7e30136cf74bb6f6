"""Fingerprints: a CRC-32 of each tensor's bytes per logged epoch."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from nncli.artifacts.fingerprints import Fingerprints, read_rows
from nncli.artifacts.resumption import resumed_recorder
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.errors import CorruptRun

SOURCE = Path("run/fingerprints.csv")


def rows_of(recorder):
    return list(read_rows(recorder.fingerprints.text(), SOURCE))


def test_row_has_the_crc32_of_every_tensor_at_that_epoch(recorder, trained):
    trained(recorder)
    layout, state = recorder.built.network.layout, recorder.state
    rows = rows_of(recorder)
    assert [row["epoch"] for row in rows] == list("0123456")
    expected = {
        name: f"{zlib.crc32(view.tobytes()):08x}"
        for name, view in layout.views(state.theta).items()
    }
    assert {name: cell for name, cell in rows[-1].items() if name != "epoch"} == expected


def test_last_bit_of_any_tensor_changes_its_fingerprint_alone(recorder):
    layout, theta = recorder.built.network.layout, recorder.state.theta
    prints = Fingerprints(layout, theta)
    prints.append(1)
    for name, view in layout.views(theta).items():
        kept = view.copy()
        view[...] = np.nextafter(view, np.inf)
        prints.append(1)
        first, *_, last = read_rows(prints.text(), SOURCE)
        assert [column for column in first if first[column] != last[column]] == [name]
        view[...] = kept


@pytest.mark.parametrize("epochs", [0, 2, 5])
def test_resumed_run_has_the_fingerprints_of_an_uninterrupted_one(recorder, trained, built, epochs):
    trained(recorder, epochs).save()
    reader = RunReader(RunDirectory.open(recorder.run.path))
    resumed = trained(resumed_recorder(reader))
    alone = trained(RunRecorder(recorder.run, built, built.job.start()))
    assert resumed.fingerprints.text() == alone.fingerprints.text()


@pytest.mark.parametrize("content", [b"epoch,a\n0\n", b"epoch,a\n0,1,2\n", b"epoch\n\n1,2\n"])
def test_garbage_is_a_corrupt_run(content):
    with pytest.raises(CorruptRun, match=r"fingerprints\.csv"):
        list(read_rows(content, SOURCE))

"""Rows on disk: the same numbers as in memory, to the bit, from the file to the trained weights."""

import errno
import gc
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import cells, columns, labels, read, source

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.disk import ColumnFile, RowFile
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading import encoded_rows, table_file, text_files
from nncli.engine.trainer import train
from nncli.errors import FileFailure


def numbered(rows, columns):
    """(rows, columns) different numbers, a NaN among them."""
    x = np.arange(rows * columns, dtype=float).reshape(rows, columns) / 7
    x[:1] = np.nan
    return x


# ---- the files themselves


@settings(max_examples=100)
@given(
    blocks=st.lists(st.integers(0, 6), max_size=5), width=st.integers(1, 5), data=st.data()
)  # fmt: skip
def test_a_file_of_columns_acts_as_an_array(blocks, width, data):
    count = sum(blocks)
    x, file = numbered(count, width), ColumnFile(width)
    for start, size in zip(np.cumsum([0, *blocks]), blocks, strict=False):
        file.append(x[start : start + size].T)
    if data.draw(st.booleans()):
        chosen = data.draw(st.lists(st.integers(0, width - 1), min_size=1, unique=True))
        x, file = x[:, chosen], file.select(chosen)
    assert file.shape == x.shape
    assert len(file) == count
    for column in range(x.shape[1]):
        np.testing.assert_array_equal(file[:, column], x[:, column])
    start, stop = data.draw(st.integers(0, count)), data.draw(st.integers(0, count))
    np.testing.assert_array_equal(file[start:stop], x[start:stop])
    rows = np.array(
        data.draw(st.lists(st.integers(0, max(count - 1, 0)), max_size=9 * (count > 0))), int
    )
    np.testing.assert_array_equal(file[rows], x[rows])


@settings(max_examples=100)
@given(
    blocks=st.lists(st.integers(0, 6), min_size=1, max_size=5), width=st.integers(1, 5),
    dtype=st.sampled_from(["f4", "f8"]), data=st.data(),
)  # fmt: skip
def test_a_file_of_rows_acts_as_an_array(blocks, width, dtype, data):
    count = sum(blocks)
    x, file = numbered(count, width).astype(dtype), RowFile(width, dtype)
    for start, size in zip(np.cumsum([0, *blocks]), blocks, strict=False):
        file.append(x[start : start + size].astype(float))
    assert (file.shape, len(file), file.dtype) == (x.shape, count, x.dtype)
    start, stop = data.draw(st.integers(0, count)), data.draw(st.integers(0, count + 3))
    np.testing.assert_array_equal(file[start:stop], x[start:stop])
    if count:
        rows = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=9)))
        out = np.full((len(rows), width), -1, dtype)
        assert file.take(rows, 0, out, "clip") is out
        np.testing.assert_array_equal(out, x[rows])


def test_what_is_read_is_a_copy():
    file = ColumnFile(1)
    file.append(np.ones((1, 3)))
    file[:, 0][:] = 7
    file[0:3][:] = 7
    assert file[:, 0].tolist() == [1, 1, 1]


def open_files():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_files_have_no_name_and_end_with_their_last_user(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = open_files()
    file = ColumnFile(2)
    file.append(np.ones((2, 3)))
    seen = file.select([1])
    assert list(tmp_path.iterdir()) == []
    del file
    assert open_files() == before + 1
    assert seen[:, 0].tolist() == [1, 1, 1]
    del seen
    assert open_files() == before


@pytest.mark.parametrize("make", [lambda: ColumnFile(2), lambda: RowFile(2, "f8")])
def test_a_full_disk_is_said(monkeypatch, make):
    def refuse(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(FileFailure, match=r"No space left .* \$TMPDIR moves them") as caught:
        make().append(np.ones((2, 2)))
    assert caught.value.exit_code == 74


def test_a_folder_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("nncli.data.disk._folder", lambda: Path("/nowhere"))
    with pytest.raises(FileFailure, match="/nowhere: No such file or directory"):
        ColumnFile(1)


def test_writes_in_pieces_arrive_whole(monkeypatch):
    original = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: original(fd, data[:5], at))
    file = RowFile(3, "f8")
    file.append(numbered(4, 3))
    np.testing.assert_array_equal(file[0:4], numbered(4, 3))


def test_reads_in_pieces_arrive_whole(monkeypatch):
    rows, both = numbered(4, 3), (RowFile(3, "f8"), ColumnFile(3))
    both[0].append(rows)
    both[1].append(rows.T)
    original = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, views, at: original(fd, [views[0][:5]], at))
    np.testing.assert_array_equal(both[0][0:4], rows)
    np.testing.assert_array_equal(both[1][0:4], rows)
    np.testing.assert_array_equal(both[0].take(np.array([3, 1]), 0, np.empty((2, 3))), rows[[3, 1]])
    single, nothing = RowFile(None, "f8"), RowFile(0, "f8")  # a number a row, and none
    single.append(rows[:, 0])
    nothing.append(rows[:, :0])
    assert single.shape == (4,)
    assert nothing[1:3].shape == nothing.take(np.array([3, 1]), 0, np.empty((2, 0))).shape == (2, 0)
    np.testing.assert_array_equal(single[1:4], rows[1:, 0])
    np.testing.assert_array_equal(single.take(np.array([3, 1]), 0, np.empty(2)), rows[[3, 1], 0])


def test_a_file_that_was_cut_is_noticed():
    file = RowFile(3, "f8")
    file.append(numbered(4, 3))
    os.ftruncate(file._descriptor, 40)
    with pytest.raises(FileFailure, match="cut short"):
        file[0:4]


# ---- tables


MIXED = {
    "x": [1.5, "", 3, -4.25, 8], "t": ["p", "q", "", "r"], "b": ["yes", "no", ""],
    "z": [4, 5, 6], "d": ["2026-01-01", "2026-02-01", "2026-01-15"], "y": ["a", "b", "a"],
}  # fmt: skip
STEPS = PreprocessingSteps("robust", "mean", "category", "ignore")


@pytest.fixture
def small_chunks(monkeypatch):
    """Several blocks a file, several chunks of rows."""
    monkeypatch.setattr(text_files, "CHUNK_CELLS", 60)
    monkeypatch.setattr(encoded_rows, "BLOCK_BYTES", 8 * 50)
    monkeypatch.setattr("nncli.data.preprocessing.CHUNK_VALUES", 100)
    monkeypatch.setattr("nncli.data.data_checks.CHUNK_VALUES", 100)


def assert_same(table, other):
    assert not table.is_on_disk
    assert other.is_on_disk
    assert (table.features, table.classes, table.booleans) == (
        other.features, other.classes, other.booleans,
    )  # fmt: skip
    assert dict(table.categories) == dict(other.categories)
    np.testing.assert_array_equal(table.y, other.y)
    for name in (*table.features, *table.aside):
        assert cells(table, name) == cells(other, name)
    np.testing.assert_array_equal(table.x, other.x[np.arange(len(table))])
    assert [table.place(row) for row in range(len(table))] == [
        other.place(row) for row in range(len(table))
    ]
    assert table.sha256() == other.sha256()
    assert table.origin.left_out == other.origin.left_out


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"aside": {"d": "data.split.column"}},
        {"include": ("t", "x")},
        {"target": "x", "drops_missing_target": True},
        {"target": ("x", "z"), "drops_missing_target": True},
        {"drops_missing_target": True, "target": "late"},
        {"kinds": {"z": "categorical"}},
    ],
    ids=str,
)
def test_tables_are_the_same_on_disk(tmp_path, small_chunks, options):
    late = [*[""] * 40, 1.5, 2.5, 4, 8, *[""] * 16]  # whole chunks are left out
    text = columns(**MIXED, late=late, rows=120)
    table = read(tmp_path, text, on_disk=False, **options)
    other = read(tmp_path, text, on_disk=True, **options)
    assert_same(table, other)
    rows = np.random.default_rng(0).permutation(len(table))[: len(table) // 2]
    fitted = [Preprocessing.fit(t, rows, STEPS, "none") for t in (table, other)]
    assert fitted[0] == fitted[1]
    everything = np.arange(len(table))
    np.testing.assert_array_equal(
        fitted[0].apply(table, everything), fitted[1].apply(other, everything)
    )


def test_several_files_are_the_same_on_disk(tmp_path, small_chunks):
    (tmp_path / "test.csv").write_text(columns(**dict(reversed(MIXED.items())), rows=50))
    parts = {"test": tmp_path / "test.csv"}
    text = columns(**MIXED, rows=70)
    assert_same(
        read(tmp_path, text, parts=parts, on_disk=False),
        read(tmp_path, text, parts=parts, on_disk=True),
    )


def test_text_far_down_is_the_same_on_disk(tmp_path, small_chunks):
    text = columns(x=[1, 2, 3], y=["a", "b"], rows=100) + "low,a\nhigh,b\n" * 30
    table = read(tmp_path, text, on_disk=True)
    assert_same(read(tmp_path, text, on_disk=False), table)
    assert table.categories["x"] == ("1", "2", "3", "low", "high")


def test_memory_decides_where_rows_stay(tmp_path, monkeypatch):
    dataset = source(tmp_path, columns(x=[1.5, 2.5], y=["a", "b"], rows=2000))
    numbers = 4000 * 8 * table_file.PEAK_COPIES
    monkeypatch.setattr(table_file, "available", lambda: numbers * 2)
    assert not dataset.load().is_on_disk
    monkeypatch.setattr(table_file, "available", lambda: numbers // 2)
    assert dataset.load().is_on_disk
    assert not replace(dataset, on_disk=False).load().is_on_disk
    assert labels(dataset.load())[:2] == ["a", "b"]


# ---- tables that lie on disk though there is memory


@pytest.fixture
def large(monkeypatch, small_chunks):
    """Any table is one."""
    monkeypatch.setattr(encoded_rows, "SPILL_BYTES", 8 * 100)


def assert_same_cells(table, other):
    assert_same(table, replace(other, x=as_needed(other.x)))


def as_needed(file):
    file.is_needed = True
    return file


@pytest.mark.parametrize("rows", [1, 30, 120])
def test_a_large_table_lies_on_disk_and_training_does_not_know(tmp_path, large, rows):
    text = columns(**MIXED, rows=rows)
    table = read(tmp_path, text, may_be_constant=True)
    assert isinstance(table.x, ColumnFile) == (rows > 1)
    assert not table.is_on_disk


def test_a_large_table_has_the_same_cells(tmp_path, large, monkeypatch):
    text = columns(**MIXED, rows=120)
    other = read(tmp_path, text, on_disk=False)
    monkeypatch.setattr(encoded_rows, "SPILL_BYTES", 1 << 24)
    assert_same_cells(read(tmp_path, text, on_disk=False), other)


def test_more_rows_than_were_expected_go_on_disk(large):
    rows = encoded_rows.RowBuffer(2, on_disk=None, expected=10)
    x = numbered(300, 2)
    for start in range(0, 300, 30):
        rows.append(x[start : start + 30].T)
    assert isinstance(rows.to_matrix(), ColumnFile)
    np.testing.assert_array_equal(rows.to_matrix()[np.arange(300)], x)


@pytest.mark.parametrize("written", [0, 1, 5])
def test_a_full_disk_leaves_a_large_table_in_memory(large, monkeypatch, written):
    original, count = os.pwrite, iter(range(written))

    def write(*arguments):
        if next(count, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(*arguments)

    monkeypatch.setattr(os, "pwrite", write)
    rows, x = encoded_rows.RowBuffer(2, on_disk=False, expected=300), numbered(300, 2)
    for start in range(0, 300, 30):
        rows.append(x[start : start + 30].T)
    assert isinstance(rows.to_matrix(), np.ndarray)
    np.testing.assert_array_equal(rows.to_matrix(), x)


def test_where_no_file_can_be_had_a_large_table_stays_in_memory(large, monkeypatch):
    monkeypatch.setattr("nncli.data.disk._folder", lambda: Path("/nowhere"))
    rows, x = encoded_rows.RowBuffer(2, on_disk=None, expected=300), numbered(300, 2)
    rows.append(x.T)
    np.testing.assert_array_equal(rows.to_matrix(), x)
    with pytest.raises(FileFailure, match="/nowhere"):
        encoded_rows.RowBuffer(2, on_disk=True, expected=300)


# ---- training


@pytest.fixture
def build_table(tmp_path):
    """build_table(on_disk, data, ...): a whole experiment on a mixed table."""

    def make(on_disk, data="", training=""):
        (tmp_path / "table.csv").write_text(columns(**MIXED, rows=120))
        config = tmp_path / "c.yaml"
        config.write_text(
            f"data: {{path: table.csv, target: y, on_disk: {on_disk}{data}}}\n"
            f"network: {{hidden: [5]}}\ntraining: {{epochs: 3, batch_size: 7{training}}}\n"
        )
        return build(*load(config))

    return make


def trained(built):
    state = built.job.start()
    reports = [replace(report, seconds=0) for report in train(built.job, state)]
    return state.theta, reports


@pytest.mark.parametrize(
    ("data", "training"),
    [
        ("", ""),
        (", sample_weight: z", ", dtype: float32"),
        (", split: {type: time, column: d, train: 0.6, test: 0.4}", ", sampling: with_replacement"),
        (", split: none, preprocessing: {numeric: {scale: minmax}}", ", class_weight: balanced"),
    ],
)
def test_weights_trained_from_disk_are_the_same_to_the_bit(
    build_table, small_chunks, data, training
):
    table, other = (build_table(on_disk, data, training) for on_disk in ("false", "true"))
    assert_same(table.table, other.table)
    assert table.preprocessing == other.preprocessing
    assert table.warnings == other.warnings
    for name, rows in table.rows.named().items():
        np.testing.assert_array_equal(rows, other.rows.named()[name])
        np.testing.assert_array_equal(
            table.evaluation_set(name).x, other.evaluation_set(name).x[0 : len(rows)]
        )
    (theta, reports), (theta_again, reports_again) = trained(table), trained(other)
    np.testing.assert_array_equal(theta, theta_again)
    assert str(reports) == str(reports_again)  # as text, so that NaN equals itself


def test_a_table_on_disk_is_never_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("nncli.data.reading.text_files.CHUNK_CELLS", 1 << 13)
    monkeypatch.setattr("nncli.data.reading.encoded_rows.BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr("nncli.data.preprocessing.CHUNK_VALUES", 1 << 13)
    monkeypatch.setattr("nncli.data.data_checks.CHUNK_VALUES", 1 << 13)
    monkeypatch.setattr("nncli.engine.cost.CHUNK_NUMBERS", 1 << 13)
    config = tmp_path / "t.yaml"
    config.write_text(
        "data: {path: t.csv, target: y, on_disk: true}\n"
        "network: {hidden: [16]}\ntraining: {epochs: 1}\n"
    )

    def peak(rows, columns=200):
        numbers = np.random.default_rng(0).integers(1000, size=(rows, columns + 1))
        lines = [",".join([*(f"x{j}" for j in range(columns)), "y"])]
        lines += [",".join(map(str, cells)) for cells in numbers]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        del numbers, lines
        tracemalloc.start()
        built = build(*load(config))
        list(train(built.job))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most / (rows * columns * 8)

    peak(100)  # what is imported and cached on the way isn't the table's
    assert peak(2500) < 0.5

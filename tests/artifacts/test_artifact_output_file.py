"""output_file: what a user names is replaced whole, or written to if it is no file."""

import os
import threading

import pytest
from waiting import PATIENCE

from nncli.artifacts.files import output_file
from nncli.errors import FileFailure


def put(path, content=b"new"):
    with output_file(path) as file:
        file.write(content)


def test_file_is_replaced_only_when_it_is_whole(tmp_path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with output_file(path) as file:
        file.write(b"ne")
        file.flush()
        assert path.read_bytes() == b"old"
        file.write(b"w")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "out.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    for content in (b"first", b"second"):
        put(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content


def test_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    put(pipe)
    reader.join(PATIENCE)
    assert found == [b"new"]
    assert pipe.is_fifo()


def test_folder_is_no_file_to_write_into(tmp_path):
    with pytest.raises(FileFailure, match="Is a directory"):
        put(tmp_path)

"""`nncli report`: files, errors, several runs."""

import re
import shutil

import pytest


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(folder):
    """The working directory of each test here."""


def test_a_page_is_named_after_its_run_and_is_the_same_every_time(nncli, run_of, folder):
    done = nncli("report", run_of("gate"))
    assert (done.code, done.out) == (0, "gate-001-report.html\n")
    first = (folder / "gate-001-report.html").read_bytes()
    assert nncli("report", run_of("gate"), "-o", "again.html").code == 0
    assert (folder / "again.html").read_bytes() == first


def test_a_model_card(nncli, run_of, folder):
    assert nncli("report", run_of("gate"), "--to", "md").out == "gate-001-report.md\n"
    assert (folder / "gate-001-report.md").read_text().startswith("# gate-001\n")


def test_the_name_of_the_file_says_what_it_is(nncli, run_of, folder):
    assert nncli("report", run_of("gate"), "-o", "card.md").out == "card.md\n"
    card = (folder / "card.md").read_text()
    assert card.startswith("# gate-001\n")
    assert nncli("report", run_of("gate"), "--to", "md", "-o", "-").out == card
    assert not (folder / "-").exists()
    for name, cure in (("page.pdf", "print that from a browser"), ("page.txt", "--to html or")):
        done = nncli("report", run_of("gate"), "-o", name)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert cure in done.err
        assert not (folder / name).exists()


def test_rows_can_be_left_out(nncli, run_of, folder):
    nncli("report", run_of("hostile"), "--no-rows", "-o", "page.html")
    page = (folder / "page.html").read_text()
    assert not re.search(r"t\.csv:\d", page)
    assert "Worst errors" not in page


def test_several_runs_beside_each_other(nncli, run_of, folder):
    done = nncli("report", run_of("gate"), run_of("classes"))
    assert done.out == "comparison-report.html\n"
    page = (folder / "comparison-report.html").read_text()
    assert "data.dataset" in page or "dataset" in page
    assert "Worst errors" not in page
    assert nncli("report", run_of("gate"), run_of("classes"), "--to", "md").code == 0
    assert "| config |" in (folder / "comparison-report.md").read_text()


def test_of_runs_from_different_data_none_is_called_the_best(nncli, run_of):
    card = nncli("report", run_of("gate"), run_of("classes"), "--to", "md", "-o", "-").out
    assert "These learnt from different data" in card
    assert "The best" not in card
    pair = [run_of("classes"), run_of("ensemble"), run_of("gate")]
    card = nncli("report", *pair, "--to", "md", "-o", "-").out
    assert "different data" in card


def test_a_study_beside_itself(nncli, gate, folder):
    assert nncli("train", gate, "--seeds", "2", "-q", "--runs-dir", "runs").code == 0
    done = nncli("report", "runs/gate-seeds-001")
    assert (done.code, done.out) == (0, "gate-seeds-001-report.html\n")
    page = (folder / "gate-seeds-001-report.html").read_text()
    assert "the mean of 2 runs" in page


def test_what_is_no_run_is_an_error_of_one_line(nncli, folder):
    (folder / "empty").mkdir()
    done = nncli("report", "empty")
    assert (done.code, done.out) == (1, "") or done.code == 2
    assert done.err.count("\n") == 1


def test_a_spoilt_run_is_said(nncli, run_of, folder):
    copy = shutil.copytree(run_of("gate"), folder / "spoilt")
    (copy / "model.safetensors").write_bytes(b"x")
    done = nncli("report", copy)
    assert done.code == 4
    assert not (folder / "spoilt-report.html").exists()


def test_train_and_evaluate_say_where_to_look(nncli, gate):
    done = nncli("train", gate)
    assert done.err.endswith("a page about it: nncli report runs/gate-001\n")
    done = nncli("evaluate", "runs/gate-001", "--no-plots")
    assert done.out.endswith("a page about it: nncli report runs/gate-001\n")
    assert "a page" not in nncli("train", gate, "-q").err

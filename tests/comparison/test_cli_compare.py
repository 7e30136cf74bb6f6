"""`nncli compare` as its user sees it."""

import pytest


def test_table_is_sorted_with_the_differing_keys_as_columns(nncli, on_one_split, all_of):
    done = nncli("compare", *all_of(on_one_split)[::-1])
    assert (done.code, done.err) == (0, "")
    heading, body, notes = done.out.split("\n\n")
    assert heading.splitlines() == [
        "val_loss of validation rows, lower is better; 2 configs, 8 runs",
        "keys that differ: optimizer.learning_rate",
    ]
    header, best, other = body.splitlines()
    assert header.split() == [
        "learning_rate",
        "n",
        "mean",
        "±95%",
        "std",
        "vs",
        "best",
        "±95%",
        "p",
    ]
    assert best.split()[2:4] == ["0.1", "4"]
    assert other.split()[2:4] == ["0.001", "4"]
    assert notes.startswith("p: paired t test over seeds on one split")


def test_json_has_every_number_of_the_table(nncli, resplit, all_of):
    found = nncli("compare", *all_of(resplit), "--json").json
    assert (found["metric"], found["rows"], found["higher_is_better"]) == ("val_loss", "val", False)
    assert found["keys"] == ["optimizer.learning_rate"]
    best, other = found["groups"]
    assert (best["n"], best["splits"], best["versus_best"]) == (4, 4, None)
    assert best["mean"] == pytest.approx(sum(run["value"] for run in best["runs"]) / 4)
    versus = other["versus_best"]
    assert versus["difference"] == pytest.approx(other["mean"] - best["mean"])
    low, high = versus["interval"]
    assert low < versus["difference"] < high
    assert versus["p_holm"] == versus["p"]


def test_run_alone_is_compared_with_nothing(nncli, on_one_split):
    done = nncli("compare", on_one_split[0.1][0])
    assert (done.code, done.err) == (0, "")
    assert "keys that differ: none" in done.out
    assert "p:" not in done.out


@pytest.mark.parametrize("width", [80, 120])
def test_twenty_groups_fit_the_terminal(nncli, twenty, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = nncli("compare", *twenty).out
    assert max(map(len, out.splitlines())) <= width
    assert "names: a-rather-long-name-of-a-digits-sweep-*" in out
    for text in ("001", "020", "learning_rate", "[4, 4, 4]"):
        assert text in out


def test_names_too_long_for_the_table_become_numbers(nncli, maker, monkeypatch):
    names = ["a" * 50, "b" * 50]
    runs = [maker.run(name, f"training.epochs={place + 1}") for place, name in enumerate(names)]
    monkeypatch.setenv("COLUMNS", "65")
    done = nncli("compare", *runs)
    _, figures, settings, _ = done.out.split("\n\n")
    assert [line.split()[0] for line in figures.splitlines()[1:]] == ["1", "2"]
    first, second = settings.splitlines()[1:]
    assert {first.split()[1], second.split()[1]} == set(names)


def test_runs_that_do_not_count_are_named_and_counted(nncli, maker, on_one_split):
    others = [maker.run("other", f"optimizer.learning_rate={n}", stopped="pruned") for n in (1, 2)]
    done = nncli("compare", *on_one_split[0.1], *others)
    assert "left out, pruned: 2 runs (other-001, other-002)" in done.out
    assert nncli("compare", *others[:1], *on_one_split[0.1], "--json").json["left_out"] == [
        {"run": "other-001", "why": "pruned"}
    ]
    alone = nncli("compare", *others)
    assert (alone.code, alone.out) == (2, "")
    assert alone.err == "no run has a val_loss: other-001: pruned\n"


def test_folder_that_is_no_run_is_one_line(nncli, folder):
    (folder / "empty").mkdir()
    done = nncli("compare", "empty")
    assert (done.code, done.out) == (2, "")
    assert done.err == "empty: neither a run nor a study\n"
    (folder / "file").touch()
    assert nncli("compare", "file").err == "file: expected a run directory, found a file\n"
    assert nncli("compare", "nowhere").err == "nowhere: no such run directory\n"
    assert nncli("compare").code == 2


def test_changed_run_is_corrupt(nncli, maker):
    run = maker.run("changed")
    (run / "metrics.json").write_text("{}")
    done = nncli("compare", run)
    assert done.code == 4
    assert done.err.count("\n") == 1

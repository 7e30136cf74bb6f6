"""`nncli trace`: its options, its forms and its refusals."""

import json

import pytest

LBFGS = "optimizer={type: lbfgs}"


BEYOND = "these are the steps it would go on with\n"  # of a run that has ended


def tensors(done):
    assert done.code == 0
    assert done.err == "" or done.err.endswith(BEYOND)
    return {tensor["name"]: tensor for tensor in done.json["tensors"]}


def test_a_config_is_traced_on_stdout(nncli, configs):
    done = nncli("trace", configs / "by_hand.yaml")
    assert (done.code, done.err) == (0, "")
    assert "z1[0,0] = 1*1 + 2*1 + (-1)*1 + 0 = 2" in done.out


def test_a_dash_is_stdout_and_no_file(nncli, configs, folder):
    printed = nncli("trace", configs / "and_gate.yaml").out
    assert nncli("trace", configs / "and_gate.yaml", "-o", "-").out == printed
    assert not (folder / "-").exists()


def test_rows_choose_the_batch_by_their_place_in_the_data(nncli, configs):
    iris = configs / "iris.yaml"
    one = nncli("trace", iris, "--rows", "149,3", "--format", "json", "--set", "data.split=none")
    raw = nncli(
        *("trace", iris, "--rows", "149,3", "--format", "json"),
        *("--set", "data.split=none", "--set", "data.preprocessing=none"),
    )
    assert one.json["rows"] == [149, 3]
    assert tensors(one)["targets"]["values"] == [[0, 0, 1], [1, 0, 0]]
    assert tensors(raw)["input"]["values"] == [[5.9, 3.0, 5.1, 1.8], [4.6, 3.1, 1.5, 0.2]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("4", "--rows 4: expected rows from 0 to 3"),
        ("0,-1", "expected row numbers such as 0,3, found '0,-1'"),
        ("one", "expected row numbers such as 0,3, found 'one'"),
        ("0,0,", "expected row numbers such as 0,3, found '0,0,'"),
    ],
)
def test_rows_that_are_not_there_are_refused(nncli, configs, rows, message):
    done = nncli("trace", configs / "and_gate.yaml", "--rows", rows)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_steps_are_a_list_when_there_are_several(nncli, configs):
    done = nncli("trace", configs / "and_gate.yaml", "--steps", 3, "--format", "json")
    assert [step["step"] for step in done.json["steps"]] == [1, 2, 3]


def test_set_changes_what_is_traced(nncli, configs):
    done = nncli("trace", configs / "by_hand.yaml", "--set", "loss=mae", "--format", "json")
    assert done.json["loss"] == 8.0


def test_a_run_is_traced_from_its_weights(nncli, train, gate):
    run = train(gate)
    shown = tensors(nncli("trace", run.path, "--format", "json"))
    assert shown["output/W"]["values"] == run.weights["output/W"].tolist()


def test_the_next_step_of_a_run_is_the_one_that_training_goes_on_with(nncli, train, gate):
    run = train(gate)
    shown = nncli("trace", run.path, "--format", "json")
    assert shown.json["step"] == 5
    longer = train(gate, "--set", "training.epochs=5")
    after = tensors(shown)["output/W/after"]["values"]
    assert after == longer.weights["output/W"].tolist()


def test_a_run_that_kept_earlier_weights_says_so(nncli, train, configs):
    stopping = "training.early_stopping={patience: 2}"
    run = train(configs / "iris.yaml", "--set", stopping, "--set", "optimizer.learning_rate=0.5")
    best = run.json("metrics.json")["best_epoch"]
    assert f"the weights are those of epoch {best}, the best" in nncli("trace", run.path).err


def test_lbfgs_has_a_pass_and_no_update(nncli, configs):
    done = nncli(
        *("trace", configs / "and_gate.yaml", "--set", LBFGS, "--steps", 2, "--format", "json")
    )
    assert {tensor["phase"] for tensor in done.json["tensors"]} == {"forward", "backward"}
    assert "lbfgs takes no gradient steps" in done.err


def test_numbers_that_are_not_finite_are_null_in_json(nncli, configs):
    done = nncli(
        *("trace", configs / "by_hand.yaml", "--format", "json", "--steps", 4),
        *("--set", "optimizer.learning_rate=1e200"),
    )
    assert done.code == 0
    assert json.loads(done.out)["steps"][-1]["loss"] is None


def test_what_a_plateau_would_do_is_left_out_and_said_so(nncli, configs):
    plateau = ("--set", "schedule={type: reduce_on_plateau, patience: 1}")
    done = nncli("trace", configs / "iris.yaml", *plateau, "--steps", 22)
    assert "note: reduce_on_plateau is left out" in done.err


def test_what_an_optimizer_remembers_is_shown_before_and_after(nncli, train, gate):
    run = train(gate, "--set", "optimizer={type: sgd, momentum: 0.9}")
    shown = tensors(nncli("trace", run.path, "--format", "json"))
    before, gradient, after = (
        shown[f"output/b/{name}"]["values"][0]
        for name in ("velocity_before", "gradient", "velocity")
    )
    assert after == pytest.approx(0.9 * before + 0.01 * gradient, rel=1e-12)
    assert before != 0


def test_the_page_can_go_to_a_file(nncli, configs, folder):
    done = nncli("trace", configs / "by_hand.yaml", "--format", "markdown", "-o", "page.md")
    assert (done.code, done.out) == (0, "page.md\n")
    assert (folder / "page.md").read_text().startswith("# by_hand: step 1")


def test_the_page_can_be_html(nncli, configs, folder):
    done = nncli("trace", configs / "by_hand.yaml", "--format", "html", "-o", "page.html")
    assert (done.code, done.out) == (0, "page.html\n")
    assert (folder / "page.html").read_text().lower().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--blank", "output/z"),
            "--blank, --answers, --answer-sheet and --students are for a --worksheet",
        ),
        (("--worksheet", "--format", "json"), "json shows the answers"),
        (("--answer-sheet", "solved.html"), "are for a --worksheet"),
        (("--worksheet", "--students", "names.txt"), "needs a folder to write into: -o FOLDER"),
        (("--worksheet", "--students", "n.txt", "-o", "-"), "needs a folder to write into"),
        (
            ("--worksheet", "--students", "n.txt", "-o", "x", "--answers", "y"),
            "--students writes tables and answer sheets by itself",
        ),
        (
            ("--worksheet", "--answers", "x.csv", "--answer-sheet", "x.csv"),
            "name the same file: each is one of its own",
        ),
        (("--worksheet", "--blank", "outputs/z"), "did you mean 'output/z'?"),
        (("--worksheet", "--blank", "output/z[9,9]"), "no cell that is computed"),
        (("--worksheet", "--blank", "output/z[q]"), "no cell that is computed"),
        (("--steps", "0"), "--steps"),
    ],
)
def test_what_makes_no_sense_is_refused(nncli, configs, folder, arguments, message):
    done = nncli("trace", configs / "by_hand.yaml", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert list(folder.iterdir()) == []

"""Going on with a run that has ended: nothing is left to do, or more epochs or patience are."""

import pytest

ITS = (
    "data: {dataset: iris}",
    "network: {hidden: [8]}",
    "optimizer: {type: adam, learning_rate: 0.05}",
)


def early(epochs, patience, log_every=1):
    return (
        *ITS,
        f"training: {{epochs: {epochs}, early_stopping: {{patience: {patience}}}}}",
        f"output: {{plots: [], log_every: {log_every}}}",
    )


@pytest.fixture
def stopped(train, write):
    """A run that early stopping has ended."""
    run = train(write("it.yaml", *early(400, 4)))
    assert run.json("metrics.json")["stopped"] == "early_stopping"
    return run


def verified(nncli, run):
    done = nncli("verify", run.path, "--quiet")
    return done.code, done.err


@pytest.mark.parametrize("more", [(), ("--quiet",), ("--set", "training.epochs=400")], ids=str)
def test_loop_that_restarts_a_finished_run_may_end(more, nncli, stopped):
    before = stopped.file("manifest.json")
    done = nncli("train", "--resume", stopped.path, *more)
    epoch = stopped.json("metrics.json")["epochs"]
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        f"{stopped.path}: nothing left to do: early stopping ended it after epoch {epoch} (to go "
        "on: --set training.early_stopping.patience=N or training.epochs=N, for a larger N)\n"
    )
    assert stopped.file("manifest.json") == before


def test_finished_run_says_in_json_what_it_said_when_it_ended(nncli, write):
    config = write("it.yaml", *ITS, "training: {epochs: 2}", "output: {plots: []}")
    ended = nncli("train", config, "--json", "--quiet").json
    done = nncli("train", "--resume", ended["run"], "--json")
    assert (done.code, done.json) == (0, ended)
    assert "nothing left to do: 2 epochs are done" in done.err


def test_finished_run_whose_optimizer_keeps_its_memory_is_done_too(nncli, train, write):
    lines = (*ITS[:2], "optimizer: lbfgs", "training: {epochs: 2, batch_size: full}")
    run = train(write("it.yaml", *lines))
    assert nncli("train", "--resume", run.path).code == 0
    done = nncli("train", "--resume", run.path, "--set", "training.epochs=3")
    assert done.code == 2
    assert "train anew" in done.err


@pytest.mark.parametrize("log_every", [1, 3])
def test_more_patience_goes_on_as_if_it_had_always_been_so(
    log_every, nncli, train, write, read_rows
):
    run = train(write("it.yaml", *early(150, 4, log_every)))
    assert run.json("metrics.json")["stopped"] == "early_stopping"
    more = "training.early_stopping.patience=20"
    assert nncli("train", "--resume", run.path, "--set", more, "--quiet").code == 0
    whole = train(write("it.yaml", *early(150, 20, log_every)))
    assert run.json("metrics.json")["epochs"] == whole.json("metrics.json")["epochs"]
    assert run.file("model.safetensors") == whole.file("model.safetensors")
    assert read_rows(whole) <= read_rows(run)  # which has one more: it seemed to be the last
    assert verified(nncli, run) == (0, "")
    assert nncli("config", run.path / "config.resolved.yaml").out.count("patience: 20") == 1


@pytest.fixture
def read_rows():
    """Rows of metrics.csv, without their seconds."""
    return lambda run: {tuple(row.items())[:-1] for row in run.rows}


def test_more_epochs_go_on_and_wait_anew(nncli, stopped):
    ended = stopped.json("metrics.json")["epochs"]
    arguments = ("train", "--resume", stopped.path, "--set", "training.epochs=500", "--quiet")
    assert nncli(*arguments).code == 0
    assert stopped.json("metrics.json")["epochs"] >= ended + 4
    assert verified(nncli, stopped) == (0, "")
    done = nncli(*arguments)
    assert (done.code, done.out) == (0, "")
    assert "nothing left to do" in done.err


def test_converged_run_goes_on_with_more_epochs(nncli, train, write):
    lines = "training: {epochs: 50, converged: {tolerance: 0.05}}"
    run = train(write("it.yaml", *ITS, lines))
    ended = run.json("metrics.json")
    assert ended["stopped"] == "converged"
    assert nncli("train", "--resume", run.path).code == 0
    assert run.json("metrics.json") == ended
    more = ("--set", "training.epochs=60", "--quiet")
    assert nncli("train", "--resume", run.path, *more).code == 0
    assert run.json("metrics.json")["epochs"] > ended["epochs"]
    assert verified(nncli, run) == (0, "")


def test_patience_of_a_run_without_early_stopping_is_refused(nncli, train, write):
    run = train(write("it.yaml", *ITS, "training: {epochs: 2}"))
    more = ("--set", "training.early_stopping.patience=3", "--set", "training.epochs=3")
    done = nncli("train", "--resume", run.path, *more)
    assert done.code == 2
    assert "training.early_stopping: " in done.err


def test_metrics_that_are_no_text_are_a_corrupt_run(nncli, train, write):
    run = train(write("it.yaml", *ITS, "training: {epochs: 2}"))
    (run.path / "metrics.csv").write_bytes(run.file("metrics.csv") + b"\xff\xfe")
    run.write_manifest()
    done = nncli("train", "--resume", run.path, "--set", "training.epochs=3")
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert "metrics.csv: not UTF-8 text" in done.err

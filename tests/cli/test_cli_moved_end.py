"""A scheduled run that is given more epochs says what that does to its rate, then and later."""

import pytest

COSINE = ("--set", "schedule=cosine", "--set", "training.epochs=10", "--set", "output.log_every=1")
SGD = ("--set", "optimizer={type: sgd, learning_rate: 0.1}")
MOVED = "of 10 epochs up to epoch 10, then of 20: --resume moved its end"


@pytest.fixture
def extended(configs, train, nncli):
    def call(*settings):
        run = train(configs / "iris.yaml", *COSINE, *SGD, *settings)
        return run, nncli("train", "--resume", run.path, "--set", "training.epochs=20", "--json")

    return call


def test_resume_says_from_what_to_what_the_rate_jumps(extended):
    _, done = extended()
    # 0.1 (1 + cos(pi 9 / 10)) / 2 = 0.00245; 0.1 (1 + cos(pi 10 / 20)) / 2 = 0.05
    jump = "the learning rate jumps from 0.00245 in epoch 10 to 0.05 in epoch 11\n"
    assert f"note: the end of schedule cosine moved from epoch 10 to 20: {jump}" in done.err


def test_explain_and_trace_tell_of_the_run_as_it_was_trained(extended, nncli):
    run, _ = extended()
    assert MOVED in " ".join(nncli("explain", run.path).out.split())
    assert MOVED in nncli("trace", run.path).err
    assert "moved its end" not in nncli("explain", run.path / "config.yaml").out


@pytest.mark.parametrize("schedule", ["constant", "exponential", "{type: step, warmup: 2}"])
def test_schedule_that_does_not_count_on_the_end_goes_on_without_a_word(extended, nncli, schedule):
    run, done = extended("--set", f"schedule={schedule}")
    assert "jumps" not in done.err
    assert "moved its end" not in nncli("explain", run.path).out

"""One writer per run, and a number of its own for each: twenty processes at once."""

import json
import signal

from waiting import until
from whole_runs import has_checkpoint

PROCESSES = 20


def test_of_many_that_resume_one_run_one_trains_and_the_others_are_refused(
    fork_server, gate, train, folder, tried
):
    run = train(gate).path.resolve()
    longer = ("--set", "training.epochs=100000000", "--quiet")
    children = [
        fork_server.start(folder, "train", "--resume", run, *longer) for _ in range(PROCESSES)
    ]
    in_use = f"{run}: another process is using this run\n"

    def going():
        return [each for each in children if each.said.with_suffix(".err").read_text() != in_use]

    until(lambda: len(going()) <= 1)
    (one,) = going()
    one.send(signal.SIGTERM)
    refused = [child.wait().code for child in children if child is not one]
    assert (refused, one.wait().code) == ([3] * (PROCESSES - 1), 143)
    assert has_checkpoint(run)
    tried(PROCESSES, f"1 trained, {len(refused)} ended with code 3")


def test_many_trainings_of_one_config_at_once_have_runs_of_their_own(
    fork_server, gate, folder, run_at, tried
):
    children = [
        fork_server.start(folder, "train", gate, "--json", "--quiet") for _ in range(PROCESSES)
    ]
    ends = [child.wait() for child in children]
    assert {(end.code, end.err) for end in ends} == {(0, "")}
    runs = sorted(json.loads(end.out)["run"] for end in ends)
    assert runs == [f"runs/gate-{number:03d}" for number in range(1, PROCESSES + 1)]
    assert len({str(run_at(folder / run).result) for run in runs}) == 1
    tried(PROCESSES, "numbers 1 to 20, all equal")

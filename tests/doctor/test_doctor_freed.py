"""Runs from which files were removed to make room: they haven't diverged."""

import pytest
from doctor_runs import IRIS, trained

from nncli.artifacts.freeing import free
from nncli.artifacts.run_directory import CHECKPOINT, WEIGHTS, RunDirectory
from nncli.doctor.diagnose import diagnose
from nncli.errors import UserError


def freed(run, *names):
    with RunDirectory(run) as directory:
        free(directory, "a test", names)
    return run


def test_run_without_its_checkpoint_is_diagnosed_as_before(tmp_path):
    run = trained(tmp_path, IRIS)
    before = diagnose(run)

    after = diagnose(freed(run, CHECKPOINT))

    assert [str(each) for each in after.checks] == [str(each) for each in before.checks]
    assert after.stopped == before.stopped


def test_run_without_its_weights_is_refused_with_what_trains_it_again(tmp_path):
    run = freed(trained(tmp_path, IRIS), WEIGHTS, CHECKPOINT)

    with pytest.raises(UserError, match=r"removed to make room .* trains it again"):
        diagnose(run)

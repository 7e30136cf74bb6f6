"""Runs from which files were removed to make room: they haven't diverged for that."""

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


@pytest.mark.parametrize("names", [[CHECKPOINT], [WEIGHTS, CHECKPOINT]])
def test_it_is_refused_with_what_trains_it_again(tmp_path, names):
    run = freed(trained(tmp_path, IRIS), *names)

    with pytest.raises(UserError, match=r"removed to make room .* trains it again"):
        diagnose(run)

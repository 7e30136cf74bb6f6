"""Ranks: any number of them leaves the bits of one."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sharded_jobs
from waiting import PATIENCE

from nncli.engine.ranks import Ranks
from nncli.errors import RanksDiffer

MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
needs_mpi = pytest.mark.skipif(
    not importlib.util.find_spec("mpi4py") or MPIEXEC is None, reason="no MPI"
)


@needs_mpi
def test_one_two_and_four_ranks_leave_the_same_bits():
    program = [MPIEXEC, "-n", "4", sys.executable, sharded_jobs.__file__]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    alone, compiled = sharded_jobs.of_numpy(), sharded_jobs.of_machine_code()
    everyone = json.loads(done.stdout)
    assert len(everyone) == 4
    for four, two, two_compiled in everyone:
        assert four == alone
        assert two.items() <= alone.items()
        assert two_compiled == compiled


def test_ranks_with_other_parameters_are_named():
    class Four(Ranks):
        number, count = 0, 4

        def gather(self, value):
            crc, place = value
            return [(crc, place), (crc, "rank 1"), (crc ^ 1, "rank 2 (b)"), (crc, "rank 3")]

    with pytest.raises(RanksDiffer, match=r"after epoch 7 the parameters of rank 2 \(b\) are not"):
        Four().compare(np.ones(3), 7)

"""`mpiexec -n R nncli train`: a run that several processes share, and what ends it."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE, until

from nncli.cli.launched_ranks import RankError, check_ranks, share_errors, synchronize
from nncli.engine.ranks import Ranks
from nncli.errors import NncliError, UserError

MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
needs_mpi = pytest.mark.skipif(
    not importlib.util.find_spec("mpi4py") or MPIEXEC is None, reason="no MPI"
)
CONFIG = """
name: it
seed: 3
data:
  {path: table.csv, target: class, on_disk: true,
   split: {type: stratified, train: 0.6, val: 0.2, test: 0.2}}
network:
  hidden: [8, {type: batch_norm}, {type: dropout, rate: 0.2}]
optimizer: {type: adam, learning_rate: 0.01}
training: {epochs: 40, batch_size: 45, shards: 4, engine: numpy, class_weight: balanced}
output: {plots: []}
"""
# as the command, but that one rank raises, or is killed, when it has made 10 steps
FAILING = """
import os, signal, sys
from nncli.engine.mpi_ranks import MpiRanks
made, add = [], MpiRanks.sum

def fail(ranks, message):
    made.append(1)
    if len(made) > 10 and ranks.number == 1:
        {failure}
    add(ranks, message)

MpiRanks.sum = fail
from nncli.cli.main import main
main()
"""
# as the command, but that rank 0 waits for Ctrl-C when it has made 30 steps, between logged epochs
WAITING = """
import time
from pathlib import Path
from nncli.cli.signals import StopOnSignal
from nncli.engine.mpi_ranks import MpiRanks
made, came, add, handle = [], [], MpiRanks.sum, StopOnSignal._handle

def note(signals, number, frame):
    came.append(number)
    handle(signals, number, frame)

def wait(ranks, message):
    made.append(1)
    if len(made) == 30 and ranks.number == 0:
        Path("waiting").touch()
        while not came:
            time.sleep(0.01)
    add(ranks, message)

StopOnSignal._handle, MpiRanks.sum = note, wait
from nncli.cli.main import main
main()
"""


class Four(Ranks):
    number, count = 0, 4


class Three(Ranks):
    number, count = 0, 3


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "it.yaml"
    path.write_text(CONFIG)
    rows = (f"{i * 7 % 19},{i % 11},{'abc'[(i * 7 % 19 + i % 11) // 10]}" for i in range(150))
    (tmp_path / "table.csv").write_text("\n".join(["x,y,class", *rows]) + "\n")
    return path


def mpiexec(ranks, *words, program=("-m", "nncli")):
    """The command on so many ranks, still running."""
    return subprocess.Popen(
        [MPIEXEC, "-n", str(ranks), sys.executable, *program, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def weights(run):
    return (Path("runs") / run / "model.safetensors").read_bytes()


def test_shards_without_mpi_are_recorded_and_resumed(nncli, config):
    assert nncli("train", config, "-q").code == 0
    assert "shards: 4" in Path("runs/it-001/config.resolved.yaml").read_text()
    assert nncli("train", config, "-q", "--set", "training.epochs=7").code == 0
    more = ("--set", "training.epochs=40")
    assert nncli("train", "--resume", "runs/it-002", "-q", *more).code == 0
    assert weights("it-002") == weights("it-001")
    assert nncli("verify", "runs/it-001").code == 0


@needs_mpi
def test_two_ranks_stopped_by_ctrl_c_and_four_to_the_end_leave_the_weights_of_one(nncli, config):
    long = ("--set", "training.epochs=100000")
    begun = mpiexec(2, "train", config, "-q", *long, program=("-c", WAITING))
    until(Path("waiting").exists)
    begun.send_signal(signal.SIGINT)
    out, err = begun.communicate(timeout=PATIENCE)
    assert begun.returncode == 130, err
    logged = int(re.search(r"stopped after epoch (\d+): interrupted", out)[1])
    enough = f"training.epochs={logged + 105}"  # of so many epochs every 100th is logged
    ended = mpiexec(4, "train", "--resume", "runs/it-001", "-q", "--set", enough)
    out, err = ended.communicate(timeout=PATIENCE)
    assert ended.returncode == 0, err
    assert out.count("run: runs/it-001") == 1
    assert nncli("train", config, "-q", "--set", enough).code == 0
    assert weights("it-001") == weights("it-002")


@needs_mpi
@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        ("raise ArithmeticError('of rank 1')", 70, "ArithmeticError: of rank 1"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 9, ""),
    ],
)
def test_a_rank_that_fails_ends_all_and_the_run_goes_on(nncli, config, failure, code, said):
    program = ("-c", FAILING.format(failure=failure))
    failing = mpiexec(2, "train", config, "-q", program=program)
    until(lambda: Path("runs/it-001/checkpoints/last.safetensors").exists())
    _, err = failing.communicate(timeout=PATIENCE)
    assert failing.returncode == code, err
    assert said in err
    # mpiexec may return a moment before the last process has gone, and its lock with it
    until(lambda: nncli("train", "--resume", "runs/it-001", "-q").code != 3)
    assert nncli("train", config, "-q").code == 0
    assert weights("it-001") == weights("it-002")


@needs_mpi
def test_what_is_refused_is_said_once(config):
    done = mpiexec(2, "train", config, "-q", "--set", "training.shards=1")
    _, err = done.communicate(timeout=PATIENCE)
    assert done.returncode == 2
    assert err.splitlines() == [
        "2 ranks have 1 training.shards to share: --set training.shards=2 (which changes the "
        "numbers, as batch_size does)"
    ]


@pytest.mark.parametrize(
    ("ranks", "shards", "message"),
    [
        (Four(), 2, "4 ranks have 2 training.shards to share: --set training.shards=4"),
        (Three(), 8, "expected a power of two of ranks, found 3: mpiexec -n 2"),
        (Three(), 2, "expected a power of two of ranks, found 3: mpiexec -n 2"),  # more: no help
    ],
)
def test_ranks_share_shards_alike(ranks, shards, message):
    with pytest.raises(UserError, match=message):
        check_ranks(ranks, shards)


def told(number, *outcomes):
    """What a rank raises when all have said how they are getting on."""

    class Some(Ranks):
        def gather(self, value):
            return [(f"rank {place}", *outcome) for place, outcome in enumerate(outcomes)]

    ranks = Some()
    ranks.number, ranks.count = number, len(outcomes)
    with pytest.raises(NncliError) as raised:
        synchronize(ranks)
    return raised.value.exit_code, raised.value.lines()


def test_what_kept_another_rank_from_beginning_is_said_with_its_place():
    fine, failed = (None, {}), ((["a.csv: no such file"], 2), {})
    assert told(0, fine, fine, failed) == (2, ["rank 2: a.csv: no such file"])
    assert told(1, fine, fine, failed) == (2, [])
    ours, theirs = (None, {"numpy": "2.3"}), (None, {"numpy": "2.2"})
    assert told(0, ours, theirs) == (2, ["rank 1: numpy is 2.2, on rank 0 2.3"])


def test_ranks_that_have_ended_are_not_waited_for():
    class Ended(Ranks):
        number, count = 0, 2

        def gather(self, value):
            raise AssertionError("rank 1 is no more")

    with pytest.raises(RankError), share_errors(Ended()):
        raise RankError("rank 1", ["a.csv: no such file"], 2)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("shards", "3", "expected a power of two, found 3: use 2 or 4"),
        ("shards", "64", "expected at most the 45 rows of a batch, found 64"),
        ("shards", "32", "batch_norm needs at least 2 rows of each shard, and a batch has 45"),
        ("batch_size", "43", "and the last batch of an epoch has 4 for 4 shards"),
    ],
)
def test_batches_that_cannot_be_cut_are_refused(nncli, config, key, value, message):
    said = nncli("validate", config, "--set", f"training.{key}={value}")
    assert said.code == 2
    assert message in said.err


def test_lbfgs_has_no_shards(nncli, config):
    sets = ("--set", "optimizer=lbfgs", "--set", "training.batch_size=full")
    said = nncli("validate", config, *sets)
    assert "training.shards: lbfgs needs all rows at once: drop the key" in said.err


@pytest.mark.parametrize("where", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE"])
def test_processes_that_cannot_reach_each_other_are_refused(nncli, config, where, monkeypatch):
    monkeypatch.setenv(where, "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    said = nncli("train", config, "-q")
    assert said.code == 2
    assert "pip install 'nncli-yaml[mpi]'" in said.err
    assert not Path("runs").exists()


def test_what_shows_whole_batches_says_so(nncli, config):
    said = nncli("trace", config)
    assert "note: training adds up 4 shards of each batch: here it is whole" in said.err
    assert nncli("train", config, "-q", "--set", "training.epochs=2").code == 0
    assert nncli("lr-find", config).code == 0
    assert nncli("doctor", "runs/it-001").code == 0
    assert nncli("gradcheck", config).code == 0
    said = nncli("export", "runs/it-001", "--to", "numpy", "-o", "script.py")
    assert said.code == 2
    assert "train with training.shards=1" in said.err

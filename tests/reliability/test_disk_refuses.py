"""The disk refuses: full, broken, or a file has grown too large. Nothing is lost by it."""

import errno
import random
import shutil

from fork_server import NO_TIME_BETWEEN_WRITES
from injection import Injector, Stretches, require_strace
from whole_runs import goes_on, has_checkpoint, strays

NO_LONGER_THAN = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\n"


def check(end, run, whole, fork_server, folder, resume, case):
    """One line and code 74, and a run that goes on as if nothing had been; whether it failed.

    What a user has named and can't be read is a mistake of the command's: code 2.
    """
    if end.code != 0:
        right = 2 if ": can't be read: " in end.err else 74
        assert (end.code, end.err.count("\n")) == (right, 1), (case, end)
        assert "Traceback" not in end.err
    if has_checkpoint(run.path):
        goes_on(fork_server.call(folder, *resume), run, whole, case)
    else:
        assert not run.path.exists() or end.code, case
    return end.code != 0


def test_refusal_at_any_system_call_loses_nothing(
    fork_server, training, folder, run_at, amount, tried, request
):
    require_strace()
    config = training(3)
    injector = Injector(fork_server, NO_TIME_BETWEEN_WRITES)
    stretches = Stretches(injector.points, config, folder)
    points = [each for each in stretches.points if not each[1].name.startswith("unlink")]
    whole = run_at(folder / "whole" / "it-001")

    chance, refused = random.Random(request.node.name), 0
    some = chance.choices(points, k=amount(5, 50))
    for arguments, point in some:
        stretches.prepare(arguments)
        error = errno.errorcode[chance.choice([errno.ENOSPC, errno.EIO])]
        end = injector.at(point, f"error={error}", folder, *arguments)
        case = (error, point)
        run = run_at(folder / "runs" / "it-001")
        assert not strays(folder / "runs") or is_sealed_beside(run.path), case
        refused += check(end, run, whole, fork_server, folder, stretches.resume, case)
    tried(len(some), f"{refused} ended with code 74, the others could do without; nothing lost")


def is_sealed_beside(path):
    """Whether what lies beside its place is the run's already: the refusal came after its seal."""
    return not [name for name in strays(path) if name.startswith(".") or not has_checkpoint(path)]


def test_limit_on_the_length_of_files_loses_nothing(
    fork_server, training, folder, run_at, amount, tried, request
):
    config = training(3)
    train = ("train", config, "--quiet")
    resume = ("train", "--resume", "runs/it-001", "--quiet")
    assert fork_server.call(folder, *train, before=NO_TIME_BETWEEN_WRITES).code == 0
    whole = run_at((folder / "runs").rename(folder / "whole") / "it-001")
    longest = max(path.stat().st_size for path in whole.path.rglob("*") if path.is_file())
    chance, refused, count = random.Random(request.node.name), 0, amount(3, 20)
    for _ in range(count):
        shutil.rmtree(folder / "runs", ignore_errors=True)
        limit = chance.randrange(longest * 9 // 10)  # seconds of fewer digits make it shorter
        before = NO_TIME_BETWEEN_WRITES + NO_LONGER_THAN.format(limit)
        end = fork_server.call(folder, *train, before=before)
        assert not strays(folder / "runs"), limit
        run = run_at(folder / "runs" / "it-001")
        refused += check(end, run, whole, fork_server, folder, resume, limit)
    assert refused == count
    tried(count, f"{refused} ended with code 74, nothing lost")


def test_refusal_in_a_cross_validation_keeps_the_folds_that_are_whole(
    fork_server, training, folder, run_at, amount, tried, request
):
    require_strace()
    config = training(2)
    injector = Injector(fork_server, NO_TIME_BETWEEN_WRITES)
    train = ("train", config, "--folds", 2, "--quiet")
    points = [
        point for point in injector.points(folder, *train) if not point.name.startswith("unlink")
    ]
    whole = (folder / "runs").rename(folder / "whole") / "it-folds-001"
    chance, refused = random.Random(request.node.name), 0
    some = chance.choices(points, k=amount(2, 30))
    for point in some:
        shutil.rmtree(folder / "runs", ignore_errors=True)
        end = injector.at(point, "error=ENOSPC", folder, *train)
        if end.code != 0:
            assert (end.code, end.err.count("\n")) == (74, 1), (point, end)
            refused += 1
        for number in (1, 2):
            fold = run_at(folder / "runs" / "it-folds-001" / f"fold-{number}")
            if has_checkpoint(fold.path):
                resume = ("train", "--resume", fold.path, "--quiet")
                goes_on(
                    fork_server.call(folder, *resume), fold, run_at(whole / fold.path.name), point
                )
    tried(len(some), f"{refused} ended with code 74; every fold that was begun went on, equal")

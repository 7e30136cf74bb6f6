"""Launched ranks: detect the ranks that mpiexec started, and report their errors once.

Every rank reads config and data by itself. They exchange the outcome before training, so that rank
0 reports an error with its rank; a later error aborts all ranks.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nncli.engine.ranks import ALONE, Ranks
from nncli.errors import Diverged, NncliError, RanksDiffer, UserError

if TYPE_CHECKING:
    from nncli.assembly.build import Built

MPIEXECS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # set by mpiexec
LAUNCHERS = (*MPIEXECS, "SLURM_STEP_NUM_TASKS")
SEVERAL_RUNS = (
    "mpiexec shares the steps of one run; several runs go side by side with --workers N, or with "
    "--on mpi under python -m mpi4py.futures"
)
_with_followers: list[Ranks] = []  # while other ranks wait for this one


class FollowerEnded(NncliError):
    """Ends a follower rank silently: rank 0 reports the error."""

    def __init__(self, code: int) -> None:
        self.exit_code = code  # type: ignore[misc]
        super().__init__()

    def lines(self) -> list[str]:
        return []


class RankError(NncliError):
    """An error of another rank, with its place."""

    def __init__(self, place: str, lines: Sequence[str], code: int) -> None:
        self.exit_code = code  # type: ignore[misc]
        super().__init__("\n".join(f"{place}: {line}" for line in lines))

    @classmethod
    def of(cls, place: str, error: Exception) -> "RankError":
        return cls(place, *_lines_and_code(error))


def _lines_and_code(error: Exception) -> tuple[list[str], int]:
    """The lines and the exit code of an error."""
    if isinstance(error, NncliError):
        return error.lines(), error.exit_code
    return [f"{type(error).__name__}: {error}"], 70


def launched_ranks(on: str | None) -> Ranks:
    """The ranks that mpiexec started; ALONE without it, or if they are workers of `--on mpi`.

    Raises UserError if they can't communicate.
    """
    sizes = {name: os.environ.get(name, "") for name in LAUNCHERS}
    are_many = any(size.isdecimal() and int(size) > 1 for size in sizes.values())
    if not are_many or on == "mpi":
        return ALONE
    is_mpiexec = any(sizes[name] for name in MPIEXECS)
    try:
        from mpi4py import MPI

        from nncli.engine.mpi_ranks import MpiRanks
    except (ImportError, RuntimeError) as error:
        if not is_mpiexec:
            return ALONE
        fix = "pip install 'nncli-yaml[mpi]'"
        raise UserError(f"mpiexec started this process, which lacks MPI: {fix} ({error})") from None
    if MPI.COMM_WORLD.Get_size() > 1:
        return MpiRanks(MPI.COMM_WORLD)
    if is_mpiexec:
        library = MPI.Get_library_version().split("\n")[0]
        raise UserError(
            f"mpiexec started several processes, but each finds itself alone: mpi4py uses "
            f"{library.strip()}: start them with that library's mpiexec"
        )
    return ALONE


def check_ranks(ranks: Ranks, shards: int) -> None:
    """Raises UserError unless the shards can be divided evenly among the ranks."""
    count = ranks.count
    if count & (count - 1):
        fewer = 1 << (count.bit_length() - 1)
        raise UserError(f"expected a power of two of ranks, found {count}: mpiexec -n {fewer}")
    if 1 < count > shards:
        fix = f"--set training.shards={count} (which changes the numbers, as batch_size does)"
        raise UserError(f"{count} ranks have {shards} training.shards to share: {fix}")


def refuse_several(ranks: Ranks) -> None:
    """Raises UserError for several ranks, where a study would run on each."""
    if ranks.count > 1:
        raise UserError(SEVERAL_RUNS)


def synchronize(ranks: Ranks, made: "Built | None" = None, error: Exception | None = None) -> None:
    """Exchange this step's outcome among all ranks. Raises on each rank if it failed on any.

    made: the job to train, which must be the same everywhere.  error: of this rank.
    """
    if ranks.count == 1:
        return
    failure = None if error is None else _lines_and_code(error)
    facts = {} if made is None else _facts(made)
    outcomes = ranks.gather((ranks.place, failure, facts))
    for place, failed, _ in outcomes:
        if failed is not None:
            lines, code = failed
            if ranks.number:
                raise FollowerEnded(code)
            if error is not None:
                return  # the caller raises it
            raise RankError(place, lines, code)
    _, _, expected = outcomes[0]
    for place, _, found in outcomes:
        for key in [key for key in expected if found.get(key) != expected[key]]:
            if ranks.number:
                raise FollowerEnded(2)
            raise RankError(place, [f"{key} is {found.get(key)}, on rank 0 {expected[key]}"], 2)


def _facts(built: "Built") -> dict[str, Any]:
    """The facts that must be equal on all ranks."""
    from nncli.artifacts.environment import machine

    described = machine(built.experiment)
    facts = {key: described[key] for key in ("nncli", "numpy", "threads", "engine", "packages")}
    return {**facts, "the data's SHA-256": built.table.sha256()}


@contextmanager
def abort_others_on_error(ranks: Ranks) -> Iterator[None]:
    """While entered, other ranks wait for this one: `main` aborts them after an error."""
    _with_followers.append(ranks)
    try:
        yield
    except (Diverged, RanksDiffer):  # every rank raises these
        _with_followers.clear()
        raise
    _with_followers.clear()


def abort_others(code: int) -> None:
    """Abort the ranks that wait for this failed one."""
    for ranks in _with_followers:
        if ranks.count > 1:
            ranks.abort(code)


@contextmanager
def share_errors(ranks: Ranks) -> Iterator[None]:
    """While entered, report an error to the ranks that wait for rank 0's preparation."""
    try:
        yield
    except RankError:  # all ranks know it
        raise
    except Exception as error:
        if not _with_followers:
            synchronize(ranks, error=error)
        raise

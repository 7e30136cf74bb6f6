"""Ranks on the command line: how many mpiexec has started, and how they begin and end together.

Every rank reads the config and the data by itself. All say how that went before any trains, so that
an error is told once, with its rank; an error later ends all of them.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nncli.engine.ranks import ALONE, Ranks
from nncli.errors import Diverged, NncliError, RanksDiffer, UserError

if TYPE_CHECKING:
    from nncli.assembly.build import Built

MPIEXECS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # by which processes learn how many they are
LAUNCHERS = (*MPIEXECS, "SLURM_STEP_NUM_TASKS")
SEVERAL_RUNS = (
    "mpiexec shares the steps of one run; several runs go side by side with --workers N, or with "
    "--on mpi under python -m mpi4py.futures"
)
_waiting: list[Ranks] = []  # ranks of which the others wait for this one


class Followed(NncliError):
    """What ended this rank was said by rank 0."""

    def __init__(self, code: int) -> None:
        self.exit_code = code  # type: ignore[misc]
        super().__init__()

    def lines(self) -> list[str]:
        return []


class OnRank(NncliError):
    """An error of another rank than the first, with its place."""

    def __init__(self, place: str, lines: Sequence[str], code: int) -> None:
        self.exit_code = code  # type: ignore[misc]
        super().__init__("\n".join(f"{place}: {line}" for line in lines))

    @classmethod
    def of(cls, place: str, error: Exception) -> "OnRank":
        return cls(place, *_told(error))


def _told(error: Exception) -> tuple[list[str], int]:
    """The lines and the exit code of an error."""
    if isinstance(error, NncliError):
        return error.lines(), error.exit_code
    return [f"{type(error).__name__}: {error}"], 70


def launched(on: str | None) -> Ranks:
    """The ranks that mpiexec has started; one alone without it, or if they are `--on mpi`.

    Raises UserError if they can't reach each other.
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
        cure = "pip install 'nncli-yaml[mpi]'"
        raise UserError(
            f"mpiexec started this process, which lacks MPI: {cure} ({error})"
        ) from None
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
    """Raises UserError unless each rank has the same number of shards."""
    count = ranks.count
    if count & (count - 1):
        fewer = 1 << (count.bit_length() - 1)
        raise UserError(f"expected a power of two of ranks, found {count}: mpiexec -n {fewer}")
    if 1 < count > shards:
        cure = f"--set training.shards={count} (which changes the numbers, as batch_size does)"
        raise UserError(f"{count} ranks have {shards} training.shards to share: {cure}")


def refuse_several(ranks: Ranks) -> None:
    """Raises UserError where each rank would train several runs."""
    if ranks.count > 1:
        raise UserError(SEVERAL_RUNS)


def settle(ranks: Ranks, made: "Built | None" = None, error: Exception | None = None) -> None:
    """All ranks say how far they have come. Raises, on each, what kept one of them from it.

    made: what it is to train, which has to be the same everywhere.
    """
    if ranks.count == 1:
        return
    failure = None if error is None else _told(error)
    facts = {} if made is None else _facts(made)
    outcomes = ranks.gather((ranks.place, failure, facts))
    for place, failed, _ in outcomes:
        if failed is not None:
            lines, code = failed
            if ranks.number:
                raise Followed(code)
            if error is not None:
                return  # which is raised on
            raise OnRank(place, lines, code)
    _, _, expected = outcomes[0]
    for place, _, found in outcomes:
        for key in [key for key in expected if found.get(key) != expected[key]]:
            if ranks.number:
                raise Followed(2)
            raise OnRank(place, [f"{key} is {found.get(key)}, on rank 0 {expected[key]}"], 2)


def _facts(built: "Built") -> dict[str, Any]:
    """What has to be the same on all ranks."""
    from nncli.artifacts.environment import machine

    described = machine(built.experiment)
    facts = {key: described[key] for key in ("nncli", "numpy", "threads", "engine", "packages")}
    return {**facts, "the data's SHA-256": built.table.sha256()}


@contextmanager
def together(ranks: Ranks) -> Iterator[None]:
    """While entered, other ranks wait for this one: an error here has to end them."""
    _waiting.append(ranks)
    try:
        yield
    except (Diverged, RanksDiffer):  # which all raise
        _waiting.clear()
        raise
    _waiting.clear()


def end_others(code: int) -> None:
    """End the ranks that wait for this one, which has failed."""
    for ranks in _waiting:
        if ranks.count > 1:
            ranks.abort(code)


@contextmanager
def leading(ranks: Ranks) -> Iterator[None]:
    """While entered, an error is told to the ranks that wait for rank 0 to prepare."""
    try:
        yield
    except OnRank:  # which all know of
        raise
    except Exception as error:
        if not _waiting:
            settle(ranks, error=error)
        raise

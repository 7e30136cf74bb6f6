"""Follower ranks of `mpiexec -n R nncli train`: they train with rank 0, and write nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built, build
from nncli.cli.launched_ranks import FollowerEnded, RankError, abort_others_on_error, synchronize
from nncli.cli.signals import StopOnSignal
from nncli.config.load import load
from nncli.engine.ranks import Ranks
from nncli.engine.state import TrainState
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.errors import Diverged, RanksDiffer, UserError


def follow(
    ranks: Ranks, config: Path | None, assignments: Sequence[str], resume: Path | None
) -> int:
    """Train together with rank 0; returns the exit code."""
    with StopOnSignal(Stop(), is_preparing=True) as signals:
        if resume is None:
            built = _prepared(ranks, lambda: _declared(config, assignments))
        else:
            synchronize(ranks)  # rank 0 has resumed the run
            built = _prepared(ranks, lambda: RunReader(RunDirectory.open(resume)).built)
        signals.is_preparing = False
        with abort_others_on_error(ranks):
            state = ranks.share(built.job.start())
            try:
                _train(ranks, built, state, signals.stop)
            except (Diverged, RanksDiffer) as error:
                raise FollowerEnded(error.exit_code) from error
            except Exception as error:
                raise RankError.of(ranks.place, error) from error
    return 0


def _prepared(ranks: Ranks, prepare: Callable[[], Built]) -> Built:
    """Prepare this rank's job and wait for the others. Raises if any rank failed."""
    try:
        built = prepare()
    except Exception as error:
        synchronize(ranks, error=error)
        raise
    synchronize(ranks, built)
    return built


def _declared(config: Path | None, assignments: Sequence[str]) -> Built:
    """Build a config's job; rank 0 does the other checks."""
    if config is None:
        raise UserError("no config")
    return build(*load(config, assignments))


def _train(ranks: Ranks, built: Built, state: TrainState, stop: Stop) -> None:
    with limited(built.experiment.training):
        for _ in train(built.job, state, stop, ranks):
            pass

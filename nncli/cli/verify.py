"""`nncli verify`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import RUN, json_option, print_json

if TYPE_CHECKING:
    from nncli.verification.replay import Replay


@click.command(name="verify")
@click.argument("run", type=RUN)
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(run: Path, as_json: bool, quiet: bool) -> int:
    """Check that a RUN is as it was left, and that its numbers come out again.

    Every file is held against the manifest: one that was changed, is missing or is listed nowhere
    ends it with exit code 4. Then come the differences between this machine and the one it was
    trained on: versions, BLAS, processor.

    At last it is trained again from its start, in memory: the metrics and every tensor of each
    logged epoch, the weights and the checkpoint have to be the same to the bit. If not, the first
    epoch and the tensors that differ are named, and by how much; it exits with 1.

    The folder of a cross-validation is checked fold by fold.
    """
    from nncli.verification.verification import check_parent, folds_of

    folds = folds_of(run)
    if folds:
        check_parent(run, folds)
    codes, found = list[int](), list[dict[str, Any]]()
    for each in folds or [run]:
        code, said = _verify(each, as_json=as_json, quiet=quiet)
        codes.append(code)
        found.append(said)
        if code > 1:  # stopped by a signal
            break
    if as_json:
        print_json({"run": os.fspath(run), "folds": found} if folds else found[0])
    return max(codes)


def _verify(path: Path, *, as_json: bool, quiet: bool) -> tuple[int, dict[str, Any]]:
    """Verify one run and say what was found; the exit code, and the same for --json."""
    from nncli.cli.verify_text import environment_text, replay_text
    from nncli.verification.verification import Verification

    with Verification.of(path) as opened:
        for name in opened.files.leftovers:
            click.echo(f"note: {name}: left by a write that was cut short", err=True)
        if not as_json:
            click.echo(f"{path}: all {opened.files.count} files are as they were sealed")
            click.echo(environment_text(opened.environment))
        signalled = _replay(opened.replay, quiet=quiet)
    if not as_json:
        click.echo(replay_text(opened.replay))
    return signalled or (0 if opened.replay.is_identical else 1), opened.to_json()


def _replay(replay: "Replay", *, quiet: bool) -> int:
    """Train it all again; the exit code of the signal that ended it early, or 0."""
    from nncli.cli.progress import Progress
    from nncli.cli.signals import StopOnSignal
    from nncli.engine.stop import Stop
    from nncli.engine.threads import limited

    progress = Progress(replay.epochs, quiet=quiet)
    with StopOnSignal(Stop()) as signals, limited(replay.job.training):
        try:
            for report in replay.reports(signals.stop):
                progress.show(report)
        finally:
            progress.close()
    return signals.exit_code

"""`nncli verify`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.cli.streams import echo, echo_line
from nncli.cli.text_table import table
from nncli.errors import counted, escaped, few

if TYPE_CHECKING:
    from nncli.artifacts.environment import Difference
    from nncli.verification.differences import EpochDifference, TensorDifference
    from nncli.verification.replay import Replay


@click.command(name="verify")
@click.argument("run", type=RUN)
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(run: Path, as_json: bool, quiet: bool) -> int:
    """Check a RUN's files, and train it again to compare.

    Every file is compared with the manifest: one that was changed, is missing or isn't listed ends
    it with exit code 4. Then the differences between this machine and the one of the training are
    listed: versions, BLAS, processor.

    Finally the run is trained again from its start, in memory: the metrics and every tensor of each
    logged epoch, the weights and the checkpoint have to be the same to the bit. If not, the first
    epoch and the tensors that differ are named, and by how much; it exits with 1.

    A study is checked run by run.
    """
    from nncli.artifacts.run_directory import FOLDS
    from nncli.verification.verification import check_parent, runs_in

    runs = runs_in(run)
    if runs:
        check_parent(run, runs)
    codes, found = list[int](), list[dict[str, Any]]()
    for each in runs or [run]:
        code, said = _verify(each, as_json=as_json, quiet=quiet)
        codes.append(code)
        found.append(said)
        if code > 1:  # stopped by a signal
            break
    if as_json:
        kind = "folds" if (run / FOLDS).is_file() else "runs"
        print_json({"run": os.fspath(run), kind: found} if runs else found[0])
    return max(codes)


def _verify(path: Path, *, as_json: bool, quiet: bool) -> tuple[int, dict[str, Any]]:
    """Verify one run and print the result; returns the exit code and the JSON value."""
    from nncli.verification.verification import Verification, check_freed

    if (freed := check_freed(path)) is not None:
        if not as_json:
            echo_line(f"{path}: all {freed.count} files are unchanged")
            echo_line("not replayed: some of its files were removed to make room")
        return 0, {"run": os.fspath(path), "files": freed.count, "identical": None}
    with Verification.of(path) as opened:
        for name in opened.files.leftovers:
            echo_line(f"note: {name}: left by a write that was cut short", err=True)
        if not as_json:
            echo_line(f"{path}: all {opened.files.count} files are unchanged")
            echo(_environment(opened.environment))
        signalled = _replay(opened.replay, quiet=quiet)
    if not as_json:
        echo(_replayed(opened.replay))
    return signalled or (0 if opened.replay.is_identical else 1), opened.to_json()


def _replay(replay: "Replay", *, quiet: bool) -> int:
    """Run the replay; returns 0, or the exit code of the signal that interrupted it."""
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


def _environment(differing: "Sequence[Difference]") -> str:
    """A line for every difference of this machine from the recorded environment."""
    if not differing:
        return "environment: as recorded"
    lines = [f"  {escaped(str(difference))}" for difference in differing]
    return "\n".join(["environment: bits are promised only where it is the recorded one", *lines])


def _replayed(replay: "Replay") -> str:
    """The verdict, the first differing epoch, and the differences at the end."""
    blocks = [_verdict(replay)]
    if replay.first:
        blocks += _first("first difference", replay.first)
    if (tensors := replay.first_of_tensors) and tensors is not replay.first:
        blocks += _first("first tensors that differ", tensors)
    if replay.diverged:
        blocks.append(f"the replay went no further: {replay.diverged}")
    if replay.last:
        blocks.append(_last(replay.last))
    return "\n".join(blocks)


def _verdict(replay: "Replay") -> str:
    same = replay.is_identical
    if not replay.is_complete:
        so_far = "bit-identical so far" if same else "not bit-identical"
        return f"replayed {replay.done:,} of {replay.epochs:,} epochs, then stopped: {so_far}"
    found = "bit-identical" if same else "not bit-identical"
    return f"replayed {counted(replay.done, 'epoch')}: {found}"


def _first(title: str, found: "EpochDifference") -> list[str]:
    named = few(found.tensors) or few(list(found.columns)) or "only one of the two logged it"
    lines = [f"{title}: epoch {found.epoch}: {named}"]
    if found.columns:
        rows = [["", "recorded", "replayed", "difference"]]
        rows += [
            [f"  {name}", repr(was), repr(now), f"{now - was:.2g}"]
            for name, (was, now) in found.columns.items()
        ]
        lines.append(table(rows))
    return lines


def _last(found: "Sequence[TensorDifference]") -> str:
    rows = [["at the end", "numbers that differ", "by up to", "of the largest"]]
    rows += [
        [
            f"  {each.file}: {each.tensor}",
            f"{each.numbers:,} of {each.size:,}",
            f"{each.largest:.2g}",
            f"{each.relative:.2g}",
        ]
        for each in found
    ]
    return table(rows)

"""What `verify` prints of the environment and of the replay."""

from collections.abc import Sequence

from nncli.artifacts.environment import Difference
from nncli.cli.summary import table
from nncli.errors import few
from nncli.verification.differences import EpochDifference, TensorDifference
from nncli.verification.replay import Replay


def environment_text(differing: Sequence[Difference]) -> str:
    """A line for every difference."""
    if not differing:
        return "environment: as recorded"
    lines = [f"  {difference}" for difference in differing]
    return "\n".join(["environment: bits are promised only where it is the recorded one", *lines])


def replay_text(replay: Replay) -> str:
    """The verdict, the first epoch that differs, and how far the run is off at its end."""
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


def _verdict(replay: Replay) -> str:
    done, same = f"replayed {replay.done:,}", replay.is_identical
    if not replay.is_complete:
        so_far = "bit-identical so far" if same else "not bit-identical"
        return f"{done} of {replay.epochs:,} epochs, then stopped: {so_far}"
    epochs = "epoch" if replay.done == 1 else "epochs"
    return f"{done} {epochs}: {'bit-identical' if same else 'not bit-identical'}"


def _first(title: str, found: EpochDifference) -> list[str]:
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


def _last(found: Sequence[TensorDifference]) -> str:
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

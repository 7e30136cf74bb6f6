"""Refusals: what a page can't train, each with what to do instead."""

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.errors import UserError

MOST_PARAMETERS = 6_000  # 64 KB of a page; each step of a browser takes them all


def refuse_unplayable(loaded: LoadedNetwork) -> None:
    """Raises UserError, with a cure, for what a browser doesn't train here."""
    for reason in _reasons(loaded):
        raise UserError(f"{loaded.path}: {reason}")


def _reasons(loaded: LoadedNetwork) -> list[str]:
    built = loaded.built
    job, network = built.job, built.network
    found: list[str] = []
    if not job.optimizer.has_update:
        found.append(
            f"optimizer {job.optimizer.name} takes no steps along gradients to look at: play it "
            "with --set optimizer=adam"
        )
    if network.embedding is not None:
        found.append(
            "embedded categories can't be played: use inputs of their own, with --set "
            "data.preprocessing.categorical.embed=null"
        )
    if len(network.input_shape) != 1:
        found.append("pictures can't be played: only tables, whose rows are numbers side by side")
    if not job.schedule.code:
        found.append(
            f"schedule {job.schedule.name} looks at what came of an epoch: play it with --set "
            "schedule=constant"
        )
    if network.layout.size > MOST_PARAMETERS:
        found.append(
            f"{network.layout.size:,} parameters, and a page holds at most {MOST_PARAMETERS:,}: "
            "play a narrower one, as with --set 'network.hidden=[16, 16]'"
        )
    return found

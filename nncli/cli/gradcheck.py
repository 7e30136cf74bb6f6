"""`nncli gradcheck`."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import CONFIG, json_option, print_json, set_option
from nncli.errors import UserError

if TYPE_CHECKING:
    from nncli.gradcheck.result import GradientCheck


@click.command(name="gradcheck")
@click.argument("config_or_run", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option(
    "--all", "is_all", is_flag=True, help="Every element [of a larger tensor, 200 elements]."
)
@json_option
def command(config_or_run: Path, assignments: tuple[str, ...], is_all: bool, as_json: bool) -> int:
    """Check backpropagation against numeric gradients, tensor by tensor.

    The rows are those of the next training step (32 of them at most), the weights a CONFIG's
    initial or a RUN's trained ones. Each element of a gradient is compared with a centred
    difference of the loss, in float64 whatever the config says; the data loss and the penalty of
    regularizers apart. Dropout keeps one mask; clipping comes later and has no part in it.

    The relative error is |backpropagation - numeric| / the larger, less what the difference
    itself may be off by rounding and curvature. An element is wrong if it is more than 1e-6.

    Exits with 1 if a gradient is wrong.
    """
    from nncli.artifacts.loaded_network import load_network
    from nncli.cli.gradcheck_text import gradcheck_text
    from nncli.engine.threads import limited
    from nncli.gradcheck.gradient_check import check_gradients, refuse_unlike_record

    opened = load_network(config_or_run, assignments)
    job = opened.built.job
    try:
        with limited(replace(job.training, threads=1)):  # 32 rows are too few to share
            refuse_unlike_record(job, copy.deepcopy(opened.state))
            found = check_gradients(job, opened.state, every_element=is_all)
    except UserError as error:
        raise UserError(f"{config_or_run}: {error}") from None
    if as_json:
        print_json(_as_json(found))
    else:
        click.echo(f"{config_or_run}: {gradcheck_text(found, opened)}")
    return 0 if found.is_right else 1


def _as_json(found: "GradientCheck") -> dict[str, Any]:
    return {
        "ok": found.is_right,
        "loss": found.loss,
        "rows": found.rows,
        "tensors": [
            {
                "name": each.name,
                "part": each.part,
                "elements": each.size,
                "checked": each.checked,
                "kinks": each.kinks,
                "worst": {
                    "index": each.place(each.worst),
                    "backpropagation": each.worst.backpropagation,
                    "numeric": each.worst.numeric,
                    "relative_error": each.worst.relative_error if each.checked else None,
                },
                "ok": each.is_right,
            }
            for each in found.tensors
        ],
    }

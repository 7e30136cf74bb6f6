"""`nncli gradcheck`."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import CONFIG, json_option, print_json, set_option
from nncli.cli.streams import echo
from nncli.cli.text_table import table
from nncli.errors import UserError, counted, escaped

if TYPE_CHECKING:
    from nncli.artifacts.loaded_network import LoadedNetwork
    from nncli.gradcheck.result import GradientCheck, TensorCheck


@click.command(name="gradcheck")
@click.argument("config_or_run", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option(
    "--all", "is_all", is_flag=True, help="Every element [of a larger tensor, 200 elements]."
)
@json_option
def command(config_or_run: Path, assignments: tuple[str, ...], is_all: bool, as_json: bool) -> int:
    """Check backpropagation against numeric gradients.

    The rows are those of the next training step (at most 32), the weights a CONFIG's initial or a
    RUN's trained ones. Each element of a gradient is compared with a centred difference of the
    loss, in float64 whatever the config says, for the data loss and the penalties separately.
    Dropout keeps one mask; gradients are not clipped.

    The relative error is |backpropagation - numeric| / the larger of the two, less the rounding and
    curvature error of the difference itself. An element is wrong if it is more than 1e-6.

    Exits with 1 if a gradient is wrong.
    """
    from nncli.artifacts.loaded_network import load_network
    from nncli.engine.threads import limited
    from nncli.gradcheck.gradient_check import check_gradients, refuse_unlike_record

    opened = load_network(config_or_run, assignments)
    job = opened.built.job
    try:
        with limited(replace(job.training, threads=1)):  # 32 rows gain nothing from threads
            refuse_unlike_record(job, copy.deepcopy(opened.state))
            found = check_gradients(job, opened.state, every_element=is_all)
    except UserError as error:
        raise UserError(f"{config_or_run}: {error}") from None
    if as_json:
        print_json(_as_json(found))
    else:
        echo(f"{escaped(str(config_or_run))}: {_in_words(found, opened)}")
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


def _in_words(found: "GradientCheck", loaded: "LoadedNetwork") -> str:
    """Place, table, notes and verdict, separated by blank lines."""
    return "\n\n".join([_where(found, loaded), _table(found), *_notes(found), _verdict(found)])


def _where(found: "GradientCheck", loaded: "LoadedNetwork") -> str:
    dtype = loaded.built.job.training.dtype
    weights = "initial" if loaded.reader is None else "trained"
    part = f" of a step's {found.step_rows:,}" if found.rows < found.step_rows else ""
    own = "" if dtype == "float64" else f" (training: {dtype})"
    return (
        f"loss {found.loss:.6g} of {counted(found.rows, 'row')}{part}, "
        f"at the {weights} weights, in float64{own}"
    )


def _table(found: "GradientCheck") -> str:
    titles = ("gradient", "of the", "checked", "worst at", "backpropagation", "numeric")
    return table(
        [[*titles, "relative error", "verdict"], *(_line(tensor) for tensor in found.tensors)]
    )


def _line(tensor: "TensorCheck") -> list[str]:
    worst, size = tensor.worst, f"{tensor.size:,}"
    return [
        tensor.name,
        tensor.part,
        size if tensor.checked == tensor.size else f"{tensor.checked} of {size}",
        str(tensor.place(worst)),
        f"{worst.backpropagation:.8g}",
        f"{worst.numeric:.8g}",
        f"{worst.relative_error:.1e}" if tensor.checked else "",
        _word(tensor),
    ]


def _word(tensor: "TensorCheck") -> str:
    if tensor.is_right is None:
        return "not checkable"
    if tensor.is_unused:
        return "ok, all 0"
    word = "ok" if tensor.is_right else "WRONG"
    return f"{word}, {counted(tensor.kinks, 'kink')}" if tensor.kinks else word


def _notes(found: "GradientCheck") -> Iterator[str]:
    from nncli.gradcheck.gradient_check import MAX_ELEMENTS, NUDGE
    from nncli.gradcheck.gradient_comparison import Outcome

    kinks, still = sum(each.kinks for each in found.tensors), found.count(Outcome.KINK)
    if kinks:
        yield (
            f"{counted(kinks, 'element')} at a kink: either way, a step moves an activation's "
            "input, an error a - t or a weight to\nthe other side of a point without derivative. "
            f"Compared at weights moved by about +-{NUDGE:g} instead"
            + (f"; {still:,} are at a\nkink there too, and not checked." if still else ".")
        )
    if unresolved := found.count(Outcome.UNRESOLVED):
        yield (
            f"{counted(unresolved, 'element')} not checkable: zero, as far as the loss's rounding "
            "lets a difference tell."
        )
    if any(len(each.elements) < each.size for each in found.tensors):
        yield (
            f"Of a larger tensor, {MAX_ELEMENTS} elements: those with the largest gradients, and "
            "as many drawn from the\nothers. --all checks every one."
        )


def _verdict(found: "GradientCheck") -> str:
    if found.wrong:
        return "\n".join(_wrongs(found))
    if not found.checked:
        return "no gradient could be checked"
    names = {each.name for each in found.tensors if each.checked}
    undecided = ", ".join(each.name for each in found.undecided)
    return (
        f"gradients agree: {counted(len(names), 'tensor')}, "
        f"{counted(found.checked, 'element')}, worst relative error {found.relative_error:.1e}"
        + (f"; not checkable: {undecided}" if undecided else "")
    )


def _wrongs(found: "GradientCheck") -> Iterator[str]:
    from nncli.gradcheck.gradient_comparison import Outcome

    for each in found.wrong:
        worst = each.worst
        yield (
            f"{each.name} of the {each.part} is wrong: {each.count(Outcome.DIFFERS)} of "
            f"{counted(each.checked, 'element')} differ; at {each.place(worst)}, "
            f"backpropagation gives {worst.backpropagation:.6g}, the loss {worst.numeric:.6g}"
        )
    if len({each.name for each in found.wrong}) > 1:
        yield f"look at {found.wrong[-1].name} first: errors are passed from output to input"

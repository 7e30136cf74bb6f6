"""`nncli doctor`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.cli.streams import echo, echo_line
from nncli.cli.text_table import table
from nncli.engine.stop_reason import why_unfinished
from nncli.errors import escaped
from nncli.operating_system import shell_word

if TYPE_CHECKING:
    from nncli.doctor.check import Finding
    from nncli.doctor.diagnose import Diagnosis, LayerStatistics


WIDTH = 100  # characters of a line; an edit isn't wrapped, so that it can be copied


@click.command(name="doctor")
@click.argument("run", type=RUN)
@json_option
def command(run: Path, as_json: bool) -> None:
    """Find what keeps a RUN from learning, and the key to change.

    It checks where the run diverged and why, unscaled inputs, the loss at the start against
    ln(classes), dead and saturated units, gradients and steps of each layer, whether the network
    can overfit ten rows, and the learning curves. Each finding has its number and one edit of the
    config, with what that did in a short trial.
    """
    from nncli.artifacts.run_directory import RESOLVED
    from nncli.doctor.diagnose import diagnose

    diagnosis = diagnose(run)
    how = why_unfinished(diagnosis.stopped or None)
    if how and diagnosis.stopped != "diverged":
        echo_line(f"note: training {how}; this is what its last checkpoint shows", err=True)
    if as_json:
        print_json({"run": os.fspath(run), **diagnosis.to_json()})
    else:
        echo(f"{escaped(str(run))}: {_in_words(diagnosis)}")
    if diagnosis.findings and not as_json:
        config = shell_word(run / RESOLVED)
        echo()
        echo_line(f"to try an edit: nncli train {config} --set KEY=VALUE")


def _in_words(diagnosis: "Diagnosis") -> str:
    """The findings, then the statistics of layers and the results of checks."""
    edits = [str(finding.edit) for finding in diagnosis.findings]
    found = [
        _finding(number, finding, edits.index(str(finding.edit)) + 1)
        for number, finding in enumerate(diagnosis.findings, start=1)
    ]
    return "\n\n".join(
        [_headline(diagnosis), *found, _layers(diagnosis.layers), _checked(diagnosis)]
    )


def _headline(diagnosis: "Diagnosis") -> str:
    count = len(diagnosis.findings)
    said = "no problem found"
    if count:
        said = "1 finding" if count == 1 else f"{count} findings, the most important first"
    if diagnosis.looked_at < diagnosis.rows:
        said += f" ({diagnosis.looked_at:,} of {diagnosis.rows:,} training rows looked at)"
    return said


def _finding(number: int, finding: "Finding", first: int) -> str:
    """first: the number of the first finding with the same edit."""
    message = click.wrap_text(finding.message, WIDTH, f"{number}. ", "   ")
    asked = f"--set {escaped(shell_word(finding.edit))}"
    edit = asked if first == number else f"the edit of {first}"
    tried = [click.wrap_text(finding.tried, WIDTH, "   ", "   ")] if finding.tried else []
    return "\n".join([message, f"   try {edit}", *tried])


def _layers(layers: "Sequence[LayerStatistics]") -> str:
    def figure(value: float | None) -> str:
        return "-" if value is None else f"{value:.2g}"

    header = ["layer", "|gradient| early", "late", "step / weights early", "late"]
    rows = [
        [
            layer.name,
            figure(layer.gradient_norm_early),
            figure(layer.gradient_norm),
            figure(layer.update_to_weight_early),
            figure(layer.update_to_weight),
            figure(layer.moved),
            "-" if layer.dead is None else f"{layer.dead} of {layer.units}",
            "-" if layer.saturated is None else f"{layer.saturated:.0%}",
        ]
        for layer in layers
    ]
    legend = (
        "early, late: medians of 10 steps, from the initial weights on and from the last ones on"
    )
    return f"{table([[*header, 'moved', 'dead', 'saturated'], *rows])}\n{legend}"


def _checked(diagnosis: "Diagnosis") -> str:
    found = {finding.check for finding in diagnosis.findings}
    width = max(len(check.name) for check in diagnosis.checks)
    lines = [
        f"{'!' if check.name in found else ' '} {check.name.ljust(width)}  {escaped(check.result)}"
        for check in diagnosis.checks
    ]
    return "checked\n" + "\n".join(lines)

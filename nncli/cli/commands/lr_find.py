"""`nncli lr-find`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import (
    CONFIG,
    FiniteRange,
    json_option,
    plot_option,
    print_json,
    set_option,
)
from nncli.cli.streams import echo
from nncli.cli.text_table import figure, table
from nncli.errors import UserError, counted

if TYPE_CHECKING:
    from nncli.lr_finder.range_test import RangeTest

KEY = "optimizer.learning_rate"
RATE = FiniteRange(1e-30, 1e30)  # so that quotients and their powers are finite


@click.command(name="lr-find")
@click.argument("config_or_run", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option("--low", type=RATE, default=1e-6, show_default=True, help="The first rate.")
@click.option("--high", type=RATE, default=10.0, show_default=True, help="The last rate.")
@click.option(
    "--steps", type=click.IntRange(10, 100_000), default=200, show_default=True, help="How many."
)
@plot_option("CONFIG-lr-find.png")
@json_option
def command(
    config_or_run: Path,
    assignments: tuple[str, ...],
    low: float,
    high: float,
    steps: int,
    output: Path | None,
    as_json: bool,
) -> int:
    """Find a learning rate by one short training.

    The rate grows by the same factor at every step, from --low to --high, in place of the config's
    rate and schedule; it ends where the loss has risen to four times its start. It starts from a
    CONFIG's initial weights or a RUN's trained ones, draws a plot and leaves no run.

    A rate is good where the loss falls fast, well below the rate of least loss; a tenth of that is
    suggested. Exits with 1 if no rate lowers the loss.
    """
    if low >= high:
        raise click.UsageError(f"--low: expected a rate below --high {high:g}, found {low:g}")
    from nncli.artifacts.loaded_network import load_network
    from nncli.artifacts.rendering import check_format
    from nncli.engine.threads import limited
    from nncli.lr_finder.range_test import range_test
    from nncli.lr_finder.range_test_plot import draw_range_test

    opened = load_network(config_or_run, assignments)
    job, experiment = opened.built.job, opened.built.experiment
    name = experiment.name if opened.reader is None else opened.reader.run.name
    path = output or Path(f"{name}-lr-find.png")
    check_format(path)
    try:
        with limited(job.training):
            found = range_test(job, opened.state.theta, low, high, steps)
    except UserError as error:
        raise UserError(f"{config_or_run}: {error}") from None
    loss = ", ".join(filter(None, (experiment.loss.title, experiment.loss.unit)))
    draw_range_test(found, name, loss, path)
    if as_json:
        print_json(_as_json(found, path))
    else:
        echo("\n".join([*_in_words(found, high), "", f"picture: {path}"]))
    return 0 if found.has_fallen else 1


def _in_words(found: "RangeTest", high: float) -> Iterator[str]:
    """The settings, the table of rates, and how to read it."""
    rates, first = found.rates, found.smoothed[0]
    end = ", where the loss ran away" if found.has_risen else ""
    yield f"{counted(len(rates), 'step')}, rates from {rates[0]:.2g} to {rates[-1]:.2g}{end}"
    yield ""
    if not found.has_fallen:
        further = "a larger --high or more --steps may find one; " * (not found.has_risen)
        yield f"no rate lowered the loss, {figure(first)}: {further}trained weights may be at their"
        yield "minimum; otherwise nncli doctor looks for a cause"
        return
    yield table([["", "rate", "loss"], *_rows(found)])
    yield ""
    choice = f"is a safe choice: --set {KEY}={found.below_least:.2g}"
    if found.below_least < rates[0]:
        choice = "was not tried: a smaller --low looks there."
    yield (
        "A rate is good where the loss falls fast; from the least loss on, steps are too long. A\n"
        f"tenth of that rate {choice}"
    )
    if found.is_open:
        yield f"The loss still fell at {high:g}: a larger --high looks further."


def _rows(found: "RangeTest") -> Iterator[list[str]]:
    """The notable rates, and the config's own."""
    named = {
        "falls fastest": float(found.rates[found.steepest]),
        "least": float(found.rates[found.least]),
        "least / 10": found.below_least,
        "the config's": found.own,
    }
    for what, rate in named.items():
        yield [what, f"{rate:.2g}", figure(found.loss_at(rate)) or "not tried"]


def _as_json(found: "RangeTest", path: Path) -> dict[str, Any]:
    has = found.has_fallen
    return {
        "steepest": float(found.rates[found.steepest]) if has else None,
        "least": float(found.rates[found.least]) if has else None,
        "least_over_10": found.below_least if has else None,
        "config": found.own,
        "has_risen": found.has_risen,
        "still_falling": has and found.is_open,
        "rates": found.rates.tolist(),
        "losses": found.losses.tolist(),
        "smoothed": found.smoothed.tolist(),
        "picture": str(path),
    }

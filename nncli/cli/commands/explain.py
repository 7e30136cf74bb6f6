"""`nncli explain`."""

from pathlib import Path

import click

from nncli.cli.options import CONFIG, json_option, print_json, set_option
from nncli.cli.streams import echo
from nncli.equivalent import LIBRARIES


@click.command(name="explain")
@click.argument("config", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option(
    "--in",
    "libraries",
    type=click.Choice(LIBRARIES),
    multiple=True,
    help="Show the equivalent settings of this library only. Repeatable.",
)
@json_option
def command(
    config: Path, assignments: tuple[str, ...], libraries: tuple[str, ...], as_json: bool
) -> None:
    """Show the formulas, and equivalent code for other libraries.

    The formulas are those of this config or run, with its own numbers: layers, loss with its
    reduction, penalty, update, schedule. Then scikit-learn, Keras and PyTorch: code to paste, and
    where their conventions differ.
    """
    from nncli.artifacts.loaded_network import load_network
    from nncli.artifacts.schedule_end import as_trained
    from nncli.equivalent import Equivalent
    from nncli.explain.explain import as_text, equivalents
    from nncli.explain.formulas import formulas

    loaded = load_network(config, assignments)
    trained = as_trained(loaded.reader) if loaded.reader else ""
    chosen = loaded.reader.chosen if loaded.reader else None
    lines = formulas(loaded.built, trained, chosen)
    found = equivalents(loaded.built, libraries)
    if trained:
        found = {name: Equivalent(each.code, *each.notes, trained) for name, each in found.items()}
    if not as_json:
        echo(as_text(lines, found))
        return
    print_json(
        {
            "formulas": [
                {"section": line.section, "name": line.name, "formula": line.formula}
                for line in lines
            ],
            "equivalents": {
                name: {"code": each.code, "notes": list(each.notes)} for name, each in found.items()
            },
        }
    )

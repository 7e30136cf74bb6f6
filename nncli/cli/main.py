"""The `nncli` command, which turns errors into lines and exit codes."""

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from nncli import __version__
from nncli.cli.interrupt import EndOnInterrupt
from nncli.cli.streams import (
    discard_unwritable_output,
    echo_err,
    open_closed_streams,
    write_all_or_fail,
)
from nncli.errors import NncliError, did_you_mean, escaped
from nncli.operating_system import expand_wildcards

FIRST = (  # in the help's order; other commands come after these
    *(
        "train",
        "sweep",
        "watch",
        "evaluate",
        "report",
        "predict",
        "compare",
        "runs",
        "plot-loss",
        "plot-sweep",
        "plot-boundary",
        "plot-surface",
        "plot-weights",
        "trace",
        "play",
        "grade",
        "gradcheck",
        "lr-find",
    ),
    *("verify", "doctor", "explain", "export", "validate", "config", "schema", "init", "list"),
)
COMMANDS = sorted(
    (
        file.removesuffix(".py").replace("_", "-")
        for file in os.listdir(os.path.join(os.path.dirname(__file__), "commands"))
        if file.endswith(".py") and file != "__init__.py"
    ),
    key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name),
)
INTERNAL_ERROR = 70
IO_ERROR = 74
NO_MEMORY = ("failed to map segment", "Cannot allocate memory")  # messages of the loader


class _Commands(click.Group):
    """Imports a subcommand on use; plug-ins' commands come after nncli's own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module = import_module(f"nncli.cli.commands.{cmd_name.replace('-', '_')}")
            command: click.Command = module.command
            return command
        from nncli.cli.plugins import plugin_command

        return plugin_command(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from nncli.cli.plugins import plugin_names

            guess = did_you_mean(args[0], [*COMMANDS, *plugin_names()])
            ctx.fail(f"no such command '{args[0]}'{guess}; see nncli --help")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="nncli %(version)s")
def cli() -> None:
    """Train neural networks from one YAML file: no code, no server, nothing hidden.

    Add --traceback to any command to see where an error comes from.
    """


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    atexit.register(gc.freeze)  # skips the garbage collection at exit
    open_closed_streams()
    write_all_or_fail()
    arguments = [argument for argument in sys.argv[1:] if argument != "--traceback"]
    with EndOnInterrupt():
        code = run(expand_wildcards(arguments), shows_traceback=len(arguments) < len(sys.argv) - 1)
    if code and (ranks := sys.modules.get("nncli.cli.launched_ranks")):
        ranks.abort_others(code)
    discard_unwritable_output()
    sys.exit(code)


def run(arguments: list[str], *, shows_traceback: bool = False) -> int:
    """Run one command; returns its exit code. Errors go to stderr, one line each."""
    try:
        code = cli.main(arguments, prog_name="nncli", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (click.Abort, KeyboardInterrupt):
        echo_err("stopped")
        return 130
    except SystemExit:
        return 0  # click raises this when the reader of the output has gone
    except BrokenPipeError:
        return 0  # the reader of the output has gone
    except Exception as error:
        if shows_traceback:
            import traceback

            echo_err(traceback.format_exc())
        lines, code = _report(error, command=next(iter(arguments), ""))
        for line in lines:
            echo_err(line)
        return code


def _report(error: Exception, command: str) -> tuple[list[str], int]:
    """The lines and the exit code of an error."""
    if isinstance(error, NncliError):
        return error.lines(), error.exit_code
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        return [error.format_message()], 2  # type: ignore[attr-defined]
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        name = context.command_path if context is not None else "nncli"
        return [f"{name}: {' '.join(error.format_message().split())}"], 2
    if isinstance(error, MemoryError):
        return ["nncli: not enough memory: the network or its data are too large"], 2
    if isinstance(error, ImportError) and any(said in str(error) for said in NO_MEMORY):
        return [f"nncli: not enough memory to load a library: {' '.join(str(error).split())}"], 2
    if isinstance(error, OSError):
        where = escaped(str(error.filename or "output"))
        return [f"nncli: {where}: {error.strerror or error}"], IO_ERROR
    culprit = "nncli" if command in ("", *COMMANDS) else f"the plugin that adds '{command}'"
    return [
        f"nncli: internal error: {type(error).__name__}: {' '.join(str(error).split())} "
        f"(a bug in {culprit}; the same command with --traceback shows where)"
    ], INTERNAL_ERROR

"""Placing: what is wrong with a trial's config, at the line of the search that wrote it."""

from collections.abc import Mapping
from dataclasses import replace

from nncli.config.overrides import keys_in
from nncli.errors import ConfigError, Problem, UserError


def lines_at(error: UserError, places: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of an error, the problems with values that a trial sets where these are written.

    places: by dotted key.
    """
    if isinstance(error, ConfigError):
        error = ConfigError(_at(problem, places) for problem in error.problems)
    return tuple(error.lines())


def _at(problem: Problem, places: Mapping[str, str]) -> Problem:
    """At the innermost key around it, or else at the last of those inside of it."""
    path = keys_in(problem.path)
    around = [key for key in places if keys_in(key) == path[: len(keys_in(key))]]
    inside = [key for key in places if keys_in(key)[: len(path)] == path]
    found = sorted(around, key=lambda key: len(keys_in(key))) or inside
    return replace(problem, where=places[found[-1]]) if found else problem

"""Load: reads a config file, applies `--set`, and decodes it into an Experiment."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from nncli.config.decode import Decoder
from nncli.config.experiment import Experiment
from nncli.config.nodes import OVERRIDE, Node, parse
from nncli.config.overrides import apply, read_assignment
from nncli.config.source_text import problem, read_text
from nncli.config.table_defaults import with_table_defaults
from nncli.config.wording import show
from nncli.errors import ConfigError, DataError, Problem, ShapeError, TableError
from nncli.frozen import frozen
from nncli.registry import Part

LAYERS = ("network", "hidden")  # a list whose items may be numbers
E = TypeVar("E", bound=Experiment)


@frozen
class Source:
    """The source positions of a config, for problems found after reading.

    text: the file as given.  places: dotted key -> `file:line:column`; "" is the whole file.
    """

    path: Path
    text: str
    places: dict[str, str]

    def problem(self, key: str, message: str) -> Problem:
        """A problem with `key`, at its position or, if it isn't in the file, at its block's."""
        written = key
        while written not in self.places:
            written = written.rpartition(".")[0]
        return problem(self.places[written], key, message)

    def error(self, found: Iterable[tuple[str, str]]) -> ConfigError:
        """A ConfigError of several (key, message), in reading order."""
        problems = [self.problem(key, message) for key, message in found]
        return ConfigError(sorted(problems, key=reading_order))

    @contextmanager
    def errors_at(self, key: str) -> Iterator[None]:
        """Turns data and shape errors into ConfigErrors, at the key they name, else at `key`."""
        try:
            yield
        except TableError:
            raise  # it has positions in the table
        except DataError as error:
            raise self.error([(named or key, message) for named, message in error.found]) from None
        except ShapeError as error:
            raise self.error([(error.key or key, str(error))]) from None


def load(path: Path, assignments: Sequence[str] = ()) -> tuple[Experiment, Source]:
    """Reads, overrides and decodes a config file. Raises ConfigError with all its problems."""
    return load_text(read_text(path), path, assignments)


def load_text(text: str, path: Path, assignments: Sequence[str] = ()) -> tuple[Experiment, Source]:
    """Loads a config from a text, as if it were the file `path`."""
    experiment, places = decode(read_root(text, path, assignments), path, Experiment)
    return experiment, Source(path, text, places)


def read_root(text: str, path: Path, assignments: Sequence[str] = ()) -> Node:
    """The nodes of a config, with table defaults and `--set` applied."""
    given = [read_assignment(assignment) for assignment in assignments]
    root = with_table_defaults(_nodes(text, str(path)), [keys for keys, _ in given])
    for keys, value in given:
        root = assign(root, keys, value)
    return root


@lru_cache(maxsize=1)
def _nodes(text: str, source: str) -> Node:
    """Parses a config; the last one is cached, since a study's runs differ in `--set` only."""
    return parse(text, source)


def assign(root: Node, keys: Sequence[str], value: Node) -> Node:
    """The root with one value set, as `apply` does, but with defaults filled in on the way.

    A part or list that the file leaves out gets its default first, so that
    `--set optimizer.learning_rate=0.1` changes the default optimizer, and
    `--set network.hidden.0=8` the default layer. A layer written as a number of units becomes a
    block if one of its keys is set.
    """
    root = _with_default(root, keys, Experiment)
    if [*keys[:2]] == [*LAYERS] and len(keys) > len(LAYERS) + 1:
        root = _with_layer(root, [*keys[: len(LAYERS) + 1]])
    return apply(root, keys, value)


def _with_layer(root: Node, keys: Sequence[str]) -> Node:
    """Replaces a layer given as a number: in `hidden: [8]`, 8 becomes `{type: dense, units: 8}`."""
    node = root
    for key in keys:
        value = node.value
        if isinstance(value, dict) and key in value:
            node = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            node = value[int(key)]
        else:
            return root
    if type(node.value) is not int:
        return root
    layer = {"type": Node("dense", node.where), "units": node}
    return apply(root, keys, Node(layer, node.where))


def _with_default(node: Node, keys: Sequence[str], cls: Any) -> Node:
    """A block of `cls`; a missing part or list that the keys lead into gets its default."""
    key, *rest = keys
    block = {} if node.value is None else node.value
    make: Any = {each.name: each.default_factory for each in fields(cls)}.get(key, MISSING)
    if not rest or not isinstance(block, dict) or make is MISSING:
        return node
    default, child = make(), block.get(key)
    if isinstance(default, Part | list):
        child = child or _as_node(default, node.where)
    elif is_dataclass(default):
        child = _with_default(child or Node(None, node.where), rest, type(default))
    if child is None or child is block.get(key):
        return node
    return replace(node, value={**block, key: child})


def _as_node(value: Any, where: str) -> Node:
    """A default value as a node; a part is written as its name."""
    if isinstance(value, list):
        return Node([_as_node(item, where) for item in value], where)
    return Node(value.name if isinstance(value, Part) else value, where)


def decode(root: Node, path: Path, cls: type[E]) -> tuple[E, dict[str, str]]:
    """Decodes nodes to (an Experiment or Resolved, dotted key -> `file:line:column`)."""
    decoder = Decoder(path.parent)
    if isinstance(root.value, dict):
        experiment = decoder.decode(root, cls, "")
    else:
        message = f"expected a config such as 'data: {{dataset: iris}}', found {show(root)}"
        experiment = decoder.note(root.where, "", message)
    if decoder.problems:
        raise ConfigError(sorted(decoder.problems, key=reading_order))
    assert isinstance(experiment, cls)
    if experiment.name == "auto":
        # undecodable bytes of a file name can't be written to the run's config
        name = os.fsencode(path.stem).decode("utf-8", "replace")
        experiment = replace(experiment, name=name)
    return experiment, decoder.places


def reading_order(problem: Problem) -> tuple[int, ...]:
    """A sort key: problems of --set first, then by line and column."""
    if problem.where.startswith(OVERRIDE):
        return ()
    _, *numbers = problem.where.rsplit(":", 2)
    return tuple(int(number) for number in numbers if number.isdecimal())

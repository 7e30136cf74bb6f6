"""What tests of searches share: short configs, and spaces of them."""

from pathlib import Path

from hypothesis import strategies as st

from nncli.config.load import read_root
from nncli.errors import ConfigError
from nncli.study.space_checks import read_checked

PATH = Path("config.yaml")
EXAMPLE = """\
optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}
network.hidden.0: {low: 8, high: 128, log: true}
training.batch_size: [16, 32, 64]
optimizer:
  - {type: sgd, momentum: {low: 0.5, high: 0.99}}
  - adam
"""
ALL_KINDS = """\
optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}
training.early_stopping: [null, {patience: {low: 3, high: 30, step: 3}, min_delta: 0.1}]
training.epochs: {low: 10, high: 1000, log: true}
network.hidden: [[], [16], [{low: 8, high: 64}, {type: dropout, rate: {low: 0.1, high: 0.5}}]]
optimizer:
  - {type: sgd, momentum: {low: 0.1, high: 0.9, step: 0.1}, nesterov: true}
  - {type: sgd, momentum: {low: 0.5, high: 0.99}}
  - adam
data.preprocessing.numeric.scale: [standard, none, auto]
"""


def config(space, rest=""):
    """A config whose space begins in line 4, with other blocks behind."""
    lines = "".join(f"    {line}\n" for line in space.strip("\n").splitlines())
    return f"data: {{dataset: iris}}\nsweep:\n  space:\n{lines}{rest}"


def space_of(space, rest=""):
    """The space of such a config."""
    return read_checked(read_root(config(space, rest), PATH), PATH)


def problems_of(space, rest=""):
    """What is wrong with it, a line each."""
    try:
        space_of(space, rest)
    except ConfigError as error:
        return error.lines()
    return []


def points(space):
    """Points of a space."""
    unit = st.floats(0, 1, exclude_max=True)
    count = len(space.dimensions)
    return st.lists(unit, min_size=count, max_size=count).map(space.from_unit)

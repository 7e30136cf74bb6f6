"""Table defaults: what did best on tables, where a config of a table says nothing of its network.

`nncli init` writes the same, and docs/accuracy.md has what it is worth. The defaults of single
keys, in `experiment.py` and below, are those of datasets and of configs that have a network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from nncli.config.nodes import Node, parse

FEW_ROWS, MANY_ROWS = 1500, 50_000

TEXT = """\
data:
  preprocessing:
    numeric: {missing_indicator: true, encode: piecewise_linear, with_value: true}
    categorical: {impute: category}
network:
  hidden:
    - feature_scale
    - {type: dense, units: 128, activation: silu}
    - {type: dropout, rate: 0.2}
    - {type: dense, units: 64, activation: silu}
    - {type: dropout, rate: 0.2}
optimizer: {type: adam, learning_rate: 0.002}
training: {batch_size: 128, dtype: float32, early_stopping: {patience: 20}}
"""
BLOCKS = ("data", "preprocessing", "training")  # whose keys are taken one by one; others as a whole
OWN = ({"network"}, {"optimizer"}, {"optimizer", "type"})  # with one of them, a config chooses


def with_table_defaults(root: Node, assigned: Iterable[Sequence[str]] = ()) -> Node:
    """The root of a config, with the keys that it lacks where rows of a table are held back to stop
    by, and neither a network nor an optimizer is named. assigned: the keys that `--set` gives."""
    if not _has_rows_to_stop_by(root) or any(set(keys) in OWN for keys in assigned):
        return root
    assert isinstance(root.value, dict)
    if root.value.keys() & {"network", "optimizer"}:
        return root
    return _with(root, _defaults(root.where))


def with_estimator_defaults(given: Mapping[str, Node], rows: int) -> dict[str, Node]:
    """The blocks of an estimator, with the keys that they lack."""
    defaults = {**_blocks(_defaults(""))}
    defaults |= _blocks(defaults.pop("data"))
    training = Node(
        {"batch_size": Node(batch_size(rows), ""), "epochs": Node(epochs(rows), "")}, ""
    )
    defaults["training"] = _with(training, defaults["training"])
    return _blocks(_with(Node({**given}, ""), Node(defaults, "")))


def batch_size(rows: int) -> int:
    """Small enough for some ten steps an epoch; large where epochs are long."""
    if rows < FEW_ROWS:
        return 64 if rows >= FEW_ROWS // 2 else 32
    return 128 if rows <= MANY_ROWS else 512


def epochs(rows: int) -> int:
    """At the most: of many rows, of as many steps."""
    return 30 if rows > MANY_ROWS else 200


@lru_cache(maxsize=1)  # each run of a study has the same
def _defaults(where: str) -> Node:
    return parse(TEXT, where, has_lines=False)


def _blocks(node: Node) -> dict[str, Node]:
    assert isinstance(node.value, dict)
    return node.value


def _has_rows_to_stop_by(root: Node) -> bool:
    data = root.value.get("data") if isinstance(root.value, dict) else None
    keys = data.value if data is not None and isinstance(data.value, dict) else {}
    return "path" in keys and ("split" not in keys or keys["split"].value not in ("none", None))


def _with(given: Node, default: Node) -> Node:
    """The keys that are given, and those of the default that aren't."""
    if not isinstance(given.value, dict) or not isinstance(default.value, dict):
        return given
    values = dict(given.value)
    for key, node in default.value.items():
        if key not in values:
            values[key] = node
        elif key in BLOCKS:
            values[key] = _with(values[key], node)
    return replace(given, value=values)

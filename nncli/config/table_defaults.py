"""Table defaults: the defaults for a table whose config has neither a network nor an optimizer.

They did best on tables (docs/accuracy.md), and `nncli init` writes the same. The defaults of single
keys, in `experiment.py`, apply to datasets and to configs that have a network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from nncli.config.nodes import Node, parse

FEW_ROWS, MANY_ROWS = 1500, 50_000

TABLE_DEFAULTS = """\
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
MERGED_BLOCKS = ("data", "preprocessing", "training")  # merged key by key; others as a whole
OPT_OUT = ({"network"}, {"optimizer"}, {"optimizer", "type"})  # keys of --set that disable defaults


def with_table_defaults(root: Node, assigned: Iterable[Sequence[str]] = ()) -> Node:
    """Adds the defaults to a config of a split table without network and optimizer.

    assigned: the keys that `--set` gives.
    """
    if not _is_split_table(root) or any(set(keys) in OPT_OUT for keys in assigned):
        return root
    assert isinstance(root.value, dict)
    if root.value.keys() & {"network", "optimizer"}:
        return root
    return _with(root, _defaults(root.where))


def with_estimator_defaults(given: Mapping[str, Node], rows: int) -> dict[str, Node]:
    """The blocks of an estimator, with the defaults added."""
    defaults = {**_blocks(_defaults(""))}
    defaults |= _blocks(defaults.pop("data"))
    training = Node(
        {"batch_size": Node(batch_size(rows), ""), "epochs": Node(epochs(rows), "")}, ""
    )
    defaults["training"] = _with(training, defaults["training"])
    return _blocks(_with(Node({**given}, ""), Node(defaults, "")))


def batch_size(rows: int) -> int:
    """The batch size: small enough for about ten steps an epoch, large for many rows."""
    if rows < FEW_ROWS:
        return 64 if rows >= FEW_ROWS // 2 else 32
    return 128 if rows <= MANY_ROWS else 512


def epochs(rows: int) -> int:
    """The maximum number of epochs; fewer for many rows, whose epochs have many steps."""
    return 30 if rows > MANY_ROWS else 200


@lru_cache(maxsize=1)  # the same for all runs of a study
def _defaults(where: str) -> Node:
    return parse(TABLE_DEFAULTS, where, has_lines=False)


def _blocks(node: Node) -> dict[str, Node]:
    assert isinstance(node.value, dict)
    return node.value


def _is_split_table(root: Node) -> bool:
    data = root.value.get("data") if isinstance(root.value, dict) else None
    keys = data.value if data is not None and isinstance(data.value, dict) else {}
    return "path" in keys and ("split" not in keys or keys["split"].value not in ("none", None))


def _with(given: Node, default: Node) -> Node:
    """Merges the default's keys into the given ones, which win."""
    if not isinstance(given.value, dict) or not isinstance(default.value, dict):
        return given
    values = dict(given.value)
    for key, node in default.value.items():
        if key not in values:
            values[key] = node
        elif key in MERGED_BLOCKS:
            values[key] = _with(values[key], node)
    return replace(given, value=values)

"""Dataset starter: writes a commented config for a built-in dataset."""

from nncli.data.targets import as_task
from nncli.errors import UserError
from nncli.parts.datasets import Dataset
from nncli.parts.metrics import DEFAULTS
from nncli.parts.table import Table
from nncli.registry import find

HEAD = """\
# One file is one experiment. Check it with `nncli validate {file}`, see every default with
# `nncli config {file}`, and all there is to choose from with `nncli list`.
name: {name}
seed: 42                        # split, initial weights, shuffling and dropout follow from it

data:
{data}
"""
TEMPLATE = (
    HEAD
    + """\
network:
  # a number is a dense layer of so many relu units; in full:
  #   - {{type: dense, units: 16, activation: tanh, kernel_initializer: glorot_uniform}}
  #   - {{type: dropout, rate: 0.1}}
  hidden: {hidden}
  output: {output}

loss: {loss}
optimizer: {{type: adam, learning_rate: {rate}}}      # or sgd, with momentum: 0.9
schedule: constant              # or {{type: exponential, rate: 0.01}}, {{type: cosine}} ...

training:
  epochs: {epochs}
  batch_size: {batch}
{training}
evaluation:
  metrics: {metrics}
"""
)

SPLIT = """\
  split: {{type: {split}, train: 0.7, val: 0.15, test: 0.15}}
  preprocessing:
    numeric: {{scale: {scale}}}   # with the mean and spread of the training rows
"""

STOPPING = """\
  early_stopping:               # stop when it gets no better, and take the best weights
    monitor: {monitor}
    patience: {patience}
"""


def starter(name: str) -> str:
    """The text of a config that trains the built-in dataset `name`.

    Raises UserError for an unknown dataset, or one that needs keys of its own.
    """
    cls = find("dataset", name)
    if cls.name == "inline":
        raise UserError("inline has its rows in the config: there is nothing to start from")
    dataset = cls()
    assert isinstance(dataset, Dataset)
    table = dataset.load()
    table = as_task(table, table.task)
    rows, features = table.x.shape
    facts = f"{rows:,} rows, {features} features"
    if table.classes:
        facts += f", {len(table.classes)} classes"
    is_split = dataset.has_split
    data = f"  dataset: {cls.name}{' ' * max(21 - len(cls.name), 1)}# {facts}\n"
    if is_split:
        kind = "random" if table.task == "regression" else "stratified"
        data += SPLIT.format(split=kind, scale="standard" if dataset.is_scaled else "none")
    return TEMPLATE.format(
        file=f"{cls.name}.yaml",
        name=cls.name,
        data=data,
        hidden="[32, 16]" if features > 4 else "[16]",
        output=output_of(table),
        loss=loss_of(table),
        rate=0.01,
        epochs=200 if is_split else 500,
        batch=32 if rows > 32 else "full",
        training=STOPPING.format(monitor="val_loss", patience=25) if is_split else "",
        metrics=f"[{', '.join(metric.name for metric in DEFAULTS[table.task])}]",
    )


def output_of(table: Table) -> str:
    units = {"binary": 1, "classification": len(table.classes)}.get(table.task, table.y.shape[-1])
    activation = {"classification": "softmax", "regression": "identity"}.get(table.task, "sigmoid")
    return f"{{units: {units}, activation: {activation}}}"


def loss_of(table: Table) -> str:
    of_task = {"classification": "cross_entropy", "regression": "mse"}
    return of_task.get(table.task, "binary_cross_entropy")

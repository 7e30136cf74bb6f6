"""Recipe: the network, training and ensemble that did best on tables, as lines of a config.

docs/accuracy.md measures each choice.
"""

import numpy as np

from nncli.config.table_defaults import MANY_ROWS, batch_size, epochs
from nncli.data.column_types import no_before_yes
from nncli.data.data_checks import is_imbalanced
from nncli.errors import printable
from nncli.parts.metrics import DEFAULTS
from nncli.parts.table import Table
from nncli.starter.dataset_starter import HEAD, loss_of, output_of

RECIPE = (
    HEAD
    + """\
{ensemble}
network:
  hidden:
{hidden}  output: {output}

loss: {loss}
optimizer: {{type: adam, learning_rate: 0.002}}

training:
  epochs: {epochs:<21} # at most
  batch_size: {batch}
  dtype: float32                # as good as float64, in half the time
{stopping}
evaluation:
  metrics: {metrics}
{decision}"""
)

DENSE_LAYERS = """\
    - feature_scale             # a trained factor for each input
    - {type: dense, units: 128, activation: silu}
    - {type: dropout, rate: 0.2}  # drops units at random, against overfitting
    - {type: dense, units: 64, activation: silu}
    - {type: dropout, rate: 0.2}
"""

IMAGE_LAYERS = """\
    - {type: conv2d, filters: 16, kernel_size: 3, padding: same}
    - {type: max_pool2d, padding: same}
    - {type: conv2d, filters: 32, kernel_size: 3, padding: same}
    - {type: max_pool2d, padding: same}
    - flatten
    - {type: dropout, rate: 0.2}  # drops values at random, against overfitting
    - {type: dense, units: 64, activation: silu}
"""

STOPPING = """\
  early_stopping: {{monitor: val_loss, patience: {patience}}}  # and keep the best weights
"""

ENSEMBLE = """\
ensemble: {members: 8}          # average 8 networks, each with other validation rows: usually
                                # better, at 8 times the cost. Without this line: one network
"""

NO_ENSEMBLE = """\
# ensemble: {members: 8}        # average 8 networks: usually better, at 8 times the cost
"""

DECISION = """\
# {share} of the rows are '{name}'. To find more of them, at the price of false alarms:
# decision: {{maximize: balanced_accuracy}}  # or costs: {costs}
"""

MIN_SPLIT_ROWS = 10  # of which 15% is at least one
MIN_ENSEMBLE_ROWS = 100  # of which an eighth is about ten
FEWER_BINS_COLUMNS, NO_BINS_COLUMNS = 64, 128  # numeric: their bins would be most of the weights
MIN_PIXELS = 64  # columns with one common range from 0: more than chance


def recipe(table: Table, file: str, name: str, data: str, *, is_quick: bool) -> str:
    """The text of a config. file: its name.  name: the run's.  data: the data block's lines."""
    rows = len(table)
    ensemble = NO_ENSEMBLE if is_quick else ENSEMBLE
    return RECIPE.format(
        file=file,
        name=name,
        data=data,
        ensemble=ensemble if rows >= MIN_ENSEMBLE_ROWS else "",
        hidden=IMAGE_LAYERS if table.image_shape else DENSE_LAYERS,
        output=output_of(table),
        loss=loss_of(table),
        batch=batch_size(rows),
        epochs=epochs(rows),
        stopping=STOPPING.format(patience=5 if rows > MANY_ROWS else 20)
        if rows >= MIN_SPLIT_ROWS
        else "",
        metrics=f"[{', '.join(_metrics(table))}]",
        decision=_decision(table),
    ).replace("\n\n\n", "\n\n")


def numeric_lines(table: Table) -> str:
    """The preprocessing of numbers, as lines of `data.preprocessing`."""
    numeric = [name for name in table.features if table.kind(name) == "numeric"]
    imputed = [n for n in table.features if table.kind(n) != "categorical"]
    if not imputed:
        return ""
    is_missing = any(np.isnan(table.column(name).values).any() for name in imputed)
    indicator = ", missing_indicator: true" if is_missing else ""
    if table.image_shape or _looks_like_pixels(table, numeric):
        return f"    numeric: {{impute: median{indicator}, scale: minmax}}\n"
    if len(numeric) > NO_BINS_COLUMNS:
        return f"    numeric: {{impute: median{indicator}, scale: robust_clip}}\n"
    missing = "; one more marks missing cells" if indicator else ""
    lines = (
        "    # inputs of a number: a piecewise linear code with bins between its quantiles, and\n"
    )
    lines += f"    # its standardized value{missing}"
    bins = ", bins: 8" if len(numeric) > FEWER_BINS_COLUMNS else ""
    keys = f"encode: piecewise_linear{bins}, with_value: true"
    return f"{lines}\n    numeric: {{impute: median{indicator}, {keys}}}\n"


def _looks_like_pixels(table: Table, numeric: list[str]) -> bool:
    """Whether all columns start at 0 and many share one maximum, as pixels do."""
    if len(numeric) < MIN_PIXELS:
        return False
    columns = [table.column(name).values for name in numeric]
    least = np.array([np.nanmin(values) for values in columns])
    most = np.array([np.nanmax(values) for values in columns])
    return bool((least == 0).all() and np.mean(most == most.max()) > 0.25)


def _is_imbalanced(table: Table) -> bool:
    return bool(table.classes) and is_imbalanced(np.bincount(table.y))


def _metrics(table: Table) -> tuple[str, ...]:
    """The metrics; `evaluate` compares models by the first one.

    For imbalanced classes that is log_loss: metrics at a threshold say little about a rare class.
    """
    names = [metric.name for metric in DEFAULTS[table.task]]
    if not _is_imbalanced(table):
        return tuple(names)
    return ("log_loss", "balanced_accuracy", *(name for name in names if name != "log_loss"))


def positive_class_last(table: Table) -> tuple[tuple[str, ...], str]:
    """(the classes, the positive one second, and why); ((), "") if they stand in that order.

    The positive class is the rare one if two classes are imbalanced; of yes and no it is yes.
    """
    if len(table.classes) != 2:
        return (), ""
    if _is_imbalanced(table):
        order, why = table.classes[:: 1 if np.bincount(table.y).argmin() else -1], "few rows have"
    else:
        order, why = no_before_yes(table.classes), "means yes"
    return (order, why) if order != table.classes else ((), "")


def _decision(table: Table) -> str:
    """A comment on how to find more rows of a rare class: by a threshold.

    Class weights would do so too, but they bias every probability.
    """
    if len(table.classes) != 2 or not _is_imbalanced(table):
        return ""
    counts = np.bincount(table.y)
    least = int(counts.argmin())
    costs = "{false_positive: 1, false_negative: 5}"  # `positive_class_last` has made it the second
    share = f"{100 * counts[least] / counts.sum():.2g}%"
    name = printable(table.classes[least], 40)
    return DECISION.format(share=share, name=name, costs=costs)

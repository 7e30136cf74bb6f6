"""Recipe: what did best on tables, network, training and how many of them, as lines of a config.

docs/accuracy.md has what each choice is worth, and how it was made.
"""

import numpy as np

from nncli.config.table_defaults import MANY_ROWS, batch_size, epochs
from nncli.data.data_checks import is_imbalanced
from nncli.errors import printable
from nncli.parts.metrics import DEFAULTS
from nncli.parts.table import Table
from nncli.starter.dataset_starter import loss_of, output_of

RECIPE = """\
# One file is one experiment. Check it with `nncli validate {file}`, see every default with
# `nncli config {file}`, and all there is to choose from with `nncli list`.
name: {name}
seed: 42                        # split, initial weights, shuffling and dropout follow from it

data:
{data}
{ensemble}
network:
  hidden:
{hidden}  output: {output}

loss: {loss}
optimizer: {{type: adam, learning_rate: 0.002}}

training:
  epochs: {epochs:<21} # at the most
  batch_size: {batch}
  dtype: float32                # as good as float64, in half the time
{stopping}
evaluation:
  metrics: {metrics}
{decision}"""

FEATURES = """\
    - feature_scale             # a factor for each input: what matters is turned up
    - {type: dense, units: 128, activation: silu}
    - {type: dropout, rate: 0.2}  # of the units, in each step: less is learnt by heart
    - {type: dense, units: 64, activation: silu}
    - {type: dropout, rate: 0.2}
"""

PICTURES = """\
    - {type: conv2d, filters: 16, kernel_size: 3, padding: same}
    - {type: max_pool2d, padding: same}
    - {type: conv2d, filters: 32, kernel_size: 3, padding: same}
    - {type: max_pool2d, padding: same}
    - flatten
    - {type: dropout, rate: 0.2}  # of the numbers, in each step: less is learnt by heart
    - {type: dense, units: 64, activation: silu}
"""

STOPPING = """\
  early_stopping: {{monitor: val_loss, patience: {patience}}}  # then the best weights are taken
"""

ENSEMBLE = """\
ensemble: {members: 8}          # networks, each stopped by another part of train and val; their
                                # mean is better, at 8 times the cost. Without this line: one
"""

QUICK = """\
# ensemble: {members: 8}        # the mean of so many networks is better, at 8 times the cost
"""

DECISION = """\
# {share} of the rows are '{name}'. To find more of them, at the price of false alarms:
# decision: {{maximize: balanced_accuracy}}  # or costs: {costs}
"""

FEWEST_SPLIT = 10  # rows, of which 15% is one at least
FEWEST_MEMBERS = 100  # rows, of which an eighth is some ten
MANY_NUMBERS, MOST_NUMBERS = 64, 128  # columns: bins of all are the inputs, and most of the weights
PIXELS = 64  # columns that share one range from 0: more than chance


def recipe(table: Table, file: str, name: str, data: str, *, is_quick: bool) -> str:
    """The text of a config. file, name, data: its name, the run's, and the block of that name."""
    rows = len(table)
    ensemble = QUICK if is_quick else ENSEMBLE
    return RECIPE.format(
        file=file,
        name=name,
        data=data,
        ensemble=ensemble if rows >= FEWEST_MEMBERS else "",
        hidden=PICTURES if table.picture else FEATURES,
        output=output_of(table),
        loss=loss_of(table),
        batch=batch_size(rows),
        epochs=epochs(rows),
        stopping=STOPPING.format(patience=5 if rows > MANY_ROWS else 20)
        if rows >= FEWEST_SPLIT
        else "",
        metrics=f"[{', '.join(_metrics(table))}]",
        decision=_decision(table),
    ).replace("\n\n\n", "\n\n")


def numeric_lines(table: Table) -> str:
    """What is done to numbers, as lines of `data.preprocessing`."""
    numeric = [name for name in table.features if table.kind(name) == "numeric"]
    lacking = [n for n in table.features if table.kind(n) != "categorical"]
    if not lacking:
        return ""
    is_missing = any(np.isnan(table.column(name).values).any() for name in lacking)
    indicator = ", missing_indicator: true" if is_missing else ""
    if table.picture or _looks_like_pixels(table, numeric):
        return f"    numeric: {{impute: median{indicator}, scale: minmax}}\n"
    if len(numeric) > MOST_NUMBERS:
        return f"    numeric: {{impute: median{indicator}, scale: robust_clip}}\n"
    missing = "; a missing one is told too" if indicator else ""
    lines = (
        "    # a number fills the bins between its quantiles, at which a network can bend, and is\n"
    )
    lines += f"    # an input itself, standardized, beside them{missing}"
    bins = ", bins: 8" if len(numeric) > MANY_NUMBERS else ""
    keys = f"encode: piecewise_linear{bins}, with_value: true"
    return f"{lines}\n    numeric: {{impute: median{indicator}, {keys}}}\n"


def _looks_like_pixels(table: Table, numeric: list[str]) -> bool:
    """Whether most columns go from 0 to one common maximum: then that range is their scale."""
    if len(numeric) < PIXELS:
        return False
    columns = [table.column(name).values for name in numeric]
    least = np.array([np.nanmin(values) for values in columns])
    most = np.array([np.nanmax(values) for values in columns])
    return bool((least == 0).all() and np.mean(most == most.max()) > 0.25)


def _is_imbalanced(table: Table) -> bool:
    return bool(table.classes) and is_imbalanced(np.bincount(table.y))


def _metrics(table: Table) -> tuple[str, ...]:
    """By the first, `evaluate` says which model is best: of a rare class, which most thresholds
    miss, by what training lessens."""
    names = [metric.name for metric in DEFAULTS[table.task]]
    if not _is_imbalanced(table):
        return tuple(names)
    return ("log_loss", "balanced_accuracy", *(name for name in names if name != "log_loss"))


def rare_last(table: Table) -> tuple[str, ...]:
    """Two classes, of which few rows have the first, in the order that makes it the second: the
    positive one. None where they stand right."""
    if len(table.classes) != 2 or not _is_imbalanced(table):
        return ()
    return table.classes[::-1] if np.bincount(table.y).argmin() == 0 else ()


def _decision(table: Table) -> str:
    """How to find more of a class that few rows have: by a threshold, not by weights, which would
    make every probability wrong."""
    if len(table.classes) != 2 or not _is_imbalanced(table):
        return ""
    counts = np.bincount(table.y)
    least = int(counts.argmin())
    costs = "{false_positive: 1, false_negative: 5}"  # `rare_last` has made it the positive one
    share = f"{100 * counts[least] / counts.sum():.2g}%"
    name = printable(table.classes[least], 40)
    return DECISION.format(share=share, name=name, costs=costs)

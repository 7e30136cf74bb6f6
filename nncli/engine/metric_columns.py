"""Metric columns: a metric's name, behind a prefix that says on which rows it was measured.

metrics.csv has TRAIN and VAL, the table of a study's trials TRIAL_TRAIN, VAL and HELD_OUT.
GRADIENT_NORM columns are no metric: a layer's name follows.
"""

TRAIN, VAL = "", "val_"
TRIAL_TRAIN, HELD_OUT = "train_", "held_out_"
GRADIENT_NORM = "gradient_norm_"
ROWS = {TRIAL_TRAIN: "train", VAL: "val", HELD_OUT: "held_out", "test_": "test"}


def prefix_of(column: str) -> str:
    """`val_` of `val_loss`; empty for none.

    >>> prefix_of("held_out_rmse"), prefix_of("accuracy")
    ('held_out_', '')
    """
    return next((prefix for prefix in ROWS if column.startswith(prefix)), TRAIN)


def metric_of(column: str) -> str:
    """A column's metric, whatever rows it is about: `loss` of `val_loss`."""
    return column.removeprefix(prefix_of(column))


def rows_of(column: str) -> str:
    """The rows that a column is about: train, val, held_out or test."""
    return ROWS.get(prefix_of(column), "train")

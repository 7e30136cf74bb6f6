"""Metric columns: a metric's name with a prefix for the rows that it was measured on.

metrics.csv has the prefixes TRAIN and VAL; a study's table of trials has TRIAL_TRAIN, VAL and
HELD_OUT. GRADIENT_NORM is followed by a layer's name instead of a metric's.
"""

TRAIN, VAL = "", "val_"
TRIAL_TRAIN, HELD_OUT = "train_", "held_out_"
GRADIENT_NORM = "gradient_norm_"
ROWS = {TRIAL_TRAIN: "train", VAL: "val", HELD_OUT: "held_out", "test_": "test"}


def prefix_of(column: str) -> str:
    """The prefix of a column: `val_` of `val_loss`; empty if it has none.

    >>> prefix_of("held_out_rmse"), prefix_of("accuracy")
    ('held_out_', '')
    """
    return next((prefix for prefix in ROWS if column.startswith(prefix)), TRAIN)


def metric_of(column: str) -> str:
    """The metric of a column without its prefix: `loss` of `val_loss`."""
    return column.removeprefix(prefix_of(column))


def rows_of(column: str) -> str:
    """The rows that a column was measured on: train, val, held_out or test."""
    return ROWS.get(prefix_of(column), "train")

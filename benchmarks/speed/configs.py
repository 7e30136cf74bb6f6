"""Configs: a row as what a user of nncli would write, a YAML file beside its data and weights."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.speed.data import Data
from benchmarks.speed.rows import Row


def write(row: Row, data: Data, folder: Path, threads: int = 1) -> Path:
    """Write the row's config, its table and its initial weights into a folder; the config."""
    table, start = folder / f"{row.name}-data.npz", folder / f"{row.name}-weights.npz"
    np.savez(table, x=data.x, y=data.truth)
    names = [f"hidden_{number}" for number in range(1, len(row.layers))] + ["output"]
    keys = [f"{name}/{tensor}" for name in names for tensor in "Wb"]
    tensors: dict[str, Any] = dict(zip(keys, data.theta, strict=True))
    np.savez(start, **tensors)
    path = folder / f"{row.name}.yaml"
    content = config(row, table.name, start.name, threads)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def config(row: Row, table: str, start: str, threads: int) -> dict[str, Any]:
    """The keys of a row's config."""
    from_file = {"type": "from_file", "path": start}
    starts = {"kernel_initializer": from_file, "bias_initializer": from_file}
    hidden = [{"type": "dense", "units": units, **starts} for units in row.widths[1:-1]]
    data = {
        "path": table,
        "target": "y",
        "task": {"half_mse": "regression", "cross_entropy": "classification"}.get(
            row.loss, "binary"
        ),
        "features": {"include": [f"x_{number}" for number in range(1, row.widths[0] + 1)]},
        "columns": {f"x_{number}": "numeric" for number in range(1, row.widths[0] + 1)},
        "split": "none",
        "preprocessing": "none",
    }
    return {
        "seed": row.seed,
        "data": data,
        "network": {
            "hidden": hidden,
            "output": {"units": row.widths[-1], "activation": row.output, **starts},
        },
        "loss": row.loss,
        "optimizer": row.rule.to_config(),
        "training": {
            "epochs": row.checked_epochs,
            "batch_size": "full" if row.is_full_batch else row.batch,
            "dtype": "float32",
            "threads": threads,
        },
        "output": {"plots": []},
    }

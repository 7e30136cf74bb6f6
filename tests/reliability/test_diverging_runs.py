"""Numbers that leave the finite ones, in data, loss or weights: the last finite ones are kept."""

import math

import numpy as np
import pytest
from whole_runs import has_checkpoint

LINE = "dataset: {type: inline, x: [[1], [2], [3], [4]], y: [1, 3, 2, 5]}, split: none"
STEEP = "{type: gd, learning_rate: 1.0e+60}"


def config(
    data=LINE,
    hidden="[]",
    output="{}",
    loss="half_mse",
    optimizer=STEEP,
    training="epochs: 50",
):
    """The lines of a config."""
    return (
        f"data: {{{data}}}",
        f"network: {{hidden: {hidden}, output: {output}}}",
        f"loss: {loss}",
        f"optimizer: {optimizer}",
        f"training: {{{training}}}",
        "output: {plots: [], log_every: 1}",
    )


DEEP = "[{type: dense, units: 4, activation: relu}, {type: dense, units: 4, activation: relu}]"
BLOWS_UP = {  # after some finite epochs
    "gd": config(),
    "momentum": config(optimizer="{type: sgd, learning_rate: 1.0e+60, momentum: 0.9}"),
    "batches": config(training="epochs: 50, batch_size: 1"),
    "adam": config(optimizer="{type: adam, learning_rate: 1.0e+160}"),
    "rmsprop": config(optimizer="{type: rmsprop, learning_rate: 1.0e+160}"),
    "deep": config(hidden=DEEP, optimizer="{type: gd, learning_rate: 1.0e+20}"),
    "mse": config(loss="mse"),
    "rss": config(loss="rss"),
    "float32": config(
        optimizer="{type: gd, learning_rate: 1.0e+8}", training="epochs: 50, dtype: float32"
    ),
    "compiled": config(training="epochs: 50, engine: compiled"),
    "clipped too late": config(training="epochs: 50, clip_grad_norm: 1.0e+200"),
    "adamw": config(optimizer="{type: adamw, learning_rate: 1.0e+160}"),
    "momentum and mse": config(
        loss="mse", optimizer="{type: sgd, learning_rate: 1.0e+50, momentum: 0.5}"
    ),
    "best kept": config(
        training="epochs: 50, early_stopping: {monitor: loss, patience: 40}",
    ),
}
NEVER_FINITE = {  # the first loss is infinite already
    "weights too large": config(output="{kernel_initializer: {type: constant, value: 1.0e+200}}"),
    "targets too large": config(
        data="dataset: {type: inline, x: [[1], [2]], y: [1.0e+200, -1.0e+200]}, split: none,"
        " preprocessing: none",
    ),
}
BAD_DATA = {  # (config, table or None): found before anything is trained
    "nan in line": (config(data="dataset: {type: inline, x: [[.nan]], y: [1]}"), None),
    "inf in line": (config(data="dataset: {type: inline, x: [[1]], y: [.inf]}"), None),
    "nan in a table": (config(data="path: table.csv, target: y"), "x,y\n1,2\n3,nan\n5,6\n7,8\n"),
    "inf in a table": (config(data="path: table.csv, target: y"), "x,y\n1,2\ninf,4\n5,6\n7,8\n"),
    "beyond floats": (config(data="path: table.csv, target: y"), "x,y\n1,2\n1e999,4\n5,6\n7,8\n"),
}


@pytest.mark.parametrize("name", BLOWS_UP)
def test_last_finite_checkpoint_is_kept_and_can_be_scored(
    nncli, write, folder, run_at, tried, name
):
    if name == "compiled":
        pytest.importorskip("llvmlite", reason="there is no compiler: llvmlite isn't installed")
    done = nncli("train", write("it.yaml", *BLOWS_UP[name]), "--quiet", "--json")
    assert (done.code, done.json["stopped"], done.err.count("\n")) == (5, "diverged", 1), done.err
    assert "is not finite" in done.err
    run = run_at(folder / "runs" / "it-001")
    assert has_checkpoint(run.path)
    assert all(np.isfinite(tensor).all() for tensor in run.weights.values())
    assert all(math.isfinite(float(row["loss"])) for row in run.rows)
    scored = nncli("evaluate", run.path, "--json", "--no-plots")
    assert scored.code == 0
    assert math.isfinite(scored.json["metrics"]["loss"])
    tried(1, "code 5, kept")


@pytest.mark.parametrize("name", NEVER_FINITE)
def test_run_that_never_was_finite_says_so_wherever_it_is_read(nncli, write, folder, tried, name):
    done = nncli("train", write("it.yaml", *NEVER_FINITE[name]), "--quiet")
    assert (done.code, done.err.count("\n")) == (5, 1), done.err
    assert "epoch 0" in done.err
    for command in ("evaluate", "plot-loss", "trace"):
        read = nncli(command, folder / "runs" / "it-001")
        assert (read.code, read.err.count("\n")) == (2, 1), (command, read.err)
        assert "never" in read.err, command
    tried(1, "code 5, nothing to keep")


@pytest.mark.parametrize("name", BAD_DATA)
def test_number_that_is_not_finite_in_the_data_is_found_where_it_stands(
    nncli, write, folder, tried, name
):
    lines, table = BAD_DATA[name]
    if table:
        (folder / "table.csv").write_text(table)
    done = nncli("train", write("it.yaml", *lines), "--quiet")
    assert done.code == 2, done
    assert all(line.startswith(str(folder)) for line in done.err.splitlines())
    assert ":3:" in done.err or "line 3" in done.err or ":1:" in done.err
    assert not (folder / "runs").exists()
    tried(1, "code 2, located")

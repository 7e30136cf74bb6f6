"""Equal runs are equal to the byte; on other kernels of the same machine, to a tolerance."""

import os
import platform
from pathlib import Path

import numpy as np
import pytest

CONFIG = (
    "seed: 11",
    "data: {dataset: iris}",
    "network: {hidden: [{type: dense, units: 16, activation: tanh}, {type: dropout, rate: 0.1}]}",
    "optimizer: {type: adam, learning_rate: 0.01}",
    "output: {plots: []}",
)
# OpenBLAS's kernels, and what a processor needs for each.
KERNELS = {
    "Prescott": {"pni"},
    "Nehalem": {"sse4_2"},
    "Sandybridge": {"avx"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512bw", "avx512vl"},
}


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_one_config_gives_the_same_bytes_every_time(
    write, process, fork_server, folder, run_at, amount, tried, engine
):
    """A process of its own has other addresses and other seeds of hashes; a child has not."""
    if engine == "compiled":
        pytest.importorskip("llvmlite", reason="there is no compiler: llvmlite isn't installed")
    config = write(
        "it.yaml", *CONFIG, f"training: {{epochs: 20, batch_size: 15, engine: {engine}}}"
    )
    times, own = amount(8, 20), amount(2, 20)
    for number in range(times):
        command = ("train", config, "--quiet", "--runs-dir", f"runs {number}")
        done = process(*command) if number < own else fork_server.call(folder, *command)
        assert (done.code, done.err) == (0, "")
    results = [run_at(folder / f"runs {number}" / "it-001").result for number in range(times)]
    assert all(result == results[0] for result in results)
    tried(times, f"all equal, {own} of them in processes of their own")


def test_other_blas_kernels_agree_within_the_rounding_of_their_sums(
    write, process, folder, run_at, tried
):
    """Another kernel sums a product of n terms in another order: n eps apart, of its size.

    Descent on a loss that it lowers steadily doesn't magnify such differences, they add up over the
    steps. So weights agree within steps x n x eps of the largest, where n is the longest sum: the
    rows of a batch.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the kernels named here are those of x86-64")
    flags = set(Path("/proc/cpuinfo").read_text().split())
    known = [kernel for kernel, needed in KERNELS.items() if needed <= flags]
    rows, epochs = 105, 50
    config = write(
        "it.yaml",
        *CONFIG[:2],
        "network: {hidden: [{type: dense, units: 16, activation: tanh}]}",
        "optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}",
        f"training: {{epochs: {epochs}, batch_size: full, engine: numpy, threads: 1}}",
        "output: {plots: []}",
    )
    weights, used = {}, set()
    for kernel in known:
        environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
        done = process("train", config, "--quiet", "--runs-dir", kernel, env=environment)
        assert (done.code, done.err) == (0, "")
        run = run_at(folder / kernel / "it-001")
        used |= {blas["architecture"] for blas in run.json("environment.json")["blas"]}
        weights[kernel] = np.concatenate([tensor.ravel() for tensor in run.weights.values()])
    if len(used) < 2:
        pytest.skip(f"this NumPy has a single kernel for this machine: {used}")
    tolerance = epochs * rows * np.finfo(float).eps
    first = weights[known[0]]
    size = np.abs(first).max()
    off = {kernel: np.abs(theta - first).max() / size for kernel, theta in weights.items()}
    assert max(off.values()) <= tolerance, off
    distinct = len({theta.tobytes() for theta in weights.values()})
    tried(
        len(known), f"{distinct} results, at most {max(off.values()):.1e} of {tolerance:.1e} apart"
    )

"""Convolutions: forward and backward of a 3x3 kernel, one thread, in turns with torch eager.

`python -m benchmarks.speed.convolutions` prints the medians, and that of the turns' own ratios.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402

from nncli.engine.network import Network  # noqa: E402
from nncli.engine.plan import Plan  # noqa: E402
from nncli.engine.rows import Batch  # noqa: E402
from nncli.engine.steppers.peephole import Peephole  # noqa: E402
from nncli.engine.tape import Tape  # noqa: E402
from nncli.engine.workspace import recorded  # noqa: E402
from nncli.parts.activations import Identity  # noqa: E402
from nncli.parts.layers import Conv2D, Dense, Flatten, Layer, PRelu  # noqa: E402
from nncli.parts.losses import HalfMse  # noqa: E402

ROWS = 64
CASES = ((28, 1, 8), (28, 1, 32), (14, 8, 32), (14, 32, 32))  # side, channels, filters
REACH = {(28, 1, 8): 0.9, (28, 1, 32): 1.0, (14, 8, 32): 1.3, (14, 32, 32): 1.6}
HEADER = "| pictures | filters | nncli, ms | torch, ms | ratio | asked |"


def nncli_step(side: int, channels: int, filters: int) -> Callable[[], None]:
    """One layer's forward and backward, as training replays them.

    Of one channel it is the first layer, whose dx nobody needs; else a layer behind another.
    """
    before: list[Layer] = [] if channels == 1 else [PRelu()]
    layer = Conv2D(filters, 3, padding="same", activation=Identity())
    hidden = [*before, layer, Flatten()]
    network = Network((side, side, channels), hidden, Dense(1, Identity()), HalfMse())
    random = np.random.default_rng(0)
    theta = network.initialize(random).astype(np.float32)
    x = random.normal(size=(ROWS, side * side * channels)).astype(np.float32)
    targets = np.zeros((ROWS, 1), np.float32)
    plan = Plan(network, theta, Batch({"x": x}, targets), ROWS, gather=False)
    tape, own = Tape(), plan.buffers(ROWS)[len(before)]
    written = recorded([own], tape)[0]
    layer.forward(written)
    layer.backward(written)
    assert own.dy is not None
    own.dy[...] = random.normal(size=own.dy.shape)
    return Peephole().optimized(tape)


def torch_step(side: int, channels: int, filters: int) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    x = torch.randn(ROWS, channels, side, side, requires_grad=channels > 1)
    layer = torch.nn.Conv2d(channels, filters, 3, padding=1)
    slope = torch.randn(ROWS, filters, side, side)

    def step() -> None:
        layer.zero_grad()
        x.grad = None
        layer(x).backward(slope)

    return step


def timed(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=51)
    turns = parser.parse_args().turns
    print(HEADER, "| --- | ---: |" + " ---: |" * 4, sep="\n")
    for case in CASES:
        steps = [nncli_step(*case)]
        if find_spec("torch"):
            steps.append(torch_step(*case))
        for step in steps:
            step()
        taken = [[timed(step) for step in steps] for _ in range(turns)]
        print(_line(case, taken))


def _line(case: tuple[int, int, int], taken: list[list[float]]) -> str:
    side, channels, filters = case
    medians = [f"{1e3 * statistics.median(each):.2f}" for each in zip(*taken, strict=True)]
    ratio = "-"
    if len(medians) > 1:
        ratio = f"{statistics.median(own / other for own, other in taken):.2f}"
    shown = [*medians, *["-"] * (2 - len(medians)), ratio, f"{REACH[case]}"]
    return f"| {side}x{side}x{channels} | {filters} | {' | '.join(shown)} |"


if __name__ == "__main__":
    main()

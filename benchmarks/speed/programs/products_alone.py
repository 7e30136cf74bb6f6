"""The matrix products of a step and nothing else: z = x W, dW = x^T dz and dx = dz W^T of each
layer, by np.dot into arrays made once. What NumPy code can hardly go below.
"""

import time

import numpy as np
import threadpoolctl

from benchmarks.speed.programs import Program, Ran, Task


def make(task: Task) -> Program:
    row = task.row
    x = np.ascontiguousarray(task.data.x[: row.batch])
    calls = []
    for number, (inputs, outputs) in enumerate(row.layers):
        w, dw = task.data.theta[2 * number], np.empty((inputs, outputs), np.float32)
        z = np.ones((row.batch, outputs), np.float32)
        dz, dx = z.copy(), np.empty_like(x)
        calls += [(x, w, z), (x.T, dz, dw)]
        if number:
            calls.append((dz, w.T, dx))
        x = np.ones((row.batch, outputs), np.float32)

    def run(epochs: int) -> Ran:
        with threadpoolctl.threadpool_limits(task.threads, user_api="blas"):
            began = time.perf_counter()
            for _ in range(epochs * row.steps_per_epoch):
                for left, right, out in calls:
                    np.dot(left, right, out)
            return Ran(time.perf_counter() - began, epochs, None)

    return run

"""PyTorch, eager: nn.Sequential, autograd and torch.optim with their defaults, on the CPU."""

import time

import torch
from torch import nn

from benchmarks.speed.data import batches
from benchmarks.speed.programs import Program, Ran, Task
from benchmarks.speed.rows import Row
from nncli.parts.arrays import Array


def make(task: Task) -> Program:
    row, data = task.row, task.data
    torch.set_num_threads(task.threads)
    x, targets = torch.from_numpy(data.x), torch.from_numpy(data.targets)
    if row.loss == "cross_entropy":
        targets = torch.from_numpy(data.truth).long()
    orders = torch.from_numpy(batches(row, row.checked_epochs))
    loss_of = {
        "cross_entropy": nn.functional.cross_entropy,
        "binary_cross_entropy": nn.functional.binary_cross_entropy_with_logits,
        "half_mse": lambda a, t: 0.5 * nn.functional.mse_loss(a, t),
    }[row.loss]

    def run(epochs: int) -> Ran:
        model = _network(row, data.theta)
        optimizer = _optimizer(row, model)

        def step(x_batch: torch.Tensor, t_batch: torch.Tensor) -> None:
            optimizer.zero_grad()
            loss_of(model(x_batch), t_batch).backward()
            optimizer.step()

        began = time.perf_counter()
        for epoch in range(epochs):
            if row.is_full_batch:
                step(x, targets)
                continue
            for index in orders[epoch % len(orders)]:
                step(x[index], targets[index])
        seconds = time.perf_counter() - began
        weights = [p.detach().numpy() for p in model.parameters()]
        return Ran(seconds, epochs, [w.T if w.ndim == 2 else w for w in weights])

    return run


def _network(row: Row, theta: list[Array]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(row.layers):
        dense = nn.Linear(inputs, outputs)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(theta[2 * number].T.copy()))
            dense.bias.copy_(torch.from_numpy(theta[2 * number + 1]))
        modules += [dense, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def _optimizer(row: Row, model: nn.Module) -> torch.optim.Optimizer:
    rule = row.rule
    if rule.type == "adam":
        return torch.optim.Adam(model.parameters(), rule.learning_rate, rule.betas, rule.epsilon)
    return torch.optim.SGD(model.parameters(), rule.learning_rate, rule.momentum)

"""PyTorch: the training loop as one writes it by hand, eager, with the fused Adam."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import torch
from torch import nn

from benchmarks.peers import Once, Prepare, Sample, Task


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"torch": torch.__version__}


def _network(sizes: tuple[int, ...]) -> nn.Sequential:
    """Return tanh layers and a last layer without sigmoid, which is in the loss."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        dense = nn.Linear(n_in, n_out)
        nn.init.xavier_uniform_(dense.weight)
        nn.init.zeros_(dense.bias)
        layers += [dense, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def _train(network: nn.Sequential, task: Task, x: torch.Tensor, y: torch.Tensor) -> None:
    work = task.work
    loss = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(
        network.parameters(),
        lr=work.learning_rate,
        betas=(work.beta1, work.beta2),
        eps=work.epsilon,
        fused=True,
    )
    for _ in range(task.epochs):
        for batch in torch.randperm(len(x)).split(work.batch_size):
            optimizer.zero_grad()
            loss(network(x[batch]), y[batch]).backward()
            optimizer.step()


def _prepare(task: Task) -> Once:
    """Train one epoch first: what PyTorch imports on the first step is not timed."""
    torch.set_num_threads(task.n_threads)
    x, y = torch.from_numpy(task.rows.x_train), torch.from_numpy(task.rows.y_train)
    x_validation = torch.from_numpy(task.rows.x_validation)
    truth = torch.from_numpy(task.rows.y_validation) > 0.5

    def once() -> Sample:
        network = _network(task.work.sizes)
        start = time.perf_counter()
        _train(network, task, x, y)
        seconds = time.perf_counter() - start
        with torch.no_grad():
            accuracy = ((network(x_validation) > 0) == truth).float().mean().item()
        return Sample(seconds=seconds, epochs=task.epochs, accuracy=accuracy)

    _train(_network(task.work.sizes), replace(task, epochs=1), x, y)
    return once


CASES: dict[str, Prepare] = {"torch": _prepare}

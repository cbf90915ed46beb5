"""PyTorch: the training loop as one writes it by hand, with the fused Adam.

*Eager* and *compiled*; the latter gives the network and its loss to ``torch.compile``, which
compiles forward and backward, while Adam stays the fused one. Rows are put in order once per
epoch, so that a batch is a view. Compiling is not timed; the seconds it took are a fact.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.peers import Once, Prepare, Sample, Task
from benchmarks.rows import judge
from benchmarks.workloads import Work

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
_LOSSES = {
    "sigmoid": nn.functional.binary_cross_entropy_with_logits,
    "softmax": nn.functional.cross_entropy,
    "identity": nn.functional.mse_loss,
}
_OUTPUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "sigmoid": torch.sigmoid,
    "softmax": partial(torch.softmax, dim=1),
    "identity": lambda z: z,
}


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"torch": torch.__version__}


def _network(work: Work) -> nn.Sequential:
    """Return the layers without the last activation, which is in the loss."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(work.sizes):
        dense = nn.Linear(n_in, n_out)
        nn.init.xavier_uniform_(dense.weight)
        nn.init.zeros_(dense.bias)
        layers += [dense, nn.Tanh() if work.hidden == "tanh" else nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _loss(work: Work, network: nn.Sequential, *, is_compiled: bool) -> Loss:
    judge_batch = _LOSSES[work.output]

    def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return judge_batch(network(x), y)

    return torch.compile(loss, dynamic=False) if is_compiled else loss


def _train(
    network: nn.Sequential, loss: Loss, task: Task, x: torch.Tensor, y: torch.Tensor
) -> None:
    work = task.work
    optimizer = torch.optim.Adam(
        network.parameters(),
        lr=work.learning_rate,
        betas=(work.beta1, work.beta2),
        eps=work.epsilon,
        fused=True,
    )
    for _ in range(task.epochs):
        order = torch.randperm(len(x)) if work.is_shuffled else slice(None)
        batches = zip(x[order].split(work.batch_size), y[order].split(work.batch_size), strict=True)
        for xs, ys in batches:
            optimizer.zero_grad()
            loss(xs, ys).backward()
            optimizer.step()


def _targets(task: Task) -> torch.Tensor:
    if task.work.output == "softmax":
        return torch.from_numpy(task.rows.train_labels)
    return torch.from_numpy(task.rows.y_train)


def _prepare(is_compiled: bool, task: Task) -> Once:
    """Train one epoch first: compiling, and what PyTorch imports on the first step, is not timed.

    The same network is started again for every sample, so that it is compiled once.
    """
    torch.set_num_threads(task.n_threads)
    work = task.work
    x, y = torch.from_numpy(task.rows.x_train), _targets(task)
    x_validation = torch.from_numpy(task.rows.x_validation)
    network = _network(work)
    loss = _loss(work, network, is_compiled=is_compiled)
    starts = [_network(work).state_dict() for _ in range(task.n_networks)]

    def once() -> Sample:
        seconds, outputs = 0.0, []
        for state in starts:
            network.load_state_dict(state)
            start = time.perf_counter()
            _train(network, loss, task, x, y)
            seconds += time.perf_counter() - start
            with torch.no_grad():
                outputs.append(_OUTPUTS[work.output](network(x_validation)).numpy())
        learnt = judge(work, np.stack(outputs), task.rows.y_validation)
        return Sample(seconds=seconds, epochs=task.epochs, facts=facts, **learnt)

    begun = time.perf_counter()
    _train(network, loss, replace(task, epochs=1), x, y)
    facts = {"compile_s": time.perf_counter() - begun} if is_compiled else {}
    return once


WAYS: dict[str, Prepare] = {"eager": partial(_prepare, False), "compiled": partial(_prepare, True)}

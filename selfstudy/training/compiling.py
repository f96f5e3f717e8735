"""Compiled steps: PyTorch's compiler makes one program of a forward pass and its gradient."""

import logging
import time
from collections.abc import Callable

import torch
from torch import Tensor

from selfstudy.errors import ConfigurationError, join_lines

log = logging.getLogger("selfstudy")
Evaluate = Callable[..., dict[str, Tensor]]


def compile_evaluation(evaluate: Evaluate) -> Evaluate:
    """Compile what computes a loss and metrics, at its first call, and log how long that took.

    The gradient is compiled with it. Whatever cannot be compiled runs as it is.

    Raises:
        ConfigurationError: at the first call: the compiler fails, such as where there is no C++.
    """
    from torch._dynamo.exc import TorchDynamoException  # which takes a second

    torch.compiler.reset()  # which, after some runs in one process, would compile no more
    compiled, waits = torch.compile(evaluate), [True]

    def call(*arguments: object) -> dict[str, Tensor]:
        started = time.perf_counter()
        try:
            metrics = compiled(*arguments)
        except TorchDynamoException as error:
            reason = join_lines(error.__cause__ or error)
            raise ConfigurationError(f"session.compile = True: it fails: {reason}") from error
        if waits:
            waits.clear()
            log.info("compiled in %.1f s", time.perf_counter() - started)
        return metrics

    return call

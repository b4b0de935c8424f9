"""Several processes: `prepare_context`, `DataParallel`, `scale_loss`, `apply_collective_grads`.

scale_loss divides the loss by the number of processes and apply_collective_grads adds up their
gradients: together they step on the mean. Today paddle.DataParallel does both during backward().
Every process begins with the weights of process 0, which 1.x left to the seed.
"""

import os
from typing import Any

import paddle
from paddle import distributed

from ...parallel import start_ranks
from ..missing import lookup
from ..places import cpu_is_meant
from .nn import Layer

__all__ = ["DataParallel", "Env", "ParallelEnv", "ParallelStrategy", "prepare_context"]


class ParallelEnv:
    """1.x: `ParallelEnv()`, in 1.6 `Env()`; today `paddle.distributed.ParallelEnv()`.

    `local_rank` is the rank among all processes, on every machine.
    """

    def __init__(self) -> None:
        environment = os.environ
        self.nranks = int(environment.get("PADDLE_TRAINERS_NUM", "1"))
        self.local_rank = int(environment.get("PADDLE_TRAINER_ID", "0"))
        gpu = environment.get("FLAGS_selected_gpus", "0").split(",")[0]
        self.dev_id = int(gpu) if gpu.isdecimal() else 0
        self.trainer_endpoints = environment.get("PADDLE_TRAINER_ENDPOINTS", "").split(",")
        self.current_endpoint = environment.get("PADDLE_CURRENT_ENDPOINT", "")

    rank = property(lambda self: self.local_rank)
    world_size = property(lambda self: self.nranks)
    device_id = property(lambda self: self.dev_id)


Env = ParallelStrategy = ParallelEnv


def prepare_context(strategy: Any = None) -> ParallelEnv:
    """1.x: `prepare_context(strategy=None)`; today `paddle.distributed.init_parallel_env()`."""
    on_gpu = paddle.is_compiled_with_cuda() and not cpu_is_meant()
    start_ranks(gpu=on_gpu and paddle.device.get_device().startswith("gpu"))
    return ParallelStrategy() if strategy is None else strategy


class DataParallel(Layer):
    """1.x: `DataParallel(layers, strategy)`; today `paddle.DataParallel(layers)`."""

    def __init__(self, layers: Any, strategy: Any = None) -> None:
        super().__init__(layers.full_name() + "_data_parallel")
        self._layers = layers
        self._strategy = prepare_context() if strategy is None else strategy
        if self._strategy.nranks > 1:
            for tensor in layers.state_dict().values():
                distributed.broadcast(tensor, src=0)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self._layers(*inputs, **named)

    def scale_loss(self, loss: Any) -> Any:
        """1.x: `scale_loss(loss)`: loss / nranks; today `paddle.DataParallel` needs none."""
        return loss if self._strategy.nranks < 2 else loss / self._strategy.nranks

    def apply_collective_grads(self) -> None:
        """1.x: `apply_collective_grads()`, gradients added up over the ranks; today not needed."""
        if self._strategy.nranks < 2:
            return
        for parameter in self._layers.parameters():
            if parameter.trainable and parameter.grad is not None:
                distributed.all_reduce(parameter.grad)

    def state_dict(self, *arguments: Any, **named: Any) -> Any:
        """1.x: `state_dict()`, that of the layers, without a prefix; today the same."""
        return self._layers.state_dict(*arguments, **named)

    def set_state_dict(self, state_dict: Any, *arguments: Any, **named: Any) -> Any:
        """1.x: `set_dict(state)`, that of the layers; today `set_state_dict`."""
        return self._layers.set_state_dict(state_dict, *arguments, **named)

    set_dict = load_dict = set_state_dict


__getattr__ = lookup("fluid.dygraph.parallel")

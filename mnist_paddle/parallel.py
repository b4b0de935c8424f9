"""Stage 7, data parallel: how do several processes train one network together?

Each process ("rank") holds the whole network and takes its part of every batch; before each step
the gradients are averaged, so all take the same step. N ranks with batches of B images do what one
process does with batches of N·B. Nothing here starts processes: paddle.distributed.launch does.
The tutorial's ranks shuffled each for itself: of 50,000 images 34,137 were seen in an epoch.

阶段 7，数据并行：多个进程怎样一起训练一个网络？
每个进程（rank）都有完整的网络，各取每个批次中的一份；走每一步之前先把梯度取平均，
所以大家走的是同一步。N 个进程、每批 B 张图，等于一个进程、每批 N·B 张图。
这里不启动进程，启动进程的是 paddle.distributed.launch。
教程里每个进程各自打乱数据：50,000 张图一轮只看到了 34,137 张。
"""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from paddle import distributed, nn

from .errors import ConfigError, DeviceError


@dataclass(frozen=True)
class Ranks:
    """The processes of one training: which one this is, and how many there are."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0  # on this machine

    def wrap(self, model: nn.Layer) -> nn.Layer:
        """Return a layer that computes as `model` does and averages its gradients over the ranks.

        Every rank starts from the weights of rank 0. Batch normalization takes means and variances
        over a rank's part of the batch; the running ones are averaged over the ranks after each
        forward pass. Source: part 1, item 19.
        """
        if self.size == 1:
            return model
        network = paddle.DataParallel(model)
        if _running(network):
            hook: Any = self._average_running  # returns None, which leaves the output as it is
            network.register_forward_post_hook(hook)
        return network

    def _average_running(self, network: nn.Layer, images: object, output: object) -> None:
        """Give every rank the mean of all ranks' running means and variances, while training."""
        if not network.training:
            return
        running = _running(network)
        flat = np.concatenate([tensor.numpy().ravel() for tensor in running])
        ends = np.cumsum([tensor.size for tensor in running])[:-1]
        for tensor, mean in zip(running, np.split(self.sum(flat) / self.size, ends), strict=True):
            tensor.set_value(mean.reshape(tensor.shape))

    def part(self, chosen: np.ndarray) -> np.ndarray:
        """Return this rank's part of the indices of a batch: the disjoint parts make it whole.

        Where a batch has no image for a rank, it gets the first one, and `weight` 0.
        Source: part 1, item 19.
        """
        return chosen[self.rank :: self.size] if self.rank < len(chosen) else chosen[:1]

    def weight(self, images: int) -> float:
        """Return by what this rank's mean loss over its part of a batch has to be multiplied.

        `images` is the size of the whole batch. Where the ranks' parts differ by one image, as in
        the last batch of an epoch, the mean over the ranks is then still that over all images.
        """
        return len(range(self.rank, images, self.size)) * self.size / images

    def mean(self, *values: float) -> list[float]:
        """Return each value's mean over all ranks, computed in float64."""
        if self.size == 1:
            return list(values)
        means: list[float] = (self.sum(np.array(values, np.float64)) / self.size).tolist()
        return means

    def sum(self, array: np.ndarray) -> np.ndarray:
        """Return the sum of the ranks' arrays, which have one shape and dtype, on every rank."""
        if self.size == 1:
            return array
        tensor = paddle.to_tensor(array)
        distributed.all_reduce(tensor)
        return tensor.numpy()

    def broadcast(self, content: bytes) -> bytes:
        """Return on every rank what rank 0 gives; what the others give is ignored."""
        if self.size == 1:
            return content
        length = int(self.sum(np.array([len(content) if self.rank == 0 else 0]))[0])
        own = np.frombuffer(content, np.uint8) if self.rank == 0 else np.zeros(length, np.uint8)
        tensor = paddle.to_tensor(np.append(own, np.uint8(0)))  # one more: never an empty tensor
        distributed.broadcast(tensor, src=0)
        return tensor.numpy()[:-1].tobytes()

    def wait(self) -> None:
        """Return when every rank has come here."""
        self.sum(np.zeros(1))

    @contextmanager
    def one_first(self) -> Iterator[None]:
        """Let one rank of each machine through the block before the machine's others.

        It makes the files that the others find there. If it fails, the launcher ends them.
        """
        if self.local_rank:
            self.wait()
        yield
        if not self.local_rank:
            self.wait()

    def agree(self, what: str, value: str) -> None:
        """Check that all ranks have the same value; all of them find out.

        Raises:
            ConfigError: some have another value than rank 0; `what` names it.
        """
        own = hashlib.sha256(value.encode()).digest()
        others = int(self.sum(np.array([int(self.broadcast(own) != own)]))[0])
        if others:
            raise ConfigError(
                f"{others} of {self.size} ranks have another {what} than rank 0: start every "
                f"machine with the same options and the same data."
            )


def unwrapped(network: nn.Layer) -> nn.Layer:
    """Return the network that `Ranks.wrap` was given, by what it returned."""
    return network._layers if isinstance(network, paddle.DataParallel) else network


def _running(network: nn.Layer) -> list[paddle.Tensor]:
    """Return the running means and variances: Paddle keeps them as parameters without gradient."""
    return [parameter for parameter in network.parameters() if parameter.stop_gradient]


def start_ranks(gpu: bool) -> Ranks:
    """Join the processes that the launcher started; without a launcher, be the only one.

    On the CPU they talk through gloo, on GPUs through NCCL. A second call joins nothing new.
    Source: part 1, items 18 to 20; `prepare_context` is `init_parallel_env` today.

    Raises:
        DeviceError: the launcher gave each process a GPU, and the training is to use the CPU.
    """
    environment = os.environ
    size = int(environment.get("PADDLE_TRAINERS_NUM", "1"))
    if size == 1:
        return Ranks()
    if not gpu:
        on_cpu = environment.get("PADDLE_DISTRI_BACKEND") == "gloo"
        if "FLAGS_selected_gpus" in environment and not on_cpu:
            raise DeviceError(
                "the launcher gave each process a GPU, and the training is to use the CPU: "
                "add --gpu, or start CPU processes with scripts/launch.py --nproc_per_node N."
            )
        environment["PADDLE_DISTRI_BACKEND"] = "gloo"
    with redirect_stderr(io.StringIO()):  # Paddle lists flags that it has set itself
        distributed.init_parallel_env()
    rank = int(environment["PADDLE_TRAINER_ID"])
    return Ranks(rank, size, int(environment.get("PADDLE_LOCAL_RANK", rank)))
